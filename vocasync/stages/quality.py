"""Measures of a recording: level, noise, clipping, bandwidth.

What each of them gives for real recordings, and where the limits lie, is in docs/voice-quality.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocasync.media import audio, loudness
from vocasync.types import Audio, FloatArray, Region

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]

FRAME_SECONDS = 0.025
_BLOCK_SECONDS = 10.0
_SILENT_POWER = 1e-10
"""Frames below it (-100 dBFS) were muted, and say nothing about the room."""
_MARGIN = 0.1  # seconds around speech that are neither speech nor pause
_LEAST_PAUSE = 0.5  # seconds of pauses that make a noise floor
_FEW_FRAMES = 10
_CLEANEST = 60.0  # dB; beyond is nothing that can be told


def blocks(path: Path, seconds: float = _BLOCK_SECONDS) -> Iterator[Audio]:
    """A mono WAV file piece by piece, so that memory is flat in its length."""
    with soundfile.SoundFile(path) as file:
        for samples in file.blocks(round(seconds * file.samplerate), dtype="float32"):
            yield Audio(samples, file.samplerate)


# --- level ------------------------------------------------------------------------------------------------------------
def frame_powers(path: Path) -> Doubles:
    """Mean power of each 25 ms of a mono WAV file, shape (frames,); the last part of a frame is left out.

    The median is taken away first, for some microphones give a constant, which is not heard; not from digital silence,
    whose power stays 0."""
    found = [np.zeros(0)]
    for block in blocks(path):
        size = round(FRAME_SECONDS * block.rate)
        frames = block.samples[: len(block.samples) // size * size].astype(np.float64).reshape(-1, size)
        power = np.mean((frames - np.median(block.samples)) ** 2, axis=1)
        found.append(np.where(np.mean(frames**2, axis=1) > _SILENT_POWER, power, 0.0))
    return np.concatenate(found)


def integrated_loudness(path: Path) -> float | None:
    """LUFS of a mono WAV file; None for silence."""
    powers = [loudness.block_powers(block) for block in blocks(path)]
    return loudness.integrated(np.concatenate(powers)) if powers else None


def outline(path: Path, points: int) -> list[float]:
    """The largest absolute value of each of ``points`` equal stretches of a WAV file, 0 to 1."""
    pairs = np.abs(np.array(audio.peaks(path, points))).reshape(-1, 2)
    return [round(float(value), 3) for value in pairs.max(axis=1)]


# --- noise ------------------------------------------------------------------------------------------------------------
def noise_ratio(powers: Doubles, regions: Sequence[Region]) -> float | None:
    """How far speech is above the noise, in dB; None where there is too little speech.

    Speech is the mean power of the frames in ``regions``, less the noise. Noise is the median power of the pauses
    (at least 0.5 s of them, 0.1 s away from speech, digital silence left out), which a cough does not move; but no more
    than the 20th percentile of all frames, for pauses may hold words that were missed. Speech without pauses has its
    quietest frames for it, the 5th percentile (quantile-based estimation: V. Stahl, A. Fischer, R. Bippus, ICASSP
    2000). powers: of :func:`frame_powers`.
    """
    speech, pause = _told_apart(_times(len(powers), FRAME_SECONDS), regions)
    heard = powers > _SILENT_POWER
    if np.count_nonzero(speech & heard) < _FEW_FRAMES:
        return None
    noise = _floor(powers, pause & heard, heard)
    level = max(float(powers[speech].mean()) - noise, _SILENT_POWER)
    return float(np.clip(10 * np.log10(level / noise), -20.0, _CLEANEST))


def _floor(powers: Doubles, pause: Mask, heard: Mask) -> float:
    if np.count_nonzero(pause) * FRAME_SECONDS >= _LEAST_PAUSE:
        return min(float(np.median(powers[pause])), float(np.percentile(powers[heard], 20)))
    return float(np.percentile(powers[heard], 5))


def _times(count: int, step: float) -> Doubles:
    """The middles of frames."""
    return np.asarray((np.arange(count) + 0.5) * step, np.float64)


def _told_apart(times: Doubles, regions: Sequence[Region]) -> tuple[Mask, Mask]:
    """Which times are inside the regions, and which are well outside."""
    speech, near = np.zeros(len(times), bool), np.zeros(len(times), bool)
    for region in regions:
        speech |= (times >= region.start) & (times < region.end)
        near |= (times >= region.start - _MARGIN) & (times < region.end + _MARGIN)
    return speech, ~near


# --- clipping ---------------------------------------------------------------------------------------------------------
_FINE = 1 << 15  # bins of amplitude from 0 to _TOP
_TOP = 2.0  # lossy codecs overshoot
_COARSE = 100  # bins from 0 to the largest value
_LOWEST_CEILING = 40  # of these
_FAINTEST = 64  # fine bins: what is quieter has too few steps to judge
_WIDTHS = ((3, 1, 9, 2.0), (10, 2, 8, 1.25))
"""Of a heap at a ceiling, in coarse bins: its width, the gap below it, the bins below that to compare with, and how
many times denser than those it must be. A narrow heap is clipping as it was recorded; a codec spreads it."""
_LEAST_HEAP = 8  # samples


class ClipMeter:
    """The share of samples at a ceiling, at whatever level that is: also when a clipped recording was turned down.

    The amplitudes of speech grow rarer towards the largest ones; where many more samples lie in a narrow range near the
    top than below it, the tops were cut flat. Positive and negative values are looked at apart, and each channel, after
    the mean is taken away; give the sound at its own rate, for resampling rounds the edges.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._samples = 0

    def add(self, block: FloatArray) -> None:
        """The next piece of the sound, shape (n,) or (n, channels)."""
        channels = block.reshape(len(block), -1)
        self._samples += len(channels)
        for number, samples in enumerate(channels.T):
            centred = samples - samples.mean()
            for sign in (1, -1):
                one = sign * centred
                counts = np.histogram(one[one > 0], bins=_FINE, range=(0.0, _TOP))[0]
                self._counts[number, sign] = self._counts.get((number, sign), 0) + counts

    @property
    def share(self) -> float:
        """0 to 1, of the channel that has more of it."""
        if not self._samples:
            return 0.0
        by_channel: dict[int, int] = {}
        for (number, _), counts in self._counts.items():
            by_channel[number] = by_channel.get(number, 0) + _heaped(counts)
        return max(by_channel.values()) / self._samples


