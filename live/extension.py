"""The browser extension as people install it: a zip for one site, made of ``extension/`` and of what the site itself
uses. Made of the same files, for the same address, it is the same zip."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vocasync.languages import LANGUAGES
from vocasync.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
LIVE_MODULES = ("audio.js", "capture-worklet.js", "playback-worklet.js", "resample.js", "session.js", "wire.js")
"""Of ``static/js/live``, those that need no page."""

SHARED = {
    **{f"live/{name}": f"static/js/live/{name}" for name in LIVE_MODULES},
    "style/tokens.css": "static/css/tokens.css",
    "style/base.css": "static/css/base.css",
    "style/components.css": "static/css/components.css",
    "style/fonts": "static/vendor/fonts",
    "style/icons.svg": "static/vendor/lucide/icons.svg",
    "style/icons.LICENSE": "static/vendor/lucide/LICENSE",
}
"""What the site's pages use and the extension uses as it is: name in the zip, file or folder here."""

PAGE = "/live/extension/"
"""Path of the install page: the only one that may hand a key to the extension."""

REVOKE = "/live/extension/revoke/"
"""Path where the extension has its key revoked."""

STAMP = (1980, 1, 1, 0, 0, 0)
"""When every file of a zip was changed, as far as the zip says: the earliest that the format knows."""


class AddressUnusable(ValueError):
    """The extension cannot be made for that address."""


def site_of(address: str) -> str:
    """The site that an address is of: scheme, host and port. Raises :class:`AddressUnusable`."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or "*" in parts.netloc:
        raise AddressUnusable(f"“{address}” is no site's address. Give one such as https://vocasync.example.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def extension_id() -> str:
    """The id that browsers give the extension: it follows from the public key in the manifest, and never changes."""
    key = base64.b64decode(json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))["key"])
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(key).hexdigest()[:32])


def extension_origin() -> str:
    """The origin of the extension's own requests."""
    return f"chrome-extension://{extension_id()}"


def manifest(site: str) -> dict[str, Any]:
    """The manifest of the extension of a site: what ``extension/manifest.json`` says, and what depends on the site."""
    told: dict[str, Any] = json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))
    return {
        **told,
        "version": VERSION,
        "homepage_url": f"{site}{PAGE}",
        "externally_connectable": {"matches": [f"{site}{PAGE}*"]},
        "content_security_policy": {"extension_pages": _policy(site)},
    }


def _policy(site: str) -> str:
    """Nothing but what is in the zip is shown or run; it talks to its site, or to another by https alone."""
    sockets = site.replace("http", "ws", 1)
    own = [f"{kind}-src 'self'" for kind in ("script", "style", "img", "font")]
    none = [f"{kind} 'none'" for kind in ("base-uri", "form-action", "frame-ancestors")]
    return "; ".join(["default-src 'none'", *own, f"connect-src 'self' {site} {sockets} https: wss:", *none])


def files(site: str) -> dict[str, bytes]:
    """What the extension of a site is made of, by its name in the zip. Raises :class:`AddressUnusable`."""
    site = site_of(site)
    held = dict(_below(SOURCE, ""))
    for name, path in SHARED.items():
        held.update(_below(ROOT / path, name))
    held["manifest.json"] = _json(manifest(site))
    held["site.js"] = _site_module(site)
    return dict(sorted(held.items()))


def archive(site: str) -> bytes:
    """The zip of a site's extension. Raises :class:`AddressUnusable`."""
    return _packed(tuple(files(site).items()))


def archive_name(site: str) -> str:
    """What the zip is called: ``vocasync-extension-<host>-<version>.zip``."""
    return f"vocasync-extension-{urlsplit(site_of(site)).hostname}-{VERSION}.zip".replace(":", "-")


def tag(zipped: bytes) -> str:
    """An entity tag of a zip."""
    return f'"{hashlib.sha256(zipped).hexdigest()[:32]}"'


@lru_cache(maxsize=4)
def _packed(held: tuple[tuple[str, bytes], ...]) -> bytes:
    """Kept by content: a file that changes makes another zip."""
    outlet = io.BytesIO()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, content in held:
            member = zipfile.ZipInfo(name, STAMP)
            member.create_system, member.external_attr = 3, 0o100644 << 16  # (Unix, wherever it is made)
            packed.writestr(member, content, zipfile.ZIP_DEFLATED)
    return outlet.getvalue()


def _below(path: Path, name: str) -> list[tuple[str, bytes]]:
    """A file, or every file of a folder, by its name in the zip."""
    if path.is_file():
        return [(name, path.read_bytes())]
    found = (file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    return [(f"{name}/{file.relative_to(path).as_posix()}".lstrip("/"), file.read_bytes()) for file in found]


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()


def _site_module(site: str) -> bytes:
    """What the extension knows of its site without asking: the address, where keys go, and the languages."""
    languages = [{"code": row.code, "name": row.name, "rtl": row.rtl} for row in LANGUAGES.values()]
    told = {"SITE": site, "PAGE": PAGE, "REVOKE": REVOKE, "LANGUAGES": languages}
    lines = [f"export const {name} = {json.dumps(value, ensure_ascii=False)};\n" for name, value in told.items()]
    return ("// Written when the extension is made for a site.\n" + "".join(lines)).encode()
