"""Whether Perth can be loaded, asked without importing it: a light module, for it is asked on every page that lists
engines."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from vocasync.engines.base import EngineConfig

REMEDY = "run `make engines`"
_CUDA = "libtorch_cuda.so"


def missing(config: EngineConfig) -> str:
    """What a person must do before Perth can run: "" when it is ready."""
    folders = {name: _folder(name) for name in ("perth", "torchaudio", "torch")}
    absent = [name for name, folder in folders.items() if folder is None]
    if absent:
        return f"The Python package “{absent[0]}” is missing: {REMEDY}."
    if extension_fails(folders["torchaudio"], folders["torch"]):
        return f"torchaudio's compiled part is for CUDA, and PyTorch is not: {REMEDY}, which takes that part away."
    return ""


def extension_fails(torchaudio: Path | None, torch: Path | None) -> bool:
    """Whether torchaudio (its folder) comes with a compiled extension that cannot be loaded beside this torch: then it
    cannot even be imported."""
    if torchaudio is None or torch is None or (torch / "lib" / _CUDA).exists():
        return False
    return any(_CUDA.encode() in part.read_bytes() for part in (torchaudio / "lib").glob("_torchaudio*.so"))


def _folder(package: str) -> Path | None:
    found = find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin else None
