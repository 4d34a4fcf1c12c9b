"""The public page that says whether this site made a file."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any, cast

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from dubbing import listening, verification
from dubbing.verification import Certainty, Finding
from vocasync.engines.auto import ready_watermark
from vocasync.errors import PipelineError
from voices.models import Errand
from web.icons import icon
from web.names import clean_name
from web.uploads import FIELD_BYTES
from work.engines import engine_config

PART = "X-Part"
"""A script of the page asks with this header: it gets the finding alone."""

HEADLINES = {
    Certainty.EXACT: ("ok", icon("badge-check"), "Made here, unchanged"),
    Certainty.SEALED: ("ok", icon("badge-check"), "Made here, unchanged since it was sealed"),
    Certainty.TAGGED: ("warn", icon("tag"), "Made here, but perhaps changed since"),
    Certainty.ALTERED: ("danger", icon("shield-alert"), "Changed, or not what it says"),
    Certainty.FOREIGN: ("info", icon("shield-question"), "Sealed by somebody else"),
    Certainty.MARKED: ("warn", icon("audio-waveform"), "A machine's voice, by its watermark"),
    Certainty.UNKNOWN: ("info", icon("shield-question"), "Nothing links this file to this site"),
}
"""How a finding is shown: tone, icon, words."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page; with a file (POST), a hash (``?sha256=``) or the errand that a file led to (``?errand=``), what was
    found out about it."""
    if request.method != "POST" and "errand" in request.GET:
        return _page(request, finding=_of_errand(request.GET["errand"]))
    if request.method != "POST" and "sha256" not in request.GET:
        return _page(request)
    if not _within_rate(request):
        return _page(request, error="Too many files in a short time. Wait a minute, then try again.", status=429)
    try:
        return _page(request, finding=_by_file(request) if request.method == "POST" else _by_hash(request))
    except (PipelineError, ValueError) as error:
        return _page(request, error=str(error), status=422)


def _of_errand(value: str) -> Finding:
    try:
        return listening.finding_of(uuid.UUID(value))
    except (ValueError, Errand.DoesNotExist):
        raise Http404 from None


def _by_hash(request: HttpRequest) -> Finding:
    return verification.by_hash(request.GET["sha256"])


def _by_file(request: HttpRequest) -> Finding:
    upload = cast("TemporaryUploadedFile | None", request.FILES.get("file"))
    if upload is None:
        raise ValueError("Choose a file first.")
    name = clean_name(upload.name)
    if not upload.size:
        raise PipelineError("empty_file", name=name)
    return listening.look(upload, name)


def _within_rate(request: HttpRequest) -> bool:
    """The same rate as the REST interface's, for the same visitor."""
    view = cast(APIView, SimpleNamespace(throttle_scope="verify"))
    return ScopedRateThrottle().allow_request(cast(Request, request), view)


def _page(request: HttpRequest, *, finding: Finding | None = None, error: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"finding": finding, "error": error, "largest": FIELD_BYTES["file"]}
    context["listens"] = bool(ready_watermark(engine_config()))
    if finding is not None:
        context["tone"], context["icon"], context["headline"] = HEADLINES[finding.certainty]
    template = "dubbing/parts/finding.html" if PART in request.headers else "dubbing/verify.html"
    return render(request, template, context, status=status)
