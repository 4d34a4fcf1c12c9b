"""What moderators listen to and look at: only where they may decide about it, and written down when it is private."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.audit import Subject
from accounts.models import AuditEntry, User
from voices import files
from voices.consent.statements import mime_of
from voices.models import ConsentRecord, FaceProfile, Likeness, Preview, VoiceProfile, VoiceSample
from voices.moderation.groups import JUDGE
from voices.moderation.waiting import face_in_question, in_question
from web.downloads import send_private
from web.people import person

ONCE = timedelta(minutes=30)
"""A player asks for a sound many times: one entry of the audit trail is enough for so long."""


def judges(user: User) -> bool:
    """Whether the person decides about anything."""
    return any(user.has_perm(permission) for permission in JUDGE)


def note_listening(user: User, subject: models.Model | Subject, action: str = "moderation.listen") -> None:
    """Write down that a moderator looked into what is somebody's own."""
    about = (
        subject if isinstance(subject, Subject) else Subject(subject._meta.label_lower, str(subject.pk), str(subject))
    )
    since = timezone.now() - ONCE
    same = AuditEntry.objects.filter(actor=user, action=action, object_type=about.kind, object_id=about.pk)
    if not same.filter(at__gt=since).exists():
        audit.record(user, action, about)


def _judge(request: HttpRequest, about: Likeness | None) -> User:
    """The moderator. 404 where nothing about the voice or the face is in question."""
    user = person(request)
    if about is None or not judges(user) or not _in_question(about):
        raise Http404("There is nothing of that kind to judge.")
    return user


def _in_question(about: Likeness) -> bool:
    return in_question(about) if isinstance(about, VoiceProfile) else face_in_question(about)


def _send(
    request: HttpRequest, voice: VoiceProfile | None, row: models.Model, path: Path, name: str, mime: str = "audio/wav"
) -> HttpResponseBase:
    user = _judge(request, voice)
    if voice is not None and not voice.is_public:
        note_listening(user, row)
    return send_private(request, path, filename=name, mime=mime)


@require_safe
def sample(request: HttpRequest, sample_id: uuid.UUID) -> HttpResponseBase:
    """The sound of a sample."""
    row = get_object_or_404(VoiceSample.objects.select_related("voice"), pk=sample_id)
    return _send(request, row.voice, row, files.sample_sound(row), "sample.wav")


@require_safe
def preview(request: HttpRequest, preview_id: uuid.UUID) -> HttpResponseBase:
    """A line that the voice's owner had spoken in it."""
    owned = Preview.objects.select_related("voice").filter(owner=models.F("voice__owner"))
    row = get_object_or_404(owned, pk=preview_id)
    return _send(request, row.voice, row, files.preview_sound(row.pk), "preview.wav")


@require_safe
def reading(request: HttpRequest, record_id: uuid.UUID) -> HttpResponseBase:
    """The sentence, read aloud."""
    row = get_object_or_404(ConsentRecord.objects.select_related("voice"), pk=record_id)
    if row.attempt_id is None:
        raise Http404("Nothing was read.")
    return _send(request, row.voice, row, files.consent_recording(row.attempt_id), "reading.wav")


@require_safe
def statement(request: HttpRequest, record_id: uuid.UUID) -> HttpResponseBase:
    """A statement. Shown only where a browser can do it safely; anything else is saved."""
    row = get_object_or_404(ConsentRecord.objects.exclude(file_name="").select_related("voice", "face"), pk=record_id)
    user = _judge(request, row.likeness)
    path = files.consent_statement(row.pk)
    if not path.is_file():
        raise Http404("There is no such file.")
    note_listening(user, row, "moderation.read")
    return send_private(request, path, filename=row.file_name, mime=mime_of(row))


@require_safe
def picture(request: HttpRequest, face_id: uuid.UUID) -> HttpResponseBase:
    """The picture of a face."""
    row = get_object_or_404(FaceProfile, pk=face_id)
    user = _judge(request, row)
    note_listening(user, row, "moderation.look")
    return send_private(request, files.face_picture(row.pk), filename="picture.png", mime="image/png")
