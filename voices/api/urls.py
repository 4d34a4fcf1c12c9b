"""Addresses of the voice library's REST interface, under ``/api/``."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
