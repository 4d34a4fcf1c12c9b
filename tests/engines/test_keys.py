"""People's own keys for services: how they are kept, what is refused, and who runs with which."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, User
from engines import keys, vault
from engines.models import EngineKey
from tests.engines.conftest import LINE
from vocasync.engines.base import EngineConfig
from vocasync.engines.registry import load, spec
from vocasync.errors import PipelineError
from work.engines import engine_config


def site_key(settings: Settings, **given: str) -> None:
    settings.ENGINES = settings.ENGINES | {"keys": settings.ENGINES["keys"] | given}


# --- at rest ----------------------------------------------------------------------------------------------------------
def test_a_key_is_kept_encrypted_and_shown_by_its_end(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept = keys.key_set(user=alice, service="elevenlabs", key=f"  {LINE}\n")
    row = EngineKey.objects.get()
    assert (kept.hint, kept.is_set, kept.readable) == ("cdef", True, True)
    assert LINE not in row.secret
    assert vault.decrypted(row.secret) == LINE
    for shown in (str(row), repr(row), repr(kept), repr(keys.config_for(alice)), caplog.text):
        assert LINE not in shown
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM engines_enginekey")
        assert LINE not in repr(cursor.fetchall())


def test_it_is_audited_without_the_key(alice: User, bob: User) -> None:
    keys.key_set(user=alice, service="deepl", key=LINE)
    keys.key_set(user=alice, service="deepl", key=LINE[:-4] + "wxyz")
    assert keys.key_delete(user=alice, service="deepl", by=bob)
    entries = AuditEntry.objects.order_by("pk")
    assert [(row.action, row.actor_name) for row in entries] == [
        ("engine_key.set", "alice"),
        ("engine_key.set", "alice"),
        ("engine_key.delete", "bob"),
    ]
    assert [(row.before.get("hint"), row.after.get("hint")) for row in entries] == [
        (None, "cdef"), ("cdef", "wxyz"), ("wxyz", None),
    ]  # fmt: skip
    assert LINE[:-4] not in json.dumps([[row.before, row.after, row.object_name, row.reason] for row in entries])


def test_the_encryption_key_is_made_once_for_the_sites_user_alone(settings: Settings) -> None:
    token = vault.encrypted("secret")
    path: Path = settings.ENCRYPTION_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    before = path.read_text()
    assert vault.decrypted(token) == "secret"
    assert path.read_text() == before


def test_the_first_key_encrypts_and_all_decrypt(alice: User, settings: Settings) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.ENCRYPTION_KEYS = [old]
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    settings.ENCRYPTION_KEYS = [new, old]
    assert keys.config_for(alice).key("elevenlabs") == LINE
    call_command("engine_keys", "--encrypt")
    settings.ENCRYPTION_KEYS = [new]
    assert keys.config_for(alice).key("elevenlabs") == LINE
    settings.ENCRYPTION_KEYS = [old]
    assert not keys.key_of(alice, "elevenlabs").readable


def test_a_key_that_cannot_be_read_any_more_says_so_and_counts_as_none(
    alice: User, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    kept = keys.key_of(alice, "elevenlabs")
    assert (kept.is_set, kept.readable, kept.hint) == (True, False, "cdef")
    assert keys.config_for(alice).key("elevenlabs") == ""
    with pytest.raises(PipelineError, match="no key for ElevenLabs: add yours on your account page"):
        load("tts", "elevenlabs", EngineConfig(keys=keys.config_for(alice).keys))
    call_command("engine_keys", "--encrypt")
    said = capsys.readouterr()
    assert "0 keys" in said.out
    assert "alice for elevenlabs cannot be read" in said.err
    assert keys.key_set(user=alice, service="elevenlabs", key=LINE).readable


def test_the_shell_lists_whose_keys_there_are(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    call_command("engine_keys")
    said = capsys.readouterr().out
    assert "alice" in said
    assert "…cdef" in said
    assert LINE not in said


@pytest.mark.parametrize(
    ("text", "known"),
    [("x", False), ("", False), (Fernet.generate_key().decode(), True)],
    ids=["no base64", "nothing", "a key"],
)
def test_what_is_an_encryption_key(text: str, known: bool) -> None:
    assert vault.is_key(text) is known


BAD_LINES = ["", "   ", "short", "two words of a key here", "ключ" * 8, "x" * 513, LINE + "\x00", "a\nb" * 9]


# --- formats ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "key", ["", "   ", "short", "two words of a key here", "ключ" * 8, "x" * 513, LINE + "\x00", "a\nb" * 9]
)
@pytest.mark.parametrize("service", ["elevenlabs", "deepl", "microsoft", "libretranslate"])
def test_what_cannot_be_a_key_is_refused_at_its_field(alice: User, service: str, key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        keys.key_set(user=alice, service=service, key=key)
    assert list(caught.value.message_dict) == ["key"]
    assert not key.strip() or key.strip() not in str(caught.value)
    assert not EngineKey.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_service_account_is_kept_without_what_nobody_needs(alice: User, account_text: str) -> None:
    kept = keys.key_set(user=alice, service="google", key=account_text)
    assert kept.hint == "4567"
    known = json.loads(keys.config_for(alice).key("google"))
    assert known.keys() == {"type", "project_id", "private_key_id", "private_key", "client_email", "token_uri"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "authorized_user"}, "no service account"),
        ({"private_key": None}, 'has no "private_key"'),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"}, "damaged"),
        ({"client_email": 3}, 'has no "client_email"'),
        ({"token_uri": "https://169.254.169.254/token"}, "does not lead to Google"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "does not lead to Google"),
        ({"token_uri": "https://oauth2.googleapis.com@evil.example/token"}, "does not lead to Google"),
        ({"universe_domain": "evil.example"}, "universe_domain"),
    ],
)
def test_a_service_account_that_is_none(
    alice: User, account: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        keys.key_set(user=alice, service="google", key=json.dumps(account | change))
    assert not EngineKey.objects.exists()


@pytest.mark.parametrize("text", [LINE, "[]", "null", "{", '{"type":' * 5000, "[" * 16_000])
def test_a_text_that_is_no_key_file(alice: User, text: str) -> None:
    with pytest.raises(ValidationError):
        keys.key_set(user=alice, service="google", key=text)


def test_who_is_suspended_sets_none_and_may_delete(alice: User) -> None:
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    alice.suspended_at, alice.suspended_reason = timezone.now(), "Somebody's voice."
    with pytest.raises(PipelineError, match="suspended"):
        keys.key_set(user=alice, service="deepl", key=LINE)
    assert keys.key_delete(user=alice, service="elevenlabs")
    assert not keys.key_delete(user=alice, service="elevenlabs")


def test_an_unknown_service(alice: User) -> None:
    with pytest.raises(KeyError):
        keys.key_set(user=alice, service="acme", key=LINE)


# --- who runs with which ----------------------------------------------------------------------------------------------
def test_own_keys_go_before_the_sites(alice: User, bob: User, settings: Settings) -> None:
    site_key(settings, elevenlabs="the site's key", deepl="the site's key")
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    mine = keys.config_for(alice, "small")
    assert (mine.key("elevenlabs"), mine.key("deepl"), mine.size) == (LINE, "the site's key", "small")
    for other in (bob, AnonymousUser(), None):
        assert keys.config_for(other) == engine_config()
    assert keys.own_services(alice) == {"elevenlabs"}
    assert keys.own_services(bob) == frozenset()
    assert [(one.service.name, one.site) for one in keys.keys_of(alice)][:1] == [("elevenlabs", True)]


def test_one_persons_keys_are_nobody_elses(alice: User, bob: User) -> None:
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    keys.key_set(user=bob, service="elevenlabs", key=LINE[:-4] + "bobs")
    keys.key_delete(user=bob, service="elevenlabs")
    assert keys.config_for(alice).key("elevenlabs") == LINE
    assert not keys.key_of(bob, "elevenlabs").is_set


def test_another_key_is_another_engine_and_no_key_is_another_model(alice: User, tmp_path: Path) -> None:
    from vocasync.engines.registry import concerning

    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    config = keys.config_for(alice)
    assert concerning(spec("tts", "elevenlabs"), config).key("elevenlabs") == LINE
    assert concerning(spec("tts", "espeak"), config) == concerning(spec("tts", "espeak"), engine_config())
