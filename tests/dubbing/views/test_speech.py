"""The page of speech: what is spoken at once, what becomes a job, and the history of both."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dubbing.models import Job
from dubbing.speeches import Speech, job_create_speech
from tests.voices.recordings import upload
from tests.voices.rows import verified_voice
from voices import errands, files
from voices.models import EmotionReference, Errand, Utterance
from voices.services import utterance_ask
from voices.services.speech import Asked

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}
PAGE = "/speech/"


def send(client: Client, **fields: Any) -> Any:
    given = {"text": "Good morning.", "language": "en", "engine": "auto", "speaker": "", "format": "mp3", **fields}
    return client.post(PAGE, given, headers=JSON)


def said(owner: User, text: str, **fields: Any) -> Utterance:
    return utterance_ask(owner=owner, asked=Asked(text=text, language="en", **fields))[0]


def test_what_is_written_is_spoken_to_be_heard_at_once(as_alice: Client, alice: User) -> None:
    answer = send(as_alice)
    row = Utterance.objects.get()
    assert (answer.status_code, row.owner, row.live, row.format) == (201, alice, True, "mp3")
    assert answer.json() == {"card": f"{PAGE}{row.pk}/", "stream": f"/api/speech/{row.pk}/stream"}
    card = as_alice.get(answer.json()["card"]).content.decode()
    assert "Good morning." in card
    assert f'data-errand="{Errand.objects.get().pk}"' in card
    assert "Waiting for a free worker" in card


def test_without_scripts_the_page_comes_back(as_alice: Client) -> None:
    answer = as_alice.post(PAGE, {"text": "Good morning.", "language": "en"})
    assert answer["Location"] == f"{PAGE}#spoken-{Utterance.objects.get().pk}"
    refused = as_alice.post(PAGE, {"text": "😀", "language": "en"})
    assert refused.status_code == 422
    assert "nothing in “the text” that can be said" in refused.content.decode()


def test_by_whom_and_how(as_alice: Client, alice: User) -> None:
    voice = verified_voice(alice, fingerprint="f" * 64)
    tone = EmotionReference.objects.create(
        owner=alice, name="Laugh", label="happy", file_name="a", size=1, sha256="a", status="ready"
    )
    sliders = {"engine": "espeak", "espeak-clarity": "0.5", "espeak-rate": "1.2"}
    assert send(as_alice, speaker=f"voice:{voice.pk}", emotion=tone.pk, strength="0.5", **sliders).status_code == 201
    row = Utterance.objects.get()
    assert (row.voice, row.emotion, row.strength) == (voice, tone, 0.5)
    assert (row.settings["clarity"], row.settings["rate"]) == (0.5, 1.2)
    assert send(as_alice, speaker="stock:espeak:m6").status_code == 201
    assert (Utterance.objects.first().stock, Utterance.objects.first().voice) == ("m6", None)  # type: ignore[union-attr]
    clip = send(as_alice, speaker="clip", reference=upload(), i_may_use_this_voice="on", reference_text="What it says.")
    assert clip.status_code == 201, clip.content
    row = Utterance.objects.latest("created_at")
    assert (row.reference, row.reference_text) == ("take 1.wav", "What it says.")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "😀"}, "text"),
        ({"text": "Доброе утро, соседи!"}, "text"),
        ({"text": "word " * 100_000}, "text"),
        ({"language": "tlh"}, "language"),
        ({"engine": "sv2tts"}, "engine"),
        ({"speaker": "voice:5bd27b63-1d4c-4b2b-b2a4-6a1c9f1c6a55"}, "speaker"),
        ({"speaker": "stock:espeak:nobody"}, "speaker"),
        ({"speaker": "stock:espeak:m6", "engine": "bark"}, "engine"),
        ({"speaker": "clip"}, "reference"),
        ({"strength": "3"}, "strength"),
        ({"format": "aiff"}, "format"),
        ({"engine": "espeak", "espeak-clarity": "9"}, "__all__"),
    ],
)
def test_each_refusal_is_at_its_field(as_alice: Client, fields: dict[str, Any], field: str) -> None:
    answer = send(as_alice, **fields)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert not Utterance.objects.exists()


def test_a_clip_has_to_be_declared(as_alice: Client) -> None:
    answer = send(as_alice, speaker="clip", reference=upload())
    assert list(answer.json()["fields"]) == ["i_may_use_this_voice"]


def test_a_long_text_is_a_job(as_alice: Client, settings: Any) -> None:
    settings.SPEECH_CHARS = 20
    answers = [send(as_alice, text="Good morning. " * 5, submission_key="k" * 32).json() for _ in range(2)]
    job = Job.objects.get()
    assert answers == [{"job": reverse("dubbing:job", args=[job.pk])}] * 2
    assert (job.kind, job.speech.format) == ("speech", "mp3")


def test_the_history_has_both_is_found_by_words_and_paged(as_alice: Client, as_bob: Client, alice: User) -> None:
    said(alice, "One apple fell.")
    job = job_create_speech(owner=alice, speech=Speech.of(Asked(text="Two apples fell.", language="en")))
    for number in range(10):
        said(alice, f"Pear number {number}.")
    Errand.objects.update(status="done")
    first, second = as_alice.get(PAGE).content.decode(), as_alice.get(f"{PAGE}?page=2").content.decode()
    assert ("Pear number 9." in first, "apple" in first) == (True, False)
    assert ("One apple fell." in second, f"job-{job.pk}" in second) == (True, True)
    found = as_alice.get(f"{PAGE}?find=apples%00").content.decode()
    assert (f"job-{job.pk}" in found, "One apple fell." in found) == (True, False)
    assert "Nothing yet." in as_bob.get(PAGE).content.decode()


def test_what_was_spoken_can_be_played_taken_away_and_said_again(as_alice: Client, alice: User) -> None:
    voice = verified_voice(alice, fingerprint="f" * 64)
    row = said(alice, "Good morning.", voice=voice, engine="espeak", options={"rate": 1.25}, format="opus")
    Utterance.objects.filter(pk=row.pk).update(seconds=1.5, similarity=0.8, untreated=0.5, peaks=[0.1, 0.9])
    page = as_alice.get(PAGE).content.decode()
    assert f'data-sound="/api/speech/{row.pk}/audio"' in page
    assert "?download" in page
    assert "Ogg Opus" in page
    assert ("Likeness" in page, "the engine’s own voice" in page) == (True, True)
    again = as_alice.get(PAGE, {"again": str(row.pk)}).content.decode()
    assert "Good morning.</textarea>" in again
    assert 'value="1.25"' in again
    assert f'value="voice:{voice.pk}"' in again


def test_a_failure_says_why(as_alice: Client, alice: User) -> None:
    row = said(alice, "Good morning.")
    Errand.objects.update(status="failed", error_code="voice_gone", error_params={"speaker": "Ada"})
    card = as_alice.get(reverse("dubbing:spoken", args=[row.pk])).content.decode()
    assert "problem-bad" in card


def test_others_have_nothing_of_it(as_alice: Client, as_bob: Client, as_charlie: Client, alice: User) -> None:
    row = said(alice, "Good morning.")
    card, delete = (reverse(f"dubbing:{name}", args=[row.pk]) for name in ("spoken", "spoken-delete"))
    for stranger in (as_bob, as_charlie):
        assert (stranger.get(card).status_code, stranger.post(delete).status_code) == (404, 404)
        assert "Good morning." not in stranger.get(PAGE, {"again": str(row.pk)}).content.decode()
    assert Client().get(PAGE)["Location"].startswith(reverse("account_login"))
    assert as_alice.get(delete).status_code == 405
    assert as_alice.post(delete, headers=JSON).json() == {}
    assert not Utterance.objects.exists()
    assert errands.open_errand("speech", row.pk) is None
    assert not files.speech_root(row.pk).exists()


def test_somebody_suspended_speaks_no_more(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now(), suspended_reason="Why.")
    assert send(as_alice).status_code == 422
    assert not Utterance.objects.exists()
