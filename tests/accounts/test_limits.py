"""What a person may use, what they used, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import limits
from accounts.limits import AMOUNTS, Limits, Uses, limits_for
from accounts.models import Usage, User
from tests.work.test_leases import together
from vocasync.compat import UTC
from vocasync.errors import PipelineError

PLANS = {
    "small": dict(zip(AMOUNTS, (10, 20, 3, 60, 100, 5, 7), strict=True)),
    "large": dict(zip(AMOUNTS, (100, 200, 30, 600, 1000, 50, 70), strict=True)),
}


@pytest.fixture(autouse=True)
def _plans(settings: Settings) -> None:
    settings.PLANS, settings.DEFAULT_PLAN = PLANS, "small"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the apps above keep is counted."""
    monkeypatch.setattr(limits, "_STORED", {})
    monkeypatch.setattr(limits, "_COUNTS", {})


def test_own_limits_come_before_the_plans() -> None:
    assert limits_for(AnonymousUser()) == limits_for(User()) == Limits("small", 10, 20, 3, 60, 100, 5, 7)
    assert limits_for(User(plan="large")) == Limits("large", 100, 200, 30, 600, 1000, 50, 70)
    own = {f"max_{name}": number for number, name in enumerate(AMOUNTS)}
    assert limits_for(User(plan="large", **own)) == Limits("large", 0, 1, 2, 3, 4, 5, 6)


def test_a_plan_may_leave_money_without_a_limit(settings: Settings) -> None:
    settings.PLANS = {"small": {name: 1 for name in AMOUNTS if name != "usd_month"}}
    assert limits_for(User()).usd_month is None
    assert limits_for(User(max_usd_month=0)).usd_month == 0


def test_a_plan_that_is_gone_is_the_default() -> None:
    assert limits_for(User(plan="platinum")).plan == "small"


def test_in_bytes_and_seconds() -> None:
    own = limits_for(User(max_upload_mb=2, max_storage_mb=3, max_audio_minutes_day=4))
    assert (own.upload_bytes, own.storage_bytes, own.audio_seconds_day) == (2 * 2**20, 3 * 2**20, 240.0)


def test_who_is_suspended_is_told_why(alice: User) -> None:
    limits.require_active(alice)
    alice.suspended_at, alice.suspended_reason = timezone.now(), "Somebody else's voice."
    with pytest.raises(PipelineError, match=r"Somebody else's voice\..*appeal") as caught:
        limits.require_active(alice)
    assert caught.value.code == "suspended"


def test_audio_is_counted_up_to_the_limit(alice: User, bob: User) -> None:
    limits.take_audio(alice, 3000.0)
    with pytest.raises(PipelineError, match=r"15\.0 minutes of audio, and 10\.0 of your 60 minutes") as caught:
        limits.take_audio(alice, 900.0)
    assert caught.value.code == "audio_limit"
    assert limits.audio_used(alice) == 3000.0
    limits.take_audio(alice, 600.0)
    assert limits.audio_used(alice) == 3600.0
    limits.take_audio(bob, 900.0)
    assert limits.audio_used(bob) == 900.0


def test_a_refusal_leaves_no_row(alice: User) -> None:
    with pytest.raises(PipelineError):
        limits.take_audio(alice, 4000.0)
    assert not Usage.objects.exists()


def test_what_is_rolled_back_is_given_back(alice: User) -> None:
    limits.take_audio(alice, 60.0)
    with transaction.atomic():
        limits.take_audio(alice, 600.0)
        transaction.set_rollback(True)
    assert limits.audio_used(alice) == 60.0


def test_a_day_is_one_of_utc(alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    for hour in (22, 23):
        monkeypatch.setattr(timezone, "now", lambda hour=hour: datetime(2026, 3, 1, hour, 59, tzinfo=UTC))
        limits.take_audio(alice, 1800.0)
    with pytest.raises(PipelineError):
        limits.take_audio(alice, 1.0)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    assert limits.audio_used(alice) == 0.0
    limits.take_audio(alice, 1800.0)
    assert sorted(Usage.objects.values_list("day__day", "amount")) == [(1, 3600.0), (2, 1800.0)]


@pytest.mark.django_db(transaction=True)
def test_at_once_no_more_is_taken_than_fits(alice: User) -> None:
    def take() -> str:
        try:
            limits.take_audio(User.objects.get(pk=alice.pk), 1000.0)
        except PipelineError as error:
            return error.code
        return "taken"

    results: list[Any] = together(take, 6)
    assert sorted(results) == ["audio_limit"] * 3 + ["taken"] * 3
    assert limits.audio_used(alice) == 3000.0


@pytest.mark.usefixtures("registry")
def test_storage_is_the_sum_of_what_apps_keep(alice: User) -> None:
    assert limits.storage_used(alice) == 0
    limits.register_storage(lambda user: 60 * limits.MIB)
    limits.register_storage(len_of_name)
    limits.register_storage(len_of_name)
    assert limits.storage_used(alice) == 60 * limits.MIB + len("alice")
    limits.check_storage(alice, 39 * limits.MIB)
    with pytest.raises(PipelineError, match=r"about 40 MB, and 40 of your 100 MB are free") as caught:
        limits.check_storage(alice, 40 * limits.MIB)
    assert caught.value.code == "storage_limit"


def len_of_name(user: User) -> int:
    return len(user.username)


@pytest.mark.usefixtures("registry")
def test_who_keeps_too_much_already_has_nothing_free(alice: User) -> None:
    limits.register_storage(lambda user: 300 * limits.MIB)
    with pytest.raises(PipelineError, match="and 0 of your 100 MB are free"):
        limits.check_storage(alice, 1)


def test_a_full_library_takes_no_more(alice: User) -> None:
    limits.check_voices(alice, 5)
    with pytest.raises(PipelineError, match="5 voices, faces and emotion references are your limit") as caught:
        limits.check_voices(alice, 6)
    assert caught.value.code == "voices_limit"


@pytest.mark.usefixtures("registry")
def test_what_is_used_of_each(alice: User) -> None:
    assert limits.uses_of(alice) == Uses(0.0, 0, 0, 0)
    limits.take_audio(alice, 90.0)
    limits.register_storage(len_of_name)
    limits.register_count("jobs", lambda user: 2)
    limits.register_count("voices", lambda user: 3)
    assert limits.uses_of(alice) == Uses(90.0, 5, 2, 3)
