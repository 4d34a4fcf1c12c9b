"""The manifest: what a file was made from, with what, by whom, when."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocasync.artifacts import dumps
from vocasync.provenance.identity import Identity, is_signed_by
from vocasync.types import JSON

FORMAT = "vocasync-provenance/1"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a pipeline cannot know by itself of what it makes.

    keys: folder of the site's signing identity. site: how the site is reached, such as ``https://dub.example.org``.
    job: its id. made_by: the person's name on the site. made_at: ISO 8601, UTC. voices: one object a voice of the
    library: speaker, name, id, and the consent it was used under. faces: the same of faces that are seen.
    """

    keys: Path
    site: str
    job: str
    made_by: str
    made_at: str
    voices: tuple[JSON, ...] = ()
    faces: tuple[JSON, ...] = ()

    @property
    def cause(self) -> JSON:
        """What makes a result another one when it changes: all but the time."""
        faces = {"faces": list(self.faces)} if self.faces else {}
        return {"site": self.site, "job": self.job, "made_by": self.made_by, "voices": list(self.voices), **faces}


def manifest(origin: Origin, mark: str, made: Mapping[str, Any]) -> JSON:
    """The manifest of a result.

    mark: the result's fingerprint; with the origin it gives the manifest's id, so that the same result has the same id.
    made: what the pipeline knows (``source_sha256``, ``engines``, ``languages``…).
    """
    return {
        "format": FORMAT,
        "id": mark[:32],
        "ai_generated": True,
        "site": origin.site,
        "job": origin.job,
        "made_by": origin.made_by,
        "made_at": origin.made_at,
        "voices": [dict(voice) for voice in origin.voices],
        **({"faces": [dict(face) for face in origin.faces]} if origin.faces else {}),
        **plain(made),
    }


def plain(value: Any) -> Any:
    """Dataclasses, enums, paths and numbers as JSON has them."""
    return json.loads(dumps(value))


def signed(content: Mapping[str, Any], identity: Identity) -> JSON:
    """``content`` with a ``signature`` over its canonical JSON (sorted keys, no spaces, UTF-8; ES256)."""
    body = {name: value for name, value in plain(content).items() if name != "signature"}
    return {**body, "signature": dataclasses.asdict(identity.sign(dumps(body).encode()))}


def is_ours(content: Mapping[str, Any], identity: Identity) -> bool:
    """Whether ``content`` is as :func:`signed` made it, with this site's key."""
    given = content.get("signature")
    if not isinstance(given, dict) or not isinstance(given.get("value"), str):
        return False
    body = {name: value for name, value in content.items() if name != "signature"}
    return is_signed_by(identity, dumps(body).encode(), given["value"])
