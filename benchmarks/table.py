"""Tables that fit a terminal."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.table import Table

CONSOLE = Console(width=110)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table: the first column is left-aligned, the others right-aligned."""
    table = Table(title=title, title_justify="left", caption=note or None, caption_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


def machine() -> str:
    """The processor count and memory that the figures belong to."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {platform.machine()}"
