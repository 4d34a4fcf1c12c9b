from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vocasync.engines.base import EngineConfig
from vocasync.engines.watermark.perth_parts import extension_fails, missing


def package(folder: Path, name: str, lib: dict[str, bytes]) -> Path:
    root = folder / name
    (root / "lib").mkdir(parents=True)
    (root / "__init__.py").touch()
    for part, content in lib.items():
        (root / "lib" / part).write_bytes(content)
    return root


CUDA = {"_torchaudio.abi3.so": b"\x7fELF libtorch.so\0libtorch_cuda.so\0"}
PLAIN = {"_torchaudio.abi3.so": b"\x7fELF libtorch.so\0libtorch_cpu.so\0"}


@pytest.mark.parametrize(
    ("audio", "torch", "fails"),
    [
        (CUDA, {"libtorch.so": b""}, True),
        (CUDA, {"libtorch.so": b"", "libtorch_cuda.so": b""}, False),
        (PLAIN, {"libtorch.so": b""}, False),
        ({}, {"libtorch.so": b""}, False),
    ],
)
def test_an_extension_for_cuda_needs_torch_for_cuda(
    tmp_path: Path, audio: dict[str, bytes], torch: dict[str, bytes], fails: bool
) -> None:
    assert extension_fails(package(tmp_path, "torchaudio", audio), package(tmp_path, "torch", torch)) is fails


@pytest.mark.parametrize(("there", "word"), [((), "perth"), (("perth",), "torchaudio")])
def test_what_is_missing_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], word: str
) -> None:
    for name in there:
        package(tmp_path, name, {})
    for name in ("perth", "torchaudio", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    said = missing(EngineConfig())
    assert word in said
    assert "make engines" in said


def test_a_torchaudio_that_cannot_be_loaded_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lib in (("perth", {}), ("torchaudio", CUDA), ("torch", {})):
        package(tmp_path, name, lib)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "make engines" in missing(EngineConfig())
    assert "torchaudio" not in sys.modules
