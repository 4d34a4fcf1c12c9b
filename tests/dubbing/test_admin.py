"""Jobs in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from dubbing import events, files
from dubbing.models import Job, Segment, WorkUnit
from tests.dubbing.conftest import make_job

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
