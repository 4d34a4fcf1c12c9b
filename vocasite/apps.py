"""The composition itself as an app, so that its system checks are known."""

from __future__ import annotations

from django.apps import AppConfig


class VocasiteConfig(AppConfig):
    name = "vocasite"

    def ready(self) -> None:
        from vocasite import checks  # noqa: F401 (registers them)
