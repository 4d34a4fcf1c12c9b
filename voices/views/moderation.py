"""Reports of what others do, decisions against oneself, and appeals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from voices import moderation
from voices.models import Appeal, Decision, Report, VoiceProfile
from voices.moderation import jobs
from voices.petitions import AppealForm, ReportForm
from voices.views.answers import submitted
from voices.views.people import voice_or_404
from web.people import person


@dataclass(frozen=True, slots=True)
class Reported:
    """What is reported. about: as :func:`voices.moderation.report_create` takes it. back: where it is seen."""

    name: str
    what: str
    owner: User
    about: dict[str, Any]
    back: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Report a voice (``?voice=``) or a result (``?job=``) that the person sees."""
    about = _reported(request)
    if request.method != "POST":
        return _report_page(request, about, ReportForm())
    form = ReportForm(request.POST)

    def send() -> Report:
        given = form.cleaned_data
        return moderation.report_create(
            reporter=person(request), reason=given["reason"], details=given["details"], **about.about
        )

    if submitted(form, send) is None:
        return _report_page(request, about, form, status=422)
    messages.success(request, "Thank you. A moderator looks at it, and you are told what came of it.")
    return redirect(about.back)


def _report_page(request: HttpRequest, about: Reported, form: ReportForm, status: int = 200) -> HttpResponse:
    return render(request, "voices/report.html", {"about": about, "form": form}, status=status)


def _reported(request: HttpRequest) -> Reported:
    """404 for what the person does not see."""
    if "voice" in request.GET:
        return _voice(request, _uuid(request.GET["voice"]))
    if "job" in request.GET:
        return _job(request, _uuid(request.GET["job"]))
    raise Http404("Nothing to report was named.")


def _voice(request: HttpRequest, voice_id: uuid.UUID) -> Reported:
    row: VoiceProfile = voice_or_404(request, voice_id)
    back = reverse("voices:profile", args=[row.pk])
    return Reported(row.name, "voice", row.owner, {"voice": row}, back)


def _job(request: HttpRequest, job_id: uuid.UUID) -> Reported:
    job = jobs.seen_by(person(request), job_id)
    if job is None:
        raise Http404("There is no such result.")
    about = {"job_id": job.pk, "subject_name": job.title, "subject_owner": job.owner}
    return Reported(job.title, "result", job.owner, about, job.page)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("That is no address of ours.") from error


# --- decisions against oneself ----------------------------------------------------------------------------------------
@login_required
@require_safe
def decision(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """What was decided, why, and the one appeal against it."""
    return _decision_page(request, _decision(request, decision_id), AppealForm())


def _decision(request: HttpRequest, decision_id: uuid.UUID) -> Decision:
    row = Decision.objects.select_related("voice", "face").filter(pk=decision_id, user=person(request)).first()
    if row is None:
        raise Http404("There is no such decision.")
    return row


def _decision_page(request: HttpRequest, row: Decision, form: AppealForm, status: int = 200) -> HttpResponse:
    appeal = Appeal.objects.filter(decision=row).first()
    return render(request, "voices/decision.html", {"decision": row, "appeal": appeal, "form": form}, status=status)


@login_required
@require_POST
def appeal(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Appeal against it."""
    row = _decision(request, decision_id)
    form = AppealForm(request.POST)

    def send() -> Appeal:
        return moderation.appeal_create(decision=row, user=person(request), text=form.cleaned_data["text"])

    if submitted(form, send) is None:
        return _decision_page(request, row, form, status=422)
    messages.success(request, "A moderator looks at your appeal. You are told as soon as it is decided.")
    return redirect("voices:decision", decision_id=row.pk)
