"""A text is spoken by real engines, SV2TTS with a tiny checkpoint: what is kept of it, and what of the clip."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import numpy as np
import pytest
import soundfile

from accounts.models import User
from dubbing.verification import Certainty, by_file
from tests import factory
from tests.tiny import tiny
from tests.voices.recordings import spoken, toned, upload
from tests.voices.rows import verified_voice
from vocasync.engines.tts.espeak import EspeakVoice
from vocasync.errors import Cancelled, message
from vocasync.media.sounds import FORMATS, SoundFormat
from vocasync.pipelines import library
from vocasync.progress import Silent
from vocasync.types import Speech, SpeechRequest, VoiceReference
from voices import errands, files, services
from voices.following import Broken, Following
from voices.handlers import speech
from voices.models import Errand, Utterance, VoiceProfile
from voices.services.speech import Asked
from work.engines import watermark
from work.leases import HandBack

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Hello world, this is a test."
Follow = Callable[[Utterance], Following]


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


def test_in_the_voice_of_a_clip(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[VoiceReference] = []
    whole = library.clip_reference

    def telling(*given: Any, **more: Any) -> VoiceReference:
        told.append(whole(*given, **more))
        return told[-1]

    monkeypatch.setattr(library, "clip_reference", telling)
    given = {"reference": upload(spoken()), "declared": True, "reference_text": factory.ENGLISH}
    utterance, errand = done(alice, engine="sv2tts", **given)
    assert errand.status == "done", errand.error_params
    assert told[0].transcript.split()[1:4] == factory.ENGLISH.split()[1:4]
    path = files.speech_sound(utterance.pk)
    samples, rate = soundfile.read(path)
    assert (rate, utterance.sample_rate) == (16_000, 16_000)
    assert utterance.seconds == pytest.approx(len(samples) / rate, abs=0.001)
    assert np.abs(samples).max() > 0.01
    assert utterance.similarity is not None
    assert [one.name for one in files.speech_root(utterance.pk).iterdir()] == ["sound.wav"], "nothing of the clip"
    made_by = utterance.made_by
    assert made_by["sha256"] == {"wav": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert utterance.size == path.stat().st_size
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


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_in_a_format_with_its_provenance(alice: User, kind: SoundFormat) -> None:
    utterance, _ = done(alice, engine="espeak", format=kind.name)
    path = files.speech_sound(utterance.pk, kind.name)
    found = by_file(path, path.name)
    assert found.certainty == Certainty.EXACT
    assert found.manifest is not None
    assert (found.manifest["job"], found.manifest["made_by"]) == (str(utterance.pk), "alice")
    assert {one.kind: one.found for one in found.evidence}["tag"] is True
    assert {one.name for one in files.speech_root(utterance.pk).iterdir()} == {"sound.wav", f"sound.{kind.name}"}


# --- while it is spoken -----------------------------------------------------------------------------------------------
LONG = "The harbour was quiet. Fishermen pulled their nets, talking in low voices. A dog ran along the pier, and left."


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Follows what is spoken, until the test ends."""
    with ExitStack() as stack:
        yield lambda utterance: stack.enter_context(closing(Following(utterance.pk)))


class Listening:
    """People who read what is there whenever the worker says how far it is. stop_after: so far he comes before he is
    told to stop."""

    def __init__(self, followings: list[Following], stop_after: float = 2.0) -> None:
        self.followings = followings
        self.heard = [b"" for _ in followings]
        self.sizes: list[int] = []
        self._stop_after = stop_after
        self._told = 0.0

    def report(self, fraction: float, note: str = "") -> None:
        self._told = max(self._told, fraction)
        self._read()
        self.sizes.append(len(self.heard[0]))

    def check(self) -> None:
        if self._told <= self._stop_after:
            return
        while not self.heard[0]:  # ffmpeg takes its time
            self._read()
        raise HandBack

    def rest(self) -> list[bytes]:
        while self._read():
            pass
        return self.heard

    def _read(self) -> bool:
        blocks = [one.read() for one in self.followings]
        self.heard = [heard + (block or b"") for heard, block in zip(self.heard, blocks, strict=True)]
        return any(block is not None for block in blocks)


def frames(sound: bytes) -> Any:
    """The samples after a header that knows of no length."""
    return np.frombuffer(sound[sound.index(b"data") + 8 :], np.int16)


def test_it_can_be_heard_while_it_is_spoken(alice: User, follow: Follow) -> None:
    utterance, errand = ask(alice, engine="espeak", text=LONG, live=True)
    listening, late = Listening([follow(utterance)]), follow(utterance)
    assert listening.followings[0].read() == b"", "nothing yet"
    speech.speak(errand, listening)
    sent = listening.rest()[0]
    heard = frames(sent)
    assert len(set(listening.sizes)) > 2, "piece by piece"
    kept, _ = soundfile.read(files.speech_sound(utterance.pk), dtype="int16")
    assert np.abs(heard.astype(int) - kept).max() <= 1
    utterance.refresh_from_db()
    assert utterance.live_bytes == len(sent)
    assert [one.name for one in files.speech_root(utterance.pk).iterdir()] == ["sound.wav"]
    assert b"Made with Vocasync" in sent[:2000]
    with pytest.raises(Broken):
        late.read()


@pytest.mark.parametrize("name", FORMATS)
def test_who_listens_goes_on_where_another_worker_began_anew(alice: User, name: str, follow: Follow) -> None:
    utterance, errand = ask(alice, engine="espeak", text=3 * LONG, live=True, format=name)
    listening = Listening([follow(utterance)], stop_after=0.75)
    with pytest.raises(HandBack):
        speech.speak(errand, listening)
    began = len(listening.heard[0])
    both = Listening([listening.followings[0], follow(utterance)])
    speech.speak(errand, both)
    goes_on, anew = both.rest()
    assert listening.heard[0] + goes_on == anew
    assert 0 < began < len(anew)


def test_a_stream_that_fails_in_the_middle_breaks(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    utterance, errand = ask(alice, engine="espeak", text=LONG, live=True)
    whole = EspeakVoice.synthesize

    def breaking(self: EspeakVoice, request: SpeechRequest, *given: Any) -> Speech:
        if "dog" in request.text:
            raise RuntimeError("a fault")
        return whole(self, request, *given)

    monkeypatch.setattr(EspeakVoice, "synthesize", breaking)
    errands.run(errand.pk)
    errand.refresh_from_db()
    utterance.refresh_from_db()
    assert (errand.status, errand.error_code, utterance.size) == ("failed", "voice_failed", 0)
    with pytest.raises(Broken):
        Following(utterance.pk).read()
    assert not files.speech_root(utterance.pk).exists()


def test_what_a_lost_worker_left_goes(alice: User) -> None:
    utterance, errand = ask(alice, engine="espeak")
    root = files.speech_root(utterance.pk)
    root.mkdir(parents=True)
    (root / ".1234.wav").write_bytes(b"left")
    errands.run(errand.pk)
    assert [one.name for one in root.iterdir()] == ["sound.wav"]


def test_marked_where_the_site_marks_what_is_spoken(alice: User) -> None:
    utterance, _ = done(alice, engine="espeak")
    assert utterance.watermark == watermark()
