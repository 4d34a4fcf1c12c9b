"""What is changed of a job's speakers, and whom its result is shared with."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.models import User
from dubbing import selectors, sharing, speakers
from dubbing.models import Job, Speaker
from dubbing.views.answers import answered
from dubbing.views.people import own_job_or_404
from voices.actors import actor_of
from voices.consent import Purpose, clonable
from voices.models import Actor, VoiceProfile
from web.people import person

PANEL = "#speakers"


def _speaker(job: Job, number: int) -> Speaker:
    row = selectors.speakers_of(job).filter(number=number).first()
    if row is None:
        raise Http404("There is no such speaker.")
    return row


def _number(text: str, field: str) -> int:
    """A number that a form sent. Raises ValidationError."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValidationError({field: "Choose one of the list."})
    return int(text)


def _named(job: Job, text: str, field: str) -> Speaker:
    row = selectors.speakers_of(job).filter(number=_number(text, field)).first()
    if row is None:
        raise ValidationError({field: "There is no such speaker any more. Reload the page."})
    return row


def _usable(user: User, text: str) -> VoiceProfile | None:
    """The voice of an id that a form sent; None for none that the person may use."""
    try:
        wanted = uuid.UUID(text)
    except ValueError:
        return None
    return clonable(user, Purpose.JOB).filter(pk=wanted).first()


@login_required
@require_POST
def speaker(request: HttpRequest, job_id: uuid.UUID, number: int) -> HttpResponse:
    """Name and voice; what was not sent stays."""
    job = own_job_or_404(request, job_id)
    row = _speaker(job, number)

    def work() -> dict[str, Any]:
        with transaction.atomic():
            if "name" in request.POST:
                speakers.speaker_rename(speaker=row, name=request.POST["name"])
            if "voice" in request.POST:
                kind, _, which = request.POST["voice"].partition(":")
                voice = _usable(person(request), which) if kind == Speaker.VoiceKind.PROFILE else None
                speakers.speaker_voice_set(speaker=row, kind=kind, voice=voice, stock=which)
        return {"title": str(row), "stale_count": selectors.stale_count(job)}

    return answered(request, job, work, "Saved.", PANEL)


@login_required
@require_POST
def actor(request: HttpRequest, job_id: uuid.UUID, number: int) -> HttpResponse:
    """Who the speaker is: the actor that was asked about, another one, somebody new, or nobody known."""
    job = own_job_or_404(request, job_id)
    row = _speaker(job, number)
    who = _who(request, row)

    def work() -> dict[str, Any]:
        if who is None and request.POST.get("answer") != "no":
            raise ValidationError({"actor": "Choose an actor, or give the name of a new one."})
        speakers.speaker_actor_set(speaker=row, actor=who)
        return {"title": str(row), "stale_count": selectors.stale_count(job)}

    return answered(request, job, work, "Noted.", PANEL)


def _who(request: HttpRequest, row: Speaker) -> Actor | str | None:
    if name := request.POST.get("new_actor", "").strip():
        return name
    if wanted := request.POST.get("actor", ""):
        try:
            return actor_of(request.user, wanted)
        except Actor.DoesNotExist as error:
            raise Http404("There is no such actor.") from error
    return row.actor if request.POST.get("answer") == "yes" else None


@login_required
@require_POST
def merge(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Two speakers are one person."""
    job = own_job_or_404(request, job_id)

    def work() -> dict[str, Any]:
        into = _named(job, request.POST.get("into", ""), "into")
        others = [_named(job, number, "others") for number in request.POST.getlist("others")]
        speakers.speakers_merge(job=job, into=into, others=others)
        return {"stale_count": selectors.stale_count(job)}

    return answered(request, job, work, "They are one now.", PANEL)


@login_required
@require_POST
def reassign(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Sentences (``segments``) are said by ``speaker``, or by somebody ``new``."""
    job = own_job_or_404(request, job_id)

    def work() -> dict[str, Any]:
        wanted = request.POST.get("speaker", "")
        who = None if wanted == "new" else _named(job, wanted, "speaker")
        chosen = {_number(index, "segments") for index in request.POST.getlist("segments")}
        who = speakers.segments_reassign(job=job, segments=chosen, speaker=who)
        return {"title": str(who), "number": who.number, "stale_count": selectors.stale_count(job)}

    return answered(request, job, work, "Moved.", "#h-transcript")


@login_required
@require_POST
def recount(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Find anew who speaks."""
    job = own_job_or_404(request, job_id)

    def work() -> None:
        asked = request.POST.get("count", "")
        speakers.speakers_recount(job=job, count=_number(asked, "count") if asked else None)

    return answered(request, job, work, "The speakers are being told apart anew.")


@login_required
@require_POST
def library(request: HttpRequest, job_id: uuid.UUID, number: int) -> HttpResponse:
    """A voice of the library from what the speaker says."""
    job = own_job_or_404(request, job_id)
    row = _speaker(job, number)

    def work() -> dict[str, Any]:
        given = {name: request.POST.get(name, "") for name in ("name", "whose", "person_name")}
        voice, errand = speakers.speaker_to_library(speaker=row, **given)
        return {"voice": str(voice.pk), "errand": str(errand.pk)}

    return answered(request, job, work, "The voice is being cut; it appears in your library.", PANEL)


@login_required
@require_POST
def main_voice(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The main speaker's voice while it is not known who speaks; none sent: everybody's own."""
    job = own_job_or_404(request, job_id)

    def work() -> None:
        wanted = request.POST.get("voice", "")
        voice = _usable(person(request), wanted) if wanted else None
        if wanted and voice is None:
            raise ValidationError({"voice": "You may not use this voice, or no longer. Choose another one."})
        speakers.job_voice_set(job=job, voice=voice)

    return answered(request, job, work, "Saved. Press Retry to go on.")


@login_required
@require_POST
def share(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Let somebody look at the result."""
    job = own_job_or_404(request, job_id)

    def work() -> dict[str, Any]:
        made = sharing.job_share(job=job, name=request.POST.get("name", ""))
        return {"username": made.user.get_username()}

    return answered(request, job, work, "Shared.", "#sharing")


@login_required
@require_POST
def unshare(request: HttpRequest, job_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Stop sharing with somebody."""
    job = own_job_or_404(request, job_id)
    user = get_object_or_404(User, pk=user_id, shared_jobs__job=job)

    def work() -> None:
        sharing.job_unshare(job=job, user=user)

    return answered(request, job, work, f"No longer shared with {user.get_username()}.", "#sharing")
