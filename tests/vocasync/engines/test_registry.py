from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Needs
from vocasync.engines.cache import ENGINES
from vocasync.engines.translate.apertium import ApertiumTranslator
from vocasync.errors import PipelineError

CONFIG = EngineConfig(network=False)
ROW = registry.spec("translate", "apertium")


def test_rows_are_sorted_best_first() -> None:
    for stage in ("asr", "align", "translate", "tts", "speaker", "watermark"):
        rows = registry.specs(stage)
        assert rows
        assert all(row.stage == stage for row in rows)
        assert [row.quality for row in rows] == sorted((row.quality for row in rows), reverse=True)
    assert len(registry.specs()) == len(registry.SPECS)


def test_names_are_unique_within_a_stage() -> None:
    names = [(row.stage, row.name) for row in registry.SPECS]
    assert len(set(names)) == len(names)


def test_every_row_points_at_something() -> None:
    for row in registry.SPECS:
        assert find_spec(row.path.partition(":")[0]), row.path
        for dotted in filter(None, (row.routes, row.needs.probe, row.stock)):
            assert callable(registry.dotted(dotted))
        assert row.label
        assert row.licence
        assert row.about or row.tried


def test_probing_imports_no_engine() -> None:
    """The web process asks what is ready; it must stay small and start at once."""
    program = (
        "import sys; from vocasync.engines import registry, auto; from vocasync.engines.base import EngineConfig\n"
        "for row in registry.SPECS:\n"
        "    registry.readiness(row, EngineConfig(network=False))\n"
        "    row.stage in ('asr', 'tts') and auto.speaks(row, 'en')\n"
        "    row.stage == 'tts' and registry.stock_voices(row.name, EngineConfig())\n"
        "    row.stage == 'translate' and auto.translates(row, 'en', 'es')\n"
        "heavy = {'torch', 'whisper', 'librosa', 'sklearn', 'pyworld', 'pocketsphinx', 'silero_vad', 'resemblyzer',\n"
        "         'deep_translator', 'django', 'perth', 'torchaudio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_unknown_names() -> None:
    with pytest.raises(PipelineError) as caught:
        registry.spec("asr", "apertium")
    assert caught.value.code == "engine_unknown"
    assert "apertium" in str(caught.value)


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (Needs(packages=("there_is_no_such_package",)), ("there_is_no_such_package", "make setup")),
        (Needs(packages=("there.is.no.such.package",), step="make x"), ("there.is.no.such.package", "make x")),
        (Needs(commands=("there-is-no-such-program",)), ("there-is-no-such-program", "make setup")),
        (Needs(probe="vocasync.engines.translate.network:missing_google"), ("VOCASYNC_NETWORK",)),
    ],
)
def test_what_is_missing_is_said_with_its_remedy(needs: Needs, words: tuple[str, ...]) -> None:
    state = registry.readiness(replace(ROW, needs=needs), CONFIG)
    assert not state.ready
    assert all(word in state.missing for word in words)
    assert "\n" not in state.missing


def test_ready_when_nothing_is_missing() -> None:
    state = registry.readiness(replace(ROW, needs=Needs(packages=("json",), commands=("sh",))), CONFIG)
    assert (state.ready, state.missing) == (True, "")


def test_load_refuses_what_is_not_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        registry.load("translate", "google", CONFIG)
    assert caught.value.code == "engine_not_ready"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PipelineError) as caught:
        registry.load("translate", "apertium", CONFIG)
    assert "make setup" in str(caught.value)


def test_load_gives_one_engine_a_configuration() -> None:
    if not registry.readiness(ROW, CONFIG).ready:
        pytest.skip("Apertium is not installed")
    try:
        first = registry.load("translate", "apertium", CONFIG)
        assert isinstance(first, ApertiumTranslator)
        assert registry.load("translate", "apertium", CONFIG) is first
        assert registry.load("translate", "apertium", replace(CONFIG, device="cpu")) is not first
    finally:
        ENGINES.clear()
