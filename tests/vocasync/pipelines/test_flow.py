"""A line that is heard while it is spoken."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.test_neural import Bells, Streaming
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts.espeak import EspeakVoice
from vocasync.engines.tts.neural import NeuralVoice
from vocasync.engines.tts.script import clean, portions
from vocasync.errors import Cancelled, PipelineError
from vocasync.media import audio, loudness
from vocasync.pipelines.library import LineRequest, speak_line
from vocasync.pipelines.library.flow import STRETCH_SECONDS, Flow, Live
from vocasync.progress import Silent
from vocasync.types import Audio, Speech, SpeechRequest

TEXT = (
    "The harbour was quiet before the sun came up. Fishermen pulled their nets, talking in low voices; nobody wanted "
    "to wake the village. A dog ran along the pier, stopped, and looked at the water for a long time. Then it left."
)


def live(heard: list[Audio]) -> Live:
    return lambda rate: nullcontext(heard.append)


def speak(folder: Path, name: str, heard: list[Audio] | None = None) -> float:
    request = LineRequest(TEXT, "en", "espeak")
    to = None if heard is None else live(heard)
    return speak_line(request, folder, folder / name, EngineConfig(cache=folder), Silent(), to).seconds


def test_what_is_heard_is_what_is_kept(tmp_path: Path) -> None:
    heard: list[Audio] = []
    seconds = speak(tmp_path, "flow.wav", heard)
    kept = audio.read(tmp_path / "flow.wav")
    assert len(heard) >= len(list(portions(TEXT, 600)))
    assert kept.duration == pytest.approx(seconds, abs=0.001)
    assert np.allclose(np.concatenate([one.samples for one in heard]), kept.samples, atol=2**-14)
    assert loudness.loudness(kept) == pytest.approx(-20.0, abs=1.0)
    assert seconds == pytest.approx(speak(tmp_path, "whole.wav"), rel=0.05), "as long as it is at once"


def test_the_same_again(tmp_path: Path) -> None:
    """Who goes on listening when another worker began anew hears where it was."""
    heard: list[list[Audio]] = [[], []]
    for number, pieces in enumerate(heard):
        speak(tmp_path, f"{number}.wav", pieces)
    assert [len(one.samples) for one in heard[0]] == [len(one.samples) for one in heard[1]]
    assert (tmp_path / "0.wav").read_bytes() == (tmp_path / "1.wav").read_bytes()


def test_the_first_is_heard_before_the_rest_is_asked_for() -> None:
    model = Bells()
    asked: list[int] = []
    flow = Flow(NeuralVoice(model), None, None, lambda sound: sound)
    flow.spoken(SpeechRequest(TEXT, "en"), lambda _: asked.append(len(model.asked)), Silent())
    assert asked[0] < len(model.asked) / 2
    assert asked == sorted(asked)


def test_pieces_of_a_stream_are_gathered() -> None:
    heard: list[Audio] = []
    flow = Flow(NeuralVoice(Streaming()), None, None, lambda sound: sound)
    flow.spoken(SpeechRequest(TEXT, "en"), heard.append, Silent())
    assert len(heard) > 3
    assert all(one.duration >= 0.9 * STRETCH_SECONDS for one in heard[:-2])


def test_who_does_not_want_it_any_more_stops_it(tmp_path: Path) -> None:
    class Unwanted(Silent):
        def check(self) -> None:
            if heard:
                raise Cancelled

    heard: list[Audio] = []
    request = LineRequest(TEXT, "en", "espeak")
    with pytest.raises(Cancelled):
        speak_line(request, tmp_path, tmp_path / "a.wav", EngineConfig(cache=tmp_path), Unwanted(), live(heard))
    assert len(heard) == 1
    assert not (tmp_path / "a.wav").exists()


def test_an_engine_that_breaks_in_the_middle_is_said_to_have_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = EspeakVoice.synthesize

    def breaking(self: EspeakVoice, request: SpeechRequest, *given: object) -> Speech:
        if "dog" in request.text:
            raise RuntimeError("a fault")
        return whole(self, request, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(EspeakVoice, "synthesize", breaking)
    heard: list[Audio] = []
    with pytest.raises(PipelineError) as caught:
        speak(tmp_path, "a.wav", heard)
    assert caught.value.code == "voice_failed"
    assert heard


def test_portions_begin_short_and_grow() -> None:
    found = list(portions(TEXT * 3, 600))
    assert len(found[0]) <= 60
    assert max(map(len, found)) <= 240
    assert "".join(" ".join(found).split()) == "".join(clean(TEXT * 3).split())
    assert list(portions("😀 !", 600)) == []
