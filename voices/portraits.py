"""The portrait of a voice's sound, made from its samples. In workers only: it reads and writes sound.

Whoever changes the samples has the portrait made anew. Two workers may do so at once for the same voice: each writes
only what it made from the samples as they are when it writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from vocasync.artifacts import dumps, fingerprint
from vocasync.errors import Cancelled
from vocasync.types import FloatArray, Region
from voices import describe, files, neutral
from voices.consent import ending
from voices.models import EmotionReference, VoiceProfile, VoiceSample
from work.engines import engine_config

EDITION = 1
"""Raised when the same samples come to give another reference: what was made from the old one is then stale."""

HEARD_SECONDS = 10.0
"""What people hear of a voice before they choose it; more of its samples nobody but the owner hears."""

FADE_SECONDS = 0.05
PEAKS = 200
ROUNDS = 5
Status = VoiceSample.Status
USABLE = (Status.GOOD, Status.FLAGGED)


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a voice sounds like. chosen: the samples that engines use, the best first. seen: what the samples were like
    when it was made."""

    chosen: tuple[VoiceSample, ...]
    agreements: dict[uuid.UUID, float | None]
    fields: dict[str, Any]
    seen: list[tuple[Any, ...]]


def others_of(sample: VoiceSample) -> dict[uuid.UUID, FloatArray]:
    """What the voice's other samples sound like, by id: those that engines may use."""
    usable = VoiceSample.objects.filter(voice=sample.voice_id, status__in=USABLE, wanted=True).exclude(pk=sample.pk)
    found: list[Any] = list(usable.exclude(embedding=None).values_list("pk", "embedding"))
    return dict(found)


def portrait_refresh(voice: VoiceProfile) -> None:
    """Grade the voice, choose the samples that engines use, write what they read of them, and its portrait.

    A voice whose samples change this way has another ``fingerprint``: what was made from the old one is stale. Ends the
    consent of a voice that sounds like another person now. Raises Cancelled for a voice that is gone.
    """
    for _ in range(ROUNDS):
        found = _portrait(voice)
        with files.kept_with(voice, files.voice_root(voice.pk)), _sounds(voice, found) as sounds:
            if _put(voice, found, sounds):
                return
    raise RuntimeError(f"the samples of voice {voice.pk} do not come to rest")


# --- making it --------------------------------------------------------------------------------------------------------
def _portrait(voice: VoiceProfile) -> Portrait:
    from vocasync.stages.grade import SampleFacts, rate

    seen = _seen(voice)
    samples = list(VoiceSample.objects.filter(voice=voice).exclude(status=Status.MEASURING))
    agreements = _agreements(samples)
    facts = [
        SampleFacts(
            speech_seconds=sample.speech_seconds or 0.0,
            snr=sample.snr,
            clipping=sample.clipping,
            bandwidth=sample.bandwidth,
            loudness=sample.loudness,
            speakers=sample.speakers,
            agreement=agreements.get(sample.pk),
            usable=_usable(sample),
            flags=tuple(problem["code"] for problem in sample.problems),
        )
        for sample in samples
    ]
    graded = rate(facts)
    chosen = tuple(samples[place] for place in graded.chosen)
    fields = {
        "grade": graded.grade,
        "quality": graded.quality,
        "seconds": graded.seconds,
        "reasons": [asdict(reason) for reason in graded.reasons],
        "embedding": _mean_embedding(chosen),
        "fingerprint": fingerprint("voice", EDITION, [sample.sha256 for sample in chosen]) if chosen else "",
        **{name: _mean(chosen, name) for name in ("f0_low", "f0_median", "f0_high", "pace")},
    }
    return Portrait(chosen, agreements, fields, seen)


def _usable(sample: VoiceSample) -> bool:
    return sample.wanted and sample.status in USABLE


def _seen(voice: VoiceProfile) -> list[tuple[Any, ...]]:
    """The samples, as far as the portrait depends on them."""
    rows = VoiceSample.objects.filter(voice=voice).exclude(status=Status.MEASURING).order_by("pk")
    return list(rows.values_list("pk", "status", "wanted", "language", "speech_seconds"))


def _agreements(samples: Sequence[VoiceSample]) -> dict[uuid.UUID, float | None]:
    """How well each usable sample goes with the others of these, as cosine; None for one alone."""
    usable = [sample for sample in samples if _usable(sample) and sample.embedding is not None]
    if len(usable) < 2:
        return {sample.pk: None for sample in usable}
    vectors = np.stack([sample.embedding for sample in usable])
    rest = vectors.sum(axis=0) - vectors
    cosines = np.sum(vectors * rest, axis=1) / np.maximum(np.linalg.norm(rest, axis=1), 1e-9)
    return {sample.pk: float(cosine) for sample, cosine in zip(usable, cosines, strict=True)}


