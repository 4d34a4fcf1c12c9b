"""Sizes as people read them."""

from __future__ import annotations


def amount(size: int) -> str:
    """Bytes as megabytes or gigabytes: 0.7 MB, 76 MB, 1.88 GB."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"
