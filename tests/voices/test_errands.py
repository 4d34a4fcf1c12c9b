"""Errands: done once, told, given back when their worker is lost, and given up in the end."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Notice, User
from dubbing import reaper
from dubbing.reaper import HINT_SECONDS, Watch
from tests.dubbing.conftest import hints
from tests.voices import workhands
from tests.voices.recordings import upload
from tests.voices.rows import voice_of
from voices import errands, files, services, upkeep
from voices.models import EmotionReference, Errand, SoundQuery, VoiceSample
from work import doing, leases, shutdown

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "0123456789:1:1:x"


@pytest.fixture(autouse=True)
def _more_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, path in workhands.KINDS.items():
        monkeypatch.setitem(errands.HANDLERS, kind, path)


def done(owner: User, kind: str, **params: object) -> Errand:
    errand = errands.start(owner=owner, kind=kind, subject=7, params=dict(params))
    errands.run(errand.pk)
    errand.refresh_from_db()
    return errand


def test_done_with_what_the_handler_answers(alice: User) -> None:
    errand = done(alice, "echo", text="hello")
    assert (errand.status, errand.result, errand.progress, errand.subject) == ("done", {"text": "hello"}, 1.0, "7")
    assert errand.finished_at is not None
    assert (errand.lease_token, errand.error_code) == ("", "")
    assert hints() == [("run_errand", str(errand.pk))]


def test_done_once_only(alice: User) -> None:
    errand = done(alice, "echo")
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.attempt == 1


def test_a_refusal_is_told_with_its_words(alice: User) -> None:
    errand = done(alice, "refuse")
    assert (errand.status, errand.error_code, errand.error_params["seconds"]) == ("failed", "too_short", 0.5)
    assert Notice.objects.get().text == "refuse: too_short"


def test_a_fault_is_logged_under_an_id(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    errand = done(alice, "stumble")
    assert (errand.status, errand.error_code) == ("failed", "internal")
    assert f"[{errand.error_params['id']}]" in caplog.text
    assert "RuntimeError: a fault" in caplog.text
    assert Notice.objects.get().text == "stumble: internal"


def test_a_busy_database_is_tried_again_and_given_up_in_the_end(alice: User) -> None:
    errand = done(alice, "busy")
    for attempt in range(1, doing.MAX_ATTEMPTS):
        assert (errand.status, errand.attempt) == ("queued", attempt)
        assert errand.lease_until is not None
        Errand.objects.update(lease_until=None)
        errands.run(errand.pk)
        errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "internal")


def test_one_that_is_deleted_meanwhile_leaves_nothing(alice: User) -> None:
    errand = errands.start(owner=alice, kind="vanish", subject=7)
    errands.run(errand.pk)
    assert not Errand.objects.exists()
    assert not Notice.objects.exists()


def test_a_worker_that_is_stopped_hands_it_back(alice: User) -> None:
    errand = errands.start(owner=alice, kind="refuse", subject=7)
    shutdown.request()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.attempt, errand.lease_token) == ("queued", 0, "")


def lost(owner: User) -> Errand:
    past = timezone.now() - timedelta(seconds=1)
    return Errand.objects.create(
        owner=owner, kind="echo", subject="7", status="running", lease_token=ELSEWHERE, lease_until=past, attempt=1
    )


def test_a_lost_worker_gives_it_back(alice: User) -> None:
    errand = lost(alice)
    held = lost(alice)
    Errand.objects.filter(pk=held.pk).update(lease_until=timezone.now() + timedelta(seconds=10))
    assert reaper.reap() == 1
    assert reaper.reap() == 0
    assert hints() == [("run_errand", str(errand.pk))]
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.attempt) == ("done", 2)


def test_workers_that_are_lost_again_and_again_end_it(alice: User) -> None:
    errand = lost(alice)
    Errand.objects.update(attempt=doing.MAX_ATTEMPTS)
    reaper.reap()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "errand_lost")
    assert Notice.objects.get().text == "echo: errand_lost"


def test_free_workers_are_told_of_it_again(alice: User) -> None:
    errand = errands.start(owner=alice, kind="echo", subject=7)
    assert len(hints()) == 1
    watch = Watch(workers=1)
    assert not watch.look(now=0.0)
    assert not watch.look(now=HINT_SECONDS)
    assert hints() == [("run_errand", str(errand.pk))] * 2


def test_errands_go_before_long_work_a_few_at_a_time(alice: User) -> None:
    first, second, third = (errands.start(owner=alice, kind="echo", subject=number) for number in range(3))
    later = errands.start(owner=alice, kind="echo", subject=3)
    Errand.objects.filter(pk=first.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    errands.run_due(most=2)
    status = dict(Errand.objects.values_list("pk", "status"))
    assert [status[one.pk] for one in (first, second, third, later)] == ["queued", "done", "done", "queued"]


def test_ones_own_and_nobody_elses(alice: User, bob: User) -> None:
    errand = errands.start(owner=alice, kind="echo", subject=7)
    assert errands.errand_of(alice, str(errand.pk)) == errand
    for who, wanted in ((bob, errand.pk), (alice, uuid.uuid4()), (alice, "nonsense")):
        with pytest.raises(Errand.DoesNotExist):
            errands.errand_of(who, wanted)


def test_what_is_a_day_old_is_swept_unless_it_is_under_way(alice: User) -> None:
    old, open_one, new = done(alice, "echo"), errands.start(owner=alice, kind="echo", subject=7), done(alice, "echo")
    clip, fresh = (SoundQuery.objects.create(owner=alice, name=name) for name in ("old.wav", "new.wav"))
    yesterday = timezone.now() - timedelta(hours=25)
    Errand.objects.filter(pk__in=[old.pk, open_one.pk]).update(created_at=yesterday)
    SoundQuery.objects.filter(pk=clip.pk).update(created_at=yesterday)
    assert upkeep.sweep() == 2
    assert set(Errand.objects.values_list("pk", flat=True)) == {open_one.pk, new.pk}
    assert list(SoundQuery.objects.values_list("pk", flat=True)) == [fresh.pk]


def test_a_claim_that_is_lost_writes_nothing(alice: User) -> None:
    errand = errands.start(owner=alice, kind="echo", subject=7)
    claim = leases.claim(Errand, errand.pk)
    assert claim is not None
    Errand.objects.update(lease_token=ELSEWHERE)
    assert not claim.held.update(progress=0.5)
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.lease_token) == ("running", ELSEWHERE)


@pytest.mark.parametrize("kind", ["sample", "emotion"])
def test_nothing_is_being_measured_for_ever(alice: User, kind: str) -> None:
    if kind == "sample":
        row: VoiceSample | EmotionReference = services.sample_add(voice=voice_of(alice), upload=upload())
    else:
        row = services.emotion_create(owner=alice, upload=upload(), label="calm")
    past = timezone.now() - timedelta(seconds=1)
    for _ in range(doing.MAX_ATTEMPTS):
        taken = leases.claim(Errand, Errand.objects.get().pk)
        assert taken is not None
        Errand.objects.update(lease_token=ELSEWHERE, lease_until=past)
        assert reaper.reap() == 1
    errands.run(Errand.objects.get().pk)
    row.refresh_from_db()
    assert (row.status, row.problems[0]["code"], row.problems[0]["severity"]) == ("refused", "errand_lost", "refuse")
    assert "Try once more" in row.problems[0]["text"]


def test_a_clip_that_cannot_be_heard_is_forgotten(alice: User, media_root: Path) -> None:
    query, errand = services.query_ask(owner=alice, upload=upload())
    Errand.objects.update(attempt=doing.MAX_ATTEMPTS)
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.error_code == "errand_lost"
    assert not files.query_root(query.pk).exists()
