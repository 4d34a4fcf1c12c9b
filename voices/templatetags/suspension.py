"""Where somebody who is suspended reads why, and appeals."""

from __future__ import annotations

from django import template

from accounts.models import User
from voices.models import Decision
from voices.moderation.decisions import page_of

register = template.Library()


@register.simple_tag
def suspension_page(user: User) -> str:
    """The page of the decision that still stands; "" where the account was stopped without one."""
    standing = Decision.objects.filter(user=user, kind=Decision.Kind.SUSPEND, reversed_at=None).order_by("-at").first()
    return page_of(standing) if standing else ""
