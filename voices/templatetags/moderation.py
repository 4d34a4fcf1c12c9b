"""What waits for moderators, for pages of the admin."""

from __future__ import annotations

from django import template

from accounts.models import User
from voices.moderation.waiting import counts

register = template.Library()


@register.simple_tag
def waiting_for(user: User) -> dict[str, int] | None:
    """How much waits, by kind; None for somebody who decides about nothing."""
    return counts(user) or None


@register.filter
def total(numbers: dict[str, int]) -> int:
    """All of it."""
    return sum(numbers.values())
