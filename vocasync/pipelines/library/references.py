"""The speech of several samples as one recording, which engines make the voice from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.media import audio
from vocasync.pipelines.library import intake
from vocasync.pipelines.library.intake import SOUND_RATE
from vocasync.progress import Silent
from vocasync.stages import quality, segment
from vocasync.stages.grade import ENOUGH_SECONDS, SHORTEST_SPEECH
from vocasync.types import ANALYSIS_RATE, Audio, Region, VoiceReference, Word

_PAUSE, _FADE = 0.25, 0.01  # seconds between stretches, and of the fades at their edges
_PAD = 0.05  # seconds of sound around a stretch
_STRETCH = 12.0  # seconds
_LEVEL = 10 ** (-26 / 20)  # RMS
_PEAK = 0.95


def build_reference(
    pieces: Sequence[tuple[Path, Sequence[Region]]], out: Path, words: Sequence[Sequence[Word]] = ()
) -> VoiceReference:
    """The speech of several samples as one recording, up to a minute: each at the same level, with short pauses.

    pieces: mono WAV files at 24 kHz with where someone speaks in them, the best first. out: WAV, 24 kHz, 16 bit. words:
    what is said in each piece, at its time in it, () where that is not known.
    Raises ``reference_too_short`` where there is too little speech.
    """
    regions: list[Region] = []
    heard: list[Word] = []
    left = ENOUGH_SECONDS
    with soundfile.SoundFile(out, "w", SOUND_RATE, 1, "PCM_16", format="WAV") as file:
        for number, (path, spoken) in enumerate(pieces):
            gain = _gain(path, spoken)
            for region in segment.merge_regions(spoken, _STRETCH):
                if left <= 0:
                    break
                one = Region(region.start, min(region.end, region.start + left))
                regions.append(_append(file, path, one, gain))
                heard += _moved(words[number] if words else (), one, regions[-1])
                left -= one.duration
    seconds = sum(region.duration for region in regions)
    if seconds < SHORTEST_SPEECH:
        raise PipelineError("reference_too_short", seconds=seconds, limit=np.ceil(SHORTEST_SPEECH))
    return VoiceReference(out, tuple(regions), " ".join(word.text for word in heard), words=tuple(heard))


def placed_words(path: Path, transcript: str, language: str, config: EngineConfig) -> tuple[Word, ...]:
    """The words of a transcript, each at its time in a mono WAV file; () where they cannot be placed here."""
    if not transcript.strip() or not language:
        return ()
    try:
        sound = audio.resample(audio.read(path), ANALYSIS_RATE)
        lines = intake.aligner(config).align(sound, [transcript], language, Silent())
    except PipelineError as error:
        if error.code not in ("alignment_failed", "transcript_language", "engine_not_ready"):
            raise
        return ()
    return tuple(word for line in lines for word in line.words)


def _moved(words: Sequence[Word], there: Region, here: Region) -> list[Word]:
    """Those of a stretch, at their times where it was put."""
    offset = here.start - max(0.0, there.start - _PAD)
    inside = [word for word in words if there.start <= (word.start + word.end) / 2 <= there.end]
    return [
        replace(word, start=max(here.start, word.start + offset), end=min(here.end, word.end + offset))
        for word in inside
    ]


def _gain(path: Path, regions: Sequence[Region]) -> float:
    """What brings the speech of a file to -26 dBFS, as far as its peaks allow."""
    samples = quality.read_regions(path, quality.spread(regions, quality.LONGEST_READ)).samples
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    peak = float(np.abs(samples).max(initial=0.0))
    return min(_LEVEL / max(level, 1e-6), _PEAK / max(peak, 1e-6))


def _append(file: soundfile.SoundFile, path: Path, region: Region, gain: float) -> Region:
    """Write a stretch and a pause after it; returns where it lies."""
    sound = audio.resample(audio.read_slice(path, region.start - _PAD, region.end + _PAD), file.samplerate)
    loud = Audio(np.clip(sound.samples * np.float32(gain), -_PEAK, _PEAK), sound.rate)
    start = file.tell() / file.samplerate
    file.write(audio.faded(loud, _FADE).samples)
    end = file.tell() / file.samplerate
    file.write(np.zeros(round(_PAUSE * file.samplerate), np.float32))
    return Region(start, end)
