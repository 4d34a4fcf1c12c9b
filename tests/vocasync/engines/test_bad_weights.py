"""Files of models that are cut off, that are something else, or that would run code: every engine says which, and what
to do, when it is loaded; nothing is run."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.vocasync.engines.lipsync.makers import MAKERS as LIPS
from tests.vocasync.engines.tts.makers import MAKERS, Weights
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, EngineSpec
from vocasync.errors import PipelineError
from vocasync.weights import store
from vocasync.weights.catalogue import File, model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PICKLED = (".pth", ".pt", ".bin")
TEXT = (".json", ".txt")
VOICES = [name for name, maker in MAKERS.items() if isinstance(maker, Weights) and name != "bark-small"]
ROWS = [
    *(registry.spec("tts", name) for name in VOICES),
    *(registry.spec("lipsync", name) for name in LIPS if name != "warp"),
]


class Runs:
    """Runs a command when it is unpickled the usual way."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.proof}",)


def _cases() -> Iterator[Any]:
    for row in ROWS:
        for file in model(row.needs.weights).files:
            if not file.needed:
                continue
            for harm in ("cut", "other", *(("code",) if file.name.endswith(PICKLED) else ())):
                yield pytest.param(row, file, harm, id=f"{row.name}-{file.name}-{harm}")


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


def _harmed(config: EngineConfig, row: EngineSpec, file: File, harm: str, folder: Path, proof: Path) -> EngineConfig:
    name = row.needs.weights
    shutil.copytree(config.models, folder)
    path = store.path_of(file, store.folder(name, folder))
    assert path is not None
    if harm == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif harm == "other":
        path.write_bytes(b"<html>Not found</html>")
    else:
        path.write_bytes(pickle.dumps({"model": Runs(proof)}, protocol=2))
    return replace(config, models=folder)


@pytest.mark.parametrize(("row", "file", "harm"), list(_cases()))
def test_it_is_said_in_one_line(row: EngineSpec, file: File, harm: str, tmp_path: Path, proof: Path) -> None:
    weights = row.needs.weights
    lacking = [package for package in row.needs.packages if find_spec(package) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    made = LIPS[row.name] if row.stage == "lipsync" else MAKERS[row.name]
    config = _harmed(made(tmp_path), row, file, harm, tmp_path / "models", proof)
    with pytest.raises(PipelineError) as caught:
        registry.load(row.stage, row.name, config)

    text = str(caught.value)
    assert caught.value.code in ("weights_damaged", "weights_unsafe")
    assert caught.value.permanent
    assert f"`manage.py models verify {weights}`" in text
    assert "\n" not in text
    assert not proof.exists()
