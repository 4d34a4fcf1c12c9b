"""What can be done to a person's API keys. The key itself is shown once and never stored."""

from __future__ import annotations

import hashlib
import secrets

from django.utils import timezone

from accounts.models import ApiKey, User

MARK = "voca_"
"""Every key starts with this, so that scanners for leaked secrets can know one."""

PREFIX_BYTES = 6
SECRET_BYTES = 32


def digest(secret: str) -> str:
    """SHA-256 (hex) of a whole key. A key holds 256 random bits: it needs no slow hash, as a password would."""
    return hashlib.sha256(secret.encode()).hexdigest()


def api_key_create(*, owner: User, name: str) -> tuple[ApiKey, str]:
    """Make a key ``voca_<prefix>_<secret>``. Returns the row and the key, which cannot be had again.

    Raises ``ValidationError`` when ``name`` is empty or too long.
    """
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = f"{MARK}{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey(owner=owner, name=name.strip(), prefix=prefix, digest=digest(secret))
    key.full_clean()
    key.save()
    return key, secret


def api_key_revoke(*, key: ApiKey) -> None:
    """From now on the key opens nothing. The row stays, so that its owner sees what there was."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    key.refresh_from_db()
