"""Addresses of the voice library's REST interface, under ``/api/``."""

from __future__ import annotations

from web.api.routes import Route, patterns

app_name = "voices_api"

ROUTES: tuple[Route, ...] = ()

urlpatterns = patterns(ROUTES)
