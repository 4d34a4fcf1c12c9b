"""Finding each other."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User


def named(name: str) -> User | None:
    """The person with this username or e-mail address; None for nobody, and where it could be several."""
    wanted = name.strip()
    people = User.objects.filter(is_active=True)
    exact = people.filter(username=wanted).first()
    if exact is not None or not wanted:
        return exact
    alike = list(people.filter(Q(username__iexact=wanted) | Q(email__iexact=wanted))[:2])
    return alike[0] if len(alike) == 1 else None
