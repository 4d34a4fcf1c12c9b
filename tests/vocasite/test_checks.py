"""Misconfiguration is said, with a hint; a sound configuration is silent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from vocasite import checks

ROOT = Path(__file__).resolve().parent.parent.parent


def ids(found: Iterable[CheckMessage]) -> list[str | None]:
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ids(checks.tools(None)) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ids(checks.tools(None)) == ["vocasync.E001", "vocasync.E001"]


def test_folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "made" / "on first use"
    assert ids(checks.folders(None)) == []
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file"
    assert ids(checks.folders(None)) == ["vocasync.E002"]


def test_one_filesystem(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    assert ids(checks.one_filesystem(None)) == []
    settings.FILE_UPLOAD_TEMP_DIR = Path("/proc")
    assert ids(checks.one_filesystem(None)) == ["vocasync.W003"]


def test_debug_in_public(settings: Settings) -> None:
    settings.HTTPS = True
    assert ids(checks.debug_in_public(None)) == []
    settings.DEBUG = True
    assert ids(checks.debug_in_public(None)) == ["vocasync.E004"]
    settings.HTTPS = False
    assert ids(checks.debug_in_public(None)) == []


def test_proxy_trust(settings: Settings) -> None:
    assert ids(checks.proxy_trust(None)) == []
    settings.HTTPS = True
    assert ids(checks.proxy_trust(None)) == ["vocasync.W005"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert ids(checks.proxy_trust(None)) == []


def test_secret_from_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOCASYNC_SECRET_KEY", raising=False)
    assert ids(checks.secret_from_file(None)) == ["vocasync.W006"]
    monkeypatch.setenv("VOCASYNC_SECRET_KEY", "x" * 60)
    assert ids(checks.secret_from_file(None)) == []


@pytest.mark.parametrize(
    ("database", "redis", "said"),
    [
        ("sqlite:////var/db.sqlite3", "", []),
        ("postgres://me@localhost/db", "", []),
        ("postgres://me@db.example.org/db", "", ["vocasync.W007"]),
        ("postgres://me@db.example.org/db", "redis://cache", []),
    ],
)
def test_shared_layers(settings: Settings, database: str, redis: str, said: list[str]) -> None:
    settings.DATABASE_URL, settings.REDIS_URL = database, redis
    assert ids(checks.shared_layers(None)) == said


@pytest.mark.parametrize(("place", "said"), [("", []), ("/protected/", []), ("protected", ["vocasync.E008"])])
def test_accel_redirect(settings: Settings, place: str, said: list[str]) -> None:
    settings.ACCEL_REDIRECT = place
    assert ids(checks.accel_redirect(None)) == said


@pytest.fixture
def manage(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``manage.py`` as an administrator would run it, with an environment of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOCASYNC_", "DJANGO_"))}
        given = {f"VOCASYNC_{name}": value for name, value in environment.items()}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**kept, "VOCASYNC_VAR": str(tmp_path), **given},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


PRODUCTION = {
    "HTTPS": "true",
    "BEHIND_PROXY": "true",
    "SECRET_KEY": "b4d9o2-0k$1m!x7(q8w5e6r_t3y^u#i*p@a)s-d+f=g-h&j%k~l",
    "ALLOWED_HOSTS": "dub.example.org",
}


def test_production_settings_pass_djangos_own_checks(manage: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_what_is_missing_for_production_is_said(manage: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 1
    for expected in ("vocasync.W006", "security.W004", "security.W012"):
        assert expected in done.stderr


ASK = """
from django.test import Client
client = Client(headers={"Host": "dub.example.org"})
print(client.get("/api/me").headers["Location"])
answer = client.get("/api/me", headers={"X-Forwarded-Proto": "https"})
print(answer.status_code, answer.headers["Strict-Transport-Security"])
from django.conf import settings
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.EMAIL_BACKEND.split(".")[-2])
"""


def test_https_is_kept_to(manage: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    done = manage("shell", "--no-imports", "-c", ASK, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "https://dub.example.org/api/me",
        "401 max-age=31536000; includeSubDomains; preload",
        "True True console",
    ]


def test_plans(settings: Settings) -> None:
    assert ids(checks.plans(None)) == []
    settings.PLANS = {"standard": settings.PLANS["standard"], "small": {"voices": 1}}
    assert ids(checks.plans(None)) == ["vocasync.E009"]
    settings.DEFAULT_PLAN = "platinum"
    assert ids(checks.plans(None)) == ["vocasync.E009", "vocasync.E010"]


def test_known_sentences(settings: Settings) -> None:
    assert ids(checks.known_sentences(None)) == []
    settings.CONSENT_SENTENCES = ["Read this."]
    assert ids(checks.known_sentences(None)) == ["vocasync.W011"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVE_SAMPLE_RATE", 4000),
        ("LIVE_CHUNK_SIZE", 0),
        ("LIVE_MAX_CHUNK_DURATION", 60.0),
        ("LIVE_VOICE_STABILITY", 1.5),
        ("LIVE_MAX_CONCURRENT_REQUESTS", 0),
        ("LIVE_IDLE_SECONDS", 0),
        ("LIVE_WORKERS", -1),
    ],
)
def test_live_settings_that_cannot_work(settings: Settings, name: str, value: float) -> None:
    assert ids(checks.live_ranges(None)) == []
    setattr(settings, name, value)
    (found,) = checks.live_ranges(None)
    assert found.id == "vocasync.E014"
    assert f"VOCASYNC_{name.removeprefix('LIVE_')}" in str(found.hint) or f"VOCASYNC_{name} " in str(found.hint)


def test_live_chunks_and_rooms(settings: Settings) -> None:
    assert ids([*checks.live_chunks(None), *checks.live_rooms(None)]) == []
    settings.LIVE_CHUNK_SIZE, settings.LIVE_MAX_CHUNK_DURATION = 16_000, 0.5
    settings.LIVE_WORKERS, settings.LIVE_MAX_CONCURRENT_REQUESTS = 3, 2
    assert ids([*checks.live_chunks(None), *checks.live_rooms(None)]) == ["vocasync.E015", "vocasync.W016"]


def test_a_short_token(settings: Settings) -> None:
    assert ids(checks.metrics_token(None)) == []
    settings.METRICS_TOKEN = "short"
    assert ids(checks.metrics_token(None)) == ["vocasync.W017"]
    settings.METRICS_TOKEN = "long enough to be no guess"
    assert ids(checks.metrics_token(None)) == []
