"""Names of icons in data."""

from __future__ import annotations


def icon(name: str) -> str:
    """The name itself; written so that ``scripts/vendor`` finds it and puts the icon into the sprite."""
    return name
