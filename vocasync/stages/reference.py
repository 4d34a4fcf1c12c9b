"""Clean speech to match a voice to: chosen from the recording itself, or taken from an emotion reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from vocasync.engines.base import SpeakerEncoder, StockVoice
from vocasync.engines.tts import world
from vocasync.errors import PipelineError
from vocasync.media.audio import read_slice
from vocasync.media.ffmpeg import decode_blocks
from vocasync.progress import Part, Progress
from vocasync.stages.segment import speech_regions
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Segment, VoiceReference, Word

ENOUGH_SECONDS = 45.0
"""A reference is not made longer than this."""

LEAST_SECONDS = 1.5

LONGEST_EMOTION_SECONDS = 120.0
"""What is read of an emotion reference."""

_MOST_CANDIDATES = 80  # spread over the recording; more would only take time
_SHORTEST, _LONGEST = 0.8, 12.0  # seconds of a candidate
_FRAME = 400  # samples, 25 ms
_LEAST_SNR = 6.0  # dB between the loud and the quiet frames of a candidate
_CLIPPED = 0.999
_MOST_CLIPPED = 0.001
_BETWEEN = 165.0  # Hz; most men speak below, most women above
_LEAST_VOICED = 20  # frames of 5 ms
_SHORTEST_HEARD = 0.1  # seconds
_LOOSE = 0.1  # seconds by which a word may reach out of the stretch that it is in
_FEW = 10
_OUTLIER = 0.15  # below the median likeness to the others, a candidate is another voice, or not clean


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A stretch that may go into the reference. snr: dB; clipped: share of samples; vector: unit embedding."""

    region: Region
    snr: float
    clipped: float
    vector: FloatArray


def choose_reference(
    analysis: Path, spoken: Sequence[Region], encoder: SpeakerEncoder, progress: Progress
) -> VoiceReference:
    """The cleanest speech of a speaker, up to 45 s.

    analysis: mono WAV at ``ANALYSIS_RATE``. spoken: where they speak; short stretches count only where there is little
    else. Stretches that are noisy or clipped, or that sound unlike the others, stay out unless too little is left.
    Raises ``reference_too_short``.
    """
    long_enough = [region for region in spoken if region.duration >= _SHORTEST]
    if sum(region.duration for region in long_enough) < LEAST_SECONDS:
        long_enough = list(spoken)
    candidates = _measured(analysis, _spread([_cut(region) for region in long_enough]), encoder, progress)
    chosen = _enough(_cleanest_first(_alike(candidates)))
    seconds = sum(region.duration for region in chosen)
    if seconds < LEAST_SECONDS:
        raise PipelineError("reference_too_short", seconds=seconds, limit=np.ceil(LEAST_SECONDS))
    progress.report(1.0)
    return VoiceReference(analysis, tuple(sorted(chosen, key=lambda region: region.start)))


def words_within(segments: Sequence[Segment], regions: Sequence[Region]) -> tuple[Word, ...]:
    """What is said in these stretches of a recording, each word at its time. A segment whose words' times are not known
    counts as one word, and only where it lies in a stretch as a whole."""
    words = [
        word for segment in segments for word in segment.words or (Word(segment.text, segment.start, segment.end),)
    ]
    return tuple(word for word in words if word.text and any(_holds(region, word) for region in regions))


def _holds(region: Region, word: Word) -> bool:
    return region.start - _LOOSE <= word.start and word.end <= region.end + _LOOSE


def nearest_stock(analysis: Path, spoken: Sequence[Region], voices: Sequence[StockVoice], number: int) -> str:
    """The name of the engine's voice that stands in for somebody who speaks too little for one of their own.

    By the height of their voice, as far as that can be heard. number: of the speaker; those who are alike get different
    voices where there are several. "" where the engine brings none."""
    return alike_stock(_height(analysis, spoken), voices, number)


def alike_stock(height: float | None, voices: Sequence[StockVoice], number: int) -> str:
    """The same by the height of somebody's voice in Hz, None where it could not be heard."""
    sex = "" if height is None else "female" if height >= _BETWEEN else "male"
    alike = [voice for voice in voices if voice.sex == sex] or list(voices)
    return alike[number % len(alike)].name if alike else ""


def _height(analysis: Path, spoken: Sequence[Region]) -> float | None:
    """Median F0 in Hz; None where hardly anything is voiced."""
    voiced = [frames.f0[frames.f0 > 0] for frames in world.analyse_all(_clips(analysis, spoken), careful=True)]
    f0 = np.concatenate(voiced) if voiced else np.zeros(0)
    return float(np.median(f0)) if len(f0) >= _LEAST_VOICED else None


