"""The addresses of the live pages."""

from __future__ import annotations

from django.urls import path

from live.views import extension, page

app_name = "live"

urlpatterns = [
    path("live/", page.page, name="live"),
    path("live/sessions/", page.sessions, name="sessions"),
    path("live/extension/", extension.install, name="extension"),
    path("live/extension/download", extension.download, name="extension-download"),
    path("live/extension/connect/", extension.connect, name="extension-connect"),
    path("live/extension/revoke/", extension.revoke, name="extension-revoke"),
]
