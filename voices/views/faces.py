"""Faces: brought, looked at, one of several picked, their consent seen to."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vocasync.errors import PipelineError
from voices import errands, files, selectors, services
from voices.consent import spoken, statements
from voices.consent.rules import ENDED, Purpose, may_clone
from voices.forms import FaceForm
from voices.models import ConsentRecord, FaceProfile
from voices.petitions import FaceStatementForm, PickForm, WithdrawForm
from voices.services.faces import MOST_BYTES
from voices.views.answers import refused, submitted
from voices.views.likenesses import consent_withdrawn, statement_sent
from web.downloads import send_private
from web.people import person, wants_json

SIGNS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


@dataclass(frozen=True, slots=True)
class FaceView:
    """A face on a page. errand: id of what looks at it, "" for none. problems: of the picture and of the face that
    speaks. report: what ``static/js/voices/faces.js`` draws."""

    row: FaceProfile
    errand: str
    problems: tuple[dict[str, Any], ...]
    report: dict[str, Any]

    @property
    def json(self) -> SafeString:
        """The report for a script of the page, in which no sign can end the script."""
        return mark_safe(json.dumps(self.report, separators=(",", ":")).translate(SIGNS))  # noqa: S308 (escaped)

    @property
    def several(self) -> bool:
        """Whether one of them has to be picked, or another one can be."""
        return len(self.report["faces"]) > 1


def face_view(row: FaceProfile) -> FaceView:
    """Of the row as it is now."""
    checking = row.state == FaceProfile.State.CHECKING
    errand = errands.open_errand("face", row.pk) if checking else None
    return FaceView(row, str(errand.pk) if errand else "", problems_of(row), drawing_of(row))


def problems_of(row: FaceProfile) -> tuple[dict[str, Any], ...]:
    """What is to be said of the picture and of the face that speaks, refusals first."""
    found = list(row.report.get("problems", ()))
    if row.chosen is not None:
        found += row.report["faces"][row.chosen]["problems"]
    return tuple(sorted(found, key=lambda problem: problem["severity"] != "refuse"))


def drawing_of(row: FaceProfile) -> dict[str, Any]:
    """What is needed to draw the landmarks over the picture."""
    faces = [
        {"box": face["box"], "landmarks": face["landmarks"], "usable": _usable(face)}
        for face in row.report.get("faces", ())
    ]
    outlines = row.report.get("outlines", ())
    return {"size": [row.width, row.height], "faces": faces, "outlines": outlines, "chosen": row.chosen}


def _usable(face: dict[str, Any]) -> bool:
    return all(problem["severity"] != "refuse" for problem in face["problems"])


def face_or_404(request: HttpRequest, face_id: uuid.UUID) -> FaceProfile:
    """A face that is the person's."""
    try:
        return selectors.face_of(request.user, face_id)
    except FaceProfile.DoesNotExist as error:
        raise Http404("There is no such face.") from error


# --- the library of faces ---------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def faces(request: HttpRequest) -> HttpResponse:
    """The person's faces; a POST adds one."""
    if request.method != "POST":
        return _library(request, FaceForm())
    form = FaceForm(request.POST, request.FILES)
    added = submitted(form, partial(_add, request, form))
    if added is None:
        return refused(form) if wants_json(request) else _library(request, form, status=422)
    if wants_json(request):
        errand = errands.open_errand("face", added.pk)
        return JsonResponse(
            {
                "id": str(added.pk),
                "url": reverse("voices:face", args=[added.pk]),
                "card": reverse("voices:face-card", args=[added.pk]),
                "errand": str(errand.pk) if errand else None,
            },
            status=201,
        )
    return redirect("voices:face", face_id=added.pk)


def _add(request: HttpRequest, form: FaceForm) -> FaceProfile:
    given = form.cleaned_data
    return services.face_create(
        owner=person(request),
        upload=given["picture"],
        whose=given["whose"],
        person_name=given["person_name"],
        name=given["name"],
    )


