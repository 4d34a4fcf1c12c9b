"""Tiny real media for tests: synthesised speech, tones, test pictures, and files that are not what they say.

Needs the ``ffmpeg`` program and the espeak-ng library of ``espeakng-loader``; independent of the code under test.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

ENGLISH = "The quick brown fox jumps over the lazy dog. A small boat crossed the quiet river before the sun went down."

# The library keeps global state and may be initialised once a process, so every synthesis gets a process of its own.
_SPEAK = """
import ctypes, sys, espeakng_loader
library = ctypes.CDLL(espeakng_loader.get_library_path())
rate = library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
assert rate > 0, "espeak-ng did not start"
assert library.espeak_SetVoiceByName(sys.argv[1].encode()) == 0, "no such voice"
assert library.espeak_SetParameter(1, int(sys.argv[2]), 0) == 0
heard = []
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def collect(samples, count, events):
    if samples and count:
        heard.append(ctypes.string_at(samples, count * 2))
    return 0
library.espeak_SetSynthCallback(collect)
text = sys.stdin.buffer.read()
library.espeak_Synth(text, len(text) + 1, 0, 1, 0, 1, None, None)
library.espeak_Synchronize()
sys.stdout.buffer.write(rate.to_bytes(4, "little") + b"".join(heard))
"""


@functools.lru_cache(maxsize=64)
def _spoken(text: str, voice: str, words_per_minute: int) -> tuple[bytes, int]:
    done = subprocess.run(
        [sys.executable, "-c", _SPEAK, voice, str(words_per_minute)],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout[4:], int.from_bytes(done.stdout[:4], "little")


def speech_samples(text: str = ENGLISH, language: str = "en", rate: int = 16_000, wpm: int = 160) -> FloatArray:
    """Speech as samples: float32, shape (n,), mono at ``rate`` Hz. ``language``: an espeak-ng voice name."""
    pcm, spoken_rate = _spoken(text, language, wpm)
    samples = np.frombuffer(pcm, np.int16).astype(np.float32) / 32_768
    return np.asarray(soxr.resample(samples, spoken_rate, rate), dtype=np.float32)


def write(path: Path, samples: FloatArray, rate: int = 16_000) -> Path:
    """Write samples, shape (n,) or (n, channels), as 16-bit WAV (or what the suffix says)."""
    soundfile.write(path, samples, rate)
    return path


def speech(text: str, path: Path, language: str = "en", rate: int = 16_000, wpm: int = 160) -> Path:
    """Write spoken ``text`` as a mono file."""
    return write(path, speech_samples(text, language, rate, wpm), rate)


def tone_samples(seconds: float, frequency: float = 440.0, rate: int = 16_000, level: float = 0.3) -> FloatArray:
    """A sine of peak ``level``: float32, shape (n,)."""
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def tone(path: Path, seconds: float, frequency: float = 440.0, rate: int = 16_000, level: float = 0.3) -> Path:
    """Write a sine."""
    return write(path, tone_samples(seconds, frequency, rate, level), rate)


def silence(path: Path, seconds: float, rate: int = 16_000) -> Path:
    """Write digital silence."""
    return write(path, np.zeros(round(seconds * rate), np.float32), rate)


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg, overwriting, and fail loudly."""
    command = ["ffmpeg", "-nostdin", "-y", "-hide_banner", "-loglevel", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def video(
    path: Path,
    audio: Path | None,
    seconds: float,
    size: tuple[int, int] = (160, 120),
    fps: float = 25,
    *,
    video_args: Sequence[str] = ("-c:v", "libx264", "-preset", "ultrafast"),
    audio_args: Sequence[str] = ("-c:a", "aac", "-b:a", "64k"),
    audio_offset: float = 0.0,
    picture_filter: str = "null",
    rotation: int = 0,
    extra: Sequence[str] = (),
) -> Path:
    """A test picture with the sound of ``audio`` (none when None), ``seconds`` long.

    audio_offset: when the sound starts on the container's timeline, in seconds. rotation: degrees clockwise that a
    player turns the picture (MP4 and MOV only). Odd sizes get 4:4:4 colour, the only H.264 that can hold them.
    """
    picture = f"testsrc=size={size[0]}x{size[1]}:rate={fps}:duration={seconds}"
    arguments = ["-f", "lavfi", "-i", picture]
    if audio is not None:
        arguments += ["-itsoffset", str(audio_offset), "-i", f"file:{audio}", "-map", "0:v", "-map", "1:a", *audio_args]
    colour = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"  # browsers play the latter only
    ffmpeg(
        *arguments, "-pix_fmt", colour, "-vf", picture_filter, *video_args, "-t", str(seconds), *extra, f"file:{path}"
    )
    if rotation:
        _turn(path, rotation)
    return path


def _turn(path: Path, rotation: int) -> None:
    """Write a rotation into the first track header (ISO/IEC 14496-12, ``tkhd``, version 0)."""
    one = 1 << 16
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[rotation]
    matrix = b"".join(v.to_bytes(4, "big", signed=True) for v in (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 44
    content[at : at + 36] = matrix
    path.write_bytes(content)


def vfr_video(path: Path, audio: Path, seconds: float) -> Path:
    """A picture with a variable frame rate: frames are dropped unevenly."""
    uneven = "select='lt(mod(n,12),4)+not(mod(n,5))'"
    return video(path, audio, seconds, picture_filter=uneven, extra=("-vsync", "vfr"))


def surround(path: Path, centre: FloatArray, rate: int = 48_000) -> Path:
    """A 5.1 file (AC-3 in MKV for ``.mkv``, else what the suffix says) that speaks from the centre channel only."""
    channels = np.zeros((len(centre), 6), np.float32)
    channels[:, 2] = centre  # order of WAV: FL FR FC LFE BL BR
    with tempfile.TemporaryDirectory() as folder:
        mixed = write(Path(folder) / "51.wav", channels, rate)
        ffmpeg("-channel_layout", "5.1", "-i", str(mixed), "-b:a", "384k", f"file:{path}")
    return path


def truncated(source: Path, path: Path, fraction: float) -> Path:
    """The first ``fraction`` of a file's bytes."""
    content = source.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    return path


def text_as(path: Path) -> Path:
    """Prose under a media file's name."""
    path.write_text("Dear diary, this is not a film. " * 200, encoding="utf-8")
    return path


def hls_playlist(path: Path, target: str) -> Path:
    """An HLS playlist that points at ``target`` (a URL or a path)."""
    path.write_text(
        f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{target}\n#EXT-X-ENDLIST\n",
        encoding="utf-8",
    )
    return path


def concat_list(path: Path, target: str) -> Path:
    """A list for ffmpeg's concat demuxer that points at ``target``."""
    path.write_text(f"ffconcat version 1.0\nfile '{target}'\n", encoding="utf-8")
    return path


def dash_manifest(path: Path, target: str) -> Path:
    """A DASH manifest that points at ``target``."""
    manifest = f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT10S"
 profiles="urn:mpeg:dash:profile:isoff-live:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>
</AdaptationSet></Period></MPD>"""
    path.write_text(manifest, encoding="utf-8")
    return path


def picture_with_cover(path: Path, audio: Path) -> Path:
    """A sound file (MP3) with an attached cover picture."""
    with tempfile.TemporaryDirectory() as folder:
        cover = Path(folder) / "cover.png"
        ffmpeg("-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", str(cover))
        ffmpeg(
            *("-i", str(audio), "-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-id3v2_version", "3"),
            *("-disposition:v", "attached_pic", f"file:{path}"),
        )
    return path


def image(path: Path) -> Path:
    """A still picture; the suffix says its format."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", f"file:{path}")
    return path
