"""Jobs over REST: submit, list, follow, steer, correct, fetch."""

from __future__ import annotations

import itertools
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from dubbing import files, services
from dubbing.models import Job, Segment
from tests import factory
from tests.dubbing.api.conftest import SOUND, MakeJob, Person
from tests.dubbing.conftest import make_voice

MULTIPART = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A few seconds of speech."""
    path: Path = tmp_path_factory.mktemp("media") / "talk.wav"
    return factory.speech(factory.ENGLISH, path).read_bytes()


def form(talk: bytes, **fields: Any) -> dict[str, Any]:
    """A submission that needs no network: the words are given in the target language."""
    cues = "1\n00:00:00,500 --> 00:00:03,000\nUn zorro salta.\n"
    return {
        "source": SimpleUploadedFile("talk.wav", talk, "audio/wav"),
        "subtitles": SimpleUploadedFile("talk.srt", cues.encode(), "text/plain"),
        "subtitles_are": "target",
        "source_language": "en",
        "target_language": "es",
        **fields,
    }


@pytest.mark.parametrize("address", ["/api/jobs/dubbing", "/api/jobs/dubbing/"])
def test_a_program_submits(alice: Person, talk: bytes, address: str) -> None:
    response = alice.program.post(address, form(talk, title="My talk", emotion_strength="0.5", review="true"))
    assert response.status_code == 201, response.content
    body = response.json()
    assert response.headers["Location"] == f"/api/jobs/{body['id']}"
    assert (body["status"], body["title"], body["error"]) == ("queued", "My talk", None)
    assert body["dubbing"]["source_name"] == "talk.wav"
    assert body["dubbing"]["review"] is True
    job = Job.objects.get(pk=body["id"])
    assert job.owner == alice.user
    assert Path(job.dubbing.source.path).read_bytes() == talk
    assert alice.browser.get(response.headers["Location"]).json() == body


def test_with_a_voice_of_the_library(alice: Person, bob: Person, talk: bytes) -> None:
    voice = make_voice(alice.user)
    response = alice.program.post("/api/jobs/dubbing", form(talk, voice=str(voice.pk), speaker_count="2"))
    assert response.status_code == 201, response.content
    assert response.json()["dubbing"]["speaker_count"] == 2
    assert Job.objects.get(owner=alice.user).dubbing.voice == voice
    theirs = make_voice(bob.user, consent="verified")
    for field, value in (("voice", theirs.pk), ("voice", "x"), ("emotion_reference", voice.pk), ("speaker_count", 99)):
        refused = alice.program.post("/api/jobs/dubbing", form(talk, **{field: str(value)}))
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])
    assert Job.objects.filter(owner=alice.user).count() == 1


def test_sent_twice_it_is_one_job(alice: Person, bob: Person, talk: bytes) -> None:
    def send(person: Person, key: str) -> Any:
        return person.program.post("/api/jobs/dubbing", form(talk), headers={"Idempotency-Key": key})

    first, second = send(alice, "one"), send(alice, "one")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    long = [send(alice, "x" * 500), send(alice, "x" * 500), send(alice, "x" * 501)]
    assert [response.status_code for response in long] == [201, 200, 201]
    assert send(bob, "one").status_code == 201
    assert Job.objects.filter(owner=alice.user).count() == 3


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"source": SimpleUploadedFile("a.mp4", b"")}, 422, "empty_file", "source"),
        ({"source": SimpleUploadedFile("a.mp4", b"hello" * 100)}, 422, "not_media", "source"),
        ({"source": SimpleUploadedFile("a.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")}, 422, None, "source"),
        ({"emotion": SimpleUploadedFile("a.wav", b"hello" * 100)}, 422, "not_media", "emotion"),
        ({"emotion": SimpleUploadedFile("a.wav", b"")}, 422, "empty_file", "emotion"),
        ({"target_language": "xx"}, 422, "unknown_language", None),
        ({"voice_engine": "nonsense"}, 422, "engine_unknown", None),
        ({"subtitles": SimpleUploadedFile("a.srt", b"no times here")}, 422, None, "subtitles"),
        ({"glossary": "train = tren\ntrain = convoy"}, 422, "glossary_twice", "glossary"),
    ],
)
def test_bad_input_is_refused(
    alice: Person, talk: bytes, changes: dict[str, Any], status: int, code: str | None, field: str | None
) -> None:
    for upload in changes.values():
        if isinstance(upload, SimpleUploadedFile):
            upload.seek(0)
    response = alice.program.post("/api/jobs/dubbing", form(talk, **changes))
    assert response.status_code == status
    body = response.json()
    assert code in (None, body["code"])
    assert field in (None, body.get("field"))
    assert len(body["message"]) > 20
    assert not Job.objects.exists()
    assert [path for path in files.jobs_root().rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target_language": ""}, "target_language"),
        ({"emotion_strength": "2"}, "emotion_strength"),
        ({"emotion_strength": "nan"}, "emotion_strength"),
        ({"match": "perfect"}, "match"),
        ({"source": "not a file"}, "source"),
        ({"transcript": "and subtitles"}, "transcript"),
        ({"title": "x" * 300}, "title"),
    ],
)
def test_fields_are_checked(alice: Person, talk: bytes, changes: dict[str, Any], field: str) -> None:
    response = alice.program.post("/api/jobs/dubbing", form(talk, **changes))
    assert response.status_code == 400
    body = response.json()
    assert body["code"] == "invalid"
    assert list(body["fields"]) == [field]
    assert field in body["message"]
    assert not Job.objects.exists()


def test_the_limit_of_jobs(alice: Person, talk: bytes) -> None:
    User.objects.filter(pk=alice.user.pk).update(max_active_jobs=1)
    assert alice.program.post("/api/jobs/dubbing", form(talk)).status_code == 201
    response = alice.program.post("/api/jobs/dubbing", form(talk))
    assert response.status_code == 429
    assert response.json()["code"] == "too_many_jobs"
    assert alice.program.get("/api/me").json()["active_jobs"] == 1


def test_submissions_are_throttled(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"submit": "2/min"})
    codes = [alice.program.post("/api/jobs/dubbing", "", content_type=MULTIPART).status_code for _ in range(3)]
    assert codes == [400, 400, 429]
    response = alice.program.post("/api/jobs/dubbing", "", content_type=MULTIPART)
    assert response.json()["code"] == "throttled"
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert alice.program.get("/api/jobs").status_code == 200


def test_the_list_is_filtered_ordered_and_paged(alice: Person, make_job: MakeJob) -> None:
    for status, title in itertools.product(("succeeded", "failed", "queued"), "ab"):
        make_job(alice.user, status, f"{title} {status}")

    def titles(query: str) -> list[str]:
        return [row["title"] for row in alice.program.get(f"/api/jobs?{query}").json()["results"]]

    assert titles("status=failed&order=title") == ["a failed", "b failed"]
    assert titles("status=failed&status=queued&order=-title") == ["b queued", "b failed", "a queued", "a failed"]
    assert titles("kind=dubbing&limit=1") == ["b queued"]
    assert titles("limit=2&offset=5&order=created_at") == ["b queued"]
    assert titles("created_after=2999-01-01T00:00:00Z") == []
    page = alice.program.get("/api/jobs?limit=2").json()
    assert page["count"] == 6
    assert alice.program.get(page["next"]).json()["results"][0]["title"] == "b failed"
    wrong = alice.program.get("/api/jobs?status=lost")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["status"])


def test_the_list_takes_few_queries(alice: Person, make_job: MakeJob, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        make_job(alice.user, title=str(number))
    with django_assert_max_num_queries(6):
        assert len(alice.browser.get("/api/jobs").json()["results"]) == 5


def test_a_failed_job_says_why(alice: Person, make_job: MakeJob) -> None:
    job = make_job(alice.user, "failed")
    Job.objects.filter(pk=job.pk).update(error_code="no_speech", error_params={"name": "talk.mp4"})
    body = alice.program.get(f"/api/jobs/{job.pk}").json()
    assert body["error"]["code"] == "no_speech"
    assert "talk.mp4" in body["error"]["message"]


def test_steering(alice: Person, make_job: MakeJob) -> None:
    job = make_job(alice.user, "queued")

    def act(name: str) -> tuple[int, str]:
        response = alice.program.post(f"/api/jobs/{job.pk}/{name}")
        body = response.json()
        return response.status_code, body.get("status") or body["code"]

    assert act("approve") == (409, "not_now")
    assert act("cancel") == (200, "cancelled")
    assert act("cancel") == (409, "not_now")
    assert act("retry") == (200, "queued")
    Job.objects.filter(pk=job.pk).update(status="waiting")
    assert act("approve") == (200, "queued")
    Job.objects.filter(pk=job.pk).update(status="succeeded")
    assert act("rerun") == (400, "invalid")
    services.segment_edit(segment=job.segments.all()[0], translation="¡Hola!")
    assert act("rerun") == (200, "queued")


def test_delete_leaves_nothing(alice: Person, dub: Job, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.program.delete(f"/api/jobs/{dub.pk}").status_code == 204
    assert alice.program.get(f"/api/jobs/{dub.pk}").status_code == 404
    assert not files.job_root(dub.pk).exists()
    assert not Segment.objects.filter(job=dub.pk).exists()


def test_polling(alice: Person, dub: Job) -> None:
    def poll(after: str) -> Any:
        return alice.program.get(f"/api/jobs/{dub.pk}/events?after={after}")

    first = poll("0").json()
    assert [event["seq"] for event in first["events"]] == [1, 2, 3]
    assert first["events"][0]["kind"] == "progress"
    assert (first["last"], first["status"]) == (3, "succeeded")
    assert [event["seq"] for event in poll("2").json()["events"]] == [3]
    assert poll("3").json() == {"status": "succeeded", "last": 3, "events": []}
    for wrong in ("x", "-1", "1.5", "٣", "9" * 30):
        assert poll(wrong).status_code == 400


def test_segments(alice: Person, dub: Job) -> None:
    page = alice.program.get(f"/api/jobs/{dub.pk}/segments").json()
    assert page["count"] == 2
    assert page["results"][0]["takes"][0]["track"] == "voice"
    address = f"/api/jobs/{dub.pk}/segments/1"
    edit = {"translation": "Hasta luego.", "start": 99, "stale": False}
    body = alice.program.patch(address, edit, content_type="application/json").json()
    assert (body["translation"], body["stale"], body["translation_edited"]) == ("Hasta luego.", True, True)
    assert (body["start"], body["text"], body["text_edited"]) == (2.0, "Bye.", False)
    assert alice.program.get(address).json() == body
    for wrong in ({"text": "x" * 5001}, {"text": None}, {"text": ["a"]}):
        assert alice.program.patch(address, wrong, content_type="application/json").status_code == 400
    assert alice.program.patch(address, "{", content_type="application/json").status_code == 400
    assert alice.program.get(f"/api/jobs/{dub.pk}/segments/9").status_code == 404
    Job.objects.filter(pk=dub.pk).update(status="running")
    late = alice.program.patch(address, {"text": "Too late."}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "not_now")


def test_segments_take_few_queries(alice: Person, dub: Job, django_assert_max_num_queries: Any) -> None:
    Segment.objects.bulk_create(Segment(job=dub, index=n, start=n, end=n + 1) for n in range(2, 60))
    with django_assert_max_num_queries(6):
        assert len(alice.browser.get(f"/api/jobs/{dub.pk}/segments?limit=60").json()["results"]) == 60


def test_artifacts(alice: Person, dub: Job) -> None:
    [row] = alice.program.get(f"/api/jobs/{dub.pk}/artifacts").json()
    assert (row["path"], row["name"]) == ("voice.wav", "talk.es.voice.wav")
    assert (row["size"], row["track"]) == (len(SOUND), "voice")
    whole = alice.program.get(row["url"])
    assert b"".join(whole) == SOUND
    assert whole.headers["Content-Type"] == "audio/wav"
    assert whole.headers["Content-Disposition"] == 'inline; filename="talk.es.voice.wav"'
    part = alice.program.get(f"{row['url']}?download", headers={"Range": "bytes=-5"})
    assert part.status_code == 206
    assert b"".join(part) == SOUND[-5:]
    assert part.headers["Content-Disposition"].startswith("attachment")
    source = alice.program.get(f"/api/jobs/{dub.pk}/source")
    assert b"".join(source) == SOUND
    assert source.headers["Content-Disposition"] == 'attachment; filename="talk.mp4"'


def test_artifacts_that_are_not_there(alice: Person, dub: Job) -> None:
    for name in ("nothing.wav", "..", "%2e%2e%2fsource%2fa.mp4"):
        response = alice.program.get(f"/api/jobs/{dub.pk}/artifacts/{name}")
        assert response.status_code == 404
    dub.artifacts.update(path="gone.wav")
    assert alice.program.get(f"/api/jobs/{dub.pk}/artifacts/gone.wav").status_code == 404
    assert alice.program.get(f"/api/jobs/{uuid.uuid4()}").status_code == 404


def test_an_error_of_our_own_leaks_nothing(
    alice: Person, dub: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(services, "job_cancel", fail)
    response = alice.program.post(f"/api/jobs/{dub.pk}/cancel")
    assert response.status_code == 500
    body = response.json()
    assert body["code"] == "internal"
    assert body["id"] in body["message"]
    assert "swordfish" not in response.content.decode()
    assert body["id"] in caplog.text
    assert "swordfish" in caplog.text


def test_the_general_throttle(alice: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "3/min"})
    cache.clear()
    assert [alice.program.get("/api/languages").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert Client().get("/api/languages").status_code == 401
