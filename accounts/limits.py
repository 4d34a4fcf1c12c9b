"""What a person may use: their own limits where set, else the site's defaults (``settings.LIMITS``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Limits:
    """media_minutes: longest media, in minutes. upload_mb: largest file, in MB (1 MB = 2^20 bytes).
    active_jobs: jobs queued or running at once."""

    media_minutes: int
    upload_mb: int
    active_jobs: int

    @property
    def upload_bytes(self) -> int:
        """The largest file, in bytes."""
        return self.upload_mb * 2**20


def limits_for(user: User | AnonymousUser) -> Limits:
    """The limits of a person. For somebody not signed in: the site's defaults."""
    default = settings.LIMITS

    def own(name: str) -> int:
        value: int | None = getattr(user, f"max_{name}", None)
        return int(default[name]) if value is None else value

    return Limits(media_minutes=own("media_minutes"), upload_mb=own("upload_mb"), active_jobs=own("active_jobs"))
