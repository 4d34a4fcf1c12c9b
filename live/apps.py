"""The app of live dubbing."""

from __future__ import annotations

from django.apps import AppConfig


class LiveConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "live"
    verbose_name = "Live dubbing"

    def ready(self) -> None:
        from accounts import limits
        from live import selectors, services, uploads
        from voices import errands, upkeep

        limits.register_storage(selectors.storage_of)
        errands.HANDLERS[uploads.KIND] = "live.uploads:measure"
        upkeep.register(services.sweep)
        upkeep.register(uploads.sweep)
