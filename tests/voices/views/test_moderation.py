"""Reports, decisions against oneself, appeals."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dubbing.models import DubbingJob, Job, JobShare
from tests.people import Person, meet
from tests.voices.rows import moderator, verified_voice
from voices import moderation
from voices.models import Appeal, Decision, Report, VoiceShare

pytestmark = pytest.mark.django_db

REPORT = "/reports/new/"


@pytest.fixture
def alice(db: None) -> Person:
    return meet("alice")


@pytest.fixture
def bob(db: None) -> Person:
    return meet("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return meet("charlie")


def result_of(owner: Any) -> Job:
    job = Job.objects.create(owner=owner, kind="dubbing", title="A talk", status="succeeded")
    DubbingJob.objects.create(job=job, source_name="talk.mp4", target_language="es")
    return job


def test_a_public_voice_is_reported(alice: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user, is_public=True)
    client, address = charlie.browser, f"{REPORT}?voice={voice.pk}"
    assert "“Narrator”, by alice" in client.get(address).content.decode()
    answer = client.post(address, {"reason": "abuse", "details": "It insults."})
    assert answer["Location"] == reverse("voices:profile", args=[voice.pk])
    report = Report.objects.get()
    assert (report.reporter, report.voice, report.subject_owner, report.details) == (
        charlie.user,
        voice,
        alice.user,
        "It insults.",
    )
    again = client.post(address, {"reason": "abuse"})
    assert again.status_code == 422
    assert "reported “Narrator” already" in again.content.decode()


def test_a_shared_result_is_reported(alice: Person, bob: Person, charlie: Person) -> None:
    job = result_of(alice.user)
    JobShare.objects.create(job=job, user=bob.user)
    address = f"{REPORT}?job={job.pk}"
    answer = bob.browser.post(address, {"reason": "impersonation"})
    assert answer["Location"] == reverse("dubbing:job", args=[job.pk])
    report = Report.objects.get()
    assert (report.job_id, report.subject_name, report.subject_owner) == (job.pk, "A talk", alice.user)
    assert charlie.browser.get(address).status_code == 404
    assert alice.browser.post(address, {"reason": "other"}).status_code == 422


def test_what_one_does_not_see_cannot_be_reported(alice: Person, bob: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user)
    VoiceShare.objects.create(voice=voice, user=bob.user)
    assert bob.browser.get(f"{REPORT}?voice={voice.pk}").status_code == 200
    for client, query in (
        (charlie.browser, f"?voice={voice.pk}"),
        (charlie.browser, f"?job={result_of(alice.user).pk}"),
        (bob.browser, f"?job={uuid.uuid4()}"),
        (bob.browser, "?voice=x"),
        (bob.browser, "?job=x"),
        (bob.browser, ""),
    ):
        assert client.get(f"{REPORT}{query}").status_code == 404
        assert client.post(f"{REPORT}{query}", {"reason": "other"}).status_code == 404
    assert Client().get(f"{REPORT}?voice={voice.pk}").status_code == 302
    assert not Report.objects.exists()


def test_a_report_says_what_is_wrong(alice: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user, is_public=True)
    answer = charlie.browser.post(f"{REPORT}?voice={voice.pk}", {"details": "x"})
    assert answer.status_code == 422
    assert "Choose what is wrong." in answer.content.decode()


# --- decisions --------------------------------------------------------------------------------------------------------
@pytest.fixture
def down(alice: Person) -> Decision:
    """Alice's voice was taken down."""
    return moderation.voice_takedown(voice=verified_voice(alice.user), moderator=moderator(), reason="Cut from a film.")


def test_whom_it_is_against_reads_why_and_appeals_once(down: Decision, alice: Person) -> None:
    client, address = alice.browser, reverse("voices:decision", args=[down.pk])
    text = client.get(address).content.decode()
    assert "The voice was taken down" in text
    assert "Cut from a film." in text
    send = reverse("voices:appeal", args=[down.pk])
    empty = client.post(send, {"text": " "})
    assert (empty.status_code, Appeal.objects.count()) == (422, 0)
    assert client.post(send, {"text": "I recorded it."})["Location"] == address
    text = client.get(address).content.decode()
    assert "I recorded it." in text
    assert f'action="{send}"' not in text, "there is one appeal"
    assert client.post(send, {"text": "Really."}).status_code == 422
    moderation.appeal_decide(
        appeal=Appeal.objects.get(), moderator=moderator("max"), granted=False, reason="One hears the film."
    )
    assert "One hears the film." in client.get(address).content.decode()


def test_somebody_suspended_can_appeal(alice: Person) -> None:
    decision = moderation.user_suspend(user=alice.user, moderator=moderator(), reason="Spam.")
    client = alice.browser
    assert "Spam." in client.get(reverse("voices:decision", args=[decision.pk])).content.decode()
    client.post(reverse("voices:appeal", args=[decision.pk]), {"text": "It was not me."})
    assert Appeal.objects.get().text == "It was not me."


def test_a_decision_is_nobody_elses(down: Decision, bob: Person) -> None:
    read, send = (reverse(f"voices:{name}", args=[down.pk]) for name in ("decision", "appeal"))
    client = bob.browser
    assert client.get(read).status_code == 404
    assert client.post(send, {"text": "Let her."}).status_code == 404
    assert Client().get(read).status_code == Client().post(send).status_code == 302
    assert client.get(send).status_code == 405
    assert not Appeal.objects.exists()
