"""Addresses of the voice library's REST interface, under ``/api/``."""

from __future__ import annotations

from voices.api import actors
from web.api.routes import Route, patterns

app_name = "voices_api"

ROUTES: tuple[Route, ...] = (
    ("actors", actors.ActorList, "actors"),
    ("actors/<uuid:actor_id>", actors.ActorDetail, "actor"),
    ("actors/<uuid:actor_id>/appearances", actors.ActorAppearances, "actor-appearances"),
    ("actors/<uuid:actor_id>/merge", actors.ActorMerge, "actor-merge"),
)

urlpatterns = patterns(ROUTES)
