from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Watermarker
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.watermark import LONGEST, Once, listen
from vocasync.types import Audio

RATE = 16_000
RECORDINGS = (".wav", ".flac", ".mp3", ".mp4", ".mpg")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def perth() -> Watermarker:
    loaded: Watermarker = registry.load("watermark", "perth", EngineConfig(network=False))
    return loaded


def flac(path: Path, *pieces: np.ndarray) -> Path:
    soundfile.write(path, np.concatenate(pieces), RATE)
    return path


@pytest.mark.parametrize("first", [0.0, 12.0, 595.0])
def test_one_marked_sentence_is_heard_wherever_it_is(perth: Watermarker, tmp_path: Path, first: float) -> None:
    silence = np.zeros(round(first * RATE), np.float32)
    marked = perth.mark(Audio(talk("en-us", 2.0, RATE), RATE)).samples
    heard = listen(flac(tmp_path / "a.flac", silence, marked, np.zeros(RATE)), "a.flac", perth, Silent())
    assert heard.marked
    assert heard.seconds == pytest.approx(first + 3, abs=0.1)


def test_no_more_than_ten_minutes_are_listened_to(perth: Watermarker, tmp_path: Path) -> None:
    marked = perth.mark(Audio(talk("en-us", 2.0, RATE), RATE)).samples
    path = flac(tmp_path / "a.flac", np.zeros(round(LONGEST * RATE), np.float32), marked)
    heard = listen(path, "a.flac", perth, Silent())
    assert not heard.marked
    assert heard.seconds == pytest.approx(LONGEST, abs=0.1)


def test_a_short_rest_is_not_judged_by_itself(perth: Watermarker, tmp_path: Path) -> None:
    heard = listen(flac(tmp_path / "a.flac", talk("en-us", 23.0, RATE)), "a.flac", perth, Silent())
    assert heard.seconds == pytest.approx(23, abs=0.1)
    assert heard.score < 0.5


def test_it_can_be_stopped(perth: Watermarker, tmp_path: Path) -> None:
    class Stopped(Silent):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        listen(flac(tmp_path / "a.flac", talk("en-us", 3.0, RATE)), "a.flac", perth, Stopped())


@pytest.mark.parametrize("code", ["no_audio", "not_media"])
def test_what_has_no_sound_is_refused(perth: Watermarker, tmp_path: Path, code: str) -> None:
    path = tmp_path / "a.mp4"
    made = factory.video(path, None, 1.0) if code == "no_audio" else factory.text_as(path)
    with pytest.raises(PipelineError) as caught:
        listen(made, "a.mp4", perth, Silent())
    assert caught.value.code == code


def test_real_recordings_are_not_marked(perth: Watermarker, shared_media: Path) -> None:
    paths = [path for path in shared_media.rglob("*") if path.suffix in RECORDINGS]
    scores = {path.name: listen(path, path.name, perth, Silent()).score for path in paths}
    assert len(scores) > 20
    assert max(scores.values()) < 0.6, scores


def test_what_is_marked_already_is_not_marked_again(perth: Watermarker) -> None:
    once = Once(perth)
    assert isinstance(once, Watermarker)
    plain = Audio(talk("en-us", 3.0, 24_000), 24_000)
    marked = once.mark(plain)
    assert np.array_equal(marked.samples, perth.mark(plain).samples)
    assert once.mark(marked) is marked
    assert once.detect(marked) == perth.detect(marked)
