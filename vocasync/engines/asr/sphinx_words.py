"""Words as PocketSphinx's dictionary writes them."""

from __future__ import annotations

import re

_VARIANT = re.compile(r"\(\d+\)$")


def is_word(entry: str) -> bool:
    """False for what stands for silence, breath and noise (``<sil>``, ``[NOISE]``, ``++BREATH++``) and for nothing."""
    return entry[:1] not in "<[+("


def spelt(entry: str) -> str:
    """The word itself, without the number of its pronunciation: ``read(2)`` is ``read``."""
    return _VARIANT.sub("", entry)
