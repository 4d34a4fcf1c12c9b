"""Finding each other."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from vocasync.errors import PipelineError


def named(name: str) -> User | None:
    """The person with this username or e-mail address; None for nobody, and where it could be several."""
    wanted = name.strip()
    people = User.objects.filter(is_active=True)
    exact = people.filter(username=wanted).first()
    if exact is not None or not wanted:
        return exact
    alike = list(people.filter(Q(username__iexact=wanted) | Q(email__iexact=wanted))[:2])
    return alike[0] if len(alike) == 1 else None


def recipient(name: str, *, owner: User, refusal: str) -> User:
    """Whom the owner shares something with. Raises ``share_unknown``, and ``refusal`` for the owner's own name."""
    user = named(name)
    if user is None:
        raise PipelineError("share_unknown", name=name.strip(), field="name")
    if user.pk == owner.pk:
        raise PipelineError(refusal, field="name")
    return user
