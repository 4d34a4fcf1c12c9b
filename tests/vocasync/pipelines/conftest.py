"""A short talk with its subtitles, and a way to dub it in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import factory
from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.pipelines.base import DubRequest
from vocasync.pipelines.dub import DubPipeline
from vocasync.pipelines.local import Work
from vocasync.pipelines.local import run as run_local

LINES = ((0.6, "Good morning."), (2.8, "The children are playing in the garden."), (6.4, "See you tomorrow."))
SECONDS = 9.0
RATE = 16_000

Dub = Callable[..., DubPipeline]


def quietly(stage: str, fraction: float, whole: float) -> None:
    """Nobody watches."""


def clock(seconds: float) -> str:
    """A time as SRT writes it."""
    return f"00:00:{seconds:06.3f}".replace(".", ",")


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sentences with silence between them, under a test picture."""
    folder = tmp_path_factory.mktemp("talk")
    # A room is never digitally silent.
    sound = np.random.default_rng(0).normal(0, 3e-4, int(SECONDS * RATE)).astype(np.float32)
    for start, text in LINES:
        said = factory.speech_samples(text, wpm=150)
        first = int(start * RATE)
        sound[first : first + len(said)] += said
    audio = factory.write(folder / "talk.wav", sound)
    return factory.video(folder / "talk.mp4", audio, SECONDS)


@pytest.fixture(scope="session")
def subtitles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its words, where they are said."""
    path = tmp_path_factory.mktemp("words") / "talk.srt"
    cues = [
        f"{number}\n{clock(start)} --> {clock(start + 2.0)}\n{text}\n" for number, (start, text) in enumerate(LINES, 1)
    ]
    path.write_text("\n".join(cues), encoding="utf-8")
    return path


@pytest.fixture
def dub(talk: Path, subtitles: Path, tmp_path: Path) -> Dub:
    """Dub the talk (or what ``changes`` say) in the test's own workspace."""

    def run(**changes: Any) -> DubPipeline:
        asked: dict[str, Any] = {
            "source": talk,
            "source_name": "talk.mp4",
            "source_language": "en",
            "target_language": "es",
            "subtitles": subtitles,
            "subtitles_name": "talk.srt",
            "reviewed": True,
        }
        config = EngineConfig(network=False, cache=tmp_path / "cache", models=tmp_path / "models")
        work = Work(DubPipeline, DubRequest(**(asked | changes)), Workspace(tmp_path / "work"), config)
        done = run_local(work, quietly)
        assert done is not None, "the dub stopped for review"
        return done

    return run
