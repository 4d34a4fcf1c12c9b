"""Emotion references: brought, renamed, deleted."""

from __future__ import annotations

from django.db import transaction

from accounts import limits
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.types import ANALYSIS_RATE
from voices import errands, files
from voices.models import EmotionReference, Preview
from voices.services import intake, profiles
from voices.services.intake import Upload
from web.names import clean_name

ACCEPTED = intake.bounds("clip", longest=120.0, shortest=1.0)


def emotion_create(*, owner: User, upload: Upload, name: str = "", label: str) -> EmotionReference:
    """Take in a clip that shows a tone; a worker measures it (errand ``emotion``). name: "" for the file's own.

    Raises PipelineError (what the file is, ``emotion_known``, limits) and ValidationError; then nothing is kept.
    """
    limits.require_active(owner)
    emotion = EmotionReference(owner=owner, file_name=clean_name(upload.name), size=upload.size or 0)
    _name(emotion, name.strip() or emotion.file_name.rpartition(".")[0] or emotion.file_name, label)
    path = files.emotion_original(emotion.pk)
    with intake.taken_in(upload, path, "clip", ACCEPTED) as taken, transaction.atomic():
        profiles.check_room(owner)
        emotion.sha256 = taken.sha256
        _check_new(emotion)
        emotion.size = intake.count(owner, taken, ANALYSIS_RATE)
        emotion.full_clean(exclude=["owner"])
        emotion.save(force_insert=True)
        errands.start(owner=owner, kind="emotion", subject=emotion.pk)
    return emotion


def _name(emotion: EmotionReference, name: str, label: str) -> None:
    emotion.name = " ".join(name.split())[:120]
    emotion.label = " ".join(label.lower().split())
    emotion.clean_fields(exclude=["owner", "sha256", "size"])


def _check_new(emotion: EmotionReference) -> None:
    other = EmotionReference.objects.filter(owner=emotion.owner, sha256=emotion.sha256).first()
    if other is not None:
        raise PipelineError("emotion_known", name=emotion.file_name, other=other.name, field="clip")


def emotion_update(*, emotion: EmotionReference, name: str | None = None, label: str | None = None) -> EmotionReference:
    """Rename it, or call the tone otherwise. Raises ValidationError."""
    _name(emotion, emotion.name if name is None else name, emotion.label if label is None else label)
    emotion.save(update_fields=["name", "label"])
    return emotion


def emotion_delete(*, emotion: EmotionReference) -> None:
    """Delete it with its files and the previews in its tone."""
    previews = list(Preview.objects.filter(emotion=emotion).values_list("pk", flat=True))
    with transaction.atomic():
        errands.forget(emotion.pk, *previews)
        EmotionReference.objects.filter(pk=emotion.pk).delete()
        files.remove_on_commit(files.emotion_root(emotion.pk), *(files.preview_sound(pk) for pk in previews))
