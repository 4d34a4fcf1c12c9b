"""The voice library."""

from django.apps import AppConfig


class VoicesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "voices"

    def ready(self) -> None:
        from accounts import limits
        from voices.services import profiles

        limits.register_storage(profiles.storage_of)
        limits.register_count("voices", profiles.count_of)
