"""New talking portraits: one, or several at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.limits import limits_for
from dubbing import batches, faces, selectors
from dubbing.models import Batch, Job
from dubbing.portraitforms import PortraitForm, SeveralForm, SpokenForm
from dubbing.portraits import job_create_portrait
from dubbing.views.answers import Refusal, refused
from dubbing.views.engine_cards import sends
from engines.keys import config_for
from vocasync.engines.costs import CHARACTERS_A_SECOND
from vocasync.stages.manuscript import MOST_WORDS
from voices.services.faces import MOST_BYTES
from voices.services.speech import DECLARATION
from web.people import person, wants_json
from work.engines import EngineRow, engine_table


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: a redirect to the job, or the form again with what was wrong."""
    table = engine_table(config_for(person(request)))
    if request.method != "POST":
        return _page(
            request, "new", PortraitForm(engines=table, owner=person(request), initial=_initial(request)), table
        )
    form = PortraitForm(request.POST, request.FILES, engines=table, owner=person(request))
    job = _submit(request, form) if form.is_valid() else None
    if job is None:
        return refused(form) if wants_json(request) else _page(request, "new", form, table, status=422)
    return _on_to(request, reverse("dubbing:job", args=[job.pk]))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest) -> HttpResponse:
    """The form for several portraits, and what it sends: a redirect to them, or the form again."""
    table = engine_table(config_for(person(request)))
    if request.method != "POST":
        given = SeveralForm(engines=table, owner=person(request), initial=_initial(request))
        return _page(request, "several", given, table)
    form = SeveralForm(request.POST, request.FILES, engines=table, owner=person(request))
    batch = _submit_all(request, form) if form.is_valid() else None
    if batch is None:
        return refused(form) if wants_json(request) else _page(request, "several", form, table, status=422)
    return _on_to(request, reverse("dubbing:batch", args=[batch.pk]))


def _on_to(request: HttpRequest, address: str) -> HttpResponse:
    return JsonResponse({"url": address}, status=201) if wants_json(request) else redirect(address)


def _submit(request: HttpRequest, form: PortraitForm) -> Job | None:
    """The job; None when the service refused, which the form then says."""
    given = form.cleaned_data
    owner, key = person(request), given["submission_key"]
    known = selectors.jobs_of(owner).filter(submission_key=key).first() if key else None
    if known is not None:
        return known
    try:
        new = {name: given[name] for name in ("whose", "person_name")}
        with faces.face_for(owner, given["face"], given["picture"], **new) as face:
            return job_create_portrait(owner=owner, portrait=form.portrait(face), submission_key=key)
    except Refusal as error:
        form.refuse(error)
        return None


def _submit_all(request: HttpRequest, form: SeveralForm) -> Batch | None:
    given = form.cleaned_data
    chosen = list(given["faces"])
    try:
        return batches.batch_create(
            owner=person(request),
            like=form.portrait(chosen[0]),
            faces=chosen,
            table=given["scripts"],
            title=given["title"],
            submission_key=given["submission_key"],
        )
    except Refusal as error:
        form.refuse(error)
        return None


def _page(request: HttpRequest, name: str, form: SpokenForm, table: list[EngineRow], status: int = 200) -> HttpResponse:
    limits = limits_for(person(request))
    context = {
        "form": form,
        "library": form.library(),
        "limits": limits,
        "declaration": DECLARATION,
        "most_words": MOST_WORDS,
        "most_rows": batches.MOST,
        "settings_for_page": {
            "check": reverse("api:check-portrait"),
            "faces": reverse("voices:faces"),
            "max_picture": MOST_BYTES,
            "max_bytes": limits.upload_bytes,
            "max_seconds": limits.media_minutes * 60,
            "characters_a_second": CHARACTERS_A_SECOND,
            "stages": {
                f"{row.stage}:{row.name}": {"label": row.label, "sends": sends(row), "commercial": row.commercial}
                for row in table
            },
        },
    }
    return render(request, f"dubbing/portrait/{name}.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The language and voice of the person's last portrait. ``?face=``, ``?voice=`` name some of the library."""
    last = selectors.jobs_of(request.user).filter(kind=Job.Kind.PORTRAIT).first()
    language = last.portrait.target_language if last is not None else "en"
    return {name: request.GET[name] for name in ("face", "voice") if name in request.GET} | {
        "target_language": language
    }
