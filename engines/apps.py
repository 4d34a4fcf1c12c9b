"""The engines app."""

from django.apps import AppConfig


class EnginesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "engines"

    def ready(self) -> None:
        from accounts.limits import register_count
        from engines.spending import spent_on_site

        register_count("usd", spent_on_site)
