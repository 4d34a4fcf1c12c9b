"""Recordings for live voices: taken in, measured, gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import limits
from live import uploads
from live.models import LiveUpload
from tests import factory
from tests.people import Person, program_of
from vocasync.media import audio
from voices import errands, upkeep
from voices.models import Errand


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A few seconds of speech, at a rate that is not kept."""
    path = tmp_path_factory.mktemp("live") / "speech.wav"
    text = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all."
    return factory.speech(text, path, rate=22_050).read_bytes()


def send(client: Client, content: bytes, name: str = "ann.wav", **fields: str) -> Any:
    return client.post("/api/upload-audio", {"audio": SimpleUploadedFile(name, content), **fields})


def test_a_recording_can_be_used_at_once(alice: Person, speech: bytes, media_root: Path, settings: Any) -> None:
    settings.LIVE_CACHE_TTL = 600
    before = timezone.now()
    answer = send(alice.program, speech, name="Ann's voice.wav")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    row = LiveUpload.objects.get(pk=body["id"])
    sound = audio.read(uploads.sound_path(row))
    assert (sound.rate, round(sound.duration, 1)) == (16_000, round(body["seconds"], 1))
    assert 590 < (row.expires_at - before).total_seconds() < 660
    assert [path.name for path in (media_root / "live" / body["id"]).iterdir()] == ["sound.wav"]
    assert limits.storage_used(alice.user) == body["size"] == uploads.sound_path(row).stat().st_size
    assert limits.audio_used(alice.user) == pytest.approx(body["seconds"])
    assert (body["name"], body["report"]) == ("Ann's voice.wav", {})


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # what keeps the lease has a connection of its own
def test_it_is_measured_by_a_worker(alice: Person, speech: bytes) -> None:
    body = send(alice.program, speech).json()
    errands.run(Errand.objects.get(pk=body["errand"]).pk)
    assert alice.program.get(f"/api/errands/{body['errand']}").json()["status"] == "done"
    report = alice.program.get(f"/api/upload-audio/{body['id']}").json()["report"]
    assert report["status"] in {"good", "flagged"}
    assert report["speech_seconds"] > 2
    for problem in report["problems"]:
        assert set(problem) == {"code", "text", "advice", "severity"}


def test_it_is_its_owners(alice: Person, bob: Person, charlie: Person, speech: bytes) -> None:
    address = f"/api/upload-audio/{send(alice.program, speech).json()['id']}"
    for person in (bob, charlie):
        assert [person.browser.get(address).status_code, person.browser.delete(address).status_code] == [404, 404]
        assert person.browser.get("/api/upload-audio").json()["count"] == 0
    assert alice.browser.get(address).status_code == 200
    assert alice.browser.get("/api/upload-audio").json()["count"] == 1
    assert [Client().get(path).status_code for path in (address, "/api/upload-audio")] == [401, 401]


def test_it_is_deleted_by_its_owner(
    alice: Person, speech: bytes, media_root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    body = send(alice.program, speech).json()
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.program.delete(f"/api/upload-audio/{body['id']}").status_code == 204
    assert list((media_root / "live").iterdir()) == []
    assert not Errand.objects.filter(pk=body["errand"]).exists()


def test_it_goes_when_its_time_is_over(alice: Person, speech: bytes, media_root: Path) -> None:
    body = send(alice.program, speech).json()
    LiveUpload.objects.update(expires_at=timezone.now())
    assert alice.program.get(f"/api/upload-audio/{body['id']}").status_code == 404
    assert upkeep.sweep() >= 1
    assert list((media_root / "live").iterdir()) == []
    assert not LiveUpload.objects.exists()


def test_what_a_killed_process_left_goes(alice: Person, speech: bytes, media_root: Path, monkeypatch: Any) -> None:
    kept = send(alice.program, speech).json()["id"]
    (media_root / "live" / "left").mkdir()
    assert uploads.sweep() == 0
    monkeypatch.setattr(uploads, "ORPHAN_SECONDS", -1.0)
    assert uploads.sweep() == 1
    assert [path.name for path in (media_root / "live").iterdir()] == [kept]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"no sound at all" * 99, "not_media"), (b"#EXTM3U\n/etc/passwd\n", "disguised_playlist")],
)
def test_what_is_no_recording(alice: Person, media_root: Path, content: bytes, code: str) -> None:
    answer = send(alice.program, content)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "audio")
    assert list((media_root / "live").glob("*")) == []
    assert limits.audio_used(alice.user) == 0


@pytest.mark.parametrize(("seconds", "code"), [(0.5, "too_short"), (31.0, "recording_long")])
def test_too_short_and_too_long(alice: Person, tmp_path: Path, media_root: Path, seconds: float, code: str) -> None:
    answer = send(alice.program, factory.tone(tmp_path / "tone.wav", seconds).read_bytes())
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "audio")
    assert list((media_root / "live").glob("*")) == []


def test_no_room_for_it(alice: Person, speech: bytes, media_root: Path) -> None:
    alice.user.max_storage_mb = 0
    alice.user.save()
    answer = send(alice.program, speech)
    assert (answer.status_code, answer.json()["code"]) == (413, "storage_limit")
    assert list((media_root / "live").glob("*")) == []
    assert limits.audio_used(alice.user) == 0


def test_no_file(alice: Person) -> None:
    assert alice.program.post("/api/upload-audio", {}).status_code == 400


def test_who_may(alice: Person, speech: bytes) -> None:
    assert send(program_of(alice, ["live"]), speech).status_code == 201
    assert send(program_of(alice, ["read", "jobs", "voices"]), speech).status_code == 403
    assert send(Client(), speech).status_code == 401
    alice.user.suspended_at = timezone.now()
    alice.user.save()
    assert send(alice.program, speech).status_code == 403