def _heaped(counts: NDArray[np.int64]) -> int:
    """Samples at a ceiling in a fine histogram."""
    top = int(np.flatnonzero(counts)[-1]) + 1 if counts.any() else 0
    if top < _FAINTEST:
        return 0
    edges = np.linspace(0, top, _COARSE + 1).round().astype(int)
    below = np.concatenate([[0], np.cumsum(counts[:top])])[edges]
    return max(_heap(below, *shape) for shape in _WIDTHS)


def _heap(below: NDArray[np.int64], width: int, gap: int, compared: int, ratio: float) -> int:
    """The largest surplus of a stretch of ``width`` bins. below: how many samples are less than each edge."""
    first = np.arange(_LOWEST_CEILING, _COARSE - width + 1)
    here = below[first + width] - below[first]
    expected = (below[first - gap] - below[first - gap - compared]) / compared * width
    above = below[-1] - below[first + width]
    heap = (here > ratio * expected + _LEAST_HEAP) & (above < here)
    return round(float((here - expected)[heap].max(initial=0.0)))


# --- bandwidth --------------------------------------------------------------------------------------------------------
_WINDOW = 1024
_SMOOTHED = 9  # bins
_SPEECH_BAND = (100.0, 4000.0)
_DEPTH = 58.0  # dB below the loudest of the spectrum at which sound counts as none
_ABOVE_PAUSE, _ABOVE_QUIETEST = 8.0, 17.0  # dB: what stationary noise never reaches
_AROUND = 0.5  # seconds of pause looked at on both sides of speech
LONGEST_READ = 60.0
"""Seconds of a recording from which what does not change over it is measured."""


def bandwidth(path: Path, regions: Sequence[Region], highest: float) -> float | None:
    """Up to which frequency there is speech, in Hz; None where there is too little of it.

    The level that the loudest twentieth of the frames reach is compared, frequency by frequency, with the loudest
    part of the spectrum (58 dB below it nothing is left to hear) and with the pauses: what speech does not rise above
    there is noise. path: mono WAV. highest: Hz that the source could hold, half its rate.
    """
    power, speech, pause, hertz = _spectra(path, regions)
    if np.count_nonzero(speech) < _FEW_FRAMES:
        return None
    loud = _level(np.percentile(power[speech], 95, axis=0))
    if np.count_nonzero(pause) >= _FEW_FRAMES:
        noise = _level(np.median(power[pause], axis=0)) + _ABOVE_PAUSE
    else:
        noise = _level(np.percentile(power[speech], 10, axis=0)) + _ABOVE_QUIETEST
    inside = (hertz >= _SPEECH_BAND[0]) & (hertz <= _SPEECH_BAND[1])
    there = np.flatnonzero((loud > loud[inside].max() - _DEPTH) & (loud > noise))
    return min(float(hertz[there[-1]]), highest) if len(there) else None


