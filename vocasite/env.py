"""The environment: the one place that reads it. A ``.env`` beside ``manage.py`` is read first."""

from __future__ import annotations

from pathlib import Path

from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env(prefix="VOCASYNC_")
env.read_env(str(BASE_DIR / ".env"), recurse=False)
