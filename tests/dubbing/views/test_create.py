"""New dub: what is refused is said at its field, and two clicks are one job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from dubbing import lipforms
from dubbing.models import Job
from tests import factory
from tests.voices.rows import verified_voice, voice_of
from voices import files
from voices.models import EmotionReference

JSON = {"accept": "application/json"}


@pytest.fixture
def talk(tmp_path: Path) -> bytes:
    sound = factory.speech(factory.ENGLISH, tmp_path / "talk.wav")
    return factory.video(tmp_path / "talk.mp4", sound, 5.0).read_bytes()


def form(content: bytes, **changes: Any) -> dict[str, Any]:
    given = {
        "source": SimpleUploadedFile("talk.mp4", content),
        "source_language": "en",
        "target_language": "es",
        "match": "close",
        "emotion_strength": "0.5",
        "submission_key": "one",
    }
    return given | changes


def errors(client: Client, sent: dict[str, Any]) -> dict[str, list[str]]:
    answer = client.post(reverse("dubbing:new"), sent, headers=JSON)
    assert answer.status_code == 422
    fields: dict[str, list[str]] = answer.json()["fields"]
    return fields


def test_the_form_is_there(as_alice: Client) -> None:
    html = as_alice.get(reverse("dubbing:new")).content.decode()
    assert 'enctype="multipart/form-data"' in html
    assert "PocketSphinx" in html
    assert "Hindi · हिन्दी" in html


def test_a_dub_is_taken_in(talk: bytes, as_alice: Client) -> None:
    answer = as_alice.post(reverse("dubbing:new"), form(talk, review="on", title="My talk"), headers=JSON)
    assert answer.status_code == 201, answer.content
    job = Job.objects.get()
    assert answer.json() == {"url": reverse("dubbing:job", args=[job.pk])}
    assert (job.title, job.dubbing.review, job.dubbing.emotion_strength) == ("My talk", True, 0.5)


def test_two_clicks_are_one_job(talk: bytes, as_alice: Client) -> None:
    first = as_alice.post(reverse("dubbing:new"), form(talk))
    second = as_alice.post(reverse("dubbing:new"), form(talk))
    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1


def test_nothing_chosen(as_alice: Client) -> None:
    sent = form(b"")
    del sent["source"]
    assert errors(as_alice, sent) == {"source": ["Choose the video or audio file to dub."]}
    plain = as_alice.post(reverse("dubbing:new"), sent)
    assert plain.status_code == 422
    assert "Choose the video or audio file to dub." in plain.content.decode()


def test_a_text_file_named_mp4_is_refused_at_the_file(as_alice: Client) -> None:
    assert "talk.mp4" in errors(as_alice, form(b"just some words"))["source"][0]
    assert not Job.objects.exists()


def test_zero_bytes_are_refused_at_the_file(as_alice: Client) -> None:
    assert "0 bytes" in errors(as_alice, form(b""))["source"][0]


def test_an_emotion_clip_is_refused_at_its_own_field(talk: bytes, as_alice: Client) -> None:
    sent = form(talk, emotion=SimpleUploadedFile("happy.wav", b""))
    assert "happy.wav" in errors(as_alice, sent)["emotion"][0]


def test_a_pair_that_nothing_translates_is_refused_with_the_ways_out(talk: bytes, as_alice: Client) -> None:
    told = errors(as_alice, form(talk, target_language="te"))["target_language"][0]
    assert "Telugu" in told
    assert "subtitles" in told


def test_text_needs_its_language(talk: bytes, as_alice: Client) -> None:
    sent = form(talk, source_language="auto", transcript="Hello there.")
    assert "source_language" in errors(as_alice, sent)


def test_a_glossary_that_cannot_be_read_is_refused_at_its_field(talk: bytes, as_alice: Client) -> None:
    told = errors(as_alice, form(talk, glossary="one = uno = eins"))
    assert list(told) == ["glossary"]
    assert "Line 1 of the glossary" in told["glossary"][0]


def test_made_up_choices_are_refused(talk: bytes, as_alice: Client) -> None:
    sent = form(talk, target_language="xx", translator="nobody", emotion_strength="7")
    assert set(errors(as_alice, sent)) == {"target_language", "translator", "emotion_strength"}


def test_too_many_at_once_is_said_above_the_form(talk: bytes, alice: Any, as_alice: Client) -> None:
    alice.max_active_jobs = 0
    alice.save()
    assert list(errors(as_alice, form(talk))) == ["__all__"]


# --- of the library ---------------------------------------------------------------------------------------------------
def test_a_voice_of_the_library_is_chosen_by_one_click(as_alice: Client, alice: User, bob: User) -> None:
    mine = voice_of(alice, name="Mine", fingerprint="f" * 64)
    voice_of(alice, name="Without a sample")
    public = verified_voice(bob, name="Public", is_public=True, fingerprint="f" * 64)
    private = verified_voice(bob, name="Private", fingerprint="f" * 64)
    html = as_alice.get(reverse("dubbing:new"), {"voice": str(public.pk)}).content.decode()
    assert f'<option value="{public.pk}" selected>Public</option>' in html
    assert f'<option value="{mine.pk}">Mine</option>' in html
    assert "Without a sample" not in html
    for given in (str(private.pk), "nonsense"):
        answer = as_alice.get(reverse("dubbing:new"), {"voice": given})
        assert answer.status_code == 200
        assert "Private" not in answer.content.decode()


def test_a_dub_in_a_voice_and_a_tone_of_the_library(talk: bytes, as_alice: Client, alice: User, tmp_path: Path) -> None:
    voice = voice_of(alice, fingerprint="f" * 64)
    tone = EmotionReference.objects.create(
        owner=alice, name="Laugh", label="happy", file_name="a.wav", size=1, sha256="a" * 64, status="ready"
    )
    for path in (files.emotion_sound(tone.pk), files.reference(voice.pk)):
        path.parent.mkdir(parents=True)
        factory.speech(factory.ENGLISH, path)
    sent = form(talk, voice=str(voice.pk), emotion_reference=str(tone.pk), speaker_count="2")
    answer = as_alice.post(reverse("dubbing:new"), sent, headers=JSON)
    assert answer.status_code == 201, answer.content
    dubbing = Job.objects.get().dubbing
    assert (dubbing.voice, dubbing.emotion_reference, dubbing.speaker_count) == (voice, tone, 2)


def test_a_voice_or_a_tone_that_is_not_theirs_is_refused(talk: bytes, as_alice: Client, alice: User, bob: User) -> None:
    private = verified_voice(bob, fingerprint="f" * 64)
    tone = EmotionReference.objects.create(
        owner=bob, name="Laugh", label="happy", file_name="a.wav", size=1, sha256="a" * 64, status="ready"
    )
    sent = form(talk, voice=str(private.pk), emotion_reference=str(tone.pk), speaker_count="99")
    assert set(errors(as_alice, sent)) == {"voice", "emotion_reference", "speaker_count"}


def test_lips_may_move_with_the_dub(talk: bytes, tmp_path: Path, as_alice: Client) -> None:
    sound = factory.speech(factory.ENGLISH, tmp_path / "talk.wav").read_bytes()
    heard = {"source": SimpleUploadedFile("talk.wav", sound), "lipsync": "warp", "submission_key": "two"}
    assert list(errors(as_alice, form(talk, **heard))) == ["lipsync"], "there is no picture"
    assert list(errors(as_alice, form(talk, lipsync="diff2lip"))) == ["lipsync"], "it is not ready"
    setting = {"lipsync": "warp", "lip-wav2lip-batch": "16", "lip-wav2lip-smoothing": "5"}
    assert as_alice.post(reverse("dubbing:new"), form(talk, **setting), headers=JSON).status_code == 201
    detail = Job.objects.get().dubbing
    assert (detail.lipsync, detail.lip_options) == ("warp", {}), "settings of another engine count for nothing"


def test_settings_of_lips_that_differ_are_kept() -> None:
    cleaned = {"lip-wav2lip-batch": 16.0, "lip-wav2lip-smoothing": 5.0, "lip-wav2lip-pad_top": None}
    assert lipforms.options_of("wav2lip", cleaned) == {"batch": 16.0}
    assert lipforms.options_of("auto", cleaned) == {}
