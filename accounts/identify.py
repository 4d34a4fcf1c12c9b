"""Who sends a request, from its headers alone: for code that must decide before Django has read the request."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie

from accounts.authentication import bearer, key_of

if TYPE_CHECKING:
    from accounts.models import User


def person_of(headers: Mapping[bytes, bytes]) -> User | AnonymousUser:
    """The person of an API key or a session cookie. ``headers``: lower-case names, as ASGI has them."""
    secret = bearer(headers.get(b"authorization", b""))
    if secret is not None:
        key = key_of(secret)
        return key.owner if key else AnonymousUser()
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    session = cookies.get(settings.SESSION_COOKIE_NAME)
    if not session:
        return AnonymousUser()
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    return get_user(request)
