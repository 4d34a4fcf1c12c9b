"""Checkpoints are read, never run."""

from __future__ import annotations

import argparse
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from vocasync.errors import PipelineError
from vocasync.weights import safe

TENSORS = {"weight": torch.arange(1000, dtype=torch.float32)}


class Runs:
    """Runs a command when it is unpickled the usual way."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.proof}",)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "xtts-v2").mkdir()
    return tmp_path / "xtts-v2" / "model.pth"


def _error(path: Path, code: str) -> str:
    with pytest.raises(PipelineError) as caught:
        safe.load_checkpoint(path)
    assert caught.value.code == code
    assert caught.value.permanent
    return str(caught.value)


def _new(content: Any, path: Path) -> None:
    torch.save(content, path)


def _old(content: Any, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def _plain(content: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("save", [_new, _old])
def test_tensors_are_read(save: Callable[[Any, Path], None], place: Path) -> None:
    save({"model": TENSORS, "step": 3}, place)
    found = safe.load_checkpoint(place)

    assert found["step"] == 3
    assert torch.equal(found["model"]["weight"], TENSORS["weight"])


def test_safetensors_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(TENSORS, path)
    assert torch.equal(safe.load_checkpoint(path)["weight"], TENSORS["weight"])


@pytest.mark.parametrize("save", [_new, _old, _plain])
def test_a_pickle_that_would_run_code_is_refused(
    save: Callable[[Any, Path], None], place: Path, tmp_path: Path
) -> None:
    proof = tmp_path / "it-ran"
    save({"model": Runs(proof)}, place)

    text = _error(place, "weights_unsafe")

    assert not proof.exists()
    assert "xtts-v2/model.pth" in text
    assert "`manage.py models verify xtts-v2`" in text
    assert str(tmp_path) not in text


def test_the_code_is_named(place: Path, tmp_path: Path) -> None:
    _new({"model": Runs(tmp_path / "it-ran")}, place)
    assert "system" in _error(place, "weights_unsafe")


def test_a_class_of_a_library_is_read_only_where_it_is_allowed(place: Path) -> None:
    _new({"config": argparse.Namespace(rate=16_000)}, place)

    assert "argparse.Namespace" in _error(place, "weights_unsafe")
    assert safe.load_checkpoint(place, [argparse.Namespace])["config"].rate == 16_000
    _error(place, "weights_unsafe")


@pytest.mark.parametrize("left", [0, 1, 100, 0.5, 0.99])
@pytest.mark.parametrize("save", [_new, _old])
def test_a_file_that_is_cut_off_is_damaged(save: Callable[[Any, Path], None], left: float, place: Path) -> None:
    save(TENSORS, place)
    body = place.read_bytes()
    place.write_bytes(body[: int(left * len(body)) if isinstance(left, float) else left])

    text = _error(place, "weights_damaged")

    assert "`manage.py models verify xtts-v2`, then `manage.py models fetch xtts-v2`" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "body",
    [b"<html>Not found</html>", b"PK\x03\x04" + bytes(500), os.urandom(5000)],
    ids=["page", "archive", "noise"],
)
def test_what_is_no_checkpoint_is_damaged(body: bytes, place: Path) -> None:
    place.write_bytes(body)
    _error(place, "weights_damaged")


def test_another_zip_file_is_damaged(place: Path) -> None:
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("readme.txt", "hello")
    _error(place, "weights_damaged")


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_torchscript_archive_is_named_as_such(place: Path) -> None:
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), place)
    assert "TorchScript" in _error(place, "weights_damaged")


@pytest.mark.parametrize("body", [b"", b"zz", b"\xff" * 200, None])
def test_safetensors_that_are_not_whole_are_damaged(body: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(TENSORS, path)
    path.write_bytes(path.read_bytes()[:-5] if body is None else body)
    _error(path, "weights_damaged")


def test_what_is_not_there_is_said(place: Path) -> None:
    assert "it is not there" in _error(place, "weights_damaged")
    assert "it is not there" in _error(place.with_suffix(".safetensors"), "weights_damaged")


# --- into a module ----------------------------------------------------------------------------------------------------
def _state(**changes: Any) -> dict[str, Any]:
    state = torch.nn.Linear(3, 2).state_dict()
    return {name: tensor for name, tensor in {**state, **changes}.items() if tensor is not None}


def test_a_state_that_fits_is_put_in(place: Path) -> None:
    module = torch.nn.Linear(3, 2)
    state = _state(bias=torch.full((2,), 7.0))
    safe.load_state(module, state, place)
    assert module.bias.tolist() == [7.0, 7.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": torch.zeros(3, 3)},
        {"weight": None},
        {"more": torch.zeros(1)},
        {"weight": torch.zeros(2, 3, dtype=torch.int64)},
        {"weight": "text"},
    ],
)
def test_a_state_that_does_not_fit_is_damaged(changes: dict[str, Any], place: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        safe.load_state(torch.nn.Linear(3, 2), _state(**changes), place)
    assert caught.value.code == "weights_damaged"
    assert "models verify xtts-v2" in str(caught.value)


def test_the_wrong_dtype_is_named(place: Path) -> None:
    with pytest.raises(PipelineError, match=r"“weight” is torch\.int64, and torch\.float32 is right"):
        safe.load_state(torch.nn.Linear(3, 2), _state(weight=torch.zeros(2, 3, dtype=torch.int64)), place)