def _library(request: HttpRequest, form: FaceForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "faces": [face_view(row) for row in selectors.faces_of(request.user)],
        "limits_for_page": {"max_bytes": MOST_BYTES},
    }
    return render(request, "voices/faces.html", context, status=status)


@login_required
@require_safe
def card(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """A face as the library shows it, alone."""
    return render(request, "voices/parts/face.html", {"view": face_view(face_or_404(request, face_id))})


@login_required
@require_safe
def picture(request: HttpRequest, face_id: uuid.UUID) -> HttpResponseBase:
    """The picture; not there before it was looked at."""
    row = face_or_404(request, face_id)
    return send_private(request, files.face_picture(row.pk), filename=f"{row.name}.png", mime="image/png")


# --- one face ---------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def face(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """A face with all that can be done about it; a POST changes its name and whose it is."""
    row = face_or_404(request, face_id)
    if request.method != "POST":
        return _page(request, row)
    form = FaceForm(request.POST, known=True)
    changed = submitted(form, lambda: services.face_update(face=row, **_details(form)))
    if changed is None:
        return _page(request, row, form=form, status=422)
    messages.success(request, "Saved.")
    return redirect("voices:face", face_id=row.pk)


def _details(form: FaceForm) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in ("name", "whose", "person_name")}


def _page(
    request: HttpRequest,
    row: FaceProfile,
    *,
    form: FaceForm | None = None,
    statement: FaceStatementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    records = list(row.consents.select_related("decided_by"))
    initial = {"name": row.name, "whose": row.whose, "person_name": row.person_name}
    context = {
        "view": face_view(row),
        "face": row,
        "form": form or FaceForm(initial=initial, known=True),
        "verdict": may_clone(person(request), row, Purpose.JOB),
        "ended": row.consent in ENDED,
        "records": records,
        "waiting": next((one for one in records if one.status == ConsentRecord.Status.PENDING), None),
        "decision": row.decisions.filter(user=person(request), reversed_at=None).first(),
        "statement": statement or FaceStatementForm(initial={"person_name": row.person_name}),
        "statement_problem": _closed(row),
        "declaration": statements.declaration_of(row).format(person=row.person_name or "The person"),
        "withdrawal": WithdrawForm(),
    }
    return render(request, "voices/face.html", context, status=status)


def _closed(row: FaceProfile) -> str:
    """Why no statement can be brought, in words; "" where one can."""
    try:
        spoken.check_open(row)
    except PipelineError as error:
        return str(error)
    return ""


@login_required
@require_POST
def choose(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """Pick the one that is to speak (``number``)."""
    row = face_or_404(request, face_id)
    form = PickForm(request.POST)
    if submitted(form, lambda: services.face_choose(face=row, number=form.cleaned_data["number"])) is None:
        if wants_json(request):
            return refused(form)
        messages.error(request, " ".join(str(text) for errors in form.errors.values() for text in errors))
    elif wants_json(request):
        return JsonResponse({"card": reverse("voices:face-card", args=[row.pk]), "state": row.state})
    return redirect("voices:face", face_id=row.pk)


@login_required
@require_POST
def statement(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """The statement of the person whose face it is, for the moderators."""
    row = face_or_404(request, face_id)
    form = FaceStatementForm(request.POST, request.FILES)
    again = partial(_page, request, row, statement=form, status=422)
    return statement_sent(request, row, form, again, reverse("voices:face", args=[row.pk]))


@login_required
@require_POST
def withdraw(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """Take the consent back."""
    row = face_or_404(request, face_id)
    return consent_withdrawn(request, row, "Nobody can have it speak any more.", reverse("voices:face", args=[row.pk]))


@login_required
@require_POST
def delete(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """Delete it, with its picture and its consents."""
    row = face_or_404(request, face_id)
    services.face_delete(face=row)
    if wants_json(request):
        return JsonResponse({"deleted": True})
    messages.success(request, f"“{row.name}” was deleted.")
    return redirect("voices:faces")
