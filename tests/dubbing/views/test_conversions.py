"""The page of voice to voice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from dubbing.models import Job
from tests import factory
from tests.dubbing.conftest import make_voice
from voices.models import Errand, Preview

pytestmark = pytest.mark.django_db

PAGE = "/convert/"


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return factory.speech(factory.ENGLISH, tmp_path_factory.mktemp("said") / "said.wav").read_bytes()


def sent(recording: bytes, **fields: Any) -> dict[str, Any]:
    given = {"source_language": "en", "ways": "convert", "speaker": "stock:espeak:f5"} | fields
    return {"source": SimpleUploadedFile("said.wav", recording, "audio/wav"), **given}


def test_voices_are_offered_in_groups(client: Client, alice: User) -> None:
    voice = make_voice(alice, "My deep one")
    page = client.get(f"{PAGE}?voice={voice.pk}").content.decode()
    assert f'value="voice:{voice.pk}"\n                   checked' in page
    assert 'value="stock:espeak:f5"' in page
    assert page.index("My deep one") < page.index("High voice 1")


def test_a_form_without_scripts_goes_to_the_job(client: Client, recording: bytes) -> None:
    answer = client.post(PAGE, sent(recording, title="Said"))
    job = Job.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/dubs/{job.pk}/"
    assert (job.title, job.dubbing.ways, job.dubbing.stock, job.dubbing.voice_engine) == (
        "Said",
        "convert",
        "f5",
        "espeak",
    )
    assert client.get(f"/dubs/{job.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"speaker": ""}, "speaker"),
        ({"speaker": "stock:espeak:"}, "speaker"),
        ({"speaker": "voice:not-a-voice"}, "speaker"),
        ({"speaker": "stock:bark:english-female"}, "speaker"),
        ({"speaker": "stock:espeak:nobody"}, "speaker"),
        ({"source_language": "xx"}, "source_language"),
        ({"converter": "yourtts"}, "converter"),
        ({"ways": ""}, "ways"),
    ],
)
def test_what_is_wrong_is_shown_at_its_field(
    client: Client, recording: bytes, fields: dict[str, Any], field: str
) -> None:
    answer = client.post(PAGE, sent(recording, **fields), headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {field}
    shown = client.post(PAGE, sent(recording, **fields))
    assert shown.status_code == 422
    assert f'id="id_{field}-errors"' in shown.content.decode()


def test_somebody_elses_voice_is_none(client: Client, bob: User, recording: bytes) -> None:
    voice = make_voice(bob)
    fields = sent(recording, speaker=f"voice:{voice.pk}")
    answer = client.post(PAGE, fields, headers={"accept": "application/json"})
    assert "may not use" in answer.json()["fields"]["speaker"][0]


def test_an_engines_own_voice_says_a_sentence(client: Client, tmp_path: Path) -> None:
    asked = {"speaker": "stock:espeak:f5", "language": "es"}
    answer = client.post(f"{PAGE}hear/", asked)
    assert answer.status_code == 201
    line = Preview.objects.get()
    assert (line.stock, line.language, line.engine) == ("f5", "es", "espeak")
    assert answer.json() == {"sound": f"/previews/{line.pk}/sound/", "errand": str(Errand.objects.get().pk)}
    for wrong in ({"speaker": "stock:espeak:nobody"}, {"speaker": "voice:1"}, {"language": "xx"}, {"speaker": ""}):
        assert client.post(f"{PAGE}hear/", asked | wrong).status_code == 422


def test_it_takes_an_account(recording: bytes) -> None:
    for answer in (Client().get(PAGE), Client().post(PAGE, sent(recording)), Client().post(f"{PAGE}hear/")):
        assert answer.status_code == 302
    assert not Job.objects.exists()
