"""Recordings to recognise: real ones brought to the analysis format, and made-up ones."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from vocasync.engines.tts.espeakng import shared
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray


def analysis_of(media: Path, folder: Path) -> Path:
    """The sound of a recording as a mono 16 kHz WAV in ``folder``."""
    path = folder / f"{media.stem}.wav"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-protocol_whitelist", "file,pipe", "-i", str(media)]
    subprocess.run([*command, "-vn", "-ac", "1", "-ar", str(ANALYSIS_RATE), str(path)], check=True, timeout=60)
    return path


def written(samples: FloatArray, path: Path) -> Path:
    """Samples at 16 kHz as a WAV."""
    soundfile.write(path, samples, ANALYSIS_RATE)
    return path


def loaded(path: Path) -> Audio:
    samples, rate = soundfile.read(path, dtype="float32")
    return Audio(samples, rate)


def said(
    texts: Sequence[str], pause: float = 0.8, voice: str = "en-us"
) -> tuple[FloatArray, list[tuple[float, float]]]:
    """Sentences spoken with pauses between, at 16 kHz, and where each of them is (seconds)."""
    parts: list[FloatArray] = [silence(pause)]
    spans = []
    for text in texts:
        speech = shared().synthesize(text, voice=voice, rate_wpm=150).audio
        sound = soxr.resample(speech.samples, speech.rate, ANALYSIS_RATE).astype(np.float32)
        start = sum(map(len, parts)) / ANALYSIS_RATE
        spans.append((start, start + len(sound) / ANALYSIS_RATE))
        parts += [sound, silence(pause)]
    return np.concatenate(parts), spans


def silence(seconds: float) -> FloatArray:
    return np.zeros(int(seconds * ANALYSIS_RATE), dtype=np.float32)


def plain_words(text: str) -> str:
    """Lower case, without marks: what word error rates compare."""
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower().replace("’", "'")).split())
