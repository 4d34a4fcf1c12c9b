"""Speakers, sharing and takedowns over REST. Who may do what at all is in test_permissions."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from dubbing.models import DubbingJob, Job, Segment, Speaker, VoiceUse
from tests.dubbing.conftest import make_voice
from tests.people import Person, program_of
from voices import actors
from voices.models import Actor, Errand, VoiceProfile


def send(client: Client, method: str, path: str, data: Any) -> Any:
    return client.generic(method, f"/api/{path}", json.dumps(data), "application/json")


def speaker(job: Job, number: int = 0) -> Speaker:
    return Speaker.objects.get(job=job, number=number)


def stale(job: Job) -> list[int]:
    return list(job.segments.filter(stale=True).order_by("index").values_list("index", flat=True))


def test_the_list_is_narrowed_to_a_job(alice: Person, bob: Person, dub: Job) -> None:
    rows = alice.program.get(f"/api/speakers?job={dub.pk}").json()
    assert [(row["number"], row["title"], row["actor_state"]) for row in rows["results"]] == [
        (0, "Speaker 1", "none"),
        (1, "Speaker 2", "none"),
    ]
    assert alice.program.get("/api/speakers?actor_state=asked").json()["count"] == 0
    assert bob.program.get("/api/speakers").json()["count"] == 4, "of his own and of what is shared with him"
    assert alice.program.get("/api/speakers?job=none").status_code == 400


def test_name_voice_and_actor_in_one(alice: Person, dub: Job) -> None:
    voice = make_voice(alice.user)
    sent = {"name": "The host", "voice_kind": "profile", "voice": str(voice.pk), "new_actor": "Anna"}
    row = send(alice.program, "PATCH", f"speakers/{speaker(dub).pk}", sent).json()
    anna = Actor.objects.get()
    assert (row["name"], row["title"], row["actor_state"], row["voice_chosen"]) == (
        "The host",
        "The host",
        "chosen",
        True,
    )
    assert row["voice"] == {"id": str(voice.pk), "name": "Deep"}
    assert row["actor"] == {"id": str(anna.pk), "name": "Anna"}
    assert stale(dub) == [0, 1]


def test_bob_is_not_told_whose_voices_they_are(alice: Person, bob: Person, dub: Job) -> None:
    anna = actors.actor_create(owner=alice.user, name="Anna")
    voice = make_voice(alice.user)
    Speaker.objects.filter(job=dub, number=0).update(actor=anna, actor_state="asked", voice=voice, voice_kind="profile")
    row = bob.program.get(f"/api/speakers/{speaker(dub).pk}").json()
    assert (row["voice_kind"], row["voice"], row["actor"]) == ("profile", None, None)
    assert alice.program.get(f"/api/speakers/{speaker(dub).pk}").json()["actor"]["name"] == "Anna"


def test_an_answer_to_is_this_anna(alice: Person, dub: Job) -> None:
    anna = actors.actor_create(owner=alice.user, name="Anna")
    embedding = np.eye(256, dtype=np.float32)[0]
    for number in (0, 1):
        row = speaker(dub, number)
        row.actor, row.actor_state, row.embedding, row.seconds = anna, "asked", embedding, 2.5
        row.save()
    no = send(alice.program, "PATCH", f"speakers/{speaker(dub, 1).pk}", {"actor": None}).json()
    assert (no["actor"], no["actor_state"]) == (None, "declined")
    yes = send(alice.program, "PATCH", f"speakers/{speaker(dub).pk}", {"actor": str(anna.pk)}).json()
    assert (yes["actor_state"], yes["title"]) == ("chosen", "Anna")
    assert anna.appearances.get().job_id == dub.pk


def test_what_cannot_be_is_refused_by_field_and_changes_nothing(alice: Person, bob: Person, dub: Job) -> None:
    theirs = make_voice(bob.user, consent="verified")
    foreign = actors.actor_create(owner=bob.user, name="Ben")
    for sent, field in (
        ({"name": "x" * 121}, "name"),
        ({"name": "Fine", "voice_kind": "profile", "voice": str(theirs.pk)}, "voice"),
        ({"name": "Fine", "voice_kind": "profile"}, "voice"),
        ({"name": "Fine", "voice_kind": "stock", "stock": "nobody"}, "stock"),
        ({"stock": "nobody"}, "voice_kind"),
        ({"voice_kind": "odd"}, "voice_kind"),
        ({"actor": str(foreign.pk)}, "actor"),
        ({"actor": None, "new_actor": "Anna"}, "new_actor"),
    ):
        refused = send(alice.program, "PATCH", f"speakers/{speaker(dub).pk}", sent)
        assert refused.status_code == 400, sent
        assert field in refused.json()["fields"]
    assert (str(speaker(dub)), stale(dub)) == ("Speaker 1", [])


def test_segments_change_hands(alice: Person, dub: Job) -> None:
    row = send(alice.program, "PATCH", f"jobs/{dub.pk}/segments/1", {"speaker": 1, "text": "Goodbye."}).json()
    assert (row["speaker"], row["speaker_edited"], row["text"], row["stale"]) == (1, True, "Goodbye.", True)
    refused = send(alice.program, "PATCH", f"jobs/{dub.pk}/segments/1", {"speaker": 9, "text": "No."})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["speaker"])
    assert Segment.objects.get(job=dub, index=1).text == "Goodbye."


def test_split_and_merged(alice: Person, dub: Job) -> None:
    rows = send(alice.program, "POST", f"jobs/{dub.pk}/speakers/split", {"speaker": 0, "segments": [1]}).json()
    assert [row["number"] for row in rows] == [0, 2], "who has nothing to say is not there"
    rows = send(alice.program, "POST", f"jobs/{dub.pk}/speakers/merge", {"into": 2, "others": [0]}).json()
    assert [row["number"] for row in rows] == [2]
    for path, sent, field in (
        ("merge", {"into": 7, "others": [2]}, "into"),
        ("merge", {"into": 2, "others": [7]}, "others"),
        ("merge", {"into": 2, "others": [2]}, "others"),
        ("split", {"speaker": 2, "segments": [0, 1]}, "segments"),
        ("split", {"speaker": 7, "segments": [0]}, "speaker"),
        ("recount", {"count": 0}, "count"),
        ("recount", {}, "count"),
    ):
        refused = send(alice.program, "POST", f"jobs/{dub.pk}/speakers/{path}", sent)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [field]), sent


def test_counted_anew(alice: Person, dub: Job) -> None:
    body = send(alice.program, "POST", f"jobs/{dub.pk}/speakers/recount", {"count": None}).json()
    assert (body["status"], body["dubbing"]["speaker_count"]) == ("queued", None)
    assert DubbingJob.objects.get(job=dub).recount
    late = send(alice.program, "PATCH", f"speakers/{speaker(dub).pk}", {"name": "Anna"})
    assert (late.status_code, late.json()["code"]) == (409, "not_now")


def test_a_voice_for_the_library_is_cut_by_a_worker(alice: Person, dub: Job) -> None:
    sent = {"name": "Anna", "whose": "other", "person_name": "Anna Smith"}
    answer = send(alice.program, "POST", f"speakers/{speaker(dub).pk}/library", sent)
    assert answer.status_code == 202
    voice, errand = VoiceProfile.objects.get(), Errand.objects.get()
    assert (answer.json()["id"], answer.json()["subject"]) == (str(errand.pk), str(voice.pk))
    assert (voice.owner, voice.whose, voice.person_name, voice.consent) == (alice.user, "other", "Anna Smith", "none")
    assert (errand.kind, errand.params) == ("cut", {"job": str(dub.pk), "speaker": 0})
    refused = send(alice.program, "POST", f"speakers/{speaker(dub).pk}/library", {"name": "Ben", "whose": "other"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["person_name"])
    assert VoiceProfile.objects.count() == 1


def test_the_main_voice_before_anybody_is_known(alice: Person, bob: Person, dub: Job) -> None:
    dub.speakers.all().delete()
    voice = make_voice(alice.user)
    assert send(alice.program, "PUT", f"jobs/{dub.pk}/voice", {"voice": str(voice.pk)}).status_code == 200
    assert DubbingJob.objects.get(job=dub).voice == voice
    theirs = make_voice(bob.user, consent="verified")
    assert send(alice.program, "PUT", f"jobs/{dub.pk}/voice", {"voice": str(theirs.pk)}).status_code == 400
    send(alice.program, "PUT", f"jobs/{dub.pk}/voice", {"voice": None})
    assert DubbingJob.objects.get(job=dub).voice is None


# --- sharing ----------------------------------------------------------------------------------------------------------
def test_shared_and_unshared(alice: Person, charlie: Person, dub: Job) -> None:
    assert charlie.program.get(f"/api/jobs/{dub.pk}").status_code == 404
    made = send(alice.program, "POST", f"jobs/{dub.pk}/share", {"name": "charlie@example.org"})
    assert (made.status_code, made.json()["username"]) == (201, "charlie")
    assert [row["username"] for row in alice.program.get(f"/api/jobs/{dub.pk}/share").json()] == ["bob", "charlie"]
    seen = charlie.program.get(f"/api/jobs/{dub.pk}").json()
    assert (seen["owner"], seen["title"]) == ("alice", "A talk")
    assert alice.program.delete(f"/api/jobs/{dub.pk}/share/charlie").status_code == 204
    assert alice.program.delete(f"/api/jobs/{dub.pk}/share/charlie").status_code == 404
    assert charlie.program.get(f"/api/jobs/{dub.pk}").status_code == 404
    refused = send(alice.program, "POST", f"jobs/{dub.pk}/share", {"name": "nobody"})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "share_unknown", "name")


# --- consents and takedowns -------------------------------------------------------------------------------------------
def test_a_result_says_which_voices_it_was_made_with(alice: Person, dub: Job) -> None:
    now = timezone.now()
    VoiceUse.objects.create(job=dub, speaker=1, voice_name="Deep", ended_at=now, ended_reason="Withdrawn.")
    [use] = alice.program.get(f"/api/jobs/{dub.pk}").json()["voices"]
    assert (use["speaker"], use["voice_name"], use["ended_reason"]) == (1, "Deep", "Withdrawn.")


def test_what_was_taken_down_is_served_to_nobody(alice: Person, bob: Person, dub: Job) -> None:
    Job.objects.filter(pk=dub.pk).update(taken_down_at=timezone.now(), takedown_reason="It deceives.")
    body = alice.program.get(f"/api/jobs/{dub.pk}").json()
    assert (bool(body["taken_down_at"]), body["takedown_reason"]) == (True, "It deceives.")
    paths = ("segments", "segments/0", "artifacts", "artifacts/voice.wav")
    for path in paths:
        refused = alice.program.get(f"/api/jobs/{dub.pk}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (451, "job_taken_down")
        assert "It deceives." in refused.json()["message"]
    for path in ("", *(f"/{path}" for path in (*paths, "source", "events"))):
        assert bob.program.get(f"/api/jobs/{dub.pk}{path}").status_code == 404
    for path, sent in (("speakers/merge", {"into": 0, "others": [1]}), ("share", {"name": "bob"})):
        assert send(alice.program, "POST", f"jobs/{dub.pk}/{path}", sent).status_code == 451
    assert alice.program.delete(f"/api/jobs/{dub.pk}").status_code == 204


def test_a_suspended_person_reads_and_starts_nothing(alice: Person, dub: Job) -> None:
    alice.user.suspended_at, alice.user.suspended_reason = timezone.now(), "Impersonation."
    alice.user.save()
    assert alice.program.get(f"/api/jobs/{dub.pk}").status_code == 200
    refused = send(alice.program, "POST", f"jobs/{dub.pk}/share", {"name": "bob"})
    assert (refused.status_code, refused.json()["code"]) == (403, "suspended")


@pytest.mark.parametrize("path", ["speakers/{speaker}", "jobs/{job}/speakers/merge", "jobs/{job}/share"])
def test_a_key_that_may_only_read_changes_nothing(alice: Person, dub: Job, path: str) -> None:
    reader = program_of(alice, ["read"])
    address = path.format(speaker=speaker(dub).pk, job=dub.pk)
    method = "PATCH" if path.startswith("speakers") else "POST"
    assert send(reader, method, address, {}).status_code == 403
