"""Results that are shared."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Notice, User
from dubbing import selectors, sharing
from dubbing.models import Artifact, Job, JobShare
from tests.dubbing.conftest import make_job
from vocasync.errors import PipelineError

pytestmark = pytest.mark.django_db


@pytest.fixture
def result(alice: User) -> Job:
    job = make_job(alice, status="succeeded")
    Artifact.objects.create(job=job, name="a.wav", path="voice.wav", kind="audio", mime="audio/wav", size=1)
    return job


def sees(user: User, job: Job) -> bool:
    try:
        selectors.visible_job(user, job.pk)
    except Job.DoesNotExist:
        return False
    return True


@pytest.mark.parametrize("name", ["bob", " BOB ", "Bob@Example.org"])
def test_by_username_or_address(result: Job, bob: User, charlie: User, name: str) -> None:
    assert not sees(bob, result)
    share = sharing.job_share(job=result, name=name)
    assert (share.user, sees(bob, result), sees(charlie, result)) == (bob, True, False)
    notice = Notice.objects.get(user=bob)
    assert "alice" in notice.text
    assert notice.link == f"/dubs/{result.pk}/"


def test_it_is_looked_at_and_not_owned(result: Job, alice: User, bob: User) -> None:
    sharing.job_share(job=result, name="bob")
    with pytest.raises(Job.DoesNotExist):
        selectors.job_of(bob, result.pk)
    assert list(selectors.jobs_of(bob)) == []
    assert list(selectors.shared_jobs(bob)) == list(selectors.visible_jobs(bob)) == [result]
    assert list(selectors.shared_jobs(alice)) == []
    assert [share.user for share in selectors.people_of(result)] == [bob]


def test_twice_is_once_and_back_is_back(result: Job, bob: User) -> None:
    first = sharing.job_share(job=result, name="bob")
    assert sharing.job_share(job=result, name="bob") == first
    assert Notice.objects.filter(user=bob).count() == 1
    assert sharing.job_unshare(job=result, user=bob)
    assert not sharing.job_unshare(job=result, user=bob)
    assert not sees(bob, result)


@pytest.mark.parametrize(
    ("name", "code"), [("nobody", "share_unknown"), ("", "share_unknown"), ("alice", "share_self_job")]
)
def test_whom_it_cannot_be_shared_with(result: Job, name: str, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        sharing.job_share(job=result, name=name)
    assert (caught.value.code, caught.value.params["field"]) == (code, "name")
    assert not JobShare.objects.exists()


def test_only_a_result_is_shared(alice: User, bob: User) -> None:
    with pytest.raises(PipelineError) as caught:
        sharing.job_share(job=make_job(alice), name="bob")
    assert caught.value.code == "share_nothing"


def test_somebody_suspended_shares_nothing(result: Job, alice: User, bob: User) -> None:
    alice.suspended_at = timezone.now()
    alice.save()
    with pytest.raises(PipelineError) as caught:
        sharing.job_share(job=Job.objects.get(pk=result.pk), name="bob")
    assert caught.value.code == "suspended"


def test_what_was_taken_down_is_its_owners_alone(result: Job, alice: User, bob: User) -> None:
    sharing.job_share(job=result, name="bob")
    Job.objects.filter(pk=result.pk).update(taken_down_at=timezone.now())
    assert (sees(alice, result), sees(bob, result)) == (True, False)
    assert list(selectors.shared_jobs(bob)) == []
