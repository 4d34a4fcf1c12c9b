"""Misconfiguration, said at start with a hint (``manage.py check``)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from accounts.limits import AMOUNTS, OPTIONAL
from engines.vault import is_key
from vocasite.env import env
from vocasync.engines.costs import parse_prices

Apps = Sequence[AppConfig] | None

MIN_TOKEN = 20


@register(Tags.compatibility)
def tools(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Programs that every job runs."""
    return [
        Error(
            f"{tool} is not on the PATH.", hint="Run `make setup`, or install the package ffmpeg.", id="vocasync.E001"
        )
        for tool in ("ffmpeg", "ffprobe")
        if shutil.which(tool) is None
    ]


def writable(folder: Path) -> bool:
    """Whether files can be made in the folder, or the folder itself where it is not there yet."""
    present = folder
    while not present.exists():
        present = present.parent
    return present.is_dir() and os.access(present, os.W_OK | os.X_OK)


@register(Tags.files)
def folders(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Where uploads and results go."""
    places = (("MEDIA_ROOT", "VOCASYNC_MEDIA_ROOT"), ("FILE_UPLOAD_TEMP_DIR", "VOCASYNC_VAR"))
    return [
        Error(
            f"{name} ({getattr(settings, name)}) cannot be written to.",
            hint=f"Give the server's user write access, or set {variable} to another folder.",
            id="vocasync.E002",
        )
        for name, variable in places
        if not writable(Path(getattr(settings, name)))
    ]


@register(Tags.files)
def one_filesystem(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """A finished upload is renamed into place; across file systems it would be copied."""
    upload, media = Path(settings.FILE_UPLOAD_TEMP_DIR), Path(settings.MEDIA_ROOT)
    if not (upload.exists() and media.exists()) or upload.stat().st_dev == media.stat().st_dev:
        return []
    return [
        Caution(
            "Uploads and media are on different file systems: every upload is copied once more.",
            hint="Put VOCASYNC_VAR and VOCASYNC_MEDIA_ROOT on one file system.",
            id="vocasync.W003",
        )
    ]


@register(Tags.security)
def debug_in_public(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Debug pages show settings and source; a site reached by https is a public one."""
    if not (settings.DEBUG and settings.HTTPS):
        return []
    return [Error("DEBUG is on although HTTPS is.", hint="Unset VOCASYNC_DEBUG on a public site.", id="vocasync.E004")]


@register(Tags.security)
def proxy_trust(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """With HTTPS behind a proxy that is not trusted, every request is redirected to itself for ever."""
    if not settings.HTTPS or settings.SECURE_PROXY_SSL_HEADER:
        return []
    return [
        Caution(
            "HTTPS is on, but no proxy is trusted to say so.",
            hint="Behind nginx or the like, set VOCASYNC_BEHIND_PROXY=true (and let it set X-Forwarded-Proto).",
            id="vocasync.W005",
        )
    ]


@register(Tags.security, deploy=True)
def secret_from_file(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Several machines must share one key; a file on one of them does not."""
    if env.str("SECRET_KEY", ""):
        return []
    return [
        Caution(
            "The secret key is read from a file of this machine.",
            hint="Set VOCASYNC_SECRET_KEY in production, the same on every machine.",
            id="vocasync.W006",
        )
    ]


def _several_machines() -> bool:
    """A database on another host is the sign that more than one machine runs the site."""
    host = urlsplit(settings.DATABASE_URL).hostname
    return host not in (None, "", "localhost", "127.0.0.1", "::1")


@register(Tags.caches)
def shared_layers(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Throttles and wake-ups that live in one process do not reach the others."""
    if settings.REDIS_URL or not _several_machines():
        return []
    return [
        Caution(
            "The channel layer and the cache live in one process's memory, but the database is on another host.",
            hint="Set VOCASYNC_REDIS_URL: live progress is then pushed instead of polled, and throttles are shared.",
            id="vocasync.W007",
        )
    ]


@register(Tags.files)
def accel_redirect(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """The internal location of nginx is a path with slashes around it."""
    place = settings.ACCEL_REDIRECT
    if not place or (place.startswith("/") and place.endswith("/")):
        return []
    return [
        Error(
            f"ACCEL_REDIRECT ({place!r}) must begin and end with a slash.",
            hint="Set VOCASYNC_ACCEL_REDIRECT to nginx's internal location, such as /protected/.",
            id="vocasync.E008",
        )
    ]


@register(Tags.compatibility)
def plans(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Everybody has a plan, and a plan names every limit."""
    found = [
        Error(
            f"The plan {name} has no {', '.join(missing)}.",
            hint="Give every plan in PLANS each of the limits of accounts.limits.Limits.",
            id="vocasync.E009",
        )
        for name, amounts in settings.PLANS.items()
        if (missing := sorted(set(AMOUNTS) - OPTIONAL - amounts.keys()))
    ]
    if settings.DEFAULT_PLAN not in settings.PLANS:
        names = ", ".join(settings.PLANS)
        hint = f"Set VOCASYNC_DEFAULT_PLAN to one of: {names}."
        found.append(Error(f"There is no plan {settings.DEFAULT_PLAN!r}.", hint=hint, id="vocasync.E010"))
    return found


@register(Tags.compatibility)
def prices(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """What is spent is counted at prices that make sense."""
    try:
        parse_prices(settings.PRICES)
    except ValueError as error:
        hint = 'Set VOCASYNC_PRICES to JSON such as {"tts:elevenlabs": {"usd": 0.08, "per": 1000}}.'
        return [Error(f"The prices cannot be used: {error}", hint=hint, id="vocasync.E012")]
    return []


@register(Tags.security)
def encryption_keys(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """People's keys for services cannot be kept with what is no key. What is wrong is counted, never shown."""
    wrong = [str(number) for number, key in enumerate(settings.ENCRYPTION_KEYS, 1) if not is_key(key)]
    if not wrong:
        return []
    hint = (
        "Each has to be 32 bytes in URL-safe base64. Make one with: "
        "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    )
    return [Error(f"Encryption keys that are none: number {', '.join(wrong)}.", hint=hint, id="vocasync.E013")]


@register(Tags.security)
def known_sentences(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """A consent is verified by a sentence that nobody could have recorded before."""
    if not settings.CONSENT_SENTENCES:
        return []
    return [
        Caution(
            "Everybody who verifies a voice is given one of a few known sentences.",
            hint="Unset VOCASYNC_CONSENT_SENTENCES: it is for trying the check with recordings that are there.",
            id="vocasync.W011",
        )
    ]


RANGES: dict[str, tuple[float, float]] = {
    "SAMPLE_RATE": (8_000, 96_000),
    "CHUNK_SIZE": (1, 16_000),
    "MAX_CHUNK_DURATION": (0.05, 10.0),
    "VOICE_SIMILARITY_THRESHOLD": (0.0, 1.0),
    "VOICE_STABILITY": (0.0, 1.0),
    "VOICE_CLARITY": (0.0, 1.0),
    "MAX_CONCURRENT_REQUESTS": (1, 10_000),
    "CACHE_TTL": (60, 7 * 86_400),
    "WORKERS": (0, 1_000),
    "SESSIONS_PERSON": (1, 10_000),
    "RESUME_SECONDS": (1, 3_600),
    "IDLE_SECONDS": (5, 3_600),
    "NUMBERS_DAYS": (1, 3_650),
}
"""Of settings of live dubbing, each with ``LIVE_`` before it: the least and the most that makes sense."""

PLAIN_NAMES = (
    *("SAMPLE_RATE", "CHUNK_SIZE", "MAX_CHUNK_DURATION", "VOICE_SIMILARITY_THRESHOLD", "VOICE_STABILITY"),
    *("VOICE_CLARITY", "MAX_CONCURRENT_REQUESTS", "CACHE_TTL"),
)
"""Those that the environment has without ``LIVE_``."""


@register(Tags.compatibility)
def live_ranges(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Live dubbing with values that cannot work."""
    return [
        Error(
            f"LIVE_{name} is {value}.",
            hint=f"Set VOCASYNC_{name if name in PLAIN_NAMES else f'LIVE_{name}'} to {least:g} to {most:g}.",
            id="vocasync.E014",
        )
        for name, (least, most) in RANGES.items()
        if not least <= (value := getattr(settings, f"LIVE_{name}")) <= most
    ]


@register(Tags.compatibility)
def live_chunks(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Clients are told to send what is then taken."""
    if settings.LIVE_CHUNK_SIZE / 16_000 <= settings.LIVE_MAX_CHUNK_DURATION:
        return []
    return [
        Error(
            "Chunks of LIVE_CHUNK_SIZE samples are longer than LIVE_MAX_CHUNK_DURATION.",
            hint="Set VOCASYNC_CHUNK_SIZE to fewer samples, or VOCASYNC_MAX_CHUNK_DURATION to more seconds.",
            id="vocasync.E015",
        )
    ]


@register(Tags.compatibility)
def live_rooms(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Each live worker takes its share of the sessions; with fewer sessions than workers some take none."""
    if settings.LIVE_WORKERS <= settings.LIVE_MAX_CONCURRENT_REQUESTS:
        return []
    return [
        Caution(
            "There are more live workers than live sessions.",
            hint="Set VOCASYNC_LIVE_WORKERS to fewer, or VOCASYNC_MAX_CONCURRENT_REQUESTS to more.",
            id="vocasync.W016",
        )
    ]


@register(Tags.security)
def metrics_token(app_configs: Apps, **kwargs: Any) -> Iterable[CheckMessage]:
    """Whoever guesses it reads how much the site is used."""
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= MIN_TOKEN:
        return []
    return [
        Caution(
            "The token for /metrics is short.",
            hint=f"Set VOCASYNC_METRICS_TOKEN to {MIN_TOKEN} random characters or more.",
            id="vocasync.W017",
        )
    ]
