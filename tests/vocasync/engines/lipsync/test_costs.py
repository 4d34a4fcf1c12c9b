"""What lip sync is said to take, and what ``auto`` makes of that."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import tiny
from vocasync.engines.auto import AUTO, choose_lipsync
from vocasync.engines.base import EngineConfig
from vocasync.engines.lipsync import costs
from vocasync.engines.registry import specs
from vocasync.errors import PipelineError

LONG = (("ddim", 0.0), ("diffusion_steps", 1000.0))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Both networks' weights."""
    for name in ("wav2lip", "diff2lip"):
        shutil.copytree(tiny(name) / name, tmp_path / name)
    both = [(tiny(name) / "licences.json").read_text().strip()[1:-1] for name in ("wav2lip", "diff2lip")]
    (tmp_path / "licences.json").write_text("{" + ",".join(both) + "}")
    return tmp_path


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "auto", "mps"])
def test_every_engine_has_a_figure_that_grows_with_the_frames(device: str) -> None:
    for row in specs("lipsync"):
        ten, hundred = (costs.expected(row.name, (), frames, device) for frames in (10, 100))
        assert 0 < 10 * ten == pytest.approx(hundred)
        assert costs.expected(row.name, (), -1, device) == 0


def test_steps_are_what_denoising_costs() -> None:
    usual = costs.expected("diff2lip", (), 25, "cpu")
    assert costs.expected("diff2lip", (("ddim_steps", 50.0),), 25, "cpu") == pytest.approx(2 * usual)
    assert costs.expected("diff2lip", LONG, 25, "cpu") == pytest.approx(40 * usual)
    assert costs.expected("diff2lip", (("ddim_steps", 50.0), *LONG), 25, "cpu") == pytest.approx(40 * usual)
    assert costs.expected("wav2lip", LONG, 25, "cpu") == costs.expected("wav2lip", (), 25, "cpu")


def test_the_order_is_as_measured() -> None:
    drawn, quick, slow = (costs.expected(name, (), 25, "cpu") for name in ("warp", "wav2lip", "diff2lip"))
    assert drawn < quick < 5 < 600 < slow
    assert costs.expected("diff2lip", (), 25, "cuda") < 60


def test_an_unknown_engine_costs_nothing_that_is_known() -> None:
    with pytest.raises(PipelineError) as caught:
        costs.expected("magic", (), 25, "cpu")
    assert caught.value.code == "engine_unknown"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1.2, "1 second"),
        (80, "80 seconds"),
        (100, "2 minutes"),
        (5_000, "83 minutes"),
        (10_000, "3 hours"),
        (200_000, "2 days"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert costs.words(seconds) == words


def test_it_is_told_where_and_that_a_gpu_was_not_measured() -> None:
    assert costs.told("diff2lip", (), 250, "cpu") == "About 2 hours on one core of a CPU."
    assert "not measured" in costs.told("diff2lip", (), 250, "cuda")


def test_auto_is_drawn_where_there_is_nothing_else(tmp_path: Path) -> None:
    assert choose_lipsync(AUTO, EngineConfig(models=tmp_path, device="cpu")) == "warp"


def test_auto_takes_what_is_ready_and_ends(models: Path) -> None:
    assert choose_lipsync(AUTO, EngineConfig(models=models, device="cpu")) == "wav2lip"
    assert choose_lipsync(AUTO, EngineConfig(models=models, device="cuda")) == "diff2lip"
    assert choose_lipsync(AUTO, EngineConfig(models=tiny("wav2lip"), device="cuda")) == "wav2lip"
    assert choose_lipsync(AUTO, EngineConfig(models=tiny("diff2lip"), device="cpu")) == "warp"


def test_who_chooses_the_slow_one_gets_it(models: Path) -> None:
    assert choose_lipsync("diff2lip", EngineConfig(models=models, device="cpu")) == "diff2lip"


def test_it_is_light() -> None:
    """The web process asks; no model library comes into it by that."""
    code = (
        "import sys; from vocasync.engines.auto import *; from vocasync.engines.base import *; "
        "from vocasync.engines.lipsync.costs import told; told('diff2lip', (), 25, 'auto'); "
        "choose_lipsync(AUTO, EngineConfig()); print({'torch', 'cv2', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
