"""Where there is speech, and how to cut it into pieces that a recogniser likes.

Voice activity comes from Silero VAD, which is given the recording block by block, so that memory stays flat in its
length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from vocasync.engines.asr.levels import frame_levels, speech_gain
from vocasync.progress import Progress
from vocasync.stages.activity import FRAME, SpeechModel
from vocasync.types import ANALYSIS_RATE, FloatArray, Region

_BLOCK = 512 * FRAME  # samples; about 16 s a call

_THRESHOLD = 0.5
_MIN_SPEECH_MS = 200
_MIN_SILENCE_MS = 250
_PAD_MS = 60
_LONGEST = 10.0  # seconds after which even a short pause ends a region

SENTENCE_GAP = 0.55
"""A pause of this many seconds or more ends a region whatever its length."""
WORD_GAP = 0.35
"""A pause shorter than this many seconds never ends a region (short of the hard maximum)."""
_SETTLED = 6.0  # seconds from which a pause between the two ends a region as well
_FRAGMENT = 0.7  # seconds below which a region joins the one before it
_FRAGMENT_GAP = 1.0


def _blocks(path: Path) -> Iterator[FloatArray]:
    """The samples of a mono 16 kHz file, about 16 s at a time."""
    with soundfile.SoundFile(path) as sound:
        if sound.samplerate != ANALYSIS_RATE or sound.channels != 1:
            raise ValueError(f"analysis audio must be mono at {ANALYSIS_RATE} Hz, not {sound.format_info}")
        yield from sound.blocks(blocksize=_BLOCK, dtype="float32")


def _probabilities(path: Path, gain: float, tell: Callable[[int], None]) -> FloatArray:
    """Speech probability of every 32 ms frame; shape (ceil(n / 512),)."""
    model = SpeechModel()
    found: list[FloatArray] = []
    for number, block in enumerate(_blocks(path)):
        tell(number)
        found.append(model.probabilities(np.clip(block * gain, -1, 1).astype(np.float32)))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def speech_regions(analysis: Path, progress: Progress) -> tuple[Region, ...]:
    """Where someone speaks, in order, none overlapping.

    analysis: mono WAV at ``ANALYSIS_RATE``. Empty where there is no speech.
    """
    from silero_vad import get_speech_timestamps_from_probs

    length = soundfile.info(analysis).frames
    total = max(1, -(-length // _BLOCK))

    def tell(number: int) -> None:
        progress.check()
        progress.report(number / total)

    levels = [frame_levels(block) for block in _blocks(analysis)]
    gain = speech_gain(np.concatenate(levels) if levels else np.zeros(0, dtype=np.float32))
    spans = get_speech_timestamps_from_probs(
        _probabilities(analysis, gain, tell).tolist(),
        threshold=_THRESHOLD,
        min_speech_duration_ms=_MIN_SPEECH_MS,
        min_silence_duration_ms=_MIN_SILENCE_MS,
        speech_pad_ms=_PAD_MS,
        max_speech_duration_s=_LONGEST,
        audio_length_samples=length,
    )
    progress.report(1.0)
    return tuple(Region(span["start"] / ANALYSIS_RATE, span["end"] / ANALYSIS_RATE) for span in spans)


def _joins(last: Region, following: Region) -> bool:
    gap = round(following.start - last.end, 4)
    if gap < WORD_GAP or (gap < SENTENCE_GAP and last.duration < _SETTLED):
        return True
    return gap < _FRAGMENT_GAP and min(last.duration, following.duration) < _FRAGMENT


def _equal_pieces(region: Region, max_seconds: float) -> list[Region]:
    """A region cut into equal pieces no longer than ``max_seconds``."""
    count = max(1, int(np.ceil(region.duration / max_seconds - 1e-9)))
    edges = np.linspace(region.start, region.end, count + 1)
    return [Region(float(start), float(end)) for start, end in pairwise(edges)]


def _within(chain: Sequence[Region], max_seconds: float) -> list[Region]:
    """One region for the chain, or several where it is too long: cut at wide pauses, rather in the middle."""
    if chain[-1].end - chain[0].start <= max_seconds:
        return [Region(chain[0].start, chain[-1].end)]
    if len(chain) == 1:
        return _equal_pieces(chain[0], max_seconds)

    def worth(cut: int) -> float:
        pause = chain[cut].start - chain[cut - 1].end
        shorter = min(chain[cut - 1].end - chain[0].start, chain[-1].end - chain[cut].start)
        return (pause + 0.02) * shorter

    cut = max(range(1, len(chain)), key=worth)
    return _within(chain[:cut], max_seconds) + _within(chain[cut:], max_seconds)


def merge_regions(regions: Sequence[Region], max_seconds: float) -> tuple[Region, ...]:
    """Regions joined to sentence-like pieces of at most ``max_seconds``.

    A cut is made at every pause of 0.55 s or more, never at one below 0.35 s, and at one between only when the piece
    is 6 s long already; a fragment under 0.7 s joins its neighbour. What is longer than ``max_seconds`` then is cut
    at its widest pauses, and where there is none into equal pieces.
    """
    chains: list[list[Region]] = []
    for region in regions:
        if chains and _joins(Region(chains[-1][0].start, chains[-1][-1].end), region):
            chains[-1].append(region)
        else:
            chains.append([region])
    return tuple(piece for chain in chains for piece in _within(chain, max_seconds))
