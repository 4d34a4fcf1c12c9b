"""YourTTS as a converter, with a tiny checkpoint of random weights made through its real library."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests import factory
from tests.vocasync.engines.tts.makers import MAKERS
from vocasync.engines import registry
from vocasync.engines.base import VoiceConverter
from vocasync.progress import Silent
from vocasync.types import Audio, VoiceReference

pytestmark = pytest.mark.slow


def known(converter: Any, folder: Path, voice: str) -> Any:
    """A voice that speaks the factory's sentences, as the converter knows it."""
    said = factory.speech(factory.ENGLISH, folder / f"{voice}.wav", voice)
    converter.prepare(VoiceReference(said), folder / voice, Silent())
    return converter.load(folder / voice)


def test_it_is_the_network_that_speaks(tmp_path: Path) -> None:
    config = MAKERS["yourtts"](tmp_path / "cache")
    converter: Any = registry.load("convert", "yourtts", config)
    assert isinstance(cast("object", converter), VoiceConverter)
    voice = registry.load("tts", "yourtts", config)
    assert (converter.name, converter.version, converter.sample_rate) == ("yourtts", voice.version, 16_000)
    low, high = (known(converter, tmp_path, name) for name in ("en", "en+f4"))
    talk = Audio(factory.speech_samples("See you tomorrow."), 16_000)
    made = converter.convert(talk, low, high, Silent())
    assert made.duration == pytest.approx(talk.duration, abs=1e-3)
    assert np.array_equal(made.samples, voice.convert(talk, high, Silent(), low).samples)
    assert not np.array_equal(made.samples, converter.convert(talk, high, low, Silent()).samples)
