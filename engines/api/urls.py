"""Addresses of the engines app's REST interface, under ``/api/``."""

from __future__ import annotations

from engines.api import keys
from web.api.routes import Route, patterns

app_name = "engines_api"

ROUTES: tuple[Route, ...] = (
    ("engine-keys", keys.EngineKeyList, "engine-keys"),
    ("engine-keys/<slug:service>", keys.EngineKeyDetail, "engine-key"),
)

urlpatterns = patterns(ROUTES)
