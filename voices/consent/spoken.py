"""One's own voice, verified by reading a random sentence aloud."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.limits import hold, require_active
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.pipelines.library import ConsentReport, random_sentence
from vocasync.stages.words import words_of
from voices import errands, files
from voices.consent.ending import verified
from voices.consent.rules import ENDED, noun
from voices.models import ConsentAttempt, ConsentRecord, Errand, Likeness, VoiceProfile
from web.names import clean_name

MIB = 2**20
RECORDING_BYTES = 20 * MIB
"""A minute as a browser records it, uncompressed, is 6 MB at 48 kHz."""

HOUR = timedelta(hours=1)
ASKED_SHARE = 0.5
"""Of a sentence's words, from which a line is taken for it: a reading with so few right words does not pass."""

DECLARATION = (
    "This is my own voice. I agree that Vocasync imitates it for me, and for those whom I share it with or, if I make "
    "it public, for everybody here. I can take this back at any time."
)
Outcome = ConsentAttempt.Outcome
OVER = (ConsentRecord.Status.WITHDRAWN, ConsentRecord.Status.REFUSED)


# --- the sentence -----------------------------------------------------------------------------------------------------
def attempt_issue(*, voice: VoiceProfile, user: User) -> ConsentAttempt:
    """Give the voice's owner a sentence to read within ``settings.CONSENT_SECONDS``; one given before counts no more.

    Raises PipelineError: not the owner's own voice, nothing to compare with, verified already, ended by a moderator,
    too many sentences within an hour, suspended.
    """
    require_active(user)
    check_readable(voice)
    language = first_language(voice)
    with transaction.atomic():
        hold(user)
        _check_not_too_often(user)
        ConsentAttempt.objects.filter(voice=voice, outcome=Outcome.ISSUED).update(outcome=Outcome.LATE)
        now = timezone.now()
        attempt = ConsentAttempt(
            voice=voice,
            user=user,
            sentence=_sentence(language),
            language=language,
            issued_at=now,
            expires_at=now + timedelta(seconds=settings.CONSENT_SECONDS),
        )
        attempt.full_clean()
        attempt.save(force_insert=True)
    return attempt


def first_language(voice: VoiceProfile) -> str:
    """What the sentence is in: the first language that the owner named."""
    row = voice.language_rows.order_by("pk").first()
    return row.code if row else "en"


def _sentence(language: str) -> str:
    given: list[str] = settings.CONSENT_SENTENCES
    return secrets.choice(given) if given else random_sentence(language)


def check_readable(voice: VoiceProfile) -> None:
    """Raise PipelineError where reading a sentence cannot verify the voice."""
    if voice.whose != VoiceProfile.Whose.OWN:
        raise PipelineError("consent_not_own", name=voice.name)
    check_open(voice)
    if ended_by_moderator(voice):
        raise PipelineError("consent_by_review", name=voice.name)


def check_open(likeness: Likeness) -> None:
    """Raise PipelineError where there is nothing to consent to (any more)."""
    if likeness.taken_down_at is not None:
        raise PipelineError(f"{noun(likeness)}_taken_down", name=likeness.name)
    if likeness.consent == VoiceProfile.Consent.VERIFIED:
        raise PipelineError("consent_there", name=likeness.name)
    if isinstance(likeness, VoiceProfile) and likeness.embedding is None:
        raise PipelineError("consent_no_voice", name=likeness.name)
    if not isinstance(likeness, VoiceProfile) and likeness.chosen is None:
        raise PipelineError("consent_no_face", name=likeness.name)


def ended_by_moderator(voice: VoiceProfile) -> bool:
    """Whether it was not the owner who ended the consent: then only a moderator brings it back."""
    if voice.consent not in ENDED:
        return False
    last = ConsentRecord.objects.filter(voice=voice, status__in=OVER).order_by("-decided_at").first()
    return last is not None and last.decided_by_id != voice.owner_id


def _check_not_too_often(user: User) -> None:
    since = timezone.now() - HOUR
    limit = settings.CONSENT_ATTEMPTS_HOUR
    times = list(
        ConsentAttempt.objects.filter(user=user, issued_at__gt=since)
        .order_by("-issued_at")
        .values_list("issued_at", flat=True)[:limit]
    )
    if len(times) >= limit:
        raise PipelineError("consent_too_often", limit=limit, minutes=_minutes_until(times[-1] + HOUR))


def _minutes_until(moment: datetime) -> float:
    return max(1.0, (moment - timezone.now()).total_seconds() / 60)


