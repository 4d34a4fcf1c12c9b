"""The manifest inside the file, as content credentials (C2PA, ISO/IEC 22144, through its official library).

The library binds the manifest to the file's content by a hash: a file that was changed afterwards shows it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vocasync.compat import StrEnum
from vocasync.provenance.identity import Identity
from vocasync.types import JSON
from vocasync.version import VERSION

logger = logging.getLogger(__name__)

SEALED = {
    "video/mp4": "video/mp4",
    "audio/mp4": "audio/mp4",
    "audio/wav": "audio/wav",
    "audio/mpeg": "audio/mpeg",
}
"""Media types that can hold a seal, and what the library calls them."""

LABEL = "org.vocasync.provenance"
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


class State(StrEnum):
    """What a seal says of its file."""

    OURS = "ours"  # sealed by this site, and unchanged since
    ALTERED = "altered"  # a seal that does not fit what is in the file (any more)
    FOREIGN = "foreign"  # sealed by somebody else, and unchanged since


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that was found. manifest: ours, where there is one. issuer: who signed, as they call themselves."""

    state: State
    issuer: str
    manifest: JSON | None


def seal(path: Path, mime: str, title: str, manifest: Mapping[str, Any], identity: Identity) -> None:
    """Put the manifest into the file, in place (whole or not at all). mime: a key of :data:`SEALED`.

    Memory is flat in the length of the file; the disk holds it twice meanwhile.
    """
    import c2pa

    information = c2pa.C2paSignerInfo(b"es256", identity.certificates, identity.key, None)
    scratch = path.with_name(f"{path.name}.sealed")
    try:
        with (
            c2pa.Signer.from_info(information) as signer,
            c2pa.Builder(_claim(title, manifest), _context(None)) as builder,
            path.open("rb") as source,
            scratch.open("w+b") as target,
        ):
            builder.sign(signer, SEALED[mime], source, target)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def read(path: Path, mime: str, identity: Identity) -> Seal | None:
    """The seal of a file; None where there is none that can be read. Nothing is fetched from anywhere."""
    import c2pa

    if mime not in SEALED:
        return None
    try:
        with path.open("rb") as stream, c2pa.Reader(SEALED[mime], stream, context=_context(identity.authority)) as seen:
            store = json.loads(seen.json())
    except c2pa.C2paError as error:
        logger.debug("No content credentials in %s: %s", path.name, error)
        return None
    active = store["manifests"][store["active_manifest"]]
    return Seal(_state(store), str(active.get("signature_info", {}).get("issuer", "")), _manifest(active))


def _state(store: JSON) -> State:
    known = {"Trusted": State.OURS, "Valid": State.FOREIGN}
    return known.get(store.get("validation_state", ""), State.ALTERED)


def _manifest(active: JSON) -> JSON | None:
    found = [one.get("data") for one in active.get("assertions", ()) if one.get("label") == LABEL]
    return found[0] if found and isinstance(found[0], dict) else None


def _claim(title: str, manifest: Mapping[str, Any]) -> JSON:
    created = {"action": "c2pa.created", "digitalSourceType": _SOURCE_TYPE}
    return {
        "claim_generator_info": [{"name": "Vocasync", "version": VERSION}],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": LABEL, "data": dict(manifest)},
        ],
    }


@cache
def _context(authority: bytes | None) -> Any:
    """The library's settings: it trusts this site's authority alone, and never goes to the network."""
    import c2pa

    settings: JSON = {
        "verify": {
            "verify_trust": True,
            "verify_after_sign": False,
            "ocsp_fetch": False,
            "remote_manifest_fetch": False,
        },
        "core": {"allowed_network_hosts": [], "backing_store_memory_threshold_in_mb": 16},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if authority is not None:
        settings["trust"] = {"trust_anchors": authority.decode()}
    return c2pa.Context.from_dict(settings)
