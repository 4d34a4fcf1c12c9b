"""Somebody is suspended, and restored, with a record of it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import ApiKey, AuditEntry, User
from vocasync.errors import PipelineError


def test_suspended_and_restored(alice: User, bob: User) -> None:
    assert services.suspend(user=bob, by=alice, reason=" Not his voice. ")
    assert bob.is_suspended
    assert bob.suspended_reason == "Not his voice."
    assert services.restore(user=bob, by=alice, reason="He has its consent.")
    assert not bob.is_suspended
    assert bob.suspended_reason == ""
    lifted, stopped = AuditEntry.objects.all()
    assert (stopped.actor, stopped.action, stopped.reason) == (alice, "user.suspend", "Not his voice.")
    assert (lifted.actor, lifted.action, lifted.reason) == (alice, "user.restore", "He has its consent.")
    assert lifted.before == stopped.after
    assert stopped.before == lifted.after == {"suspended_at": None}


def test_twice_is_once(alice: User, bob: User) -> None:
    assert not services.restore(user=bob, by=alice, reason="")
    assert services.suspend(user=bob, by=alice, reason="First.")
    assert not services.suspend(user=User.objects.get(pk=bob.pk), by=alice, reason="Second.")
    bob.refresh_from_db()
    assert bob.suspended_reason == "First."
    assert AuditEntry.objects.count() == 1


def test_a_reason_is_needed(alice: User, bob: User) -> None:
    with pytest.raises(ValidationError):
        services.suspend(user=bob, by=alice, reason="  ")
    bob.refresh_from_db()
    assert not bob.is_suspended
    assert not AuditEntry.objects.exists()


def test_no_key_is_made_while_suspended(alice: User, bob: User) -> None:
    services.suspend(user=bob, by=alice, reason="Not his voice.")
    with pytest.raises(PipelineError, match=r"Not his voice\."):
        services.api_key_create(owner=bob, name="laptop")
    assert not ApiKey.objects.exists()
