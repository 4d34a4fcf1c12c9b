"""Voice to voice over REST."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from dubbing.models import Job
from tests import factory
from tests.dubbing.conftest import make_voice
from tests.people import Person

pytestmark = pytest.mark.django_db

PATH = "/api/jobs/conversion"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return factory.speech(factory.ENGLISH, tmp_path_factory.mktemp("said") / "said.wav").read_bytes()


def said(recording: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("said.wav", recording, "audio/wav")


@pytest.fixture
def client(alice: Person) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice.user)
    return client


def test_a_conversion_is_submitted_once(client: APIClient, alice: Person, recording: bytes) -> None:
    voice = make_voice(alice.user)
    for code in (201, 200):
        body = {"source": said(recording), "source_language": "en", "voice": str(voice.pk), "ways": "convert"}
        answer = client.post(PATH, body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == code
    job = Job.objects.get(kind="conversion")
    assert answer.json()["kind"] == "conversion"
    assert (answer.json()["dubbing"]["ways"], answer.json()["dubbing"]["converter"]) == ("convert", "auto")
    assert job.speakers.get().voice == voice


def test_what_is_wrong_names_its_field(client: APIClient, bob: Person, recording: bytes) -> None:
    theirs = make_voice(bob.user)
    for fields, field in (
        ({}, "voice"),
        ({"voice": str(theirs.pk)}, "voice"),
        ({"stock": "english-female", "voice_engine": "bark"}, "stock"),
        ({"stock": "f5", "voice_engine": "espeak", "ways": "sing"}, "ways"),
        ({"stock": "f5", "voice_engine": "espeak", "source_language": "xx"}, "source_language"),
        ({"stock": "f5", "voice_engine": "espeak", "target_language": "zz"}, "target_language"),
    ):
        body = {"source": said(recording), "source_language": "en", **fields}
        answer = client.post(PATH, body)
        assert answer.status_code in (400, 422)
        told = answer.json()
        assert field in (told.get("field"), *told.get("fields", {}))
    assert not Job.objects.filter(kind="conversion").exists()
