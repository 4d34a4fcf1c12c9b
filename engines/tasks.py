"""What workers are called for."""

from __future__ import annotations

from engines import clones


def remove_clones() -> None:
    """Remove copies of voices at services that are to be there no more."""
    clones.remove_ended()
