"""Where the library's files lie, and how they come and go. Paths are made of ids alone, never of a client's words."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import models, transaction

from voices.models import (
    ConsentAttempt,
    ConsentRecord,
    EmotionReference,
    FaceProfile,
    Preview,
    SoundQuery,
    Utterance,
    VoiceProfile,
    VoiceSample,
)

SOUND_MIME = "audio/wav"
PRIVATE = 0o600


def _root(kind: str) -> Path:
    return Path(settings.MEDIA_ROOT) / kind


# --- faces ------------------------------------------------------------------------------------------------------------
def face_root(face_id: uuid.UUID) -> Path:
    """Everything of a face."""
    return _root("faces") / str(face_id)


def face_original(face_id: uuid.UUID) -> Path:
    """What was uploaded; gone as soon as the picture was made of it."""
    return face_root(face_id) / "original"


def face_picture(face_id: uuid.UUID) -> Path:
    """The picture, made anew from what was uploaded."""
    return face_root(face_id) / "picture.png"


# --- voices and their samples -----------------------------------------------------------------------------------------
def voice_root(voice_id: uuid.UUID) -> Path:
    """Everything of a voice but its consents."""
    return _root("voices") / str(voice_id)


def samples_root(voice_id: uuid.UUID) -> Path:
    """One folder a sample."""
    return voice_root(voice_id) / "samples"


def sample_root(sample: VoiceSample) -> Path:
    """The sample's own folder."""
    return samples_root(sample.voice_id) / str(sample.pk)


def sample_original(sample: VoiceSample) -> Path:
    """What was brought, in whatever format."""
    return sample_root(sample) / "original"


def sample_sound(sample: VoiceSample) -> Path:
    """Its sound as engines read it: mono, 24 kHz."""
    return sample_root(sample) / "sound.wav"


def reference(voice_id: uuid.UUID) -> Path:
    """What engines are given of the voice: pieces of the samples that they use, in one file."""
    return voice_root(voice_id) / "reference.wav"


def reference_words(voice_id: uuid.UUID) -> Path:
    """What is said in the reference, word by word with times, as far as that is known (JSON)."""
    return voice_root(voice_id) / "reference.json"


def portrait(voice_id: uuid.UUID) -> Path:
    """What people hear of the voice: a few seconds of the reference."""
    return voice_root(voice_id) / "portrait.wav"


def conditioning_root(voice_id: uuid.UUID) -> Path:
    """What engines computed from the reference."""
    return voice_root(voice_id) / "conditioning"


# --- the rest ---------------------------------------------------------------------------------------------------------
def emotion_root(emotion_id: uuid.UUID) -> Path:
    """The folder of an emotion reference."""
    return _root("emotions") / str(emotion_id)


def emotion_conditioning(emotion_id: uuid.UUID) -> Path:
    """What engines computed from an emotion reference."""
    return emotion_root(emotion_id) / "conditioning"


def emotion_original(emotion_id: uuid.UUID) -> Path:
    """What was brought, in whatever format."""
    return emotion_root(emotion_id) / "original"


def emotion_sound(emotion_id: uuid.UUID) -> Path:
    """Its sound as engines read it: mono, 16 kHz."""
    return emotion_root(emotion_id) / "sound.wav"


def preview_sound(preview_id: uuid.UUID) -> Path:
    """The line that was spoken."""
    return _root("previews") / f"{preview_id}.wav"


def speech_root(utterance_id: uuid.UUID) -> Path:
    """The folder of what somebody has spoken."""
    return _root("speech") / str(utterance_id)


def speech_sound(utterance_id: uuid.UUID, kind: str = "wav") -> Path:
    """The text that was spoken, in a format of :mod:`vocasync.media.sounds`."""
    return speech_root(utterance_id) / f"sound.{kind}"


def speech_live(utterance_id: uuid.UUID) -> Path:
    """What there is of it while it is being spoken, in the format that was asked for."""
    return speech_root(utterance_id) / "live"


def speech_whole(utterance_id: uuid.UUID) -> Path:
    """The same when nothing is missing any more; gone as soon as the finished files are there."""
    return speech_root(utterance_id) / "whole"


