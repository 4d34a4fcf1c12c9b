"""Signing in with an API key: ``Authorization: Bearer voca_…``."""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.services import MARK, digest

SCHEME = "Bearer"
USED_EVERY = timedelta(minutes=1)
"""How exact ``last_used_at`` is: a busy client must not turn every read into a write."""


def key_of(secret: str) -> ApiKey | None:
    """The live key that ``secret`` is, or None. The digest is compared in constant time."""
    prefix, _separator, rest = secret.removeprefix(MARK).partition("_")
    if not (secret.startswith(MARK) and prefix and rest):
        return None
    key = ApiKey.objects.select_related("owner").filter(prefix=prefix, revoked_at=None, owner__is_active=True).first()
    # An unknown prefix is compared as well, so that it takes as long as a known one.
    known = key.digest if key else "0" * 64
    return key if hmac.compare_digest(known, digest(secret)) else None


def bearer(header: bytes) -> str | None:
    """The secret in an ``Authorization`` header; None when the header is of another scheme."""
    scheme, _separator, secret = header.decode("latin-1").partition(" ")
    return secret.strip() if scheme.lower() == SCHEME.lower() else None


def touch(key: ApiKey) -> None:
    """Note that the key was used now, to about a minute."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        old = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(old, pk=key.pk).update(last_used_at=now)


class ApiKeyAuthentication(BaseAuthentication):
    """``request.user`` is the key's owner, ``request.auth`` the key. Other schemes are left to others."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        secret = bearer(get_authorization_header(request))
        if secret is None:
            return None
        key = key_of(secret)
        if key is None:
            raise AuthenticationFailed(_("This API key is not valid. Make a new one on your account page."))
        touch(key)
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the key is written in the OpenAPI schema."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "voca_…"}
