from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.tiny import put
from vocasync.engines.asr.advice import Advice, advice
from vocasync.engines.base import EngineConfig


def of(models: Path, source: str, recognizer: str = "whisper", size: str = "") -> Advice:
    found = advice(recognizer, source, EngineConfig(models=models, network=False, size=size))
    assert found is not None
    return found


def test_what_is_here_is_used_and_nothing_fetched(tmp_path: Path) -> None:
    put("whisper", tmp_path)
    found = of(tmp_path, "en")
    assert (found.size, found.recommended, found.fetched_mb) == ("tiny", "", 0)
    assert found.text == "Whisper runs in its size “tiny”, the best one that is here."


@pytest.mark.parametrize("code", ["hi", "te", "ta", "ur", "bn", "pa"])
def test_for_languages_of_india_medium_is_recommended(code: str, tmp_path: Path) -> None:
    put("whisper", tmp_path)
    found = of(tmp_path, code)
    assert (found.size, found.recommended, found.available, found.fetched_mb) == ("tiny", "medium", False, 0)
    assert "medium or above is recommended. The model “whisper-medium” is not here: run `manage.py" in found.text


def test_what_can_be_fetched_says_how_much_that_is(tmp_path: Path) -> None:
    put("whisper", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        found = advice("whisper", "hi", EngineConfig(models=tmp_path, options=(("whisper_host", host),)))
    assert found is not None
    assert found.available
    assert found.text.endswith("For Hindi, medium or above is recommended. 1.5 GB are fetched first.")


def test_what_is_here_can_be_taken(tmp_path: Path) -> None:
    put("whisper", tmp_path)
    (tmp_path / "whisper" / "medium.pt").touch()
    found = of(tmp_path, "hi", size="tiny")
    assert (found.recommended, found.available) == ("medium", True)
    assert found.text.endswith("For Hindi, medium or above is recommended.")
    assert of(tmp_path, "hi").size == "medium"


@pytest.mark.parametrize("size", ["medium", "turbo", "large"])
def test_a_large_size_is_good_enough_and_says_what_it_fetches(size: str, tmp_path: Path) -> None:
    found = of(tmp_path, "hi", size=size)
    assert found.recommended == ""
    assert found.fetched_mb >= 1_500
    assert "GB are fetched first" in found.text


def test_a_detected_language_has_no_recommendation(tmp_path: Path) -> None:
    assert of(tmp_path, "auto").recommended == ""
    assert of(tmp_path, "auto").text == "The weights of Whisper base are not here yet: 145 MB are fetched first."


def test_faster_whisper_has_sizes_of_its_own(tmp_path: Path) -> None:
    put("faster_whisper", tmp_path)
    found = of(tmp_path, "ta", "faster-whisper")
    assert (found.size, found.recommended, found.available) == ("tiny", "medium", False)
    assert "For Tamil, medium or above is recommended. The model “faster-whisper-medium” is not here" in found.text


def test_other_recognisers_come_in_one_size(tmp_path: Path) -> None:
    assert advice("pocketsphinx", "hi", EngineConfig(models=tmp_path)) is None
    assert advice("", "hi", EngineConfig(models=tmp_path)) is None
