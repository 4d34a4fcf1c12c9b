"""Talking portraits by program: submitted, foreseen, several as one."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dubbing.models import Batch, Job
from tests import factory
from tests.dubbing.faces import make_face
from tests.people import Person
from voices.models import FaceProfile

JSON = "application/json"


@pytest.fixture
def face(alice: Person) -> FaceProfile:
    return make_face(alice.user)


def submit(person: Person, face: FaceProfile, *, key: str = "", **fields: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    sent = {"face": str(face.pk), "text": "Good morning.", "target_language": "en"} | fields
    return person.program.post("/api/jobs/portrait", sent, headers=headers)


def test_a_portrait_is_submitted_once(alice: Person, face: FaceProfile) -> None:
    first = submit(alice, face, key="mine", lip_options="{}", fps="30")
    assert first.status_code == 201, first.content
    body = first.json()
    assert (body["kind"], body["dubbing"], body["speech"]) == ("portrait", None, None)
    portrait = body["portrait"]
    assert (portrait["fps"], portrait["motion"], portrait["ai_mark"]) == (30.0, True, True), "defaults hold in a form"
    assert portrait["face"] == str(face.pk)
    again = submit(alice, face, key="mine")
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    found = alice.program.get("/api/jobs?kind=portrait").json()["results"]
    assert [job["id"] for job in found] == [body["id"]]
    assert alice.program.get("/api/jobs?kind=speech").json()["results"] == []
    assert alice.program.get(f"/api/jobs/{body['id']}/source").status_code == 404


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"text": "😀"}, "script_unspeakable", "text"),
        ({"target_language": "xx"}, "unknown_language", "target_language"),
        ({"lipsync": "wav2lip"}, "engine_not_ready", "lipsync"),
    ],
)
def test_what_is_wrong_is_named(
    fields: dict[str, Any], code: str, field: str, alice: Person, face: FaceProfile
) -> None:
    answer = submit(alice, face, **fields)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


def test_other_peoples_faces_are_not_there(bob: Person, face: FaceProfile) -> None:
    answer = submit(bob, face)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["face"])


def test_settings_of_lips_are_names_and_numbers(alice: Person, face: FaceProfile) -> None:
    endless = "9" * 400
    for wrong in ("[1]", '{"batch": "many"}', "nonsense", "[" * 100_000, f'{{"batch": {endless}}}', '{"batch": NaN}'):
        assert list(submit(alice, face, lip_options=wrong).json()["fields"]) == ["lip_options"]


def test_what_is_nested_without_end_is_the_clients_mistake(alice: Person) -> None:
    for address in ("/api/jobs/portrait", "/api/batches", "/api/speech", "/api/voices", f"/api/faces/{uuid.uuid4()}"):
        send = alice.program.patch if "faces" in address else alice.program.post
        answer = send(address, "[" * 100_000, content_type=JSON)
        assert answer.status_code in (400, 404), address


def test_what_it_will_take_is_said_beforehand(alice: Person) -> None:
    asked: dict[str, str | int] = {"characters": 300, "fps": 25, "lipsync": "warp"}
    found = alice.program.get("/api/check/portrait", asked).json()
    assert (found["ok"], found["voice"], found["lipsync"], found["seconds"]) == (True, "espeak", "warp", 20.0)
    assert found["work_seconds"] > 1.0
    refused = alice.program.get("/api/check/portrait", {"lipsync": "diff2lip"}).json()
    assert (refused["ok"], refused["code"], refused["field"]) == (False, "engine_not_ready", "lipsync")


def test_several_are_submitted_as_one(alice: Person, bob: Person, face: FaceProfile) -> None:
    table = SimpleUploadedFile("scripts.csv", b"title,text\nOne,Hello.\nTwo,Bye.\n")
    sent = {"faces": [str(face.pk)], "scripts": table, "title": "Greetings"}
    made = alice.program.post("/api/batches", sent, headers={"Idempotency-Key": "all"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["title"], body["count"], body["done"]) == ("Greetings", 2, 0)
    assert [job["batch"] for job in body["jobs"]] == [body["id"]] * 2
    assert [batch["id"] for batch in alice.program.get("/api/batches").json()["results"]] == [body["id"]]
    assert len(alice.program.get(f"/api/jobs?batch={body['id']}").json()["results"]) == 2
    assert b"".join(alice.program.get(body["archive"])).startswith(b"PK")
    assert bob.program.get(body["url"]).status_code == 404
    for faces, person in (([str(face.pk)], bob), ([str(face.pk)] * 51, alice), ([], alice)):
        refused = person.program.post("/api/batches", {"faces": faces, "text": "Hello."}, content_type=JSON)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["faces"])
    wrong = {"faces": [str(face.pk)], "scripts": SimpleUploadedFile("scripts.csv", b"text\nHello.\n\xf0\x9f\x98\x80\n")}
    refused = alice.program.post("/api/batches", wrong)
    assert refused.status_code == 400
    assert refused.json()["fields"]["scripts"][0].startswith("Row 3: ")
    assert Job.objects.filter(kind="portrait").count() == 2
    assert json.loads(alice.program.get(body["url"]).content)["stopped"] == 0


def test_a_full_queue_takes_nothing_more(alice: Person, face: FaceProfile, tmp_path: Path, media_root: Path) -> None:
    """Whatever its kind; of several nothing at all."""
    alice.user.max_active_jobs = 1
    alice.user.save()
    assert submit(alice, face).status_code == 201
    kept = sorted(media_root.rglob("*"))
    sound = factory.speech("The lips follow what is heard.", tmp_path / "said.wav").read_bytes()
    voice = {"stock": "f5", "voice_engine": "espeak", "source_language": "en"}
    table = SimpleUploadedFile("scripts.csv", b"text\nOne.\nTwo.\nThree.\n")
    photo = factory.image(tmp_path / "photo.png").read_bytes()
    brought = {"picture": SimpleUploadedFile("photo.png", photo), "whose": "own", "text": "Hello."}
    for address, sent in (
        ("/api/jobs/portrait", {"face": str(face.pk), "text": "Hello."}),
        ("/api/jobs/portrait", brought),
        ("/api/jobs/conversion", {"source": SimpleUploadedFile("said.wav", sound), **voice}),
        ("/api/speech", {"text": "Hello.", "job": "true"}),
        ("/api/batches", {"faces": [str(face.pk)], "scripts": table}),
    ):
        answer = alice.program.post(address, sent)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_jobs"), address
    assert (Job.objects.count(), Batch.objects.count(), FaceProfile.objects.count()) == (1, 0, 1)
    assert sorted(media_root.rglob("*")) == kept


def test_what_somebody_does_not_have_is_said_in_words(alice: Person) -> None:
    nobodys = "00000000-0000-4000-8000-000000000000"
    sent = {"face": nobodys, "voice": nobodys, "emotion_reference": nobodys, "text": "Hello."}
    fields = alice.program.post("/api/jobs/portrait", sent).json()["fields"]
    assert fields["face"] == ["You have no such face."]
    assert fields["voice"] == ["There is no such voice that you may use."]
    assert fields["emotion_reference"] == ["You have no such emotion reference."]
