"""What people are told."""

from __future__ import annotations

from accounts.models import Notice, User


def tell(user: User, text: str, link: str = "") -> Notice:
    """Leave somebody a notice. link: a path of this site."""
    return Notice.objects.create(user=user, text=text, link=link)
