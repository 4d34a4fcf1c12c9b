"""The voice library."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VoicesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "voices"

    def ready(self) -> None:
        from accounts import limits
        from voices.moderation.groups import make_group
        from voices.services import profiles, speech

        limits.register_storage(profiles.storage_of)
        limits.register_storage(speech.storage_of)
        limits.register_count("voices", profiles.count_of)
        post_migrate.connect(make_group, sender=self)