def _spectra(path: Path, regions: Sequence[Region]) -> tuple[FloatArray, Mask, Mask, Doubles]:
    """Power of frames that overlap by half, shape (frames, 513); which are speech and which pauses; Hz of the bins."""
    powers: list[FloatArray] = []
    times: list[Doubles] = []
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        for piece in _pieces(file.frames / rate, regions):
            samples = _read(file, piece)
            if len(samples) >= _WINDOW:
                powers.append(power_spectra(samples, _WINDOW, _WINDOW // 2))
                times.append(piece.start + (np.arange(len(powers[-1])) * _WINDOW / 2 + _WINDOW / 2) / rate)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / rate)
    if not powers:
        return np.zeros((0, len(hertz)), np.float32), np.zeros(0, bool), np.zeros(0, bool), hertz
    return np.concatenate(powers), *_told_apart(np.concatenate(times), regions), hertz


def _pieces(length: float, regions: Sequence[Region]) -> list[Region]:
    """All of a recording; of a long one speech from all over it, with its surroundings."""
    if length <= LONGEST_READ:
        return [Region(0.0, length)]
    chosen = spread(regions, LONGEST_READ / 2)
    return [Region(max(0.0, one.start - _AROUND), min(length, one.end + _AROUND)) for one in chosen]


def spread(regions: Sequence[Region], seconds: float) -> tuple[Region, ...]:
    """Regions from all over a recording, in order, that come to about ``seconds``; all where there is no more."""
    total = sum(region.duration for region in regions)
    if total <= seconds:
        return tuple(regions)
    count = max(1, round(len(regions) * seconds / total))
    chosen = [regions[place] for place in np.unique(np.linspace(0, len(regions) - 1, count).round().astype(int))]
    longest = seconds / len(chosen)
    return tuple(Region(one.start, min(one.end, one.start + max(longest, 1.0))) for one in chosen)


def evenly(length: float) -> tuple[Region, ...]:
    """A minute of a recording in stretches of ten seconds from all over it; all of a shorter one."""
    if length <= LONGEST_READ:
        return (Region(0.0, length),)
    starts = np.linspace(0, length - _BLOCK_SECONDS, round(LONGEST_READ / _BLOCK_SECONDS))
    return tuple(Region(float(start), float(start) + _BLOCK_SECONDS) for start in starts)


def read_regions(path: Path, regions: Sequence[Region]) -> Audio:
    """The regions of a mono WAV file, one after the other without a pause."""
    with soundfile.SoundFile(path) as file:
        parts = [np.zeros(0, np.float32), *(_read(file, region) for region in regions)]
        return Audio(np.concatenate(parts), file.samplerate)


def _read(file: soundfile.SoundFile, region: Region) -> FloatArray:
    file.seek(min(round(region.start * file.samplerate), file.frames))
    samples: FloatArray = file.read(round(region.duration * file.samplerate), dtype="float32")
    return samples


def power_spectra(samples: FloatArray, window: int, hop: int) -> FloatArray:
    """Power spectra of Hann windows, shape (frames, window / 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    power: FloatArray = np.square(np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32), axis=1)))
    return power.astype(np.float32)


def _level(power: FloatArray) -> Doubles:
    """dB, smoothed over neighbouring bins."""
    smooth = np.convolve(power, np.ones(_SMOOTHED) / _SMOOTHED, "same")
    level: Doubles = 10 * np.log10(smooth + 1e-14)
    return level


# --- one voice --------------------------------------------------------------------------------------------------------
_FEWEST_WINDOWS = 4
_ROUNDS = 20


def unity(windows: FloatArray) -> float | None:
    """How alike the two voices are that speech falls apart into best: the cosine of the middles of two clusters.

    One person's two halves are 0.82 and more alike, two people's 0.81 and less. windows: embeddings of overlapping
    stretches of speech, L2-normalised, shape (n, 256); too few give None.
    """
    if len(windows) < _FEWEST_WINDOWS:
        return None
    likeness = windows @ windows.T
    middles = windows[list(np.unravel_index(np.argmin(likeness), likeness.shape))]
    for _ in range(_ROUNDS):
        nearer = np.argmax(windows @ middles.T, axis=1)
        if nearer.min() == nearer.max():
            break
        moved = np.stack([_unit(windows[nearer == number].mean(axis=0)) for number in (0, 1)])
        if np.array_equal(moved, middles):
            break
        middles = moved
    return float(middles[0] @ middles[1])


def _unit(vector: FloatArray) -> FloatArray:
    unit: FloatArray = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
