"""Tensors out of TorchScript archives, of which nothing is run."""

from __future__ import annotations

import io
import os
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from vocasync.errors import PipelineError
from vocasync.weights.torchscript import is_torchscript, state_of


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.small = nn.Linear(4, 2).half()
        self.register_buffer("none", torch.zeros(0))
        self.register_buffer("turned", torch.arange(6.0).reshape(2, 3).T)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.inner(given).mean() + self.small.weight.float().sum() + self.turned.sum()


@pytest.fixture
def net() -> Net:
    return Net().eval()


@pytest.fixture
def archive(net: Net, tmp_path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(net, torch.zeros(1, 3, 5, 5)).save(str(tmp_path / "net.pt"))
    return tmp_path / "net.pt"


def rewritten(path: Path, program: bytes) -> Path:
    """The archive with another pickle in it."""
    other = path.with_name("other.pt")
    with zipfile.ZipFile(path) as given, zipfile.ZipFile(other, "w") as made:
        for name in given.namelist():
            made.writestr(name, program if name.endswith("/data.pkl") else given.read(name))
    return other


def program(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))


def test_the_tensors_are_those_of_the_module(net: Net, archive: Path) -> None:
    found, wanted = state_of(archive), net.state_dict()
    assert set(found) == set(wanted) - {"none"} | ({"none"} & set(found))
    for name, tensor in found.items():
        assert tensor.dtype == wanted[name].dtype
        assert torch.equal(tensor, wanted[name])


def test_what_torch_save_wrote_is_none(net: Net, archive: Path, tmp_path: Path) -> None:
    torch.save(net.state_dict(), tmp_path / "state.pt")
    (tmp_path / "text").write_text("no archive")
    assert is_torchscript(archive)
    assert not any(is_torchscript(tmp_path / name) for name in ("state.pt", "text", "nothing"))


def test_code_in_its_pickle_is_not_run(archive: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"

    class Harm:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {proof}",)

    with pytest.raises(PipelineError) as caught:
        state_of(rewritten(archive, pickle.dumps(Harm(), protocol=2)))
    assert caught.value.code == "weights_unsafe"
    assert "system" in str(caught.value)
    assert not proof.exists()


def test_a_tensor_that_reaches_beyond_its_numbers_is_damage(archive: Path) -> None:
    class Reaches(pickle.Pickler):
        def persistent_id(self, one: Any) -> Any:
            return ("storage", torch.FloatStorage, "0", "cpu", self.count) if isinstance(one, Stored) else None

    class Stored:
        pass

    class Tensor:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Stored(), 0, (1000, 1000), (1000, 1), False, {})

    with zipfile.ZipFile(archive) as given:
        Reaches.count = next(one.file_size // 4 for one in given.infolist() if one.filename.endswith("data/0"))
    stream = io.BytesIO()
    Reaches(stream, protocol=2).dump(Tensor())
    with pytest.raises(PipelineError) as caught:
        state_of(rewritten(archive, stream.getvalue()))
    assert caught.value.code == "weights_damaged"


@pytest.mark.parametrize("kept", [0.2, 0.9])
def test_an_archive_that_is_cut_off_is_damage(archive: Path, kept: float) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(PipelineError) as caught:
        state_of(archive)
    assert caught.value.code == "weights_damaged"


def test_a_pickle_that_is_cut_off_is_damage(archive: Path) -> None:
    whole = program(archive)
    with pytest.raises(PipelineError) as caught:
        state_of(rewritten(archive, whole[: len(whole) // 2]))
    assert caught.value.code in ("weights_damaged", "weights_unsafe")
