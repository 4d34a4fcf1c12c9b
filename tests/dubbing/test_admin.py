"""Jobs in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from dubbing import events, files
from dubbing.models import Artifact, Job, JobShare, Segment, WorkUnit
from tests.dubbing.conftest import make_job
from tests.voices.rows import moderator
from voices import moderation
from voices.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(client: Client) -> Client:
    boss = User.objects.create_superuser("boss", "boss@example.org", "a long pass phrase 7")
    client.force_login(boss)
    return client


def filled_job(owner: User, **fields: object) -> Job:
    job = make_job(owner, **fields)
    Segment.objects.create(job=job, index=0, start=0, end=1, text="A fox", translation="Un zorro")
    WorkUnit.objects.create(job=job, stage="synthesize", name="0")
    events.record(job, "note", {"text": "Hello"})
    return job


@pytest.mark.parametrize("model", ["job", "segment", "jobevent", "workunit"])
@pytest.mark.parametrize("query", ["", "?q=talk", "?q=nothing-like-it"])
def test_lists_are_shown_searched_and_cost_the_same_for_many(
    staff: Client, alice: User, model: str, query: str, django_assert_max_num_queries: object
) -> None:
    filled_job(alice)
    address = f"/admin/dubbing/{model}/{query}"
    assert staff.get(address).status_code == 200
    for _ in range(12):
        filled_job(alice)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        found = staff.get(address).context["cl"].result_count
    assert found == (0 if "nothing" in query else 13)


@pytest.mark.parametrize("model", ["job", "segment", "jobevent", "workunit"])
def test_each_is_shown_and_not_edited(staff: Client, alice: User, model: str) -> None:
    job = filled_job(alice, status="failed", error_code="no_speech", error_params={"name": "talk.mp4"})
    pk = {
        "job": job.pk,
        "segment": job.segments.get().pk,
        "jobevent": job.events.get().pk,
        "workunit": job.units.get().pk,
    }[model]
    page = staff.get(f"/admin/dubbing/{model}/{pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    if model == "job":
        assert "No speech was found in “talk.mp4”" in page.content.decode()
        assert "Un zorro" in page.content.decode()
    assert staff.get(f"/admin/dubbing/{model}/add/").status_code == 403


def act(staff: Client, action: str, *jobs: Job) -> str:
    data = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return staff.post("/admin/dubbing/job/", data, follow=True).content.decode()


def test_cancel_and_retry(staff: Client, alice: User) -> None:
    queued, done = filled_job(alice), filled_job(alice, status="succeeded")
    page = act(staff, "cancel", queued, done)
    assert "1 cancelled." in page
    assert "cannot be done while the job is done" in page
    assert set(Job.objects.values_list("status", flat=True)) == {"cancelled", "succeeded"}
    assert "1 queued again." in act(staff, "retry", queued)
    queued.refresh_from_db()
    assert queued.status == "queued"


def test_deleting_takes_the_files(staff: Client, alice: User) -> None:
    job = filled_job(alice)
    staff.post(f"/admin/dubbing/job/{job.pk}/delete/", {"post": "yes"})
    assert not Job.objects.exists()
    assert not files.job_root(job.pk).exists()
    other = filled_job(alice)
    data = {"action": "delete_selected", "_selected_action": [str(other.pk)], "post": "yes"}
    staff.post("/admin/dubbing/job/", data)
    assert not Job.objects.exists()
    assert not files.job_root(other.pk).exists()


def test_others_see_no_admin(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/dubbing/job/").status_code == 302


# --- results that are in question -------------------------------------------------------------------------------------
def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def result_of(owner: User) -> Job:
    job = make_job(owner, status="succeeded")
    for name in ("voice.mp3", "voice.wav"):
        path = files.output_root(job.pk) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
        Artifact.objects.create(job=job, name=f"talk.{name}", path=name, kind="audio", mime="audio/mpeg", size=10)
    return job


def address(job: Job, track: str = "voice.mp3") -> str:
    return reverse("admin:dubbing_job_sound", args=[job.pk, track])


def test_moderators_hear_a_result_that_was_reported(client: Client, alice: User, bob: User) -> None:
    mona, job = moderator(), result_of(alice)
    client.force_login(mona)
    assert client.get(address(job)).status_code == 404, "nothing is in question"
    report = moderation.report_create(
        reporter=bob, job_id=job.pk, subject_name=job.title, subject_owner=alice, reason="abuse"
    )
    card = client.get("/admin/moderation/").context["cards"][0]
    assert [sound.url for sound in card.sounds] == [address(job)]
    part = client.get(address(job), headers={"range": "bytes=2-4"})
    assert (part.status_code, body(part)) == (206, b"234")
    entry = AuditEntry.objects.get(actor=mona)
    assert (entry.action, entry.object_type, entry.object_id) == ("moderation.listen", "dubbing.job", str(job.pk))
    for track in ("voice.wav", "secret.txt", "emotion.mp3"):
        assert client.get(address(job, track)).status_code == 404
    moderation.report_decide(report=report, moderator=mona, granted=False, reason="It is fine.")
    assert client.get(address(job)).status_code == 404, "not any more"


def test_taken_down_and_restored_through_the_queue(client: Client, alice: User, bob: User) -> None:
    job = result_of(alice)
    JobShare.objects.create(job=job, user=bob)
    report = moderation.report_create(
        reporter=bob, job_id=job.pk, subject_name=job.title, subject_owner=alice, reason="abuse"
    )
    client.force_login(moderator())
    client.post(f"/admin/moderation/decide/report/{report.pk}/", {"action": "grant", "reason": "It threatens."})
    job.refresh_from_db()
    assert job.taken_down_at is not None
    assert body(client.get(address(job))) == b"0123456789", "an appeal may come"
    decision = Decision.objects.get()
    client.post(f"/admin/moderation/decide/decision/{decision.pk}/", {"action": "restore"})
    job.refresh_from_db()
    assert job.taken_down_at is None


def test_nobody_else_hears_it(client: Client, alice: User, bob: User) -> None:
    job = result_of(alice)
    moderation.report_create(reporter=bob, job_id=job.pk, subject_name="A talk", subject_owner=alice, reason="abuse")
    assert client.get(address(job)).status_code == 302
    for user in (alice, bob):
        client.force_login(user)
        assert client.get(address(job)).status_code == 302
    desk = User.objects.create_user("desk", "desk@example.org", "a long pass phrase 7", is_staff=True)
    client.force_login(desk)
    assert client.get(address(job)).status_code == 404
