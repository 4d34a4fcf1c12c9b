"""``manage.py test_audio`` and ``manage.py test_websocket``: what is refused before anything is sent, and a whole talk
in this process. Over a running site the second is tried in :mod:`tests.browser.test_live_session`."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests import factory

NOWHERE = "http://127.0.0.1:9"
"""Where no site is."""


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    return factory.speech("The morning was quiet and cold. We waited until the evening.", tmp_path / "talk.wav")


@pytest.mark.parametrize("command", ["test_audio", "test_websocket"])
def test_what_is_no_recording_is_refused(command: str, tmp_path: Path) -> None:
    text = tmp_path / "talk.wav"
    text.write_text("#EXTM3U\nhttp://127.0.0.1/secret.ts\n")
    with pytest.raises(CommandError, match=r"talk\.wav"):
        call_command(command, str(text))
    with pytest.raises(CommandError, match=r"There is no file .*gone\.wav"):
        call_command(command, str(tmp_path / "gone.wav"))


@pytest.mark.parametrize("given", [(), ("--key", "voca_a", "--user", "alice")])
def test_one_way_to_come_in_is_asked_for(given: tuple[str, ...], talk: Path) -> None:
    with pytest.raises(CommandError, match="either --key"):
        call_command("test_websocket", str(talk), *given)


@pytest.mark.django_db
def test_nobody_and_nowhere_are_said(talk: Path, alice: User) -> None:
    with pytest.raises(CommandError, match="nobody called “zoe”"):
        call_command("test_websocket", str(talk), "--user", "zoe")
    with pytest.raises(CommandError, match="Is the site running"):
        call_command("test_websocket", str(talk), "--user", alice.username, "--site", NOWHERE)
    key = alice.api_keys.get()
    assert key.revoked_at is not None


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_talk_is_dubbed_in_this_process(talk: Path) -> None:
    out = StringIO()
    call_command("test_audio", str(talk), stdout=out)
    printed = out.getvalue()
    assert printed.startswith("Ready (")
    heard = re.findall(r"^\[ *\d+\.\d s\] (.+)$", printed, re.MULTILINE)
    assert "waited" in " ".join(heard)
    assert re.search(rf"^{len(heard)} clauses in \d+ s", printed, re.MULTILINE)
    assert re.search(r"^  recognition +p50 +\d+ +p95 +\d+ +p99 +\d+$", printed, re.MULTILINE)