def _weights(samples: Sequence[VoiceSample]) -> list[float]:
    return [sample.speech_seconds or 0.0 for sample in samples]


def _mean_embedding(chosen: Sequence[VoiceSample]) -> FloatArray | None:
    known = [sample for sample in chosen if sample.embedding is not None]
    if not known:
        return None
    mean = np.average(np.stack([sample.embedding for sample in known]), axis=0, weights=_weights(known))
    return np.asarray(mean, np.float32)


def _mean(chosen: Sequence[VoiceSample], name: str) -> float | None:
    known = [sample for sample in chosen if getattr(sample, name) is not None]
    if not known:
        return None
    return float(np.average([getattr(sample, name) for sample in known], weights=_weights(known)))


@dataclass(frozen=True, slots=True)
class Sounds:
    """What was written of the chosen samples. reference: what engines read, and the words in it; heard: what people
    hear, and its peaks."""

    reference: Path
    words: Path
    heard: Path
    peaks: list[float]


@contextmanager
def _sounds(voice: VoiceProfile, found: Portrait) -> Iterator[Sounds | None]:
    """Written beside their places; gone when they were not put there. None for no samples."""
    mark = uuid.uuid4().hex[:8]
    places = [place(voice.pk) for place in (files.reference, files.reference_words, files.portrait)]
    reference, words, heard = (path.with_name(f".{mark}.{path.name}") for path in places)
    try:
        yield _write_sounds(found.chosen, reference, words, heard) if found.chosen else None
    finally:
        for scratch in (reference, words, heard):
            scratch.unlink(missing_ok=True)


def _write_sounds(chosen: Sequence[VoiceSample], reference: Path, words: Path, heard: Path) -> Sounds:
    from vocasync.media import audio
    from vocasync.pipelines.library import build_reference, placed_words
    from vocasync.stages import quality

    config = engine_config()
    pieces = [(files.sample_sound(one), [Region(*region) for region in one.regions]) for one in chosen]
    said = [placed_words(files.sample_sound(one), one.transcript, one.language, config) for one in chosen]
    words.write_text(dumps(build_reference(pieces, reference, said).words), encoding="utf-8")
    audio.write(heard, audio.faded(audio.read_slice(reference, 0.0, HEARD_SECONDS), FADE_SECONDS))
    return Sounds(reference, words, heard, quality.outline(heard, PEAKS))


# --- putting it there -------------------------------------------------------------------------------------------------
def _put(voice: VoiceProfile, found: Portrait, sounds: Sounds | None) -> bool:
    """Make it the voice's; False when the samples are others by now."""
    with transaction.atomic():
        row = VoiceProfile.objects.select_for_update().filter(pk=voice.pk).first()
        if row is None:
            raise Cancelled
        if _seen(row) != found.seen:
            return False
        changed = row.fingerprint != found.fields["fingerprint"]
        _mark_samples(row, found)
        _write(row, found.fields | {"peaks": sounds.peaks if sounds else []}, changed)
        # Under the row's lock, so that the files are always those of the fingerprint.
        _put_files(row, sounds, changed)
        if changed:
            ending.still_covers(row)
            compare_emotions(row.owner)
    return True


def _mark_samples(voice: VoiceProfile, found: Portrait) -> None:
    chosen = {sample.pk for sample in found.chosen}
    VoiceSample.objects.filter(voice=voice).exclude(pk__in=chosen).update(chosen=False)
    VoiceSample.objects.filter(pk__in=chosen).update(chosen=True)
    for pk, agreement in found.agreements.items():
        VoiceSample.objects.filter(pk=pk).update(agreement=agreement)


def _write(voice: VoiceProfile, fields: dict[str, Any], changed: bool) -> None:
    for name, value in fields.items():
        setattr(voice, name, value)
    if changed:
        voice.updated_at = timezone.now()
    describe.hear_languages(voice)
    voice.search_text = describe.search_text(voice)
    voice.save(update_fields=[*fields, "updated_at", "search_text"])


def _put_files(voice: VoiceProfile, sounds: Sounds | None, changed: bool) -> None:
    reference, words, heard = files.reference(voice.pk), files.reference_words(voice.pk), files.portrait(voice.pk)
    if sounds is not None:
        sounds.reference.replace(reference)
        sounds.words.replace(words)
        sounds.heard.replace(heard)
    else:
        for gone in (reference, words, heard):
            gone.unlink(missing_ok=True)
    if changed:
        files.remove(files.conditioning_root(voice.pk))


def compare_emotions(owner: User) -> None:
    """What the person's library counts as neutral has changed: compare the emotion references with it anew."""
    from vocasync.engines.tts.style import compare_styles

    level = neutral.neutral_of(owner)
    for emotion in EmotionReference.objects.filter(owner=owner).exclude(measures={}):
        EmotionReference.objects.filter(pk=emotion.pk).update(relative=compare_styles(emotion.measures, level))
