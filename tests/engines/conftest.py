"""Keys that look real, an encryption key of each test's own, and a publisher of models on this machine."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

from tests.vocasync.weights.conftest import hasty, made, root, shelf

__all__ = ["hasty", "made", "root", "shelf"]

LINE = "sk_0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _own_encryption_key(settings: Settings, tmp_path: Path) -> None:
    settings.ENCRYPTION_KEYS = []
    settings.ENCRYPTION_FILE = tmp_path / "signing" / "encryption_keys"


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


@pytest.fixture
def account() -> dict[str, Any]:
    """The JSON of a Google service account, as its console gives it out."""
    return {
        "type": "service_account",
        "project_id": "acme-dubs",
        "private_key_id": "0123456789abcdef01234567",
        "private_key": _private_key(),
        "client_email": "dubs@acme-dubs.iam.gserviceaccount.com",
        "client_id": "1234567890",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com",
    }


@pytest.fixture
def account_text(account: dict[str, Any]) -> str:
    return json.dumps(account, indent=2)
