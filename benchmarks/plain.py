"""The baseline: the same dub done the plain way.

One segment after another, every model loaded where it is called, the sound put together and the video written again by
MoviePy. It uses the same engines and does the same work (words, translation, voice, scores, a video file), without
what the pipeline does about it: shared models, conditioning computed once, units side by side, streams, not clips.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

import moviepy
import soundfile
from scipy.spatial.distance import cosine

from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.stages.punctuate import punctuated
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.stages.transcribe import recognize
from vocasync.types import Audio, Region, Segment, SpeechRequest, VoiceReference

QUIET = Silent()


def dub(source: Path, emotion: Path, folder: Path) -> dict[str, float]:
    """Dub English into Spanish, on two tracks; seconds by stage."""
    config = EngineConfig(network=False)
    seconds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal began
        now = time.perf_counter()
        seconds[stage] = now - began
        began = now

    clip = moviepy.VideoFileClip(str(source))
    sound = folder / "plain.wav"
    clip.audio.write_audiofile(str(sound), fps=16_000, nbytes=2, ffmpeg_params=["-ac", "1"], logger=None)
    regions = merge_regions(speech_regions(sound, QUIET), 10.0)
    lap("ingest")
    texts = [_words(sound, region, config) for region in regions]
    lap("transcribe")
    lines = [_translated(text) if text else "" for text in texts]
    lap("translate")
    segments = [
        Segment(number, region.start, region.end, text, translation=line)
        for number, (region, text, line) in enumerate(zip(regions, texts, lines, strict=True))
        if line
    ]
    tracks = [[_spoken(one, sound, tone, folder, config) for one in segments] for tone in (None, emotion)]
    lap("synthesize")
    for take in chain(*tracks):
        with suppress(PipelineError):  # a take of half a second may hold too little to measure
            _likeness(take, sound, config)
    lap("score")
    for number, takes in enumerate(tracks):
        _compose(clip, segments, takes, folder / f"plain-{number}.mp4")
    lap("stitch and mux")
    clip.close()
    return seconds


def _words(sound: Path, region: Region, config: EngineConfig) -> str:
    recognizer = registry.dotted(registry.spec("asr", "pocketsphinx").path)(config)
    heard = recognize(sound, [region], recognizer, "en", QUIET)
    return " ".join(punctuated([word for segment in heard.segments for word in segment.text.split()], {}))


def _translated(text: str) -> str:
    done = subprocess.run(["apertium", "-u", "eng-spa"], input=text, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _spoken(segment: Segment, sound: Path, emotion: Path | None, folder: Path, config: EngineConfig) -> Path:
    engine = registry.dotted(registry.spec("tts", "espeak").path)(config)
    conditioning, take = folder / "voice.npz", folder / f"take-{segment.index}-{bool(emotion)}.wav"
    engine.prepare(VoiceReference(sound, (Region(0.0, 30.0),), language="en"), conditioning, QUIET)
    tone = None
    if emotion is not None:
        engine.prepare_emotion(VoiceReference(emotion), folder / "tone.npz", QUIET)
        tone = engine.load(folder / "tone.npz")
    room = segment.duration
    rate = 1.0
    speech = engine.synthesize(SpeechRequest(segment.translation, "es", rate), engine.load(conditioning), tone)
    if speech.audio.duration > room:
        rate = min(2.0, speech.audio.duration / room)
        speech = engine.synthesize(SpeechRequest(segment.translation, "es", rate), engine.load(conditioning), tone)
    soundfile.write(take, speech.audio.samples, speech.audio.rate)
    return take


def _likeness(take: Path, sound: Path, config: EngineConfig) -> float:
    encoder = registry.dotted(registry.spec("speaker", "resemblyzer").path)(config)
    ours, _ = soundfile.read(take, dtype="float32")
    theirs, rate = soundfile.read(sound, dtype="float32", stop=30 * 16_000)
    return 1.0 - float(
        cosine(encoder.embed(Audio(ours, soundfile.info(take).samplerate)), encoder.embed(Audio(theirs, rate)))
    )


def _compose(clip: moviepy.VideoFileClip, segments: list[Segment], takes: list[Path], out: Path) -> None:
    placed = [
        moviepy.AudioFileClip(str(take)).with_start(segment.start)
        for segment, take in zip(segments, takes, strict=True)
    ]
    audio = moviepy.CompositeAudioClip(placed).with_duration(clip.duration)
    clip.with_audio(audio).write_videofile(str(out), codec="libx264", audio_codec="aac", threads=2, logger=None)
