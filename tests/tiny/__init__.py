"""Tiny checkpoints with random weights, each made through its engine's real library.

Each module here is named like an engine and has ``build(models)``, which writes the engine's files below a models
folder in seconds. Building imports the library, so a process builds each one once.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def tiny(name: str) -> Path:
    """A models folder that holds an engine's tiny checkpoint. Shared by a process's tests: not to be written into."""
    models = Path(tempfile.mkdtemp(prefix=f"tiny-{name}-"))
    atexit.register(shutil.rmtree, models, ignore_errors=True)
    import_module(f"{__name__}.{name}").build(models)
    return models


def put(name: str, models: Path) -> None:
    """The files of an engine's tiny checkpoint below ``models``, there to be changed."""
    shutil.copytree(tiny(name), models, dirs_exist_ok=True)
