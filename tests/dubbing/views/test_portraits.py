"""The pages of talking portraits: the forms, a result, a batch, and the list of all work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from dubbing import withdrawal
from dubbing.batches import batch_create
from dubbing.files import output_root
from dubbing.models import Artifact, Job, Segment
from dubbing.portraits import Portrait, job_create_portrait
from dubbing.scripted import Said
from tests.dubbing.conftest import make_job
from tests.dubbing.faces import make_face
from tests.voices.rows import told
from voices.models import FaceProfile

JSON = {"accept": "application/json"}
FILES = (
    ("portrait.mp4", "video", "video/mp4", ""),
    ("voice.mp3", "audio", "audio/mpeg", "voice"),
    ("subtitles.vtt", "subtitles", "text/vtt", ""),
    ("poster.jpg", "poster", "image/jpeg", ""),
    ("everything.zip", "archive", "application/zip", ""),
)


@pytest.fixture
def face(alice: User) -> FaceProfile:
    return make_face(alice)


def portrait(face: FaceProfile, text: str = "Good morning.") -> Portrait:
    return Portrait(said=Said("en", text), face=face)


@pytest.fixture
def job(alice: User, face: FaceProfile) -> Job:
    """Alice's finished portrait."""
    job = job_create_portrait(owner=alice, portrait=portrait(face))
    Job.objects.filter(pk=job.pk).update(status=Job.Status.SUCCEEDED, progress=1.0)
    media = {"duration": 2.0, "video": {"width": 512, "height": 512}}
    job.detail_rows.update(media=media, engines={"voice": "espeak 1", "face": "mesh 1", "lipsync": "warp 1"})
    Segment.objects.create(job=job, index=0, start=0.0, end=1.5, text="Good morning.", translation="Good morning.")
    output_root(job.pk).mkdir(parents=True)
    for path, kind, mime, track in FILES:
        (output_root(job.pk) / path).write_bytes(b"made")
        Artifact.objects.create(job=job, path=path, name=f"Ada.{path}", kind=kind, mime=mime, size=4, track=track)
    job.refresh_from_db()
    return job


def form(face: FaceProfile | None, **changes: Any) -> dict[str, Any]:
    given = {"target_language": "en", "text": "Good morning.", "motion": "on", "ai_mark": "on", "fps": "25"}
    return given | ({"face": str(face.pk)} if face else {}) | changes


def errors(client: Client, sent: dict[str, Any], address: str = "dubbing:portrait-new") -> dict[str, list[str]]:
    answer = client.post(reverse(address), sent, headers=JSON)
    assert answer.status_code == 422, answer.content
    fields: dict[str, list[str]] = answer.json()["fields"]
    return fields


# --- the form ---------------------------------------------------------------------------------------------------------
def test_the_form_offers_ones_own_faces(face: FaceProfile, bob: User, as_alice: Client) -> None:
    hers, his = make_face(bob, "Bob's"), make_face(face.owner, "Nobody", state="refused")
    html = as_alice.get(reverse("dubbing:portrait-new")).content.decode()
    assert str(face.pk) in html
    assert str(hers.pk) not in html
    assert str(his.pk) not in html
    assert "Drawn lips" in html


def test_a_portrait_is_taken_in(face: FaceProfile, as_alice: Client) -> None:
    sent = form(face, lipsync="warp", submission_key="one", buffer_frames="")
    answer = as_alice.post(reverse("dubbing:portrait-new"), sent, headers=JSON)
    assert answer.status_code == 201, answer.content
    detail = Job.objects.get().portrait
    assert (detail.lipsync, detail.lip_options, detail.buffer_frames, detail.motion) == ("warp", {}, 3, True)
    again = as_alice.post(reverse("dubbing:portrait-new"), sent)
    assert again["Location"] == answer.json()["url"], "two clicks are one portrait"


def test_what_is_wrong_is_said_at_its_field(face: FaceProfile, bob: User, as_alice: Client) -> None:
    assert list(errors(as_alice, form(face, text="😀"))) == ["text"]
    assert list(errors(as_alice, form(face, text=""))) == ["text"]
    assert list(errors(as_alice, form(face, text="Здравствуйте, друзья."))) == ["text"]
    assert list(errors(as_alice, form(face, fps="1000"))) == ["fps"]
    assert list(errors(as_alice, form(None))) == ["picture"]
    assert list(errors(as_alice, form(make_face(bob)))) == ["face"]
    assert list(errors(as_alice, form(face, lipsync="wav2lip"))) == ["lipsync"]
    script = SimpleUploadedFile("a.txt", b"\x00\x01\x02" * 9)
    assert list(errors(as_alice, form(face, text="", script=script))) == ["script"]
    plain = as_alice.post(reverse("dubbing:portrait-new"), form(face, text="😀"))
    assert plain.status_code == 422
    assert "nothing in “your text” that can be said" in plain.content.decode()


