"""What the library throws away by itself."""

from __future__ import annotations

from voices import errands, files
from voices.services import queries


def sweep() -> int:
    """Old errands, clips that were searched with, and files without a row; returns how many things went."""
    return errands.sweep() + queries.sweep() + files.sweep()
