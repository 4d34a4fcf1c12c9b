"""A voice of somebody's that is shared with somebody else, and one of everything that goes with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from tests.voices.rows import face_row, vector, verified_voice
from voices import errands, files
from voices.actors import appearance_record
from voices.models import (
    Actor,
    ActorAppearance,
    ConsentAttempt,
    Decision,
    EmotionReference,
    FaceProfile,
    Preview,
    VoiceProfile,
    VoiceSample,
    VoiceShare,
)

SOUND = bytes(range(256)) * 4


@dataclass(frozen=True)
class Shelf:
    """A voice, and one of everything that goes with it."""

    voice: VoiceProfile
    sample: VoiceSample
    emotion: EmotionReference
    preview: Preview
    attempt: ConsentAttempt
    errand: Any
    actor: Actor
    other_actor: Actor
    appearance: ActorAppearance
    decision: Decision
    face: FaceProfile

    @property
    def ids(self) -> dict[str, uuid.UUID]:
        """By the names of the parameters in addresses."""
        return {
            "voice_id": self.voice.pk,
            "sample_id": self.sample.pk,
            "emotion_id": self.emotion.pk,
            "preview_id": self.preview.pk,
            "attempt_id": self.attempt.pk,
            "errand_id": self.errand.pk,
            "actor_id": self.actor.pk,
            "decision_id": self.decision.pk,
            "face_id": self.face.pk,
        }


def stocked(owner: User, friend: User) -> Shelf:
    """The owner's, and the voice shared with the friend."""
    voice = verified_voice(owner, fingerprint="f" * 64, search_text="narrator")
    VoiceShare.objects.create(voice=voice, user=friend)
    sample = VoiceSample.objects.create(
        voice=voice, name="take.wav", size=9, sha256="a" * 64, status="good", chosen=True, embedding=vector()
    )
    emotion = EmotionReference.objects.create(
        owner=owner, name="Laugh", label="happy", file_name="a.wav", size=9, sha256="b" * 64, status="ready"
    )
    preview = Preview.objects.create(
        owner=owner, voice=voice, engine="espeak", language="en", text="Hi.", fingerprint="c" * 64,
        voice_mark=voice.fingerprint, seconds=1.0,
    )  # fmt: skip
    face = face_row(owner)
    for path in (
        files.face_picture(face.pk),
        files.sample_original(sample),
        files.sample_sound(sample),
        files.emotion_sound(emotion.pk),
        files.preview_sound(preview.pk),
        files.reference(voice.pk),
        files.portrait(voice.pk),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOUND)
    attempt = ConsentAttempt.objects.create(
        voice=voice, user=owner, sentence="Read this.", language="en", expires_at=timezone.now()
    )
    actor = Actor.objects.create(owner=owner, name="Anna")
    appearance = appearance_record(
        actor=actor,
        job_id=uuid.uuid4(),
        job_title="A talk",
        speaker=0,
        seconds=10.0,
        embedding=vector(),
        style={"pace": 4.0},
    )
    return Shelf(
        voice=voice,
        sample=sample,
        emotion=emotion,
        preview=preview,
        attempt=attempt,
        errand=errands.start(owner=owner, kind="portrait", subject=voice.pk),
        actor=actor,
        other_actor=Actor.objects.create(owner=owner, name="Ann"),
        appearance=appearance,
        decision=Decision.objects.create(user=owner, kind="refuse_public", subject_name="Narrator", reason="No."),
        face=face,
    )
