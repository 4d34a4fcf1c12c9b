"""The addresses of the live pages."""

from __future__ import annotations

from django.urls import path

from live.views import page

app_name = "live"

urlpatterns = [
    path("live/", page.page, name="live"),
    path("live/sessions/", page.sessions, name="sessions"),
]
