"""People in the admin: plan, limits, what is used of them, and whether they are suspended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.limits import limits_for, take_audio
from accounts.models import User


@pytest.fixture
def address(bob: User) -> str:
    return f"/admin/accounts/user/{bob.pk}/change/"


def fields(user: User, **changed: str) -> dict[str, str]:
    """The form as it is sent, its fields left as they are."""
    joined = {"username": user.username, "email": user.email, "is_active": "on"}
    return joined | {"max_media_minutes": "", "max_upload_mb": "", "max_active_jobs": ""} | changed


def test_plan_and_limits_are_set(admin_client: Client, bob: User, address: str) -> None:
    answer = admin_client.post(address, fields(bob, plan="studio", max_voices="7"))
    assert answer.status_code == 302, answer.context["errors"]
    bob.refresh_from_db()
    assert (bob.plan, limits_for(bob).voices) == ("studio", 7)
    assert admin_client.post(address, fields(bob, plan="platinum")).status_code == 200
    admin_client.post(address, fields(bob, plan=""))
    bob.refresh_from_db()
    assert limits_for(bob).plan == "standard"


def test_what_is_used_is_shown(admin_client: Client, bob: User, address: str) -> None:
    take_audio(bob, 90.0)
    page = admin_client.get(address).text
    assert "1.5 of 600 minutes of audio today" in page
    assert "0 of 51,200 MB kept" in page


def test_suspension_is_seen_and_not_written(admin_client: Client, alice: User, bob: User, address: str) -> None:
    services.suspend(user=bob, by=alice, reason="Not his voice.")
    assert "Not his voice." in admin_client.get(address).text
    admin_client.post(address, fields(bob, suspended_at_0="", suspended_at_1="", suspended_reason=""))
    bob.refresh_from_db()
    assert bob.is_suspended
    assert bob.suspended_at <= timezone.now()
    listed = admin_client.get("/admin/accounts/user/?suspended_at__isempty=0")
    assert [user.username for user in listed.context["cl"].result_list] == ["bob"]
