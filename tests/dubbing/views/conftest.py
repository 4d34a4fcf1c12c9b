"""Three people, and their dubs in every state."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.models import User
from dubbing.files import output_root
from dubbing.models import Artifact, Job, Segment, Take
from tests.conftest import make_user
from tests.dubbing.conftest import make_job

MEDIA = {"container": "mp4", "duration": 12.0, "size": 9, "video": {"width": 640, "height": 360}, "audio": {}}
FILES = (
    ("dubbed.mp4", "video", "video/mp4", b"0123456789"),
    ("voice.mp3", "audio", "audio/mpeg", b"mp3"),
    ("emotion.mp3", "audio", "audio/mpeg", b"mp3"),
    ("subtitles.source.vtt", "subtitles", "text/vtt", b"WEBVTT"),
    ("subtitles.target.vtt", "subtitles", "text/vtt", b"WEBVTT"),
    ("everything.zip", "archive", "application/zip", b"zip"),
    ("original.peaks.json", "peaks", "application/json", json.dumps({"duration": 12.0, "peaks": [0.5]}).encode()),
)
SCORES = {
    "tracks": {"voice": {"speaker": 0.71}, "emotion": {"speaker": 0.66, "emotion": 0.6}},
    "baselines": {"self": 0.95, "untreated": 0.55, "emotion_self": 0.9},
}


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return signed_in(charlie)


def with_segments(job: Job) -> Job:
    words = [{"text": "<b>Hello</b>", "start": 0.5, "end": 1.0, "confidence": 0.2}]
    words.append({"text": "there", "start": 1.0, "end": 1.5, "confidence": 0.9})
    for index in range(2):
        Segment.objects.create(
            job=job,
            index=index,
            start=0.5 + 3 * index,
            end=2.0 + 3 * index,
            text="<b>Hello</b> there",
            translation="Hola",
            words=words,
            confidence=0.5,
            flags=["low_confidence"],
        )
    return job


@pytest.fixture
def finished(alice: User) -> Job:
    """Alice's finished dub, with files, takes and scores."""
    job = with_segments(make_job(alice, status=Job.Status.SUCCEEDED, stage="mux", progress=1.0))
    detail = job.dubbing
    detail.media, detail.scores, detail.engines = (
        MEDIA,
        SCORES,
        {"recognition": "pocketsphinx 5.0.4", "voice": "espeak 1"},
    )
    detail.notes = ["One sentence is longer than its slot."]
    detail.save()
    folder = output_root(job.pk)
    folder.mkdir(parents=True)
    for name, kind, mime, content in FILES:
        (folder / name).write_bytes(content)
        Artifact.objects.create(job=job, name=f"A talk.{name}", path=name, kind=kind, mime=mime, size=len(content))
    fits = {"rate": 1.1, "stretch": 0.9, "borrowed": 0.0, "overflow": 0.8, "fit": "overflow"}
    for segment in job.segments.all():
        Take.objects.create(
            segment=segment, track="voice", start=0.5, duration=2.0, slot=1.5, similarity={"speaker": 0.7}, **fits
        )
    return job


@pytest.fixture
def waiting(alice: User) -> Job:
    """Alice's dub that waits for her review."""
    return with_segments(make_job(alice, status=Job.Status.WAITING, stage="review", progress=0.5))
