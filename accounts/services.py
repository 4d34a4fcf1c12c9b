"""What can be done to a person and to their API keys. A key is shown once and never stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.limits import require_active
from accounts.models import ApiKey, User

MARK = "voca_"
"""Every key starts with this, so that scanners for leaked secrets can know one."""

PREFIX_BYTES = 6
SECRET_BYTES = 32


def digest(secret: str) -> str:
    """SHA-256 (hex) of a whole key. A key holds 256 random bits: it needs no slow hash, as a password would."""
    return hashlib.sha256(secret.encode()).hexdigest()


def api_key_create(*, owner: User, name: str, scopes: Iterable[str] = ApiKey.Scope.values) -> tuple[ApiKey, str]:
    """Make a key ``voca_<prefix>_<secret>``. Returns the row and the key, which cannot be had again.

    Raises ``ValidationError`` when ``name`` is empty or too long, and for no scope at all or an unknown one;
    PipelineError ``suspended`` for somebody who is.
    """
    require_active(owner)
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = f"{MARK}{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey(owner=owner, name=name.strip(), prefix=prefix, digest=digest(secret), scopes=_known_scopes(scopes))
    key.full_clean()
    key.save()
    return key, secret


def _known_scopes(scopes: Iterable[str]) -> list[str]:
    """Each once, in the order of ``ApiKey.Scope``."""
    wanted = set(scopes)
    known = [scope for scope in ApiKey.Scope.values if scope in wanted]
    if not known or len(known) < len(wanted):
        raise ValidationError({"scopes": f"Choose what the key may do: {', '.join(ApiKey.Scope.values)}."})
    return known


def api_key_revoke(*, key: ApiKey) -> None:
    """From now on the key opens nothing. The row stays, so that its owner sees what there was."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    key.refresh_from_db()


def suspend(*, user: User, by: User, reason: str) -> bool:
    """Nothing new is made for the person from now on; they can still sign in, read, take away and appeal.

    Returns whether that is new. Raises ``ValidationError`` without a reason: it is shown to them on every page.
    """
    why, now = reason.strip(), timezone.now()
    if not why:
        raise ValidationError({"reason": "Say why, in words that the person can act on."})
    with transaction.atomic():
        active = User.objects.filter(pk=user.pk, suspended_at=None)
        if not active.update(suspended_at=now, suspended_reason=why):
            return False
        user.refresh_from_db(fields=["suspended_at", "suspended_reason"])
        audit.record(by, "user.suspend", user, before=_state(None), after=_state(now), reason=why)
    return True


def restore(*, user: User, by: User, reason: str) -> bool:
    """The reverse of :func:`suspend`. Returns whether the person was suspended."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.suspended_at is None:
            return False
        User.objects.filter(pk=user.pk).update(suspended_at=None, suspended_reason="")
        user.refresh_from_db(fields=["suspended_at", "suspended_reason"])
        before = _state(row.suspended_at)
        audit.record(by, "user.restore", user, before=before, after=_state(None), reason=reason.strip())
    return True


def _state(suspended_at: datetime | None) -> dict[str, str | None]:
    return {"suspended_at": suspended_at.isoformat(timespec="seconds") if suspended_at else None}
