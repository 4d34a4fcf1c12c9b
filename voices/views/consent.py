"""The consent of a voice: read a sentence, bring a statement, see how it went, take it back."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vocasync.errors import PipelineError
from vocasync.pipelines.library import CONSENT_SIMILARITY
from voices import errands, moderation
from voices.consent import spoken, statements
from voices.consent.reading import compared
from voices.consent.rules import Purpose, may_clone
from voices.models import ConsentAttempt, ConsentRecord, Errand, PublicRequest, VoiceProfile
from voices.petitions import PublishForm, StatementForm, WithdrawForm
from voices.views.answers import submitted
from voices.views.likenesses import consent_withdrawn, statement_sent
from voices.views.people import own_voice_or_404
from web.people import person
from web.scales import placed

ATTEMPTS_SHOWN = 10
FLOOR = 0.5
"""Where the scale begins, unless the measured value lies below."""

Outcome = ConsentAttempt.Outcome


@login_required
@require_safe
def page(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """How the consent stands, and what can be done."""
    return _page(request, own_voice_or_404(request, voice_id))


def _page(
    request: HttpRequest,
    voice: VoiceProfile,
    *,
    statement: StatementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    records = list(voice.consents.select_related("decided_by"))
    attempts = list(voice.attempts.all()[:ATTEMPTS_SHOWN])
    errand = _checking(attempts)
    context = {
        "voice": voice,
        "own": voice.whose == VoiceProfile.Whose.OWN,
        "waiting": next((row for row in records if row.status == ConsentRecord.Status.PENDING), None),
        "reading_problem": _problem(spoken.check_readable, voice),
        "statement_problem": _problem(spoken.check_open, voice),
        "decision": voice.decisions.filter(user=person(request), reversed_at=None).first(),
        "declaration": spoken.DECLARATION,
        "statement_declaration": statements.DECLARATION.format(person=voice.person_name or "The person"),
        "statement": statement or StatementForm(initial={"person_name": voice.person_name}),
        "withdrawal": WithdrawForm(),
        "records": records,
        "attempts": attempts,
        "result": _result(attempts),
        "seconds": settings.CONSENT_SECONDS,
        "reading": {
            "seconds": settings.CONSENT_SECONDS,
            "issue": reverse("voices_api:voice-consent", args=[voice.pk]),
            "errand": str(errand.pk) if errand else "",
            "page": reverse("voices:consent", args=[voice.pk]),
        },
    }
    return render(request, "voices/consent.html", context, status=status)


def _problem(check: Any, voice: VoiceProfile) -> str:
    """Why it cannot be done, in words; "" where it can."""
    try:
        check(voice)
    except PipelineError as error:
        return str(error)
    return ""


def _checking(attempts: list[ConsentAttempt]) -> Errand | None:
    newest = attempts[0] if attempts else None
    return errands.open_errand("consent", newest.pk) if newest and newest.outcome == Outcome.CHECKING else None


def _result(attempts: list[ConsentAttempt]) -> dict[str, Any] | None:
    """The last reading that was checked, as the page draws it."""
    last = attempts[0] if attempts else None
    if last is None or last.outcome in (Outcome.ISSUED, Outcome.CHECKING):
        return None
    return {
        "attempt": last,
        "passed": last.outcome == Outcome.PASSED,
        "words": compared(last.sentence, last.heard, last.language) if last.heard else [],
        "threshold": CONSENT_SIMILARITY,
        "scale": None if last.similarity is None else placed(last.similarity, FLOOR, CONSENT_SIMILARITY),
    }


@login_required
@require_POST
def statement(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Another person's statement, for the moderators."""
    voice = own_voice_or_404(request, voice_id)
    form = StatementForm(request.POST, request.FILES)
    again = partial(_page, request, voice, statement=form, status=422)
    return statement_sent(request, voice, form, again, reverse("voices:consent", args=[voice.pk]))


@login_required
@require_POST
def withdraw(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Take the consent back."""
    voice = own_voice_or_404(request, voice_id)
    back = reverse("voices:consent", args=[voice.pk])
    return consent_withdrawn(request, voice, "Nobody can use the voice any more.", back)


# --- publicity --------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Ask for the voice to be public; how an earlier request stands."""
    voice = own_voice_or_404(request, voice_id)
    if request.method != "POST":
        return _publish_page(request, voice, PublishForm())
    form = PublishForm(request.POST)

    def ask() -> PublicRequest:
        return moderation.publish_request(voice=voice, by=person(request), note=form.cleaned_data["note"])

    if submitted(form, ask) is None:
        return _publish_page(request, voice, form, status=422)
    messages.success(request, "A moderator looks at the voice. You are told as soon as it is decided.")
    return redirect("voices:publish", voice_id=voice.pk)


def _publish_page(request: HttpRequest, voice: VoiceProfile, form: PublishForm, status: int = 200) -> HttpResponse:
    verdict = may_clone(request.user, voice, Purpose.PUBLISH)
    context = {
        "voice": voice,
        "form": form,
        "problem": verdict.words,
        "last": voice.public_requests.order_by("-created_at").first(),
    }
    return render(request, "voices/publish.html", context, status=status)


@login_required
@require_POST
def unpublish(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Take the voice, or the request, back."""
    voice = own_voice_or_404(request, voice_id)
    try:
        moderation.publish_end(voice=voice, by=person(request))
    except (PipelineError, ValidationError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{voice.name}” is not public.")
    return redirect("voices:publish", voice_id=voice.pk)
