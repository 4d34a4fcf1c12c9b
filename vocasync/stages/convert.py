"""A recording's own sound in another voice, piece by piece, and how alike the voices are then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vocasync.engines.base import SpeakerEncoder, VoiceConverter, Watermarker
from vocasync.engines.tts.prosody import at_level_of
from vocasync.media import audio as sounds
from vocasync.media.audio import read_slice, resample
from vocasync.progress import Progress
from vocasync.stages.score import embed_all
from vocasync.stages.segment import merge_regions
from vocasync.stages.stitch import FADE_SECONDS
from vocasync.types import Audio, FloatArray, Match, Region, Take, Track

LONGEST = 20.0
"""Seconds of a piece: what is in memory at once."""

_AROUND = 0.25  # seconds before and after a piece, that its edges are not those of a sound
_UTTERANCE = 12.0  # seconds that are compared as one
_BATCH = 16  # utterances in memory at once


def pieces(spoken: Sequence[Region], seconds: float) -> tuple[Region, ...]:
    """A recording in pieces of ``LONGEST`` at most, cut in the middle of pauses where there are any.

    spoken: where someone speaks, in order. seconds: of the recording; the pieces cover all of it.
    """
    ends = [region.end for region in spoken]
    pauses = [(end + region.start) / 2 for end, region in zip(ends, spoken[1:], strict=False)]
    found: list[Region] = []
    start = 0.0
    while seconds - start > LONGEST:
        within = [pause for pause in pauses if start < pause <= start + LONGEST]
        end = within[-1] if within else start + LONGEST
        found.append(Region(start, end))
        start = end
    return (*found, Region(start, seconds)) if seconds > start else tuple(found)


@dataclass(frozen=True, slots=True)
class Converting:
    """How a recording is converted. source, voice: conditionings of ``converter``, of whoever speaks and of the voice.
    watermarker: None for no mark."""

    converter: VoiceConverter
    source: Any
    voice: Any
    match: Match
    watermarker: Watermarker | None


def convert(sound: Path, piece: Region, how: Converting, out: Path, progress: Progress) -> Region:
    """Write a piece of ``sound`` (mono WAV) in the voice to ``out`` (WAV, 16 bit, the converter's rate), as loud as it
    was. It reaches half a fade beyond its ends, where there is sound, so that pieces can be laid over each other.

    Returns what it covers.
    """
    whole = sounds.length(sound)
    reach = Region(max(0.0, piece.start - FADE_SECONDS / 2), min(whole, piece.end + FADE_SECONDS / 2))
    begin = max(0.0, reach.start - _AROUND)
    given = read_slice(sound, begin, reach.end + _AROUND)
    made = how.converter.convert(given, how.source, how.voice, progress, how.match)
    before = resample(given, made.rate).samples
    first = round((reach.start - begin) * made.rate)
    chosen = slice(first, first + round(reach.duration * made.rate))
    kept = Audio(_levelled(made.samples[chosen], before[chosen]), made.rate)
    sounds.write(out, how.watermarker.mark(kept) if how.watermarker else kept)
    return reach


def _levelled(made: FloatArray, before: FloatArray) -> FloatArray:
    return at_level_of(made, before) if len(made) and np.any(made) else made


@dataclass(frozen=True, slots=True)
class Likeness:
    """Cosines. tracks: by track, to the voice (``speaker``) and to whoever speaks in the recording (``original``).
    baselines: ``recording``, the untouched recording to the voice. takes: the converted track by utterance."""

    tracks: dict[str, dict[str, float]] = field(default_factory=dict)
    baselines: dict[str, float] = field(default_factory=dict)
    takes: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared. recording: its sound. tracks: by name, beside ``converted``, other sounds of the same length.
    utterances: (number, where) of what is said. voice: unit vector of the voice that is wanted."""

    recording: Path
    converted: Path
    tracks: dict[str, Path]
    utterances: Sequence[tuple[int, Region]]
    voice: FloatArray


def utterances(spoken: Sequence[Region]) -> tuple[tuple[int, Region], ...]:
    """Stretches of speech that are long enough to be compared, numbered, where no sentences are known."""
    return tuple(enumerate(merge_regions(spoken, _UTTERANCE)))


def compare(asked: Compared, encoder: SpeakerEncoder, progress: Progress) -> Likeness:
    """How far the converted track moved from whoever speaks to the voice, utterance by utterance; each track's figures
    are means weighted by duration. Memory is flat in the length."""
    recording = dict(_vectors(asked.recording, asked.utterances, encoder, progress))
    if not recording:
        return Likeness()
    lengths = {number: region.duration for number, region in asked.utterances}
    original = _unit(np.sum([recording[number] * lengths[number] for number in recording], axis=0))
    files = {**asked.tracks, Track.CONVERTED.value: asked.converted}
    found = {name: dict(_vectors(path, asked.utterances, encoder, progress)) for name, path in files.items()}
    return Likeness(
        {
            name: {"speaker": _mean(own, lengths, asked.voice), "original": _mean(own, lengths, original)}
            for name, own in found.items()
            if own
        },
        {"recording": _mean(recording, lengths, asked.voice)},
        tuple(_take(number, where, found, asked.voice, original) for number, where in asked.utterances),
    )


def _take(
    number: int, where: Region, found: dict[str, dict[int, FloatArray]], voice: FloatArray, original: FloatArray
) -> Take:
    own = found[Track.CONVERTED.value].get(number)
    alike = {} if own is None else {"speaker": float(own @ voice), "original": float(own @ original)}
    length = where.duration
    return Take(number, Track.CONVERTED, "", where.start, length, length, similarity=alike)


def _vectors(
    path: Path, utterances: Sequence[tuple[int, Region]], encoder: SpeakerEncoder, progress: Progress
) -> Iterator[tuple[int, FloatArray]]:
    """Those of the utterances that have sound, by number."""
    for first in range(0, len(utterances), _BATCH):
        progress.check()
        batch = utterances[first : first + _BATCH]
        vectors = embed_all([read_slice(path, where.start, where.end) for _, where in batch], encoder)
        yield from ((number, vector) for (number, _), vector in zip(batch, vectors, strict=True) if vector is not None)


def _mean(vectors: dict[int, FloatArray], lengths: dict[int, float], target: FloatArray) -> float:
    return float(np.average([one @ target for one in vectors.values()], weights=[lengths[one] for one in vectors]))


def _unit(vector: FloatArray) -> FloatArray:
    found: FloatArray = vector / np.linalg.norm(vector)
    return found
