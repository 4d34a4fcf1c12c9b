"""What people are told."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Notice, User


def tell(user: User, text: str, link: str = "") -> Notice:
    """Leave somebody a notice. link: a path of this site."""
    return Notice.objects.create(user=user, text=text, link=link)


def notices_of(user: User) -> QuerySet[Notice]:
    """What the person was told, newest first."""
    return Notice.objects.filter(user_id=user.pk)


def unread_count(user: User) -> int:
    """How many notices the person has not read."""
    return notices_of(user).filter(read_at=None).count()


def mark_read(*, user: User, ids: Iterable[int] | None = None) -> int:
    """Mark the person's notices with these ids as read, None for all; returns how many were unread."""
    unread = notices_of(user).filter(read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=timezone.now())
