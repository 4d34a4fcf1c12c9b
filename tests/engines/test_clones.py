"""Copies of voices at services: written down when they are made, removed when what they were made for is gone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from accounts.models import User
from dubbing import services as jobs
from dubbing.withdrawal import clones_of_gone_jobs
from engines import clones, keys
from engines.clones import recorded
from engines.models import Clone
from engines.tasks import remove_clones
from tests.dubbing.conftest import make_job, make_voice
from tests.engines.conftest import LINE
from tests.vocasync.engines.local_http import Reply, serving
from tests.vocasync.engines.tts.elevenlabs_server import KEY, ElevenLabsServer, Voice
from tests.voices.rows import verified_voice
from vocasync import retries
from vocasync.lending import lent, taken_back
from voices import services as library
from voices import upkeep
from voices.consent import ending
from voices.models import VoiceProfile, VoiceShare

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ElevenLabsServer]:
    """The service; the site has a key for it."""
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with serving(ElevenLabsServer) as running:
        options = settings.ENGINES["options"] | {"elevenlabs_url": running.url}
        given = {"options": options, "keys": {"elevenlabs": KEY}, "cache": str(tmp_path), "network": True}
        settings.ENGINES = settings.ENGINES | given
        yield running


def copy_of(server: ElevenLabsServer, user: User, *, voice: VoiceProfile | None = None, job: Any = None) -> str:
    """The id of a copy that was made at the service."""
    remote = uuid.uuid4().hex[:20]
    server.voices[remote] = Voice(f"Vocasync {remote}", "cloned", b"")
    with recorded(user, job.pk if job else None):
        lent("elevenlabs", remote, str(voice.pk) if voice else "")
    return remote


def tasks() -> list[str]:
    return [row.task["func"] for row in OrmQ.objects.order_by("pk")]


def test_it_is_written_down_for_what_it_was_made(alice: User, server: ElevenLabsServer) -> None:
    job, voice = make_job(alice), make_voice(alice)
    first, second = copy_of(server, alice, job=job), copy_of(server, alice, voice=voice, job=job)
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    third = copy_of(server, alice, voice=voice)
    rows = {row.remote: (row.user, row.voice, row.job, row.ended_at) for row in Clone.objects.all()}
    assert rows == {
        first: (None, None, job.pk, None),
        second: (None, voice.pk, None, None),
        third: (alice, voice.pk, None, None),
    }


def test_one_that_the_engine_removed_is_forgotten(alice: User, server: ElevenLabsServer) -> None:
    remote = copy_of(server, alice, voice=make_voice(alice))
    with recorded(alice):
        taken_back("elevenlabs", remote)
    assert not Clone.objects.exists()


def test_what_is_raised_inside_loses_nothing(alice: User) -> None:
    def work() -> None:
        with recorded(alice, uuid.uuid4()) as register:
            lent("elevenlabs", "one", "")
            register.write()
            lent("elevenlabs", "two", "")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert Clone.objects.count() == 2


def test_a_copy_for_a_clip_of_nobodys_goes_when_the_work_is_over(alice: User, server: ElevenLabsServer) -> None:
    copy_of(server, alice)
    assert tasks() == [clones.TASK]
    remove_clones()
    assert server.copies == {}
    assert not Clone.objects.exists()


def test_a_deleted_job_takes_its_copies_along(alice: User, server: ElevenLabsServer) -> None:
    job, other = make_job(alice), make_job(alice)
    gone, kept = copy_of(server, alice, job=job), copy_of(server, alice, job=other)
    jobs.job_delete(job=job)
    assert clones.TASK in tasks()
    assert gone in server.copies, "a page waits for no service"
    remove_clones()
    assert server.copies.keys() == {kept}
    assert list(Clone.objects.values_list("remote", flat=True)) == [kept]


def test_a_deleted_voice_takes_its_copies_along_whosever_account_they_are_on(
    alice: User, bob: User, server: ElevenLabsServer
) -> None:
    server.keys.add(LINE)
    voice = verified_voice(alice)
    copy_of(server, alice, voice=voice)
    keys.key_set(user=bob, service="elevenlabs", key=LINE)
    copy_of(server, bob, voice=voice)
    library.voice_delete(voice=voice)
    remove_clones()
    assert server.copies == {}
    deleted = [asked.headers["xi-api-key"] for asked in server.asked if asked.method == "DELETE"]
    assert sorted(deleted) == sorted([KEY, LINE]), "each with the key of its own account"


def test_a_withdrawn_consent_takes_them_along(alice: User, server: ElevenLabsServer) -> None:
    voice = verified_voice(alice)
    copy_of(server, alice, voice=voice)
    ending.withdraw(likeness=voice, by=alice)
    remove_clones()
    assert server.copies == {}


def test_a_voice_that_is_no_longer_shared_goes_from_the_others_account(
    alice: User, bob: User, server: ElevenLabsServer
) -> None:
    voice = verified_voice(alice, fingerprint="x")
    share = VoiceShare.objects.create(voice=voice, user=bob)
    keys.key_set(user=bob, service="elevenlabs", key=KEY)
    copy_of(server, bob, voice=voice)
    hers = copy_of(server, alice, voice=voice)
    upkeep.sweep()
    assert not Clone.objects.exclude(ended_at=None).exists()
    share.delete()
    upkeep.sweep()
    remove_clones()
    assert server.copies.keys() == {hers}


def test_what_went_without_a_word_is_found_by_the_sweep(alice: User, bob: User, server: ElevenLabsServer) -> None:
    copy_of(server, bob, job=make_job(bob))
    copy_of(server, bob, voice=make_voice(bob))
    bob.delete()
    clones_of_gone_jobs()
    upkeep.sweep()
    remove_clones()
    assert server.copies == {}


def test_what_cannot_be_removed_now_is_tried_again(
    alice: User, server: ElevenLabsServer, caplog: pytest.LogCaptureFixture
) -> None:
    job = make_job(alice)
    copy_of(server, alice, job=job)
    jobs.job_delete(job=job)
    server.script = [Reply(503)] * retries.ATTEMPTS
    assert clones.remove_ended() == 0
    assert "could not be removed yet" in caplog.text
    assert KEY not in caplog.text
    OrmQ.objects.all().delete()
    upkeep.sweep()
    assert tasks() == [clones.TASK]
    assert clones.remove_ended() == 1
    OrmQ.objects.all().delete()
    upkeep.sweep()
    assert tasks() == []


def test_a_key_that_is_gone_for_good_is_waited_for_a_month(alice: User, server: ElevenLabsServer) -> None:
    job = make_job(alice)
    copy_of(server, alice, job=job)
    jobs.job_delete(job=job)
    server.keys.clear()
    clones.remove_ended()
    assert Clone.objects.exists()
    Clone.objects.update(ended_at=timezone.now() - clones.GIVEN_UP - timedelta(days=1))
    clones.remove_ended()
    assert not Clone.objects.exists()


def test_there_is_a_way_to_remove_for_every_service_that_copies() -> None:
    from vocasync.engines.registry import dotted, specs

    lending_out = {row.needs.service for row in specs("tts") if row.needs.service and row.clones}
    assert lending_out == set(clones.REMOVERS)
    assert all(callable(dotted(path)) for path in clones.REMOVERS.values())


def test_an_operator_empties_the_sites_account(
    alice: User, bob: User, server: ElevenLabsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_of(server, alice, job=make_job(alice))
    server.voices["unknown"] = Voice("Vocasync 0123", "cloned", b"")
    server.voices["hers"] = Voice("My own", "cloned", b"")
    call_command("engine_keys", "--remove-copies")
    assert "2 copies" in capsys.readouterr().out
    assert server.copies.keys() == {"hers"}
    assert not Clone.objects.exists()
    server.keys.clear()
    with pytest.raises(CommandError, match="ElevenLabs"):
        call_command("engine_keys", "--remove-copies")
