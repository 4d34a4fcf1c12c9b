"""A consent ends, a moderator steps in: what is being made stops, what was made is marked, and people are told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import Notice, User
from dubbing import files, runner, services, sharing, speakers
from dubbing.models import Job, Segment, Speaker, VoiceUse, WorkUnit
from tests.dubbing.conftest import LINES, make_job, make_voice
from tests.dubbing.textdub import logged
from tests.waiting import until
from vocasync.errors import PipelineError
from voices import consent, signals
from voices.models import VoiceProfile, VoiceShare
from voices.moderation import job_restore, job_takedown, user_suspend, voice_takedown
from voices.services import voice_delete, voice_unshare

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("text_dubs")]


def shared_voice(owner: User, *people: User, **fields: Any) -> VoiceProfile:
    voice = make_voice(owner, consent="verified", **fields)
    for user in people:
        VoiceShare.objects.create(voice=voice, user=user)
    return voice


def dubbed(owner: User, **fields: Any) -> Job:
    job = make_job(owner, **fields)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error_code, job.error_params)
    return job


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


def withdraw(voice: VoiceProfile, reason: str = "She asked for it.") -> None:
    consent.withdraw(likeness=voice, by=voice.owner, reason=reason)


@pytest.mark.parametrize("status", ["queued", "running", "waiting"])
def test_what_is_to_speak_with_the_voice_stops(alice: User, bob: User, status: str) -> None:
    voice = shared_voice(alice, bob)
    before, cast = (make_job(bob, status=status, voice=given) for given in (voice, None))
    Speaker.objects.create(job=cast, number=0, voice_kind="profile", voice=voice)
    changed_mind = make_job(bob, status=status, voice=voice)
    Speaker.objects.create(job=changed_mind, number=0)
    untouched = make_job(bob, status=status, voice=make_voice(bob, "Other"))
    WorkUnit.objects.create(job=cast, stage="synthesize", name="0")
    withdraw(voice)
    for job in (before, cast):
        job.refresh_from_db()
        assert (job.status, job.error_code) == ("failed", "voice_withdrawn")
        assert job.error_params["name"] == "Deep"
        assert job.events.filter(kind="status").latest("seq").payload["error"]["message"].startswith("The consent")
    for job in (changed_mind, untouched):
        job.refresh_from_db()
        assert job.status == status
    assert not WorkUnit.objects.exists()
    assert len(told(bob)) == 1
    assert "She asked for it." in told(bob)[0]


def test_a_consent_that_ends_while_a_worker_speaks_stops_it(alice: User, bob: User) -> None:
    voice = shared_voice(alice, bob)
    job = make_job(bob, "!pause 1\n" + LINES, voice=voice)

    def work() -> None:
        try:
            runner.advance(job.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: logged(files.job_root(job.pk), "began", "synthesize"))
    withdraw(voice)
    thread.join(20)
    assert not thread.is_alive()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "voice_withdrawn")
    assert not logged(files.job_root(job.pk), "began", "stitch")
    assert not WorkUnit.objects.exists()
    assert not VoiceUse.objects.exists()
    with pytest.raises(PipelineError) as caught:
        services.job_retry(job=job)
    assert caught.value.code == "voice_withdrawn"
    speakers.speaker_voice_set(speaker=Speaker.objects.get(job=job), kind="own")
    services.job_retry(job=job)
    assert job.status == "queued"


def test_results_are_marked_and_their_owners_told_once(alice: User, bob: User, charlie: User) -> None:
    voice = shared_voice(alice, bob, charlie)
    results = [dubbed(owner, voice=voice) for owner in (bob, bob, charlie, alice)]
    withdraw(voice)
    for job in results:
        use = VoiceUse.objects.get(job=job)
        assert use.ended_at is not None
        assert use.ended_reason == "She asked for it."
        job.refresh_from_db()
        assert job.status == "succeeded", "what was made stays"
    assert [len(told(user)) for user in (bob, charlie)] == [1, 1]
    assert Notice.objects.get(user=charlie).link == f"/dubs/{results[2].pk}/"
    assert told(bob)[0].count("“A talk”") == 2
    services.segment_edit(segment=Segment.objects.get(job=results[0], index=0), translation="Otra.")
    with pytest.raises(PipelineError):
        services.job_rerun_stale(job=results[0])


def test_a_consent_that_lapsed_leaves_the_owners_jobs_alone(alice: User, bob: User) -> None:
    voice = shared_voice(alice, bob)
    mine, theirs = make_job(alice, voice=voice), make_job(bob, voice=voice)
    made = dubbed(alice, voice=voice)
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="none")
    voice.refresh_from_db()
    signals.consent_ended.send(sender=VoiceProfile, voice=voice, reason="The samples were exchanged.")
    for job, status, code in ((mine, "queued", ""), (theirs, "failed", "voice_unverified")):
        job.refresh_from_db()
        assert (job.status, job.error_code) == (status, code)
    assert VoiceUse.objects.get(job=made).ended_at is None
    assert told(alice) == []


def test_a_deleted_voice_stops_even_its_owners_jobs(alice: User) -> None:
    voice = make_voice(alice)
    waiting, made = make_job(alice, voice=voice), dubbed(alice, voice=voice)
    voice_delete(voice=voice)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error_code) == ("failed", "voice_deleted")
    use = VoiceUse.objects.get(job=made)
    assert (use.voice, use.voice_name, bool(use.ended_at)) == (None, "Deep", True)
    row = Speaker.objects.get(job=made)
    assert (row.voice_kind, row.voice) == ("profile", None)
    services.segment_edit(segment=Segment.objects.get(job=made, index=0), translation="Otra vez.")
    with pytest.raises(PipelineError) as caught:
        services.job_rerun_stale(job=made)
    assert caught.value.code == "voice_gone"
    assert "Speaker 1" in str(caught.value)


def test_a_voice_that_is_no_longer_shared_is_noticed_when_the_work_begins(alice: User, bob: User) -> None:
    voice = shared_voice(alice, bob)
    job = make_job(bob, voice=voice)
    voice_unshare(voice=voice, user=bob)
    job.refresh_from_db()
    assert job.status == "queued"
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "voice_not_shared")
    assert not logged(files.job_root(job.pk), "began")


def test_a_voice_that_is_taken_down_stops_everybody(alice: User, bob: User, charlie: User) -> None:
    voice = shared_voice(alice, bob)
    jobs = [make_job(owner, voice=voice) for owner in (alice, bob)]
    voice_takedown(voice=voice, moderator=charlie, reason="It is an actor's.")
    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.error_code) == ("failed", "voice_taken_down")


# --- a moderator ------------------------------------------------------------------------------------------------------
def take_down(job: Job, moderator: User) -> None:
    job_takedown(job_id=job.pk, name=job.title, owner=job.owner, moderator=moderator, reason="It deceives.")
    job.refresh_from_db()


def test_a_result_that_is_taken_down_is_made_nothing_more_of(alice: User, bob: User, charlie: User) -> None:
    job = dubbed(alice)
    take_down(job, charlie)
    assert (job.taken_down_at is not None, job.takedown_reason) == (True, "It deceives.")
    segment, speaker = Segment.objects.get(job=job, index=0), Speaker.objects.get(job=job)
    acts: list[Callable[[], object]] = [
        lambda: services.segment_edit(segment=segment, text="No."),
        lambda: speakers.speaker_voice_set(speaker=speaker, kind="stock"),
        lambda: speakers.speakers_recount(job=job, count=1),
        lambda: sharing.job_share(job=job, name="bob"),
    ]
    for act in acts:
        with pytest.raises(PipelineError) as caught:
            act()
        assert caught.value.code == "job_taken_down"
        assert "It deceives." in str(caught.value)
    Segment.objects.filter(job=job).update(stale=True)
    with pytest.raises(PipelineError):
        services.job_rerun_stale(job=job)
    job_restore(job_id=job.pk, name=job.title, owner=alice, moderator=charlie)
    job.refresh_from_db()
    services.job_rerun_stale(job=job)
    assert job.status == "queued"


def test_a_job_at_work_is_stopped_by_its_takedown(alice: User, charlie: User) -> None:
    job = make_job(alice, status="running", stage="synthesize")
    WorkUnit.objects.create(job=job, stage="synthesize", name="0")
    take_down(job, charlie)
    assert job.status == "cancelled"
    assert not WorkUnit.objects.exists()
    with pytest.raises(PipelineError):
        services.job_retry(job=job)
    services.job_delete(job=job)


def test_jobs_of_somebody_suspended_stop(alice: User, bob: User, charlie: User) -> None:
    voice = shared_voice(alice, bob)
    mine, theirs, made = make_job(alice), make_job(bob, voice=voice), dubbed(alice)
    user_suspend(user=alice, moderator=charlie, reason="Impersonation.")
    mine.refresh_from_db()
    assert (mine.status, mine.error_code) == ("failed", "suspended")
    theirs.refresh_from_db()
    assert (theirs.status, theirs.error_code) == ("failed", "voice_owner_suspended")
    made.refresh_from_db()
    assert made.status == "succeeded"
