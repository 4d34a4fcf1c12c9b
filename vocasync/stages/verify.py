"""What a file says of where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.provenance import seal
from vocasync.provenance.identity import Identity
from vocasync.provenance.manifest import is_ours
from vocasync.provenance.seal import Seal
from vocasync.provenance.stamp import TAG
from vocasync.types import JSON

_MIMES = {"mp4": "video/mp4", "m4a": "audio/mp4", "wav": "audio/wav", "mp3": "audio/mpeg"}
_ENTRIES = "format=format_name:format_tags=comment:stream_tags=comment"
LONGEST_TAG = 64 * 1024
"""Characters of a comment that are looked at."""


@dataclass(frozen=True, slots=True)
class Labels:
    """tag: the manifest in the file's comment, None without one; tag_is_ours: whether this site signed it as it is.
    seal: content credentials, None without any."""

    tag: JSON | None
    tag_is_ours: bool
    seal: Seal | None


def labels(path: Path, name: str, identity: Identity) -> Labels:
    """Read both. Nothing in them is trusted but what a signature proves. Raises ``not_media``."""
    kind, comment = _container(path, name)
    tag = _tag(comment)
    return Labels(tag, tag is not None and is_ours(tag, identity), seal.read(path, _MIMES.get(kind, ""), identity))


def _container(path: Path, name: str) -> tuple[str, str]:
    """The kind of file, as its usual ending, and its comment."""
    try:
        found = ffmpeg.probe(path, name, "-show_entries", _ENTRIES)
    except PipelineError as error:
        if error.code != "tool_failed":
            raise
        raise PipelineError("not_media", name=name) from error
    kinds = str(found["format"].get("format_name", "")).split(",")
    places: list[dict[str, Any]] = [found["format"], *found.get("streams", [])]  # of Ogg, its streams have the comment
    comments = [str(place.get("tags", {}).get("comment", "")) for place in places]
    return next((kind for kind in kinds if kind in _MIMES), kinds[0]), next(filter(None, comments), "")


def _tag(comment: str) -> JSON | None:
    if not comment.startswith(TAG) or len(comment) > LONGEST_TAG:
        return None
    try:
        found = json.loads(comment.removeprefix(TAG))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
