"""A text is spoken by real engines, SV2TTS with a tiny checkpoint: what is kept of it, and what of the clip."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
import soundfile

from accounts.models import User
from tests.tiny import tiny
from tests.voices.recordings import spoken, toned, upload
from tests.voices.rows import verified_voice
from vocasync.errors import Cancelled, message
from vocasync.progress import Silent
from voices import errands, files, services
from voices.handlers import speech
from voices.models import Errand, Utterance, VoiceProfile
from voices.services.speech import Asked
from work.engines import watermark
from work.leases import HandBack

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Hello world, this is a test."


@pytest.fixture(autouse=True)
def _engines(settings: Any) -> None:
    settings.ENGINES = settings.ENGINES | {"models": str(tiny("sv2tts")), "device": "cpu"}


def ask(owner: User, **fields: Any) -> tuple[Utterance, Errand]:
    return services.utterance_ask(owner=owner, asked=Asked(**{"text": TEXT, "language": "en", **fields}))


def done(owner: User, **fields: Any) -> tuple[Utterance, Errand]:
    utterance, errand = ask(owner, **fields)
    errands.run(errand.pk)
    errand.refresh_from_db()
    utterance.refresh_from_db()
    return utterance, errand


def test_in_the_voice_of_a_clip(alice: User) -> None:
    utterance, errand = done(alice, engine="sv2tts", reference=upload(spoken()), declared=True)
    assert errand.status == "done", errand.error_params
    path = files.speech_sound(utterance.pk)
    samples, rate = soundfile.read(path)
    assert (rate, utterance.sample_rate) == (16_000, 16_000)
    assert utterance.seconds == pytest.approx(len(samples) / rate, abs=0.001)
    assert np.abs(samples).max() > 0.01
    assert utterance.similarity is not None
    assert [one.name for one in files.speech_root(utterance.pk).iterdir()] == ["sound.wav"], "nothing of the clip"
    made_by = utterance.made_by
    assert made_by["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert made_by["reference_sha256"] == hashlib.sha256(spoken()).hexdigest()
    assert (made_by["engine"], made_by["consent"]) == ("sv2tts", None)
    assert made_by["version"].endswith("-int8") or made_by["version"].endswith("-exact")


def test_in_an_engines_own_voice(alice: User) -> None:
    plain, _ = done(alice, engine="sv2tts")
    stock, _ = done(alice, engine="espeak", stock="m6")
    assert (plain.similarity, stock.similarity) == (None, None)
    assert all(files.speech_sound(one.pk).is_file() for one in (plain, stock))


def test_deleted_before_it_is_spoken(alice: User) -> None:
    utterance, errand = ask(alice, engine="espeak")
    utterance.delete()
    errands.run(errand.pk)
    assert not files.speech_root(utterance.pk).exists()


def clipped() -> bytes:
    """Speech that was recorded far too loud."""
    samples, rate = soundfile.read(io.BytesIO(spoken()))
    made = io.BytesIO()
    soundfile.write(made, np.clip(samples * 200, -1, 1), rate, format="WAV")
    return made.getvalue()


@pytest.mark.parametrize(("clip", "code"), [(toned(3.0), "reference_too_short"), (clipped(), "reference_unusable")])
def test_a_bad_clip_is_refused_with_what_to_do(alice: User, clip: bytes, code: str) -> None:
    utterance, errand = done(alice, engine="sv2tts", reference=upload(clip), declared=True)
    assert (errand.status, errand.error_code, errand.error_params["field"]) == ("failed", code, "reference")
    assert message(errand.error_code, errand.error_params).endswith(".")
    assert not files.speech_root(utterance.pk).exists(), "nothing of the clip is kept"


def test_consent_that_ended_while_it_waited(alice: User) -> None:
    voice = verified_voice(alice, fingerprint="f" * 64)
    _, errand = ask(alice, voice=voice, engine="espeak")
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="withdrawn")
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "voice_withdrawn")


def test_a_person_who_was_suspended_while_it_waited(alice: User) -> None:
    utterance, errand = ask(alice, engine="sv2tts", reference=upload(spoken()), declared=True)
    User.objects.filter(pk=alice.pk).update(suspended_at="2026-01-01T00:00Z", suspended_reason="Why.")
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "suspended")
    assert not files.speech_root(utterance.pk).exists()


def test_samples_that_changed_while_it_waited(alice: User) -> None:
    voice = verified_voice(alice, fingerprint="f" * 64)
    _, errand = ask(alice, voice=voice, engine="espeak")
    VoiceProfile.objects.filter(pk=voice.pk).update(fingerprint="0" * 64)
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "preview_stale")


class Deleting:
    """A person who deletes it while it is being spoken."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance

    def report(self, fraction: float, note: str = "") -> None:
        if note == "Speaking":
            Utterance.objects.filter(pk=self.utterance.pk).delete()

    def check(self) -> None:
        Silent().check()


def test_deleted_while_it_is_spoken(alice: User) -> None:
    utterance, errand = ask(alice, engine="espeak")
    with pytest.raises(Cancelled):
        speech.speak(errand, Deleting(utterance))
    assert not files.speech_root(utterance.pk).exists()


class Stopping:
    """A worker that is told to stop while WaveRNN makes its samples."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def report(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def check(self) -> None:
        if self.told and self.told[-1] > 0.8:
            raise HandBack


def test_a_worker_that_stops_leaves_the_clip_for_the_next_one(alice: User) -> None:
    utterance, errand = ask(alice, engine="sv2tts", reference=upload(spoken()), declared=True)
    progress = Stopping()
    with pytest.raises(HandBack):
        speech.speak(errand, progress)
    assert progress.told == sorted(progress.told)
    assert files.speech_clip(utterance.pk).is_file()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.status == "done"


def test_marked_where_the_site_marks_what_is_spoken(alice: User) -> None:
    utterance, _ = done(alice, engine="espeak")
    assert utterance.watermark == watermark()
