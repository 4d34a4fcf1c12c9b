"""Real engines over a real recording."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.pipelines.live.events import Event, Ready, Sound, SpeakerHeard, Spoken, Stopped, Transcript, Translation
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.pipelines.live.session import LiveSession
from vocasync.stages.hearing import Clause, Hearing
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray

CHUNK = 1_024


def recording(path: Path) -> FloatArray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, ANALYSIS_RATE), np.float32)


@pytest.mark.slow
def test_embedded_engines_dub_a_speech_while_it_is_spoken(shared_media: Path, tmp_path: Path) -> None:
    samples = recording(shared_media / "whisper" / "jfk.flac")
    config = EngineConfig(cache=tmp_path, network=False)
    now = 0.0
    events: list[Event] = []
    ready = threading.Event()

    def tell(event: Event) -> None:
        events.append(event)
        if isinstance(event, (Ready, Stopped)):
            ready.set()

    request = LiveRequest(Manner("es", "en"), watermark="perth")
    session = LiveSession(request, config, tell, clock=lambda: now)
    session.start()
    assert ready.wait(120)
    for at in range(0, len(samples), CHUNK):
        now = (at + CHUNK) / ANALYSIS_RATE
        session.feed(samples[at : at + CHUNK], now)
        while session.numbers().waiting["sound_ms"] > 1_000:
            threading.Event().wait(0.01)
    session.stop(timeout=200)
    assert isinstance(events[-1], Stopped)

    recognizer = registry.load("asr", "pocketsphinx", config)
    hearing = Hearing(recognizer, "en")
    heard = [*hearing.feed(samples), *hearing.finish()]
    said = [event for event in events if isinstance(event, Transcript) and event.final]
    assert [event.text for event in said] == [one.text for one in heard if isinstance(one, Clause)]
    assert len(said) >= 3
    assert len([event for event in events if isinstance(event, Translation)]) == len(said)
    spoken = [event for event in events if isinstance(event, Spoken)]
    assert [event.clause for event in spoken] == list(range(len(said)))
    assert {event.speaker for event in spoken} == {0}
    assert [event.voice for event in events if isinstance(event, SpeakerHeard)][-1] == "own"
    sound = [event for event in events if isinstance(event, Sound) and len(event.samples)]
    whole = Audio(np.concatenate([event.samples for event in sound]), sound[0].rate)
    assert whole.duration > 4.0
    assert registry.load("watermark", "perth", config).detect(whole) > 0.9
