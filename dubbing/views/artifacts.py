"""Files of a job: only for those who may see it, with ranges."""

from __future__ import annotations

import mimetypes
import uuid
from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dubbing import selectors
from dubbing.models import Artifact
from dubbing.views.kinds import has_source
from dubbing.views.people import job_or_404
from web.downloads import send_private

VIDEO_AS = {".mov": "video/mp4", ".m4v": "video/mp4", ".mkv": "video/x-matroska"}
"""Types that browsers play, for containers whose registered type they refuse."""


@login_required
@require_safe
def source(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The recording that was uploaded."""
    job = job_or_404(request, job_id)
    if not has_source(job):
        raise Http404("It was made of no recording.")
    dubbing = job.dubbing
    return send_private(
        request,
        Path(dubbing.source.path),
        filename=dubbing.source_name,
        mime=media_type(dubbing.source_name),
        attach="download" in request.GET,
    )


@login_required
@require_safe
def artifact(request: HttpRequest, job_id: uuid.UUID, path: str) -> HttpResponseBase:
    """A file of the result, by its path in the output; ``?download`` saves it under its own, telling name."""
    job = job_or_404(request, job_id)
    if job.taken_down_at is not None:
        raise Http404("This result was taken down.")
    try:
        row = selectors.artifacts_of(job).get(path=path)
        file = selectors.artifact_path(row)
    except Artifact.DoesNotExist as error:
        raise Http404("There is no such file.") from error
    return send_private(request, file, filename=row.name, mime=row.mime, attach="download" in request.GET)


def media_type(name: str) -> str:
    """The type to send an upload under, by its name."""
    suffix = Path(name).suffix.lower()
    return VIDEO_AS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
