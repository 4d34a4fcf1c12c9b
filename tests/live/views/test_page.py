"""The live page: what it offers, and whose sessions it lists."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from live.models import LiveSession
from tests.dubbing.conftest import make_voice
from tests.dubbing.views.test_pages import check

NUMBERS = {"delays": {"total": {"count": 9, "p50": 0.418, "p95": 0.871, "p99": 0.9}}}


@pytest.fixture
def as_alice(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


def session(owner: User, name: str, **fields: Any) -> LiveSession:
    given = {"target_language": "fr", "source_language": "en", "started_at": timezone.now(), "numbers": NUMBERS}
    return LiveSession.objects.create(owner=owner, session_id=name, **(given | fields))


def test_the_page_keeps_its_own_policy(as_alice: Client) -> None:
    answer = as_alice.get(reverse("live:live"))
    assert answer.status_code == 200
    check(answer)


def test_nobody_else_gets_in(db: None) -> None:
    for name in ("live:live", "live:sessions"):
        answer = Client().get(reverse(name))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_its_script_is_told_how_sound_is_sent(as_alice: Client, settings: Any) -> None:
    settings.LIVE_SAMPLE_RATE, settings.LIVE_CHUNK_SIZE = 8_000, 512
    html = as_alice.get(reverse("live:live")).content.decode()
    found = re.search(r'<script id="page-settings" type="application/json">(.*?)</script>', html, re.S)
    assert found is not None
    told = json.loads(found[1])
    assert (told["rate"], told["chunk_size"]) == (8_000, 512)
    assert told["languages"]["ar"] == {"name": "Arabic", "rtl": True}


def test_own_sessions_are_listed_with_their_delays(as_alice: Client, alice: User, bob: User) -> None:
    session(alice, "session-alice", heard_seconds=75.0, clauses=31, origin=LiveSession.Origin.EXTENSION)
    session(alice, "never-begun", started_at=None, clauses=77)
    session(bob, "session-of-bob", clauses=99)
    html = as_alice.get(reverse("live:sessions")).content.decode()
    rows = re.findall(r"<tr>.*?</tr>", html, re.S)
    assert len(rows) == 2  # the heads, and one
    for words in ("1:15", "31", "0.42 s", "0.87 s", "The browser extension", "French"):
        assert words in rows[1]


def test_a_session_in_which_nothing_was_dubbed_has_no_delay(as_alice: Client, alice: User) -> None:
    session(alice, "session-alice", numbers={})
    html = as_alice.get(reverse("live:sessions")).content.decode()
    assert html.count("–") == 2


def test_what_was_chosen_last_is_chosen_again(as_alice: Client, alice: User) -> None:
    session(alice, "session-alice", manner={"preserve_voice": False, "source_language": "en"})
    form = as_alice.get(reverse("live:live")).context["form"]
    chosen = (form["source_language"].value(), form["target_language"].value(), form["preserve_voice"].value())
    assert chosen == ("en", "fr", False)


def test_voices_that_one_may_use_are_offered(as_alice: Client, alice: User, bob: User) -> None:
    own = make_voice(alice, "Anna")
    make_voice(bob, "Somebody else's")
    groups = dict(as_alice.get(reverse("live:live")).context["form"].fields["speaker"].choices[1:])
    assert groups["Your voices"] == [(f"voice:{own.pk}", "Anna")]
    assert any(value.startswith("stock:espeak:") for rows in groups.values() for value, _ in rows)


def test_engines_that_are_not_ready_are_not_offered(as_alice: Client) -> None:
    names = dict(as_alice.get(reverse("live:live")).context["form"].fields["recognizer"].choices)
    assert "pocketsphinx" in names
    assert "google-speech" not in names
