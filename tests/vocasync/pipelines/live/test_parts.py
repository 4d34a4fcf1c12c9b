from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.factory import tone_samples
from tests.vocasync.pipelines.live.engines import Alike, Counting, Tone
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.cache import EngineCache
from vocasync.errors import PipelineError
from vocasync.pipelines.live.parts import Parts, Workshop
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.types import Audio


def workshop(tmp_path: Path, **asked: Any) -> Workshop:
    config = EngineConfig(models=tmp_path, cache=tmp_path, network=False, device="cpu")
    return Workshop(LiveRequest(Manner("es"), **asked), config)


def test_what_is_ready_and_quick_is_chosen(tmp_path: Path) -> None:
    choice = workshop(tmp_path, watermark="perth").choose(Manner("es", "en"))
    assert choice.engines == {"asr": "pocketsphinx", "translate": "apertium", "tts": "espeak", "watermark": "perth"}
    assert (choice.listens, choice.target) == ("en", "es")


def test_the_same_language_needs_no_translator(tmp_path: Path) -> None:
    assert workshop(tmp_path).choose(Manner("en", "en")).engines["translate"] == ""


@pytest.mark.parametrize(
    ("manner", "code"),
    [(Manner("xx", "en"), "unknown_language"), (Manner("es", "ta"), "recognition_unsupported")],
)
def test_what_nobody_here_can_do_is_refused(manner: Manner, code: str, tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        workshop(tmp_path).choose(manner)
    assert caught.value.code == code


class Closing:
    """Something that was loaded, and says when it is closed."""

    memory_bytes = 1_000

    def __init__(self) -> None:
        self.closed = False

    def embed(self, audio: Audio) -> None:
        raise PipelineError("no_speech", name="")

    def open(self, language: str) -> io.BytesIO:
        return io.BytesIO()  # a stream, which is closed by itself

    def close(self) -> None:
        self.closed = True


def test_engines_stay_until_their_parts_are_closed_whoever_needs_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, made = EngineCache(capacity=1), {}

    def load(stage: str, name: str, config: EngineConfig) -> Any:
        return cache.get((stage, name), lambda: made.setdefault(stage, Closing()))

    monkeypatch.setattr(registry, "load", load)
    shop = workshop(tmp_path)
    told: list[tuple[str, float]] = []
    parts = shop.load(shop.choose(Manner("es", "en")), lambda stage, done: told.append((stage, done)))
    assert [stage for stage, _ in told] == ["asr", "translate", "tts", "speaker", "watermark"]
    assert [done for _, done in told] == sorted(done for _, done in told)
    cache.get("another", Closing)
    assert not any(one.closed for one in made.values())
    parts.close()
    assert all(one.closed for one in made.values())


def test_what_was_loaded_before_something_failed_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, made = EngineCache(capacity=1), Closing()

    def load(stage: str, name: str, config: EngineConfig) -> Any:
        if stage == "tts":
            raise PipelineError("engine_not_ready", label=name, missing="It is not there.")
        return cache.get(stage, lambda: made)

    monkeypatch.setattr(registry, "load", load)
    shop = workshop(tmp_path)
    with pytest.raises(PipelineError):
        shop.load(shop.choose(Manner("es", "en")), lambda _stage, _done: None)
    cache.get("another", Closing)
    cache.get("a third", Closing)
    assert made.closed


class Louder:
    """A mark that can be seen."""

    name, version = "louder", "1"

    def mark(self, audio: Audio) -> Audio:
        return Audio(audio.samples * 2, audio.rate)

    def detect(self, audio: Audio) -> float:
        return float(abs(audio.samples).max() > 0.4)


@pytest.mark.parametrize(("marks", "level", "marked"), [(False, 0.3, 0.6), (True, 0.5, 0.5), (True, 0.3, 0.6)])
def test_sound_is_marked_once(marks: bool, level: float, marked: float, tmp_path: Path) -> None:
    voice = Tone()
    voice.marks = marks  # type: ignore[attr-defined]
    choice = workshop(tmp_path).choose(Manner("es", "en"))
    sound = Audio(tone_samples(0.5, level=level), 16_000)
    parts = Parts(choice, Counting(), None, voice, Alike(), Louder())
    assert abs(parts.mark(sound).samples).max() == pytest.approx(marked, abs=0.01)
    assert Parts(choice, Counting(), None, voice, Alike()).mark(sound) is sound
