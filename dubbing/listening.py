"""A file that nothing else links to this site is listened to for the watermark: by a worker, as errand ``watermark``.

The errand is a visitor's: it has no owner, and whoever knows its id may read it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile

from dubbing import files, verification
from dubbing.verification import Certainty, Evidence, Finding
from vocasync.engines.auto import ready_watermark
from vocasync.errors import PipelineError, message
from vocasync.progress import Progress
from vocasync.provenance.manifest import plain
from voices import errands
from voices.files import lay_down, undone
from voices.models import Errand
from work.engines import engine_config

KIND = "watermark"
MOST_WAITING = 20
"""Files of visitors that wait for a worker at once; of more than these only the rest is looked at."""

_BUSY = "Too many files wait to be listened to for the watermark. Try again in a few minutes."
_SILENT = "It has no sound that could carry a watermark."


def look(upload: TemporaryUploadedFile, name: str) -> Finding:
    """What the file itself says, at once. Where that proves nothing and a watermark is ready, its errand is begun.

    Raises PipelineError ``not_media``.
    """
    finding = verification.by_file(Path(upload.temporary_file_path()), name)
    engine = "" if finding.made_here else ready_watermark(engine_config())
    if not engine:
        return finding
    if Errand.objects.filter(kind=KIND, status__in=errands.OPEN).count() >= MOST_WAITING:
        return _with(finding, Evidence(KIND, None, _BUSY))
    return replace(finding, errand=_start(upload, name, engine, finding).pk)


def _start(upload: TemporaryUploadedFile, name: str, engine: str, finding: Finding) -> Errand:
    kept = uuid.uuid4()
    params = {"name": name, "engine": engine, "certainty": finding.certainty, "evidence": plain(finding.evidence)}
    with undone(files.brought(kept)):
        lay_down(upload, files.brought(kept))
        return errands.start(owner=None, kind=KIND, subject=kept, params=params)


# --- in a worker ------------------------------------------------------------------------------------------------------
def listen(errand: Errand, progress: Progress) -> dict[str, Any]:
    """The finding, completed; the file is deleted then. While a worker may still take it up again it stays."""
    path = files.brought(uuid.UUID(errand.subject))
    progress.report(0.0, "Listening for the watermark")
    finding = _completed(errand, path, progress)
    path.unlink(missing_ok=True)
    return {"made_here": finding.made_here, **plain(finding)}


def failed(errand: Errand, error: PipelineError) -> None:
    """Nobody will listen to the file any more."""
    files.brought(uuid.UUID(errand.subject)).unlink(missing_ok=True)


def _completed(errand: Errand, path: Path, progress: Progress) -> Finding:
    from vocasync.engines import registry
    from vocasync.stages import watermark  # here, so that the web process never loads it

    engine = registry.load("watermark", errand.params["engine"], engine_config())
    try:
        heard = watermark.listen(path, errand.params["name"], engine, progress)
    except PipelineError as error:
        if error.code != "no_audio":
            raise
        return _with(_begun(errand), Evidence(KIND, None, _SILENT))
    return verification.heard(_begun(errand), marked=heard.marked, seconds=heard.seconds)


# --- what is known by now ---------------------------------------------------------------------------------------------
def finding_of(errand_id: uuid.UUID) -> Finding:
    """What was found out about the file by now. Raises ``Errand.DoesNotExist`` for any other errand."""
    errand = Errand.objects.get(pk=errand_id, kind=KIND, owner=None)
    if errand.status == Errand.Status.DONE:
        return _read(errand.result)
    if errand.status == Errand.Status.FAILED:
        return _with(_begun(errand), Evidence(KIND, None, message(errand.error_code, errand.error_params)))
    return replace(_begun(errand), errand=errand.pk)


def _begun(errand: Errand) -> Finding:
    """What was found before the errand."""
    return _read(errand.params)


def _read(content: dict[str, Any]) -> Finding:
    return Finding(Certainty(content["certainty"]), tuple(Evidence(**one) for one in content["evidence"]))


def _with(finding: Finding, evidence: Evidence) -> Finding:
    return replace(finding, evidence=(*finding.evidence, evidence))
