"""A small talk to try things out with, made here: nothing is downloaded, nobody's voice is borrowed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from vocasync.artifacts import Workspace, fingerprint
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.media import audio, ffmpeg, subtitles
from vocasync.types import Audio, FloatArray, Segment, SpeechRequest

SENTENCES = (
    "Welcome to this short talk.",
    "It was made to show what a dub sounds like.",
    "Every sentence is spoken again in another language, at the same moment as in the original.",
    "The voice stays close to the one that you hear now.",
    "Press play, and switch between the tracks.",
)
CHEERFUL = "What a wonderful day this is! I am so glad that you came, there is so much to show you!"
PAUSE_SECONDS = 0.9
MARK = fingerprint("sample", 1, SENTENCES, CHEERFUL, PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class Sample:
    """talk: MP4 in English. subtitles: SRT of its words. emotion: a cheerful recording (WAV)."""

    talk: Path
    subtitles: Path
    emotion: Path


def make(folder: Path, config: EngineConfig) -> Sample:
    """Write the sample to ``folder``, unless it is there already. Raises ``engine_not_ready`` or ``tool_failed``."""
    ws = Workspace(folder)
    sample = Sample(folder / "talk.mp4", folder / "talk.srt", folder / "cheerful.wav")
    names = [path.name for path in (sample.talk, sample.subtitles, sample.emotion)]
    if all(ws.has(name, MARK) for name in names):
        return sample
    voice = cast(VoiceEngine, registry.load("tts", "espeak", config))
    speech, segments = _talk(voice)
    with ws.writing(sample.emotion.name, MARK) as path:
        audio.write(path, _cheerful(voice))
    with ws.writing(sample.subtitles.name, MARK) as path:
        path.write_text(subtitles.srt(segments, subtitles.original), encoding="utf-8")
    with ws.writing("talk.wav", MARK) as path:
        audio.write(path, speech)
    with ws.writing(sample.talk.name, MARK) as path:
        _film(folder / "talk.wav", speech.duration, path)
    return sample


def _talk(voice: VoiceEngine) -> tuple[Audio, list[Segment]]:
    pieces: list[FloatArray] = []
    segments: list[Segment] = []
    at = 0.3
    pieces.append(_silence(at, voice.sample_rate))
    for index, sentence in enumerate(SENTENCES):
        said = voice.synthesize(SpeechRequest(sentence, "en"), None).audio
        segments.append(Segment(index, at, at + said.duration, sentence))
        pieces += [said.samples, _silence(PAUSE_SECONDS, said.rate)]
        at += said.duration + len(pieces[-1]) / said.rate
    return Audio(np.concatenate(pieces), voice.sample_rate), segments


def _cheerful(voice: VoiceEngine) -> Audio:
    """Quicker and higher: played a sixth faster than it was spoken."""
    said = voice.synthesize(SpeechRequest(CHEERFUL, "en"), None).audio
    return audio.resample(Audio(said.samples, said.rate * 7 // 6), said.rate)


def _silence(seconds: float, rate: int) -> FloatArray:
    return np.zeros(round(seconds * rate), np.float32)


def _film(sound: Path, seconds: float, out: Path) -> None:
    """Colours that move, with the sound."""
    picture = f"gradients=size=640x360:rate=25:duration={seconds:.3f}:speed=0.02:c0=0x1e293b:c1=0x6366f1:n=2:seed=7"
    ffmpeg.convert(
        [
            *(*ffmpeg.made(sound, "wav"), "-f", "lavfi", "-i", picture),
            *("-map", "1:v", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-f", "mp4", ffmpeg.location(out)),
        ],
        out.name,
        seconds,
    )