def check_not_asked(text: str) -> None:
    """Raise ``sentence_asked`` for a line that is a sentence which somebody is to read just now.

    Else the proof of a voice could be had from an imitation of it that this site itself makes.
    """
    spoken = words_of(text)
    until = timezone.now() - timedelta(seconds=settings.CONSENT_UPLOAD_SECONDS)
    asked = ConsentAttempt.objects.filter(outcome=Outcome.ISSUED, expires_at__gt=until)
    for sentence in asked.values_list("sentence", flat=True):
        wanted = words_of(sentence)
        blocks = SequenceMatcher(None, wanted, spoken, autojunk=False).get_matching_blocks()
        if sum(block.size for block in blocks) >= ASKED_SHARE * len(wanted):
            raise PipelineError("sentence_asked", field="text")


# --- the reading ------------------------------------------------------------------------------------------------------
def attempt_answer(*, attempt: ConsentAttempt, upload: File[Any]) -> Errand:
    """Take the recording in; the errand that is returned checks it. Too late is written down, and raised.

    Raises PipelineError: too late, answered already, too large, or what :func:`attempt_issue` raises.
    """
    require_active(attempt.user)
    check_readable(attempt.voice)
    _check_size(upload)
    now = timezone.now()
    if now > attempt.expires_at + timedelta(seconds=settings.CONSENT_UPLOAD_SECONDS):
        _move(attempt, Outcome.ISSUED, Outcome.LATE, answered_at=now)
        raise PipelineError("consent_late", limit=settings.CONSENT_SECONDS)
    with transaction.atomic():
        _move(attempt, Outcome.ISSUED, Outcome.CHECKING, answered_at=now)
        with files.undone(files.consent_root(attempt.pk)):
            files.lay_down(upload, files.consent_brought(attempt.pk))
            return errands.start(owner=attempt.user, kind="consent", subject=attempt.pk)


def _check_size(upload: File[Any]) -> None:
    if upload.size > RECORDING_BYTES:
        name = clean_name(upload.name)
        raise PipelineError("too_large", name=name, megabytes=upload.size / MIB, limit=RECORDING_BYTES / MIB)
    if upload.size == 0:
        raise PipelineError("empty_file", name=clean_name(upload.name))


def _move(attempt: ConsentAttempt, old: str, new: str, **fields: Any) -> None:
    """Raise ``consent_answered`` where it is not there any more."""
    if not ConsentAttempt.objects.filter(pk=attempt.pk, outcome=old).update(outcome=new, **fields):
        raise PipelineError("consent_answered")
    attempt.refresh_from_db()


# --- what came of it --------------------------------------------------------------------------------------------------
def attempt_judged(*, attempt: ConsentAttempt, report: ConsentReport) -> ConsentAttempt:
    """Write down what a worker found. A pass verifies the voice; the recording of anything else is deleted.

    Raises PipelineError where the voice can no longer be verified by reading (a moderator was quicker).
    """
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().get(pk=attempt.voice_id)
        check_readable(voice)
        _check_same(voice, attempt.voice)
        _move(
            attempt,
            Outcome.CHECKING,
            Outcome(report.outcome),
            heard=report.heard,
            word_distance=report.word_distance,
            similarity=report.similarity,
        )
        if attempt.outcome == Outcome.PASSED:
            verified(_record(voice, attempt), None)
            files.remove_on_commit(files.consent_brought(attempt.pk))
        else:
            files.remove_on_commit(files.consent_root(attempt.pk))
    return attempt


def _check_same(voice: VoiceProfile, compared: VoiceProfile) -> None:
    """The reading was compared with the voice as it was when the worker began: it proves nothing of another one."""
    if not np.array_equal(voice.embedding, compared.embedding):
        raise PipelineError("consent_changed", name=voice.name)


def _record(voice: VoiceProfile, attempt: ConsentAttempt) -> ConsentRecord:
    return ConsentRecord(
        voice=voice,
        kind=ConsentRecord.Kind.SPOKEN,
        declaration=DECLARATION,
        person_name=attempt.user.get_full_name() or attempt.user.get_username(),
        attempt=attempt,
        created_by=attempt.user,
    )


def attempt_failed(*, attempt: ConsentAttempt) -> None:
    """The recording could not be checked; nothing of it is kept."""
    ConsentAttempt.objects.filter(pk=attempt.pk, outcome=Outcome.CHECKING).update(outcome=Outcome.FAILED)
    files.remove_on_commit(files.consent_root(attempt.pk))