def speech_label(utterance_id: uuid.UUID) -> Path:
    """The comment that stands in what is sent while it is spoken: two signatures of one manifest are not the same."""
    return speech_root(utterance_id) / "label"


def speech_reference(utterance_id: uuid.UUID) -> Path:
    """The folder of a clip to speak with, and of what engines computed of it; gone when the text was spoken."""
    return speech_root(utterance_id) / "reference"


def speech_clip(utterance_id: uuid.UUID) -> Path:
    """The clip as it was brought, in whatever format."""
    return speech_reference(utterance_id) / "original"


def query_root(query_id: uuid.UUID) -> Path:
    """The folder of a clip to search with; gone as soon as the clip was listened to."""
    return _root("queries") / str(query_id)


def query_clip(query_id: uuid.UUID) -> Path:
    """What was brought, in whatever format."""
    return query_root(query_id) / "original"


def consent_root(consent_id: uuid.UUID) -> Path:
    """The evidence of a consent (by the id of its record, or of the attempt)."""
    return _root("consents") / str(consent_id)


def consent_brought(attempt_id: uuid.UUID) -> Path:
    """What was recorded in answer to a sentence, as it came; gone when it was checked."""
    return consent_root(attempt_id) / "original"


def consent_recording(attempt_id: uuid.UUID) -> Path:
    """The sound of a reading that passed."""
    return consent_root(attempt_id) / "recording.wav"


def consent_statement(record_id: uuid.UUID) -> Path:
    """An uploaded statement, as it came."""
    return consent_root(record_id) / "statement"


# --- coming and going -------------------------------------------------------------------------------------------------
def lay_down(upload: File[Any], path: Path) -> str:
    """Write an upload to ``path``, whose folder is made; the SHA-256 (hex) of its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        path.chmod(PRIVATE)
        for block in upload.chunks():
            digest.update(block)
            stream.write(block)
    return digest.hexdigest()


@contextmanager
def undone(path: Path) -> Iterator[None]:
    """Whatever fails inside, nothing is left of ``path``."""
    try:
        yield
    except BaseException:
        remove(path)
        raise


@contextmanager
def kept_with(row: models.Model, path: Path) -> Iterator[None]:
    """What is written to ``path`` inside goes when the row was deleted meanwhile."""
    try:
        yield
    finally:
        if not type(row)._default_manager.filter(pk=row.pk).exists():
            remove(path)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 when it is not there."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def remove(path: Path) -> None:
    """Delete a file, or a folder with everything in it. What vanishes meanwhile is no matter."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_on_commit(*paths: Path) -> None:
    """Delete them once the transaction is through."""
    for path in paths:
        transaction.on_commit(partial(remove, path))


# --- what broken uploads and killed processes left --------------------------------------------------------------------
def sweep(older_than: float = 3600.0) -> int:
    """Delete what belongs to no row and was not touched for ``older_than`` seconds; returns how many things went."""
    before = time.time() - older_than
    orphans = [
        *_orphans(_root("voices"), before, VoiceProfile),
        *_orphans(_root("emotions"), before, EmotionReference),
        *_orphans(_root("faces"), before, FaceProfile),
        *_orphans(_root("previews"), before, Preview),
        *_orphans(_root("speech"), before, Utterance),
        *_orphans(_root("queries"), before, SoundQuery),
        *_orphans(_root("consents"), before, ConsentRecord, ConsentAttempt),
    ]
    for folder in _root("voices").glob("*/samples"):
        orphans += _orphans(folder, before, VoiceSample)
    for path in orphans:
        remove(path)
    return len(orphans)


def _orphans(folder: Path, before: float, *kinds: type[models.Model]) -> list[Path]:
    found = {path: _id(path.stem) for path in _entries(folder) if _touched(path) < before}
    ids = {pk for pk in found.values() if pk is not None}
    known: set[Any] = set()
    for kind in kinds:
        known |= set(kind._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
    return [path for path, pk in found.items() if pk is not None and pk not in known]


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _touched(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return time.time()


def _id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None