def _clips(analysis: Path, spoken: Sequence[Region]) -> Iterator[Audio]:
    """The first few stretches that are long enough to be measured at all."""
    long_enough = [_cut(region) for region in spoken if region.duration >= _SHORTEST_HEARD]
    return (read_slice(analysis, region.start, region.end) for region in long_enough[:_FEW])


def emotion_reference(path: Path, name: str, out: Path, progress: Progress) -> VoiceReference:
    """The speech in an emotion reference that someone brought; its sound is written to ``out`` (WAV, 16 kHz mono).

    Raises ``no_speech_emotion``, or what reading the file raises (``tool_failed``)."""
    _decode(path, name, out, Part(progress, 0.0, 0.4))
    found = speech_regions(out, Part(progress, 0.4, 1.0))
    if sum(region.duration for region in found) < LEAST_SECONDS / 2:
        raise PipelineError("no_speech_emotion", name=name)
    return VoiceReference(out, found)


def _decode(path: Path, name: str, out: Path, progress: Progress) -> None:
    left = round(LONGEST_EMOTION_SECONDS * ANALYSIS_RATE)
    with soundfile.SoundFile(out, "w", ANALYSIS_RATE, 1, "PCM_16", format="WAV") as file:
        for block in decode_blocks(path, ANALYSIS_RATE, name=name, progress=progress):
            file.write(block[:left])
            left -= len(block)
            if left <= 0:
                break


def _cut(region: Region) -> Region:
    return Region(region.start, min(region.end, region.start + _LONGEST))


def _spread(regions: list[Region]) -> list[Region]:
    """At most 80, evenly over the recording."""
    if len(regions) <= _MOST_CANDIDATES:
        return regions
    return [regions[i] for i in np.linspace(0, len(regions) - 1, _MOST_CANDIDATES).round().astype(int)]


def _measured(
    analysis: Path, regions: Sequence[Region], encoder: SpeakerEncoder, progress: Progress
) -> list[_Candidate]:
    found = []
    with soundfile.SoundFile(analysis) as file:
        for done, region in enumerate(regions):
            progress.check()
            file.seek(min(round(region.start * file.samplerate), file.frames))
            samples = file.read(round(region.duration * file.samplerate), dtype="float32")
            candidate = _measure(region, Audio(samples, file.samplerate), encoder)
            if candidate is not None:
                found.append(candidate)
            progress.report((done + 1) / len(regions))
    return found


def _measure(region: Region, audio: Audio, encoder: SpeakerEncoder) -> _Candidate | None:
    """The measures of a candidate, or None where there is no sound."""
    count = len(audio.samples) // _FRAME
    if count < 2:
        return None
    try:
        vector = encoder.embed(audio)
    except PipelineError:
        return None
    power = np.square(audio.samples[: count * _FRAME].reshape(count, _FRAME)).mean(axis=1)
    level = 10 * np.log10(power + 1e-10)
    snr = float(np.percentile(level, 90) - np.percentile(level, 5))
    return _Candidate(region, snr, float(np.mean(np.abs(audio.samples) >= _CLIPPED)), vector)


def _alike(candidates: list[_Candidate]) -> list[_Candidate]:
    """Without those that sound unlike the rest (music, another voice)."""
    if len(candidates) < 4:
        return candidates
    vectors = np.stack([candidate.vector for candidate in candidates])
    weights = np.array([candidate.region.duration for candidate in candidates])
    likeness = vectors @ (weights @ vectors / np.linalg.norm(weights @ vectors))
    kept = likeness >= np.median(likeness) - _OUTLIER
    return [candidate for candidate, keep in zip(candidates, kept, strict=True) if keep]


def _cleanest_first(candidates: list[_Candidate]) -> list[_Candidate]:
    def rank(candidate: _Candidate) -> tuple[bool, float]:
        bad = candidate.snr < _LEAST_SNR or candidate.clipped > _MOST_CLIPPED
        # Above 40 dB nothing is gained, and long stretches show more of the voice.
        return bad, -min(candidate.snr, 40.0) - min(candidate.region.duration, 6.0)

    return sorted(candidates, key=rank)


def _enough(candidates: list[_Candidate]) -> list[Region]:
    """The first ones, up to 45 s; poor ones only while there are less than 10 s."""
    chosen: list[Region] = []
    left = ENOUGH_SECONDS
    for candidate in candidates:
        poor = candidate.snr < _LEAST_SNR or candidate.clipped > _MOST_CLIPPED
        if left <= 0 or (poor and ENOUGH_SECONDS - left >= 10.0):
            break
        region = candidate.region
        chosen.append(Region(region.start, min(region.end, region.start + left)))
        left -= region.duration
    return chosen
