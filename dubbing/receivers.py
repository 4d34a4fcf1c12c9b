"""What the voice library tells: each is a service's affair."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from dubbing import provenance, withdrawal
from engines import clones
from voices import signals
from voices.models import FaceProfile, VoiceProfile


@receiver(signals.consent_ended)
def consent_ended(voice: VoiceProfile, reason: str, **_: Any) -> None:
    clones.end(voices=[voice.pk])
    withdrawal.voice_withdrawn(voice=voice, reason=reason)


@receiver(signals.face_ended)
def face_ended(face: FaceProfile, reason: str, **_: Any) -> None:
    withdrawal.face_withdrawn(face=face, reason=reason)


@receiver(signals.job_taken_down)
def job_taken_down(job_id: uuid.UUID, reason: str, **_: Any) -> None:
    withdrawal.job_taken_down(job_id=job_id, reason=reason)


@receiver(signals.job_restored)
def job_restored(job_id: uuid.UUID, **_: Any) -> None:
    withdrawal.job_restored(job_id=job_id)


@receiver(signals.user_suspended)
def user_suspended(user: User, reason: str, **_: Any) -> None:
    withdrawal.user_suspended(user=user, reason=reason)


@receiver(signals.utterance_spoken)
def utterance_spoken(made: dict[str, str], **_: Any) -> None:
    provenance.remember_files(made)
