"""A person's limits, or the site's."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from pytest_django import Settings

from accounts.limits import Limits, limits_for
from accounts.models import User


def test_own_limits_come_before_the_sites(settings: Settings) -> None:
    settings.LIMITS = {"media_minutes": 10, "upload_mb": 20, "active_jobs": 3}
    assert limits_for(AnonymousUser()) == Limits(10, 20, 3)
    assert limits_for(User()) == Limits(10, 20, 3)
    assert limits_for(User(max_media_minutes=1, max_upload_mb=0, max_active_jobs=9)) == Limits(1, 0, 9)
    assert limits_for(User(max_upload_mb=2)).upload_bytes == 2 * 1024 * 1024
