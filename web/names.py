"""Names that come from a client."""

from __future__ import annotations

import re


def clean_name(name: str | None) -> str:
    """The last part of a client's file name, without what could hurt a page, a log or a shell."""
    last = re.split(r"[/\\]", name or "")[-1]
    printable = "".join(letter if letter.isprintable() else " " for letter in last).strip()
    return printable[-255:] or "upload"
