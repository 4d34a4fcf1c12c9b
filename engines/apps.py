"""The engines app."""

from django.apps import AppConfig


class EnginesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "engines"
