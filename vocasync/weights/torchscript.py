"""The tensors of a TorchScript archive, without running what is in it.

Such an archive is a program: ``torch.jit.load`` compiles its code and runs the modules' ``__setstate__``, which cannot
reach Python but can, through TorchScript's own operators, read and write files. So it is not loaded by that. The
archive is a ZIP file whose ``data.pkl`` says which tensor is an attribute of which module, with the numbers in files
beside it; that pickle is read by an unpickler that gives it tensors and bare containers, and the code is not looked at.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vocasync.weights.safe import damaged, unsafe

if TYPE_CHECKING:
    from torch import Tensor

_DTYPES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    RuntimeError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    StopIteration,
)
"""What comes of an archive that is not whole, or is another thing."""

_MOST_PROGRAM = 64 << 20  # bytes of ``data.pkl``: names and shapes alone


class _Module:
    """A module of the archive: whatever its class was, here it only holds its attributes."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """A kind of numbers; what a tensor of the archive lies in is told by one of these and a name."""

    dtype: str


def is_torchscript(path: Path) -> bool:
    """Whether the file is a TorchScript archive. A file that is not there is none."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    return {"data.pkl", "constants.pkl"} <= names


def state_of(path: Path) -> dict[str, Tensor]:
    """What ``state_dict()`` of the archive's module would be. Raises ``weights_damaged``, and ``weights_unsafe`` where
    its pickle asks for anything but tensors and modules."""
    try:
        with zipfile.ZipFile(path) as archive:
            return dict(_named(_read(archive), ""))
    except pickle.UnpicklingError as error:
        raise unsafe(path, str(error)) from error
    except _BROKEN as error:
        raise damaged(path, "it is cut off, or no TorchScript archive of a network") from error


def _read(archive: zipfile.ZipFile) -> Any:
    program = next(name for name in archive.namelist() if name.partition("/")[2] == "data.pkl")
    if archive.getinfo(program).file_size > _MOST_PROGRAM:
        raise ValueError("too long")
    with archive.open(program) as stream:
        return _Unpickler(stream, archive, program.removesuffix("data.pkl")).load()


class _Unpickler(pickle.Unpickler):
    """Gives a pickle tensors, modules without code, and nothing else."""

    def __init__(self, stream: Any, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(stream)
        self._archive, self._root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        """See :class:`pickle.Unpickler`. Raises UnpicklingError for everything that is not data."""
        if module == "__torch__" or module.startswith("__torch__."):
            return _Module
        if module == "torch" and name in _DTYPES:
            return _Storage(_DTYPES[name])
        known: Mapping[tuple[str, str], Callable[..., Any]] = {
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Tensor:
        """The numbers that a tensor lies in: flat."""
        import torch

        kind, storage, key, _, count = pid
        if kind != "storage" or not isinstance(storage, _Storage) or not str(key).isdigit():
            raise pickle.UnpicklingError(f"{kind} {key}")
        dtype = getattr(torch, storage.dtype)
        info = self._archive.getinfo(f"{self._root}data/{key}")
        if info.file_size != count * dtype.itemsize:
            raise ValueError("another size than it says")
        if not count:
            return torch.empty(0, dtype=dtype)
        return torch.frombuffer(bytearray(self._archive.read(info)), dtype=dtype)


def _tensor(flat: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return flat.as_strided(size, stride, offset)  # raises RuntimeError for what is not inside


def _named(module: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    import torch

    for name, value in vars(module).items():
        if isinstance(value, torch.Tensor):
            yield f"{prefix}{name}", value
        elif isinstance(value, _Module):
            yield from _named(value, f"{prefix}{name}.")
