"""Whether this site made a file: by its hash, by the seal and the tag in it, by the watermark in its sound."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dubbing.models import MadeFile, PortraitJob
from dubbing.provenance import site_identity
from vocasync.artifacts import file_sha256
from vocasync.compat import StrEnum
from vocasync.provenance.seal import Seal, State
from vocasync.stages.verify import labels

_HASH = re.compile(r"[0-9a-f]{64}")


class Certainty(StrEnum):
    """What was found out, the most certain first."""

    EXACT = "exact"  # byte for byte a file that was made here
    SEALED = "sealed"  # our seal, and unchanged since
    TAGGED = "tagged"  # our signed tag; what it stands in may have been changed
    ALTERED = "altered"  # says that it comes from here, but was changed, or never did
    FOREIGN = "foreign"  # sealed by somebody else
    MARKED = "marked"  # a machine spoke, here or on another site with the same watermark
    UNKNOWN = "unknown"


MADE_HERE = frozenset({Certainty.EXACT, Certainty.SEALED, Certainty.TAGGED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at. found: None where there was nothing to look at."""

    kind: str
    found: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """manifest: what the file says of itself, where a signature of this site proves it. ended: consents to voices in it
    that have ended since. errand: of the worker that listens for the watermark, while it does."""

    certainty: Certainty
    evidence: tuple[Evidence, ...]
    made_at: datetime | None = None
    manifest: dict[str, Any] | None = None
    ended: tuple[str, ...] = field(default=())
    errand: uuid.UUID | None = None

    @property
    def made_here(self) -> bool:
        """Whether that is proven, as far as ``certainty`` says."""
        return self.certainty in MADE_HERE


def by_hash(sha256: str) -> Finding:
    """For a file that stays where it is. sha256: hex; raises ValueError for anything else."""
    wanted = sha256.strip().lower()
    if not _HASH.fullmatch(wanted):
        raise ValueError("A SHA-256 is 64 digits from 0 to f.")
    row = _known(wanted)
    evidence = (_of_hash(row),)
    if row is None:
        return Finding(Certainty.UNKNOWN, evidence)
    return Finding(Certainty.EXACT, evidence, row.made_at, None, _ended(row))


def by_file(path: Path, name: str) -> Finding:
    """Look at the file itself. Raises PipelineError ``not_media``."""
    row = _known(file_sha256(path))
    seen = labels(path, name, site_identity())
    evidence = (_of_hash(row), _of_seal(seen.seal), _of_tag(seen.tag is not None, seen.tag_is_ours))
    manifest = _proven(seen.seal, seen.tag if seen.tag_is_ours else None)
    certainty = _certainty(row, seen.seal, seen.tag is not None, seen.tag_is_ours)
    made = row or _of_manifest(manifest)
    return Finding(certainty, evidence, made.made_at if made else None, manifest, _ended(made) if made else ())


def heard(finding: Finding, *, marked: bool, seconds: float) -> Finding:
    """The finding with what was heard in the first ``seconds`` of the sound. A watermark says more than nothing, and
    less than anything else: it is not this site's alone."""
    unknown = finding.certainty is Certainty.UNKNOWN
    certainty = Certainty.MARKED if marked and unknown else finding.certainty
    return replace(finding, certainty=certainty, evidence=(*finding.evidence, _of_watermark(marked, seconds)))


def _certainty(row: MadeFile | None, seal: Seal | None, tagged: bool, tag_is_ours: bool) -> Certainty:
    state = seal.state if seal else None
    claims = (
        (row is not None, Certainty.EXACT),
        (state is State.OURS, Certainty.SEALED),
        (state is State.ALTERED, Certainty.ALTERED),
        (tag_is_ours, Certainty.TAGGED),
        (tagged, Certainty.ALTERED),
        (state is State.FOREIGN, Certainty.FOREIGN),
    )
    return next((certainty for holds, certainty in claims if holds), Certainty.UNKNOWN)


def _proven(seal: Seal | None, tag: dict[str, Any] | None) -> dict[str, Any] | None:
    """The manifest that a signature of ours stands behind."""
    if seal is not None and seal.state is State.OURS:
        return seal.manifest
    return {name: value for name, value in tag.items() if name != "signature"} if tag else None


def _known(sha256: str) -> MadeFile | None:
    return MadeFile.objects.filter(sha256=sha256).select_related("job").first()


def _of_manifest(manifest: dict[str, Any] | None) -> MadeFile | None:
    """A file of the job that a proven manifest names."""
    job = (manifest or {}).get("job")
    return MadeFile.objects.filter(job_id=job).select_related("job").first() if job else None


def _ended(row: MadeFile) -> tuple[str, ...]:
    if row.job is None:
        return ()
    uses = row.job.voice_uses.filter(ended_at__isnull=False)
    voices = tuple(f"The consent to the voice “{use.voice_name}” has ended since." for use in uses)
    faces = PortraitJob.objects.filter(job=row.job, face_ended_at__isnull=False)
    return voices + tuple(f"The consent to the face “{face.face_name}” has ended since." for face in faces)


def _of_hash(row: MadeFile | None) -> Evidence:
    if row is None:
        return Evidence("hash", False, "It is not, byte for byte, a file that this site made.")
    return Evidence("hash", True, "It is, byte for byte, a file that this site made.")


_SEALS = {
    State.OURS: (True, "Its content credentials are signed by this site, and it was not changed since."),
    State.ALTERED: (False, "It carries content credentials that do not fit it: it was changed after it was sealed."),
    State.FOREIGN: (False, "It carries content credentials signed by somebody else ({issuer})."),
}


def _of_seal(seal: Seal | None) -> Evidence:
    if seal is None:
        return Evidence("seal", None, "It carries no content credentials (C2PA). A copy or a conversion drops them.")
    found, text = _SEALS[seal.state]
    return Evidence("seal", found, text.format(issuer=seal.issuer or "without a name"))


def _of_tag(tagged: bool, ours: bool) -> Evidence:
    if not tagged:
        return Evidence("tag", None, "Its comment names no provenance.")
    if ours:
        return Evidence("tag", True, "Its comment holds a manifest that this site signed.")
    return Evidence("tag", False, "Its comment names a provenance that this site did not sign.")


def _of_watermark(marked: bool, seconds: float) -> Evidence:
    if marked:
        return Evidence(
            "watermark",
            True,
            "Its sound carries the watermark that this site puts into its voices. Other sites may use the same kind: a "
            "machine spoke, but not necessarily here.",
        )
    return Evidence(
        "watermark",
        False,
        f"The watermark that this site puts into its voices is not in its sound (the first {_length(seconds)} of it "
        "were listened to).",
    )


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
