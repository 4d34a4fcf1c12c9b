"""Alice owns a finished dub, which is shared with Bob. He has one of his own, Charlie has nothing. Each comes with a
session and a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import User
from dubbing import files
from dubbing.models import Artifact, DubbingJob, Job, JobEvent, JobShare, Segment, Speaker, Take
from tests import people
from tests.people import Person

SOUND = bytes(range(256)) * 40


Meet = Callable[[str], Person]
MakeJob = Callable[..., Job]


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path, settings: Settings, db: None) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    cache.clear()  # throttles


@pytest.fixture
def meet() -> Meet:
    return people.meet


@pytest.fixture
def alice(meet: Meet) -> Person:
    return meet("alice")


@pytest.fixture
def bob(meet: Meet, make_job: MakeJob) -> Person:
    person = meet("bob")
    make_job(person.user, title="Bob's own")
    return person


@pytest.fixture
def charlie(meet: Meet) -> Person:
    return meet("charlie")


@pytest.fixture
def make_job() -> MakeJob:
    def make(owner: User, status: str = Job.Status.SUCCEEDED, title: str = "A talk") -> Job:
        job = Job.objects.create(owner=owner, kind=Job.Kind.DUBBING, title=title, status=status)
        source = files.job_root(job.pk) / "source" / "a.mp4"
        output = files.output_root(job.pk) / "voice.wav"
        for path in (source, output):
            path.parent.mkdir(parents=True)
            path.write_bytes(SOUND)
        DubbingJob.objects.create(
            job=job,
            source=f"jobs/{job.pk}/source/a.mp4",
            source_name="talk.mp4",
            source_language="en",
            target_language="es",
        )
        segment = Segment.objects.create(job=job, index=0, start=0.5, end=2.0, text="Hello.", translation="Hola.")
        Segment.objects.create(job=job, index=1, start=2.0, end=3.0, text="Bye.", translation="Adiós.")
        Take.objects.create(
            segment=segment, track="voice", start=0.5, duration=1.4, slot=1.5, rate=1.0, stretch=1.0, borrowed=0.0,
            overflow=0.0, fit="natural",
        )  # fmt: skip
        Speaker.objects.create(job=job, number=0, seconds=2.5, sample_end=2.0)
        Speaker.objects.create(job=job, number=1)
        Artifact.objects.create(
            job=job,
            name="talk.es.voice.wav",
            path="voice.wav",
            kind="audio",
            mime="audio/wav",
            size=len(SOUND),
            track="voice",
        )
        for seq in (1, 2, 3):
            JobEvent.objects.create(job=job, seq=seq, kind="progress", payload={"progress": seq / 3})
        return job

    return make


@pytest.fixture
def dub(alice: Person, bob: Person, make_job: MakeJob) -> Job:
    """Alice's dub, which she shares with Bob."""
    job = make_job(alice.user)
    JobShare.objects.create(job=job, user=bob.user)
    return job
