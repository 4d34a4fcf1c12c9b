"""The library over REST: what is sent and what comes back. Who may do what at all is in test_permissions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.people import Person
from tests.voices.recordings import toned, upload
from tests.voices.rows import vector, verified_voice, voice_of
from tests.voices.shelf import SOUND, Shelf
from vocasync.engines.registry import spec
from voices import files
from voices.models import Errand, Preview, SoundQuery, VoiceProfile, VoiceSample
from web.uploads import FIELD_BYTES


def send(client: Client, method: str, path: str, data: Any = None) -> Any:
    return client.generic(method, f"/api/{path}", json.dumps(data), "application/json")


def names(client: Client, query: str = "") -> list[str]:
    return [row["name"] for row in client.get(f"/api/voices?{query}").json()["results"]]


def test_made_read_changed_deleted(alice: Person) -> None:
    sent = {"name": "Deep", "whose": "other", "person_name": "Maria", "languages": ["es"], "tags": ["Warm"]}
    made = send(alice.program, "POST", "voices", sent)
    assert made.status_code == 201
    body = made.json()
    assert made.headers["Location"] == body["url"]
    assert {key: body[key] for key in ("name", "whose", "person_name", "languages", "tags", "mine", "owner")} == {
        "name": "Deep", "whose": "other", "person_name": "Maria", "languages": ["es"], "tags": ["warm"],
        "mine": True, "owner": "alice",
    }  # fmt: skip
    assert (body["consent"], body["grade"], body["similarity"], body["favourite"]) == ("none", "", None, False)
    address = f"voices/{body['id']}"
    changed = send(alice.program, "PATCH", address, {"tags": [], "name": "Deeper"}).json()
    assert (changed["name"], changed["tags"], changed["languages"]) == ("Deeper", [], ["es"])
    assert alice.program.get(f"/api/{address}").json() == changed
    assert alice.program.delete(f"/api/{address}").status_code == 204
    assert names(alice.program) == []


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"whose": "own"}, 400, "name"),
        ({"name": "", "whose": "own"}, 400, "name"),
        ({"name": "A", "whose": "nobody's"}, 400, "whose"),
        ({"name": "A", "whose": "other"}, 400, "person_name"),
        ({"name": "A", "whose": "own", "tags": ["x" * 41]}, 400, "tags"),
        ({"name": "A", "whose": "own", "languages": ["tlh"]}, 422, "languages"),
    ],
)
def test_what_cannot_be_says_which_field(alice: Person, sent: dict[str, Any], status: int, field: str) -> None:
    answer = send(alice.program, "POST", "voices", sent)
    assert answer.status_code == status
    body = answer.json()
    assert body["message"]
    assert field in (body.get("field"), *body.get("fields", {}))
    assert not VoiceProfile.objects.exists()


def test_what_is_measured_cannot_be_written(alice: Person, shelf: Shelf) -> None:
    send(alice.program, "PATCH", f"voices/{shelf.voice.pk}", {"grade": "A", "consent": "none", "is_public": True})
    voice = VoiceProfile.objects.get(pk=shelf.voice.pk)
    assert (voice.consent, voice.is_public) == ("verified", False)


def test_narrowed_and_paginated(alice: Person, bob: Person) -> None:
    verified_voice(bob.user, name="Public", is_public=True, grade="C", search_text="public")
    mine = voice_of(alice.user, name="Mine", grade="A", quality=0.9, search_text="mine warm")
    mine.tag_rows.create(tag="warm")
    mine.language_rows.create(code="es")
    send(alice.browser, "PUT", f"voices/{mine.pk}/favourite")
    assert set(names(alice.browser)) == {"Public", "Mine"}
    for query in (
        "scope=mine",
        "text=warm",
        "tag=warm",
        "language=es",
        "grade=B",
        "favourite=true",
        "scope=favourites",
    ):
        assert names(alice.browser, query) == ["Mine"], query
    assert names(alice.browser, "scope=public&order=name") == ["Public"]
    assert names(alice.browser, "order=-quality")[0] == "Mine"
    page = alice.browser.get("/api/voices?limit=1&offset=1&order=name").json()
    assert (page["count"], [row["name"] for row in page["results"]]) == (2, ["Public"])
    for query in ("scope=everything", "grade=Z", "order=salary", "like=nonsense"):
        answer = alice.browser.get(f"/api/voices?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), query


def test_what_sounds_alike_first(alice: Person, bob: Person, shelf: Shelf) -> None:
    twin = voice_of(alice.user, name="Twin", embedding=vector() + 0.1 * vector(5))
    voice_of(alice.user, name="Other", embedding=vector(9))
    empty = VoiceProfile.objects.create(owner=alice.user, name="Empty", whose="own")
    found = alice.browser.get(f"/api/voices?like={shelf.voice.pk}").json()
    assert [row["name"] for row in found["results"]] == ["Narrator", "Twin", "Other"]
    assert found["results"][0]["similarity"] == pytest.approx(1.0, abs=1e-5)
    similar = alice.browser.get(f"/api/voices/{shelf.voice.pk}/similar?limit=1").json()
    assert (similar["count"], similar["results"][0]["name"]) == (2, "Twin")
    assert names(bob.browser, f"like={shelf.voice.pk}") == ["Narrator"]
    for client, wanted in ((bob.browser, twin.pk), (alice.browser, empty.pk)):
        answer = client.get(f"/api/voices?like={wanted}")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["like"])


def test_like_a_clip_once_it_was_heard(alice: Person, bob: Person, shelf: Shelf) -> None:
    answer = alice.program.post("/api/voices/search-by-sound", {"clip": upload()})
    assert answer.status_code == 201
    body = answer.json()
    errand = alice.program.get(f"/api/errands/{body['errand']}").json()
    assert (errand["kind"], errand["status"], errand["subject"], errand["error"]) == (
        "query",
        "queued",
        body["id"],
        None,
    )
    assert alice.program.get(f"/api/voices?like={body['id']}").status_code == 400
    SoundQuery.objects.update(embedding=vector())
    assert names(alice.program, f"like={body['id']}") == ["Narrator"]
    assert bob.program.get(f"/api/voices?like={body['id']}").status_code == 400


def test_shared_and_shared_no_longer(alice: Person, bob: Person, charlie: Person, shelf: Shelf) -> None:
    address = f"voices/{shelf.voice.pk}/share"
    made = send(alice.program, "POST", address, {"name": "charlie@example.org"})
    assert (made.status_code, made.json()["username"]) == (201, "charlie")
    assert [row["username"] for row in alice.program.get(f"/api/{address}").json()] == ["bob", "charlie"]
    assert names(charlie.program) == ["Narrator"]
    answer = send(alice.program, "POST", address, {"name": "nobody"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "share_unknown", "name")
    assert charlie.program.delete(f"/api/{address}/bob").status_code == 404, "not Charlie's to end"
    assert charlie.program.delete(f"/api/{address}/charlie").status_code == 204
    assert alice.program.delete(f"/api/{address}/bob").status_code == 204
    assert alice.program.delete(f"/api/{address}/bob").status_code == 404
    assert names(bob.program) == []


def test_settings(alice: Person, bob: Person, shelf: Shelf) -> None:
    address = f"voices/{shelf.voice.pk}/settings/espeak"
    setting = spec("tts", "espeak").settings[0]
    put = send(alice.program, "PUT", address, {"values": {setting.name: setting.high}})
    assert put.status_code == 200
    seen = {row["name"]: row for row in bob.program.get(f"/api/{address}").json()}
    assert (seen[setting.name]["value"], seen[setting.name]["default"]) == (setting.high, setting.default)
    wrong = send(alice.program, "PUT", address, {"values": {setting.name: setting.high + 1}})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, [setting.name])
    unknown = alice.program.get(f"/api/voices/{shelf.voice.pk}/settings/nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "engine_unknown")


# --- samples ----------------------------------------------------------------------------------------------------------
def test_samples_are_added_each_by_itself(alice: Person, shelf: Shelf) -> None:
    address = f"/api/voices/{shelf.voice.pk}/samples"
    sent = {"sample": [upload(name="a.wav"), upload(b"prose", "b.wav")], "source": "recording", "language": "en"}
    answer = alice.program.post(address, sent)
    assert answer.status_code == 201
    body = answer.json()
    (sample,) = body["samples"]
    assert (sample["name"], sample["status"], sample["source"], sample["language"]) == (
        "a.wav", "measuring", "recording", "en",
    )  # fmt: skip
    assert (body["refused"][0]["name"], body["refused"][0]["code"]) == ("b.wav", "not_media")
    assert alice.program.get(f"/api/errands/{sample['errand']}").json()["kind"] == "sample"
    assert [row["name"] for row in alice.program.get(address).json()] == ["take.wav", "a.wav"]
    again = alice.program.post(address, {"sample": upload(name="c.wav")})
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (422, "sample_known", "sample")


def test_a_transcript_goes_with_one_recording(alice: Person, shelf: Shelf) -> None:
    address = f"/api/voices/{shelf.voice.pk}/samples"
    two = alice.program.post(address, {"sample": [upload(), upload(toned(3.0))], "transcript": "Hello."})
    assert (two.status_code, list(two.json()["fields"])) == (400, ["transcript"])
    one = alice.program.post(address, {"sample": upload(), "transcript": "Hello."}).json()["samples"][0]
    assert (one["transcript"], one["transcript_edited"]) == ("Hello.", True)
    cut = alice.program.post(address, {"sample": upload(toned(3.0)), "source": "dub"})
    assert cut.status_code == 400


@pytest.mark.parametrize("count", [21, 120, 500])
@pytest.mark.parametrize("who", ["program", "browser"])
def test_hundreds_at_once_are_refused_whole(alice: Person, shelf: Shelf, who: str, count: int) -> None:
    many = [upload(b"x", f"{number}.wav") for number in range(count)]
    answer = getattr(alice, who).post(f"/api/voices/{shelf.voice.pk}/samples", {"sample": many})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_files")
    assert "files at once are the most" in answer.json()["message"]
    assert VoiceSample.objects.count() == 1


def test_a_sample_is_corrected_and_heard(alice: Person, shelf: Shelf) -> None:
    address = f"voices/{shelf.voice.pk}/samples/{shelf.sample.pk}"
    changed = send(
        alice.program, "PATCH", address, {"transcript": "Hello.", "wanted": False, "status": "refused"}
    ).json()
    assert (changed["transcript"], changed["wanted"], changed["status"]) == ("Hello.", False, "good")
    whole = alice.program.get(f"/api/{address}/audio")
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "audio/wav")
    assert b"".join(whole) == SOUND
    part = alice.program.get(f"/api/{address}/audio", headers={"Range": "bytes=2-5"})
    assert (part.status_code, b"".join(part)) == (206, SOUND[2:6])
    assert "inline" in whole.headers["Content-Disposition"]
    kept = alice.program.get(f"/api/{address}/audio?original")
    assert b"".join(kept) == SOUND
    assert kept.headers["Content-Disposition"].startswith('attachment; filename="take.wav"')
    files.sample_sound(shelf.sample).unlink()
    assert alice.program.get(f"/api/{address}/audio").status_code == 404


# --- emotion references, previews -------------------------------------------------------------------------------------
def test_emotion_references(alice: Person) -> None:
    made = alice.program.post("/api/emotions", {"clip": upload(name="laugh.wav"), "label": "Happy"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["label"], body["status"], body["measures"]) == ("laugh", "happy", "measuring", {})
    assert Errand.objects.get().pk.hex == body["errand"].replace("-", "")
    changed = send(alice.program, "PATCH", f"emotions/{body['id']}", {"name": "Laugh", "label": "calm"}).json()
    assert (changed["name"], changed["label"]) == ("Laugh", "calm")
    for query, count in (("label=CALM", 1), ("label=happy", 0), ("text=laug", 1)):
        assert alice.program.get(f"/api/emotions?{query}").json()["count"] == count
    assert alice.program.get(f"/api/emotions/{body['id']}/audio").status_code == 404, "not measured yet"
    again = alice.program.post("/api/emotions", {"clip": upload(), "label": "happy"})
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (422, "emotion_known", "clip")


def test_a_line_is_asked_for_and_then_there(alice: Person, shelf: Shelf) -> None:
    address = f"voices/{shelf.voice.pk}/preview"
    line = {"text": "Hello.", "language": "en", "engine": "espeak", "emotion": str(shelf.emotion.pk), "strength": 0.5}
    asked = send(alice.program, "POST", address, line)
    assert asked.status_code == 201
    body = asked.json()
    assert (body["seconds"], body["strength"], body["emotion"]) == (None, 0.5, str(shelf.emotion.pk))
    assert alice.program.get(f"/api/errands/{body['errand']}").json()["kind"] == "preview"
    assert alice.program.get(body["audio"]).status_code == 404
    Preview.objects.filter(pk=body["id"]).update(seconds=1.5)
    Errand.objects.filter(subject=body["id"]).update(status="done")
    files.preview_sound(Preview.objects.get(pk=body["id"]).pk).write_bytes(SOUND)
    there = send(alice.program, "POST", address, line)
    assert (there.status_code, there.json()["id"], there.json()["errand"]) == (200, body["id"], None)
    heard = alice.program.get(f"{body['audio']}?download")
    assert b"".join(heard) == SOUND
    assert heard.headers["Content-Disposition"].startswith("attachment")
    listed = alice.program.get(f"/api/previews?voice={shelf.voice.pk}&engine=espeak").json()
    assert [row["id"] for row in listed["results"]] == [body["id"], str(shelf.preview.pk)]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"text": ""}, 400, "text"),
        ({"text": "x" * 501}, 400, "text"),
        ({"language": "tlh"}, 422, "language"),
        ({"engine": "nothing"}, 422, "engine"),
        ({"strength": 2}, 400, "strength"),
        ({"options": {"nonsense": 1}}, 400, "nonsense"),
        ({"emotion": "00000000-0000-4000-8000-000000000000"}, 400, "emotion"),
    ],
)
def test_lines_that_cannot_be(alice: Person, shelf: Shelf, change: dict[str, Any], status: int, field: str) -> None:
    line = {"text": "Hello.", "language": "en", "engine": "espeak", **change}
    answer = send(alice.program, "POST", f"voices/{shelf.voice.pk}/preview", line)
    assert answer.status_code == status
    body = answer.json()
    assert field in (body.get("field"), *body.get("fields", {}))


def test_anothers_emotion_reference_is_not_there(bob: Person, shelf: Shelf) -> None:
    line = {"text": "Hello.", "language": "en", "engine": "espeak", "emotion": str(shelf.emotion.pk)}
    answer = send(bob.program, "POST", f"voices/{shelf.voice.pk}/preview", line)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["emotion"])


def test_an_errand_that_failed_says_why(alice: Person, shelf: Shelf) -> None:
    params = {"name": "a.wav", "seconds": 0.5, "limit": 1.5}
    Errand.objects.update(status="failed", error_code="too_short", error_params=params)
    body = alice.program.get(f"/api/errands/{shelf.errand.pk}").json()
    assert body["status"] == "failed"
    assert body["error"] == {
        "code": "too_short",
        "message": "“a.wav” is only 0.5 s long; at least 1.5 s are needed.",
    }


# --- limits -----------------------------------------------------------------------------------------------------------
def test_a_file_beyond_its_fields_limit(alice: Person, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIELD_BYTES, "sample", 1000)
    large = SimpleUploadedFile("large.wav", b"x" * 2000)
    answer = alice.program.post(f"/api/voices/{shelf.voice.pk}/samples", {"sample": large})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (413, "too_large", "sample")


def test_the_person_s_limits_are_told(alice: Person, shelf: Shelf) -> None:
    alice.user.max_voices = 1
    alice.user.save()
    full = send(alice.program, "POST", "voices", {"name": "One more", "whose": "own"})
    assert (full.status_code, full.json()["code"]) == (409, "voices_limit")
    alice.user.max_audio_minutes_day = 0
    alice.user.save()
    spent = alice.program.post(f"/api/voices/{shelf.voice.pk}/samples", {"sample": upload()})
    assert (spent.status_code, spent.json()["code"]) == (429, "audio_limit")


@pytest.mark.parametrize(("scope", "path"), [("upload", "samples"), ("preview", "preview")])
def test_work_for_the_site_is_throttled_and_reading_is_not(
    alice: Person, shelf: Shelf, scope: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, scope, "2/min")
    address = f"/api/voices/{shelf.voice.pk}/{path}"
    sent = [alice.program.post(address, {}).status_code for _ in range(3)]
    assert sent == [400, 400, 429]
    assert alice.program.get(f"/api/voices/{shelf.voice.pk}/samples").status_code == 200
