from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.tiny import put
from tests.tiny.faster_whisper import NAME, scripted_faster_whisper
from tests.tiny.whisper import SCRIPT
from vocasync.engines import registry
from vocasync.engines.asr import faster_whisper
from vocasync.engines.asr.faster_whisper_weights import missing, wanted_size
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, Region

SOUND = Audio(np.random.default_rng(0).normal(0, 0.05, 40 * ANALYSIS_RATE).astype(np.float32), ANALYSIS_RATE)


def offline(models: Path, size: str = "") -> EngineConfig:
    return EngineConfig(models=models, network=False, size=size)


@pytest.mark.parametrize("together", [1, 4])
def test_it_says_what_its_weights_say(
    together: int, faster: faster_whisper.FasterWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faster, "together", together)
    regions = [Region(1.0, 4.0), Region(5.0, 8.0), Region(8.1, 12.0), Region(12.3, 15.0), Region(20.0, 23.5)]
    found = faster.recognize(SOUND, regions, "en", Silent())
    assert [segment.text for segment in found.segments] == [SCRIPT] * 5
    for segment, region in zip(found.segments, regions, strict=True):
        assert [word.text for word in segment.words] == SCRIPT.split()
        assert region.start <= segment.start < segment.end <= region.end
        assert all(word.start <= word.end for word in segment.words)


def test_a_region_longer_than_the_window_is_read_to_its_end(
    faster: faster_whisper.FasterWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faster, "together", 4)
    found = faster.recognize(SOUND, [Region(0.0, 39.0), Region(1.0, 4.0)], "en", Silent())
    assert found.segments[-1].start >= 1.0
    assert max(segment.start for segment in found.segments) > 30.0


@pytest.mark.parametrize(("code", "text"), [("hi", "नमस्ते"), ("ta", "வணக்கம்"), ("es", "¿Qué tal estás?")])
def test_the_language_is_detected(code: str, text: str, tmp_path: Path) -> None:
    scripted_faster_whisper(tmp_path / NAME, text, code)
    found = faster_whisper.create(offline(tmp_path)).recognize(SOUND, [Region(0.0, 3.0)], "auto", Silent())
    assert found.language == code
    assert found.segments[0].text == text


@pytest.mark.parametrize("together", [1, 4])
def test_a_loop_is_no_text(together: int, tmp_path: Path) -> None:
    loop = "no " * 40
    scripted_faster_whisper(tmp_path / NAME, loop)
    engine = faster_whisper.create(offline(tmp_path))
    engine.together = together
    found = engine.recognize(SOUND, [Region(0.0, 3.0), Region(4.0, 7.0)], "en", Silent())
    assert loop.strip() not in [segment.text for segment in found.segments]


def test_a_language_it_does_not_know_is_refused(faster: faster_whisper.FasterWhisper) -> None:
    for language in ("eo", "yue"):  # these weights are older than Cantonese
        with pytest.raises(PipelineError) as caught:
            faster.recognize(SOUND, [Region(0.0, 3.0)], language, Silent())
        assert caught.value.code in ("recognition_unsupported", "unknown_language")


def test_nothing_is_fetched(tmp_path: Path) -> None:
    row = registry.spec("asr", "faster-whisper")
    line = registry.readiness(row, EngineConfig(models=tmp_path)).missing
    assert "`manage.py models fetch faster-whisper-base`" in line
    with pytest.raises(PipelineError) as caught:
        faster_whisper.create(EngineConfig(models=tmp_path, size="small"))
    assert caught.value.code == "engine_not_ready"
    assert "faster-whisper-small" in str(caught.value)
    assert "sizes" not in missing(offline(tmp_path, "enormous"))
    assert "choose one of tiny" in missing(offline(tmp_path, "enormous"))


def test_the_best_size_on_disk_is_the_default(tmp_path: Path) -> None:
    put("faster_whisper", tmp_path)
    assert wanted_size(offline(tmp_path)) == "tiny"
    (tmp_path / NAME).rename(tmp_path / "faster-whisper-medium")
    assert wanted_size(offline(tmp_path)) == "medium"
    assert registry.readiness(registry.spec("asr", "faster-whisper"), offline(tmp_path)).ready


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.json", "config.json", "model.bin"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    put("faster_whisper", tmp_path)
    (tmp_path / NAME / name).unlink()
    with pytest.raises(PipelineError) as caught:
        faster_whisper.create(offline(tmp_path, "tiny"))
    assert caught.value.code == "engine_not_ready"
    assert "`manage.py models fetch faster-whisper-tiny`" in str(caught.value)


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.json", "config.json", "model.bin"])
def test_half_a_file_is_said_to_be_damaged(name: str, tmp_path: Path) -> None:
    put("faster_whisper", tmp_path)
    path = tmp_path / NAME / name
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(PipelineError) as caught:
        faster_whisper.create(offline(tmp_path))
    assert caught.value.code == "weights_damaged"
    assert caught.value.permanent
    assert "`manage.py models verify faster-whisper-tiny`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_something_else_is_not_taken_for_a_model(tmp_path: Path) -> None:
    put("faster_whisper", tmp_path)
    (tmp_path / NAME / "model.bin").write_bytes(json.dumps({"model": 1}).encode())
    with pytest.raises(PipelineError) as caught:
        faster_whisper.create(offline(tmp_path))
    assert caught.value.code == "weights_damaged"
