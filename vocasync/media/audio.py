"""Sound files in pieces: slices, another rate, fades, and the outline that a waveform display draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr

from vocasync.types import Audio, FloatArray

_READ_FRAMES = 1 << 18
_FULL_SCALE = 32767  # of 16 bits


def read(path: Path) -> Audio:
    """A whole short file (a take, a reference), mixed down to mono."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Audio(_mono(samples), rate)


def read_slice(path: Path, start: float, end: float) -> Audio:
    """What is heard from ``start`` to ``end`` seconds of a WAV file, mono; shorter where the file ends or begins."""
    with soundfile.SoundFile(path) as source:
        first = min(max(0, round(start * source.samplerate)), source.frames)
        last = min(max(first, round(end * source.samplerate)), source.frames)
        source.seek(first)
        samples = source.read(last - first, dtype="float32", always_2d=True)
        return Audio(_mono(samples), source.samplerate)


def write(path: Path, audio: Audio) -> None:
    """Write mono WAV, 16 bit; what is beyond full scale is clipped."""
    soundfile.write(path, np.clip(audio.samples, -1.0, 1.0), audio.rate, "PCM_16", format="WAV")


def pcm(samples: FloatArray) -> bytes:
    """Linear 16-bit samples, little-endian; what is beyond full scale is clipped."""
    return bytes((np.clip(samples, -1.0, 1.0) * _FULL_SCALE).round().astype("<i2").tobytes())


def resample(audio: Audio, rate: int) -> Audio:
    """The same sound at another rate; the first sample stays at the same time."""
    if audio.rate == rate or not len(audio.samples):
        return Audio(audio.samples, rate)
    return Audio(np.asarray(soxr.resample(audio.samples, audio.rate, rate, quality="HQ"), dtype=np.float32), rate)


def resample_file(source: Path, out: Path, rate: int) -> None:
    """Write a mono WAV file at another rate, 16 bit; memory is flat in the length."""
    with soundfile.SoundFile(source) as sound, soundfile.SoundFile(out, "w", rate, 1, "PCM_16", format="WAV") as made:
        stream = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32", quality="HQ")
        for block in sound.blocks(_READ_FRAMES, dtype="float32"):
            made.write(np.clip(stream.resample_chunk(block), -1.0, 1.0))
        made.write(np.clip(stream.resample_chunk(np.zeros(0, np.float32), last=True), -1.0, 1.0))


def placed_file(source: Path, out: Path, start: float, seconds: float) -> None:
    """Write a mono WAV file with silence before it and after it, so that it begins at ``start`` and all of it lasts
    ``seconds``; 16 bit, its own rate. Memory is flat in the length."""
    with (
        soundfile.SoundFile(source) as sound,
        soundfile.SoundFile(out, "w", sound.samplerate, 1, "PCM_16", format="WAV") as made,
    ):
        made.write(np.zeros(round(start * sound.samplerate), np.int16))
        for block in sound.blocks(_READ_FRAMES, dtype="int16"):
            made.write(block)
        made.write(np.zeros(max(0, round(seconds * sound.samplerate) - made.tell()), np.int16))


def length(path: Path) -> float:
    """Seconds of a sound file."""
    about = soundfile.info(path)
    return float(about.frames / about.samplerate)


def faded(audio: Audio, seconds: float) -> Audio:
    """The sound with raised-cosine edges, so that it starts and ends without a click."""
    samples = audio.samples.copy()
    size = min(round(seconds * audio.rate), len(samples) // 2)
    if size:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)).astype(np.float32)
        samples[:size] *= ramp
        samples[-size:] *= ramp[::-1]
    return Audio(samples, audio.rate)


def stretched(audio: Audio, factor: float) -> Audio:
    """The sound at ``factor`` times its length, its pitch kept (Rubber Band, R3)."""
    if factor == 1.0 or not len(audio.samples):
        return audio
    from pedalboard import time_stretch

    samples = time_stretch(audio.samples[None], audio.rate, stretch_factor=1 / factor)[0]
    return Audio(np.asarray(samples, np.float32), audio.rate)


def peaks(path: Path, points: int = 1800) -> list[float]:
    """The outline of a WAV file for a waveform display, computed while it streams by.

    Returns ``2 * points`` values in [-1, 1]: the lowest and the highest sample of each of ``points`` equal stretches,
    in turn (what wavesurfer.js takes as one channel). A file with fewer samples than points gives fewer.
    """
    with soundfile.SoundFile(path) as source:
        points = min(points, source.frames)
        edges = np.linspace(0, source.frames, points + 1).astype(np.int64)
        low, high = np.zeros(points, np.float32), np.zeros(points, np.float32)
        position = 0
        for block in source.blocks(_READ_FRAMES, dtype="float32", always_2d=True):
            _outline(_mono(block), position, edges, low, high)
            position += len(block)
    return [round(float(value), 4) for value in np.stack([low, high], axis=1).ravel()]


def _outline(block: FloatArray, position: int, edges: np.ndarray, low: FloatArray, high: FloatArray) -> None:
    """Widen the stretches that a block touches."""
    first = int(np.searchsorted(edges, position, side="right")) - 1
    last = int(np.searchsorted(edges, position + len(block), side="left"))
    starts = np.maximum(edges[first:last] - position, 0)
    low[first:last] = np.minimum(low[first:last], np.minimum.reduceat(block, starts))
    high[first:last] = np.maximum(high[first:last], np.maximum.reduceat(block, starts))


def _mono(samples: FloatArray) -> FloatArray:
    return np.ascontiguousarray(samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1), dtype=np.float32)
