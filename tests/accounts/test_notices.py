"""What people are told, and what of it they have read."""

from __future__ import annotations

from accounts.models import Notice, User
from accounts.notices import mark_read, notices_of, tell, unread_count


def test_told_and_read(alice: User, bob: User) -> None:
    first, second, third = (tell(alice, text, "/dubs/") for text in ("One.", "Two.", "Three."))
    other = tell(bob, "Another.")
    assert list(notices_of(alice)) == [third, second, first]
    assert unread_count(alice) == 3
    assert mark_read(user=alice, ids=[second.pk, other.pk]) == 1
    assert (unread_count(alice), unread_count(bob)) == (2, 1)
    second.refresh_from_db()
    when = second.read_at
    assert when is not None
    assert mark_read(user=alice) == 2
    assert mark_read(user=alice) == 0
    second.refresh_from_db()
    assert second.read_at == when
    assert Notice.objects.filter(read_at=None).get() == other


def test_no_ids_are_none(alice: User) -> None:
    tell(alice, "One.")
    assert mark_read(user=alice, ids=[]) == 0
    assert unread_count(alice) == 1
