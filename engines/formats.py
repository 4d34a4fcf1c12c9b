"""What a key for a service looks like: refused here is what cannot be one, before anything is sent anywhere."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vocasync.engines.services import Service

MOST_LINE, MOST_TEXT = 512, 16_384
"""Characters of a key in one line, and of a file's text."""

_LINE = re.compile(r"[A-Za-z0-9._~:+/=@-]{16,}")
_KEPT = ("type", "project_id", "private_key_id", "private_key", "client_email", "token_uri")
_TOKEN_HOSTS = ("oauth2.googleapis.com", "accounts.google.com")


def checked(service: Service, given: str) -> str:
    """The key as it is kept. Raises ValueError with a sentence for the person, which never holds the key."""
    text = given.strip()
    if not text:
        raise ValueError(f"Give the {service.key} of {service.label}.")
    return _service_account(text) if service.lines else _line(service, text)


def hint(service: Service, key: str) -> str:
    """Its last four characters; of a service account those of its key's id."""
    shown = str(json.loads(key)["private_key_id"]) if service.lines else key
    return shown[-4:]


def _line(service: Service, text: str) -> str:
    if len(text) > MOST_LINE or not _LINE.fullmatch(text):
        raise ValueError(
            f"This is no {service.key} of {service.label}: it is one line of letters, digits and signs, without "
            f"spaces. Copy it anew from {service.url}."
        )
    return text


def _service_account(text: str) -> str:
    """The JSON of a Google service account, without anything that would send its key elsewhere than to Google."""
    if len(text) > MOST_TEXT:
        raise ValueError("This is too long for the JSON key of a service account.")
    account = _object(text)
    if account.get("type") != "service_account":
        raise ValueError('This is no service account: its "type" has to be "service_account".')
    for name in _KEPT:
        if not isinstance(account.get(name), str) or not account[name].strip():
            raise ValueError(f'The JSON of the service account has no "{name}". Download the key file anew.')
    _check_places(account)
    _check_private_key(account["private_key"])
    return json.dumps({name: account[name] for name in _KEPT})


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is no JSON. Paste the whole text of the key file of your service account.") from None
    if not isinstance(found, dict):
        raise ValueError("This is no service account. Paste the whole text of its key file.")
    return found


def _check_places(account: dict[str, Any]) -> None:
    place = urlsplit(account["token_uri"])
    if place.scheme != "https" or place.netloc not in _TOKEN_HOSTS:
        raise ValueError('The "token_uri" of the service account does not lead to Google.')
    if account.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise ValueError('The "universe_domain" of the service account has to be "googleapis.com".')


def _check_private_key(text: str) -> None:
    try:
        load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        raise ValueError('The "private_key" of the service account is damaged. Download the key file anew.') from None
