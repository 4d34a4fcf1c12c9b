"""What the benchmark on live speakers counts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import speakers
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.types import ANALYSIS_RATE, Audio


def test_clauses_of_a_talk_are_told_and_counted() -> None:
    voices = [
        Audio(talk(voice, 6.0, ANALYSIS_RATE, pitch=pitch), ANALYSIS_RATE)
        for voice, pitch in (("en-us+m3", 30), ("en-us+f2", 75))
    ]
    random = np.random.default_rng(1)
    clauses = speakers.cut(voices[0], (1.0, 2.0), random)
    assert sum(one.duration for one in clauses) == pytest.approx(6.0, abs=0.36)
    said = speakers.talk(voices, (1.5, 2.0), random)
    assert {who for who, _ in said} == {0, 1}
    encoder = registry.load("speaker", "resemblyzer", EngineConfig())
    assert speakers.told(said, encoder) == speakers.Found(0.0, 2, 2)
    mixed = [(number % 2, clause) for number, (_, clause) in enumerate(said)]
    assert speakers.told(mixed, encoder).confused > 0.2
