"""Consent, publicity, reports, decisions and appeals over REST: the ways that the permission tests do not go."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing.models import DubbingJob, Job, JobShare
from tests.people import Person
from tests.voices.rows import PDF, moderator, upload, verified_voice, voice_of
from voices import moderation
from voices.models import ConsentAttempt, Report, VoiceProfile, VoiceShare


@pytest.fixture(autouse=True)
def _sentences(settings: Any) -> None:
    settings.CONSENT_SENTENCES = ["The quiet river carries seven boats."]


def test_a_sentence_is_asked_for_and_answered(alice: Person) -> None:
    voice = voice_of(alice.user)
    address = f"/api/voices/{voice.pk}/consent"
    asked = alice.program.post(address)
    assert asked.status_code == 201
    body = asked.json()
    assert (body["sentence"], body["language"], body["seconds"]) == ("The quiet river carries seven boats.", "en", 60)
    answered = alice.program.post(f"{address}/{body['id']}", {"recording": upload()})
    assert answered.status_code == 202
    assert alice.program.get(f"/api/errands/{answered.json()['errand']}").json()["kind"] == "consent"
    assert alice.program.get(f"{address}/{body['id']}").json()["outcome"] == "checking"
    again = alice.program.post(f"{address}/{body['id']}", {"recording": upload()})
    assert (again.status_code, again.json()["code"]) == (409, "consent_answered")
    state = alice.program.get(address).json()
    assert (state["status"], state["whose"], len(state["attempts"])) == ("none", "own", 1)


def test_an_attempt_belongs_to_its_voice(alice: Person) -> None:
    voice, other = voice_of(alice.user), voice_of(alice.user)
    attempt = alice.program.post(f"/api/voices/{voice.pk}/consent").json()["id"]
    wrong = f"/api/voices/{other.pk}/consent/{attempt}"
    assert alice.program.get(wrong).status_code == 404
    assert alice.program.post(wrong, {"recording": upload()}).status_code == 404
    assert ConsentAttempt.objects.get().outcome == "issued"


def test_a_statement_is_brought(alice: Person) -> None:
    voice = voice_of(alice.user, whose="other", person_name="Ann")
    address = f"/api/voices/{voice.pk}/statement"
    answer = alice.program.post(address, {"statement": upload(PDF, "a.pdf"), "person_name": "Ann"})
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    wrong = alice.program.post(address, {"statement": upload(b"MZ\x90\x00", "a.pdf"), "person_name": "Ann"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "statement_kind", "statement")
    large = alice.program.post(
        address, {"statement": upload(b"%PDF-" + bytes(10 * 2**20), "a.pdf"), "person_name": "Ann"}
    )
    assert large.status_code == 413
    assert alice.program.post(address, {"statement": upload(PDF), "person_name": ""}).status_code == 400


def test_a_consent_is_withdrawn_once(alice: Person) -> None:
    voice = verified_voice(alice.user)
    address = f"/api/voices/{voice.pk}/withdraw"
    assert alice.program.post(address, {"reason": "Enough."}, "application/json").status_code == 204
    again = alice.program.post(address, {}, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "consent_ended_already")


def test_a_voice_goes_to_the_public_and_back(alice: Person) -> None:
    voice = verified_voice(alice.user)
    address = f"/api/voices/{voice.pk}/publish"
    asked = alice.program.post(address, {"note": "For schools."}, "application/json")
    assert asked.json()["status"] == "pending"
    again = alice.program.post(address, {}, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "public_waiting")
    assert alice.program.delete(address).status_code == 204
    unverified = voice_of(alice.user)
    refused = alice.program.post(f"/api/voices/{unverified.pk}/publish", {}, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "consent_needed")


# --- reports ----------------------------------------------------------------------------------------------------------
def report(person: Person, **given: Any) -> Any:
    return person.program.post("/api/reports", {"reason": "abuse", **given}, "application/json")


def test_voices_and_results_that_are_seen_are_reported(alice: Person, bob: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user)
    VoiceShare.objects.create(voice=voice, user=bob.user)
    job = Job.objects.create(owner=alice.user, kind="dubbing", title="A talk", status="succeeded")
    DubbingJob.objects.create(job=job, source_name="talk.mp4", target_language="es")
    JobShare.objects.create(job=job, user=bob.user)
    for about in ({"voice": str(voice.pk)}, {"job": str(job.pk)}):
        assert report(bob, **about).status_code == 201
        again = report(bob, **about)
        assert (again.status_code, again.json()["code"]) == (409, "report_open")
        assert report(charlie, **about).status_code == 404
        own = report(alice, **about)
        assert (own.status_code, own.json()["code"]) == (422, "report_own")
    names = [row["subject_name"] for row in bob.program.get("/api/reports").json()["results"]]
    assert sorted(names) == ["A talk", "Narrator"]
    assert alice.program.get("/api/reports").json()["results"] == [], "the reported do not see who reported them"


@pytest.mark.parametrize("about", [{}, {"voice": "x"}, {"job": "x"}])
def test_a_report_names_one_thing(bob: Person, about: dict[str, Any]) -> None:
    assert report(bob, **about).status_code == 400


def test_not_two_things(alice: Person, bob: Person) -> None:
    voice = verified_voice(alice.user, is_public=True)
    both = report(bob, voice=str(voice.pk), job=str(voice.pk))
    assert both.status_code == 400
    assert not Report.objects.exists()


# --- decisions --------------------------------------------------------------------------------------------------------
def test_decisions_are_read_and_appealed_against(alice: Person, bob: Person) -> None:
    voice = verified_voice(alice.user)
    mona = moderator()
    decision = moderation.voice_takedown(voice=voice, moderator=mona, reason="Cut from a film.")
    rows = alice.program.get("/api/decisions").json()["results"]
    assert [(row["id"], row["kind"], row["reason"], row["appeal"]) for row in rows] == [
        (str(decision.pk), "takedown_voice", "Cut from a film.", None)
    ]
    assert "moderator" not in rows[0], "who decided is not for the person to know"
    address = f"/api/decisions/{decision.pk}/appeal"
    assert alice.program.post(address, {"text": ""}, "application/json").status_code == 400
    assert alice.program.post(address, {"text": "It is mine."}, "application/json").status_code == 201
    again = alice.program.post(address, {"text": "It is mine."}, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "appeal_once")
    shown = alice.program.get("/api/decisions").json()["results"][0]["appeal"]
    assert (shown["text"], shown["status"]) == ("It is mine.", "pending")
    assert bob.program.get("/api/decisions").json()["results"] == []


def test_somebody_suspended_reads_and_appeals_but_makes_nothing_new(alice: Person) -> None:
    voice = verified_voice(alice.user)
    decision = moderation.user_suspend(user=alice.user, moderator=moderator(), reason="Spam.")
    refused = alice.program.post(f"/api/voices/{voice.pk}/publish", {}, "application/json")
    assert refused.json()["code"] == "suspended"
    assert "Spam." in refused.json()["message"]
    sent = alice.program.post(f"/api/decisions/{decision.pk}/appeal", {"text": "Not me."}, "application/json")
    assert sent.status_code == 201
    assert VoiceProfile.objects.get().consent == "verified"
