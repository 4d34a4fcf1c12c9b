"""The pages of the voice library."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "voices"
urlpatterns: list[URLPattern] = []
