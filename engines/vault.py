"""Secrets at rest: encrypted with keys of the site, of which the first encrypts and every one decrypts.

The keys come from ``settings.ENCRYPTION_KEYS``, else from a file that is made on first use and that the site's user
alone can read, a key a line. To change the key, put a new one before the old ones, run ``manage.py engine_keys
--encrypt``, then take the old ones away.
"""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def encrypted(secret: str) -> str:
    """The text as only this site can read it."""
    return _cipher(_keys()).encrypt(secret.encode()).decode()


def decrypted(token: str) -> str | None:
    """What :func:`encrypted` was given; None when no key of the site opens it any more."""
    try:
        return _cipher(_keys()).decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def is_key(text: str) -> bool:
    """Whether a text is a key: 32 bytes in URL-safe base64, as :meth:`Fernet.generate_key` makes them."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    given: list[str] = settings.ENCRYPTION_KEYS
    return tuple(given) or _kept(settings.ENCRYPTION_FILE)


def _kept(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        _make(path)
    return tuple(path.read_text().split())


def _make(path: Path) -> None:
    """Whole or not at all; of several processes that come first at once, one makes it and all use that one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 by itself
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(Fernet.generate_key() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(scratch, path)  # fails where another process was quicker
    except FileExistsError:
        pass
    finally:
        Path(scratch).unlink(missing_ok=True)
