"""Reading checkpoints without running what is in them.

A pickle is a program. ``torch.load(weights_only=True)`` runs only the part of that language that builds tensors and
plain containers; safetensors files hold no program at all.
"""

from __future__ import annotations

import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from vocasync.errors import PipelineError
from vocasync.weights.catalogue import name_of

_REFUSED = re.compile(r"GLOBAL ([\w.]+)|unrecognized function (\S+)|Can only (?:build|create)")
"""How torch's reader says that a pickle wants something that it does not give."""

_NAMING = frozenset({"GLOBAL", "STACK_GLOBAL", "INST"})
"""What in a pickle fetches a function or a class."""

_BROKEN = (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""What torch raises, in one place or another, for a file that is not whole."""

_PROGRAM_BYTES = 1 << 20
_TORCHSCRIPT = "it is a TorchScript archive, and a state dict is wanted"
_CUT = "it is cut off, or not a checkpoint at all"


def load_checkpoint(path: Path, allowed: Sequence[Any] = ()) -> Any:
    """What is in a checkpoint, on the CPU; mapped into memory instead of read where its format allows that.

    path: ``.safetensors`` or what ``torch.save`` wrote. allowed: classes beyond tensors and containers that it may hold
    (a library's own configuration). Raises ``weights_unsafe`` for a pickle that asks for anything else, and
    ``weights_damaged`` for a file that is cut off, corrupt or no checkpoint; both permanent.
    """
    if path.suffix == ".safetensors":
        return _safetensors(path)
    import torch

    try:
        with torch.serialization.safe_globals(list(allowed)), warnings.catch_warnings():
            # What torch warns of here, the errors below say better.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            warnings.filterwarnings("ignore", "'torch.load' received a zip file that looks like", UserWarning)
            return torch.load(str(path), map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except FileNotFoundError:
        raise damaged(path, "it is not there") from None
    except UnpicklingError as error:
        raise _unpickled(path, error) from error
    except _BROKEN as error:
        raise damaged(path, _TORCHSCRIPT if "TorchScript" in str(error) else _CUT) from error


def _safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Any] = load_file(path)
    except FileNotFoundError:
        raise damaged(path, "it is not there") from None
    except (SafetensorError, OSError) as error:
        raise damaged(path, _CUT) from error
    return tensors


def load_state(module: Any, state: Mapping[str, Any], path: Path, *, assign: bool = False) -> None:
    """Put tensors into a ``torch.nn.Module``: all of them, under its names and in its shapes, floating point where it
    has that. Raises ``weights_damaged``. path: where they came from, for the message. assign: the module takes these
    very tensors, so that what is mapped into memory stays shared between processes, instead of copies of them."""
    import torch

    own = module.state_dict()
    for name, tensor in own.items():
        given = state.get(name)
        if isinstance(given, torch.Tensor) and given.is_floating_point() != tensor.is_floating_point():
            raise damaged(path, f"“{name}” is {given.dtype}, and {tensor.dtype} is right")
    try:
        module.load_state_dict(state, strict=True, assign=assign)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise damaged(path, _line(error)) from error


def damaged(path: Path, reason: str) -> PipelineError:
    """The error that says that a file of a model cannot be used, why, and what to do."""
    return PipelineError("weights_damaged", path=_shown(path), reason=reason, name=_model(path))


def unsafe(path: Path, reason: str) -> PipelineError:
    """The error that says that a file of a model would run code (``reason``: which), and what to do."""
    return PipelineError("weights_unsafe", path=_shown(path), reason=reason, name=_model(path))


def _unpickled(path: Path, error: UnpicklingError) -> PipelineError:
    refused = _REFUSED.search(str(error))
    if refused is None and not _fetches_code(path):
        return damaged(path, _CUT)
    what = next((name for name in refused.groups() if name), "") if refused else ""
    return unsafe(path, what or "a plain pickle")


def _fetches_code(path: Path) -> bool:
    """Whether a file that torch cannot read is a pickle that fetches functions or classes. It is read, not run."""
    with path.open("rb") as stream:
        start = stream.read(_PROGRAM_BYTES)
    try:
        return any(step.name in _NAMING for step, _, _ in pickletools.genops(start))
    except ValueError:  # no pickle
        return False


def _model(path: Path) -> str:
    return name_of(path) or path.parent.name


def _shown(path: Path) -> str:
    """A path as whoever runs the site knows it; others need not learn where that is on the disk."""
    return str(Path(*path.parts[-3:]))


def _line(error: BaseException) -> str:
    """The first line of an exception, short, without a full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".:")[:160]
