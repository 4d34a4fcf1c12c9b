"""The dubbing app."""

from django.apps import AppConfig


class DubbingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "dubbing"

    def ready(self) -> None:
        from accounts import limits
        from dubbing import receivers, reported, selectors  # noqa: F401 (receivers only have to be there)
        from voices import errands
        from voices.moderation import jobs

        limits.register_storage(selectors.storage_of)
        limits.register_count("jobs", selectors.active_jobs_of)
        jobs.register(reported)
        errands.HANDLERS["cut"] = "dubbing.cutting:cut"
        errands.HANDLERS["watermark"] = "dubbing.listening:listen"
