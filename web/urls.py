"""The addresses of pages that belong to no app above."""

from __future__ import annotations

from django.urls import path

from web.views import notices

app_name = "web"

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/<int:notice_id>/read/", notices.read, name="notice-read"),
]
