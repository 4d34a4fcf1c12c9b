"""Addresses of the REST interface that belong to no app above, under ``/api/``."""

from __future__ import annotations

from web.api import notices
from web.api.routes import Route, patterns

app_name = "web_api"

ROUTES: tuple[Route, ...] = (
    ("notices", notices.NoticeList, "notices"),
    ("notices/read", notices.NoticesRead, "notices-read"),
)

urlpatterns = patterns(ROUTES)
