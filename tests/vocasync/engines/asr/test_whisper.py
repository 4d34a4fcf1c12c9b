from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.checkpoints import scripted_whisper
from tests.vocasync.engines.asr.conftest import SCRIPT
from vocasync.engines import registry
from vocasync.engines.asr import whisper, whisper_weights
from vocasync.engines.asr.whisper_weights import missing, on_disk, wanted_size
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, Region

SOUND = Audio(np.random.default_rng(0).normal(0, 0.05, 9 * ANALYSIS_RATE).astype(np.float32), ANALYSIS_RATE)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    whisper_weights._answers.clear()
    yield
    whisper_weights._answers.clear()


def offline(models: Path, size: str = "") -> EngineConfig:
    return EngineConfig(models=models, network=False, size=size)


def test_it_says_what_its_weights_say(scripted: whisper.Whisper) -> None:
    found = scripted.recognize(SOUND, [Region(1.0, 4.0), Region(5.0, 8.0)], "en", Silent())
    assert [segment.text for segment in found.segments] == [SCRIPT, SCRIPT]
    assert 1.0 <= found.segments[0].start < found.segments[0].end <= 4.0
    assert 5.0 <= found.segments[1].start < found.segments[1].end <= 8.0


@pytest.mark.parametrize(("code", "text"), [("hi", "नमस्ते"), ("ur", "سلام دنیا"), ("es", "¿Qué tal estás?")])
def test_the_language_is_detected(code: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "whisper").mkdir()
    scripted_whisper(tmp_path / "whisper" / "base.pt", text, code)
    found = whisper.create(offline(tmp_path)).recognize(SOUND, [Region(0.0, 3.0)], "auto", Silent())
    assert found.language == code
    assert found.segments[0].text == text


def test_a_language_it_does_not_know_is_refused(scripted: whisper.Whisper) -> None:
    with pytest.raises(PipelineError) as caught:
        scripted.recognize(SOUND, [Region(0.0, 3.0)], "eo", Silent())
    assert caught.value.code == "recognition_unsupported"
    assert "Esperanto" in str(caught.value)


def test_loops_and_doubts_are_left_out() -> None:
    good: dict[str, Any] = {"text": " Yes.", "no_speech_prob": 0.1, "avg_logprob": -0.2, "compression_ratio": 1.2}
    assert whisper._plausible(good)
    assert not whisper._plausible({**good, "compression_ratio": 9.0})
    assert not whisper._plausible({**good, "no_speech_prob": 0.9, "avg_logprob": -1.5})
    assert not whisper._plausible({**good, "text": " "})


def test_the_best_size_on_disk_is_the_default(tmp_path: Path) -> None:
    folder = tmp_path / "whisper"
    folder.mkdir()
    assert wanted_size(offline(tmp_path)) == "base"
    (folder / "tiny.pt").touch()
    assert wanted_size(offline(tmp_path)) == "tiny"
    (folder / "large-v3.pt").touch()  # the name that openai-whisper downloads "large" under
    assert wanted_size(offline(tmp_path)) == "large"
    assert on_disk("large", offline(tmp_path)) == folder / "large-v3.pt"
    assert wanted_size(offline(tmp_path, "tiny")) == "tiny"
    assert missing(offline(tmp_path, "tiny")) == ""


def test_missing_weights_name_the_remedy(tmp_path: Path) -> None:
    line = missing(offline(tmp_path, "small"))
    assert "small.pt" in line
    assert f"{tmp_path.name}/whisper" in line
    assert "internet" in line
    row = registry.spec("asr", "whisper")
    assert registry.readiness(row, offline(tmp_path)).missing == missing(offline(tmp_path))
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "engine_not_ready"


def test_a_host_that_answers_makes_it_ready(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        config = EngineConfig(models=tmp_path, options=(("whisper_host", address),))
        assert missing(config) == ""
        assert "internet" in missing(offline(tmp_path))
    assert missing(config) == ""  # remembered
    whisper_weights._answers.clear()
    assert "internet" in missing(config)


def test_an_unknown_size_is_refused(weights: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(weights, "enormous"))
    assert caught.value.code == "engine_not_ready"
    assert "enormous" in str(caught.value)
    assert "tiny" in str(caught.value)


def test_a_broken_file_is_said_to_be_broken(tmp_path: Path) -> None:
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "tiny.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "recognizer_failed"
    assert "damaged" in str(caught.value)
    assert caught.value.permanent


def test_the_published_decoders_fit_their_alignment_heads() -> None:
    import base64
    import gzip

    import whisper as library

    for size, (layers, heads) in whisper._PUBLISHED_DECODERS.items():
        packed = library._ALIGNMENT_HEADS[size]
        assert len(gzip.decompress(base64.b85decode(packed))) == layers * heads
