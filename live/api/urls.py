"""Addresses of live dubbing's REST interface, under ``/api/``."""

from __future__ import annotations

from live.api import sessions, uploads
from web.api.routes import Route, patterns

app_name = "live_api"

ROUTES: tuple[Route, ...] = (
    ("live/schema", sessions.LiveSchema, "schema"),
    ("sessions", sessions.LiveSessionList, "sessions"),
    ("sessions/<str:session_id>", sessions.LiveSessionDetail, "session"),
    ("upload-audio", uploads.LiveUploadList, "upload-audio"),
    ("upload-audio/<uuid:upload_id>", uploads.LiveUploadDetail, "upload"),
)

urlpatterns = patterns(ROUTES)
