"""Every page about a thing of somebody's, every method, seen by whom it is shared with, by another, and by nobody.

The cases come from the URL configuration: a page added later is held to the same.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.services import api_key_create
from dubbing import files
from dubbing.models import Artifact, Batch, DubbingJob, Job, JobShare, Segment, Speaker
from dubbing.urls import urlpatterns
from voices.models import Utterance

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
OPEN = {"engines/", "verify/"}
"""Pages that everybody may see."""

SHARED = {"dubs/<uuid:job_id>/", "dubs/<uuid:job_id>/source/", "dubs/<uuid:job_id>/files/<str:path>"}
"""What somebody may look at with whom a job is shared."""


OWN = {"account/engine-keys/<slug:service>/", "account/engine-keys/<slug:service>/delete/"}
"""Pages about what whoever asks has themselves: their parameter names nothing of anybody's."""


def routes() -> list[str]:
    assert all(isinstance(pattern, URLPattern) for pattern in urlpatterns)
    return [str(pattern.pattern) for pattern in urlpatterns]


def owned() -> list[str]:
    return [route for route in routes() if "<" in route and route not in OWN]


@pytest.fixture
def job(db: None, tmp_path: Path, settings: Settings) -> Job:
    """Alice's, with a file, shared with Bob."""
    settings.MEDIA_ROOT = tmp_path
    alice = User.objects.create_user("alice", "alice@example.org", "correct horse")
    api_key_create(owner=alice, name="laptop")
    batch = Batch.objects.create(owner=alice, title="Several")
    job = Job.objects.create(owner=alice, kind="dubbing", title="A talk", status="succeeded", batch=batch)
    DubbingJob.objects.create(job=job, source=f"jobs/{job.pk}/a.mp4", source_name="a.mp4", target_language="es")
    Segment.objects.create(job=job, index=0, start=0, end=1, text="Hello.", translation="Hola.")
    Speaker.objects.create(job=job, number=0)
    Utterance.objects.create(owner=alice, text="Hello.", language="en", engine="espeak")
    bob = User.objects.create_user("bob", "bob@example.org", "correct horse")
    JobShare.objects.create(job=job, user=bob)
    out = files.output_root(job.pk)
    out.mkdir(parents=True)
    for path in (out / "voice.wav", tmp_path / "jobs" / str(job.pk) / "a.mp4"):
        path.write_bytes(b"sound")
    Artifact.objects.create(job=job, name="talk.es.voice.wav", path="voice.wav", kind="audio", mime="audio/wav", size=5)
    return job


def address(route: str, job: Job) -> str:
    values = {"uuid:job_id": str(job.pk), "int:index": "0", "int:number": "0", "str:path": "voice.wav"}
    values["slug:service"] = "deepl"
    values["uuid:batch_id"] = str(Batch.objects.get(owner=job.owner).pk)
    values["uuid:utterance_id"] = str(Utterance.objects.get(owner=job.owner).pk)
    values["int:user_id"] = str(User.objects.get(username="bob").pk)
    values["int:key_id"] = str(ApiKey.objects.get(owner=job.owner).pk)
    for name, value in values.items():
        route = route.replace(f"<{name}>", value)
    assert "<" not in route, "say what to put there"
    return f"/{route}"


def unharmed(job: Job) -> bool:
    job.refresh_from_db()
    row = job.segments.get()
    key = ApiKey.objects.get(owner=job.owner)
    shared_with = [share.user.username for share in job.shares.all()]
    kept = Utterance.objects.filter(owner=job.owner).count(), Batch.objects.filter(owner=job.owner).count()
    found = (job.status, row.text, str(job.speakers.get()), shared_with, key.revoked_at, kept)
    return found == ("succeeded", "Hello.", "Speaker 1", ["bob"], None, (1, 1)) and files.job_root(job.pk).exists()


def ask(user: User, method: str, route: str, job: Job) -> int:
    client = Client()
    client.force_login(user)
    sent = "text=Changed.&name=Changed&answer=no"
    response = client.generic(method, address(route, job), sent, "application/x-www-form-urlencoded")
    if response.streaming:
        b"".join(response)  # type: ignore[arg-type]
    return response.status_code


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", owned())
def test_charlie_sees_nothing_of_alices(route: str, method: str, job: Job) -> None:
    charlie = User.objects.create_user("charlie", "charlie@example.org", "correct horse")
    assert ask(charlie, method, route, job) in (404, 405)
    assert unharmed(job)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", owned())
def test_bob_looks_at_what_is_shared_with_him_and_changes_nothing(route: str, method: str, job: Job) -> None:
    bob = User.objects.get(username="bob")
    seen = ask(bob, method, route, job)
    if route in SHARED and method in ("GET", "HEAD"):
        assert seen == 200
    else:
        assert seen in (404, 405)
    assert unharmed(job)


@pytest.mark.parametrize("route", owned())
def test_alice_sees_what_is_hers(route: str, job: Job) -> None:
    """So that the 404 above is about who asks, not about an address that is wrong."""
    alice = Client()
    alice.force_login(job.owner)
    where = address(route, job)
    seen, acted = alice.get(where), alice.post(where)
    if seen.streaming:
        b"".join(seen)  # type: ignore[arg-type]
    assert {seen.status_code, acted.status_code} & {200, 302, 422}
    assert 404 not in (seen.status_code, acted.status_code)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", routes())
def test_nobody_is_asked_to_sign_in(route: str, method: str, job: Job) -> None:
    response = Client().generic(method, address(route, job))
    if route in OPEN:
        assert response.status_code in (200, 405, 422)
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/")
    assert unharmed(job)


@pytest.mark.parametrize("route", owned())
def test_another_site_cannot_write_with_alices_session(route: str, job: Job) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(job.owner)
    assert strict.post(address(route, job), {"text": "Changed."}).status_code == 403
    assert unharmed(job)


def test_a_job_that_never_was(job: Job) -> None:
    alice = Client()
    alice.force_login(job.owner)
    assert alice.get(f"/dubs/{uuid.uuid4()}/").status_code == 404