def test_a_photo_becomes_a_face_of_the_library(
    shared_media: Path, alice: User, as_alice: Client, media_root: Path
) -> None:
    photo = (shared_media / "scikit-image" / "astronaut.png").read_bytes()

    def sent(text: str) -> dict[str, Any]:
        picture = SimpleUploadedFile("eileen.png", photo)
        person = {"whose": "other", "person_name": "Eileen Collins", "declared": "on"}
        return form(None, picture=picture, text=text, **person)

    assert list(errors(as_alice, sent("😀"))) == ["text"]
    assert not FaceProfile.objects.exists(), "nothing is kept of what is refused"
    assert not list((media_root / "faces").glob("*"))
    assert as_alice.post(reverse("dubbing:portrait-new"), sent("Hello."), headers=JSON).status_code == 201
    face, job = FaceProfile.objects.get(), Job.objects.get()
    assert (job.portrait.face, face.person_name, face.state) == (face, "Eileen Collins", "checking")
    drawing = SimpleUploadedFile("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert list(errors(as_alice, form(None, picture=drawing, whose="own", declared="on"))) == ["picture"]
    assert list(errors(as_alice, sent("Hello.") | {"declared": ""})) == ["declared"]


# --- the result -------------------------------------------------------------------------------------------------------
def test_a_result_plays_itself(job: Job, as_alice: Client) -> None:
    html = as_alice.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    for path, *_ in FILES:
        assert reverse("dubbing:artifact", args=[job.pk, path]) in html
    assert "Drawn lips 1" in html
    assert "data-translation" in html
    assert "data-text" not in html, "what is said is what was written"
    assert reverse("dubbing:source", args=[job.pk]) not in html
    assert reverse("dubbing:recount", args=[job.pk]) not in html
    assert "Delete this portrait?" in html


def test_a_sentence_is_spoken_again(job: Job, as_alice: Client) -> None:
    address = reverse("dubbing:segment", args=[job.pk, 0])
    assert as_alice.post(address, {"translation": "Good evening."}, headers=JSON).json()["stale_count"] == 1
    assert as_alice.post(reverse("dubbing:rerun", args=[job.pk])).status_code == 302
    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED


def test_a_face_that_is_withdrawn_stops_what_waits_and_marks_what_is_done(
    job: Job, face: FaceProfile, as_alice: Client
) -> None:
    waiting = job_create_portrait(owner=job.owner, portrait=portrait(face, "Not yet."))
    FaceProfile.objects.filter(pk=face.pk).update(consent="withdrawn")
    face.refresh_from_db()
    withdrawal.face_withdrawn(face=face, reason="They took it back.")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error_params["reason"]) == (Job.Status.FAILED, "They took it back.")
    html = as_alice.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert "may not be used any more" in html
    assert "They took it back." in html
    assert len(told(job.owner)) == 1
    again = as_alice.post(reverse("dubbing:retry", args=[waiting.pk]), headers=JSON)
    assert again.status_code == 409
    face.delete()
    gone = as_alice.post(reverse("dubbing:retry", args=[waiting.pk]), headers=JSON)
    assert "was deleted" in gone.json()["message"]


# --- several, and all of it -------------------------------------------------------------------------------------------
def test_several_are_all_taken_in_or_none(face: FaceProfile, as_alice: Client) -> None:
    rows = SimpleUploadedFile("scripts.csv", b"title,text\nOne,Hello.\nTwo,\n")
    sent = form(None, text="", scripts=rows, faces=[str(face.pk)])
    assert errors(as_alice, sent, "dubbing:portraits-several")["scripts"][0].startswith("Row 3: ")
    assert not Job.objects.exists()
    sent["scripts"] = SimpleUploadedFile("scripts.csv", b"title,text\nOne,Hello.\nTwo,Bye.\n")
    answer = as_alice.post(reverse("dubbing:portraits-several"), sent, headers=JSON)
    page = as_alice.get(answer.json()["url"]).content.decode()
    assert [f">{title}</a>" in page for title in ("One", "Two")] == [True, True]


def test_a_batch_is_its_owners(alice: User, face: FaceProfile, as_alice: Client, as_bob: Client) -> None:
    table = ContentFile(b"text\nHello.\n", name="scripts.csv")
    batch = batch_create(owner=alice, like=portrait(face, ""), faces=(face,), table=table)
    archive = reverse("dubbing:batch-archive", args=[batch.pk])
    sent = as_alice.get(archive)
    assert sent["Content-Disposition"] == 'attachment; filename="scripts.zip"'
    assert b"".join(sent).startswith(b"PK"), "an empty archive is one"
    assert as_bob.get(archive).status_code == 404
    assert as_bob.get(reverse("dubbing:batch", args=[batch.pk])).status_code == 404


def test_the_list_is_narrowed_by_kind(job: Job, alice: User, as_alice: Client) -> None:
    dub = make_job(alice)
    address = reverse("dubbing:dashboard")
    everything = as_alice.get(address).content.decode()
    assert reverse("dubbing:artifact", args=[job.pk, "poster.jpg"]) in everything
    only = as_alice.get(address, {"kind": "portrait"}).content.decode()
    assert (str(job.pk) in only, str(dub.pk) in only) == (True, False)
    assert str(dub.pk) in as_alice.get(address, {"kind": "nothing"}).content.decode()
