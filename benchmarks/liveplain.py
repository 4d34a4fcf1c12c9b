"""The baseline of live dubbing: the same engines, asked one after the other whenever somebody has paused."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile

from benchmarks.inputs import RATE
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.progress import Silent
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.types import Audio, FloatArray, Region, SpeechRequest, VoiceReference

PAUSE_SECONDS = 0.5
REFERENCE_SECONDS = 8.0
_QUIET = Silent()
_CONFIG = EngineConfig(network=False)


@contextmanager
def written(samples: FloatArray) -> Iterator[Path]:
    """A sound file, in a folder that is there as long as it is."""
    with tempfile.TemporaryDirectory() as name:
        sound = Path(name) / "sound.wav"
        soundfile.write(sound, samples, RATE)
        yield sound


def plain_delays(samples: FloatArray) -> dict[str, list[float]]:
    """Seconds from the end of each stretch of speech until its text, its translation and its sound are there. A stretch
    that comes while another is worked on waits. samples: mono at ``RATE``."""
    found: dict[str, list[float]] = {"recognition": [], "translation": [], "synthesis": [], "total": []}
    recognizer = registry.load("asr", "pocketsphinx", _CONFIG)
    translator = registry.load("translate", "apertium", _CONFIG)
    voice = registry.load("tts", "espeak", _CONFIG)
    free = 0.0
    with written(samples) as sound:
        regions = merge_regions(speech_regions(sound, _QUIET), recognizer.region_seconds)
        own_voice = sound.with_name("voice")
        voice.prepare(VoiceReference(sound, (Region(0.0, REFERENCE_SECONDS),)), own_voice, _QUIET)
        own = voice.load(own_voice)
        for region in regions:
            now = start = max(free, region.end + PAUSE_SECONDS)
            began = time.perf_counter()
            heard = recognizer.recognize(Audio(samples, RATE), [region], "en", _QUIET).segments
            recognised = time.perf_counter()
            if not heard:
                free = start + recognised - began
                continue
            said = translator.translate([heard[0].text], "en", "es", _QUIET)[0].text
            translated = time.perf_counter()
            voice.synthesize(SpeechRequest(said, "es"), own)
            free = now + time.perf_counter() - began
            steps = (start - region.end + recognised - began, translated - recognised)
            found["recognition"].append(steps[0])
            found["translation"].append(steps[1])
            found["synthesis"].append(free - region.end - sum(steps))
            found["total"].append(free - region.end)
    return found


def transcript_of(samples: FloatArray) -> str:
    """What the recogniser hears in all of it, as the pipeline of recordings asks it."""
    recognizer = registry.load("asr", "pocketsphinx", _CONFIG)
    with written(samples) as sound:
        regions = merge_regions(speech_regions(sound, _QUIET), recognizer.region_seconds)
    heard = recognizer.recognize(Audio(samples, RATE), regions, "en", _QUIET)
    return " ".join(segment.text for segment in heard.segments)
