"""The library with its real engines: recordings go in, voices come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from accounts.models import User
from tests import factory
from tests.voices.recordings import spoken, upload
from voices import errands, files, references, selectors, services
from voices.models import EmotionReference, Errand, Preview, SoundQuery, VoiceProfile, VoiceSample

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

OTHER_TEXT = (
    "Every morning the baker opens his shop before the village wakes. He lights the oven, "
    "weighs the flour, and waits for the first customers while the bread is rising slowly."
)


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return services.voice_create(owner=alice, name="Reader", whose="own", languages=["en"])


def work() -> None:
    """What a worker does until nothing waits."""
    while Errand.objects.filter(status="queued").exists():
        errands.run_due()


def bring(voice: VoiceProfile, content: bytes, name: str = "take.wav", **fields: Any) -> VoiceSample:
    """A sample that was added and measured."""
    sample = services.sample_add(voice=voice, upload=upload(content, name), **fields)
    work()
    sample.refresh_from_db()
    voice.refresh_from_db()
    return sample


def recording(path: Path) -> bytes:
    return path.read_bytes()


def errors() -> list[tuple[str, str, dict[str, Any]]]:
    return list(Errand.objects.filter(status="failed").values_list("kind", "error_code", "error_params"))


def test_a_recording_becomes_a_voice(voice: VoiceProfile) -> None:
    sample = bring(voice, spoken(factory.ENGLISH + " " + OTHER_TEXT))
    assert errors() == []
    assert sample.status in ("good", "flagged"), sample.problems
    assert sample.chosen
    assert 5 < sample.speech_seconds < sample.seconds < 30  # type: ignore[operator]
    assert sample.f0_low < sample.f0_median < sample.f0_high  # type: ignore[operator]
    assert sample.embedding is not None
    assert np.linalg.norm(sample.embedding) == pytest.approx(1.0, abs=1e-4)
    assert set(sample.style) == {"f0_median", "f0_range", "pace", "energy", "tilt"}
    assert (sample.language, len(sample.peaks) > 50) == ("en", True)
    assert sample.size == files.size_of(files.sample_root(sample))
    assert soundfile.info(files.sample_sound(sample)).samplerate == 24_000
    assert voice.grade in "ABCD"
    assert voice.grade
    assert voice.reasons
    assert (voice.seconds, voice.f0_median) == (pytest.approx(sample.speech_seconds, abs=0.01), sample.f0_median)
    assert voice.embedding @ sample.embedding == pytest.approx(1.0, abs=1e-4)  # type: ignore[operator]
    assert voice.fingerprint
    assert soundfile.info(files.reference(voice.pk)).samplerate == 24_000
    assert soundfile.info(files.portrait(voice.pk)).duration <= 10.0
    assert len(voice.peaks) == 200
    assert [row.code for row in voice.language_rows.all()] == ["en"]
    spoken_with = references.speaker_voice(voice, "espeak")
    assert spoken_with.mark == voice.fingerprint
    assert spoken_with.reference is not None
    assert spoken_with.reference.audio == files.reference(voice.pk)


def test_samples_come_and_go_and_the_portrait_follows(voice: VoiceProfile, media_root: Path) -> None:
    first = bring(voice, spoken(factory.ENGLISH))
    one = voice.fingerprint
    second = bring(voice, spoken(OTHER_TEXT), "second.wav")
    assert second.agreement is not None
    assert second.agreement > 0.7
    assert voice.fingerprint not in ("", one)
    assert voice.seconds > first.speech_seconds  # type: ignore[operator]
    services.sample_update(sample=second, wanted=False)
    work()
    voice.refresh_from_db()
    assert voice.fingerprint == one
    services.sample_delete(sample=first)
    work()
    voice.refresh_from_db()
    assert (voice.grade, voice.fingerprint, voice.embedding, voice.seconds) == ("", "", None, 0.0)
    for path in (files.reference(voice.pk), files.portrait(voice.pk)):
        assert not path.exists()
    assert not VoiceSample.objects.filter(chosen=True).exists()
    left = {path for path in media_root.rglob("*") if path.is_file()}
    assert left == {files.sample_original(second), files.sample_sound(second)}
    assert errors() == []


def test_what_would_harm_a_voice_is_refused_with_what_to_record(voice: VoiceProfile, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000 * 6).astype(np.float32)
    harmful = {
        "noise.wav": factory.write(tmp_path / "noise.wav", noise),
        "silence.wav": factory.silence(tmp_path / "silence.wav", 4.0),
        "tone.wav": factory.tone(tmp_path / "tone.wav", 6.0),
        "brief.wav": factory.speech("Yes.", tmp_path / "brief.wav"),
    }
    for name, path in harmful.items():
        padded = path if name != "brief.wav" else _padded(path)
        sample = bring(voice, recording(padded), name)
        assert sample.status == "refused", name
        assert sample.problems[0]["severity"] == "refuse"
        assert sample.problems[0]["text"]
        assert sample.problems[0]["advice"], name
    assert (voice.grade, voice.fingerprint) == ("", "")
    assert not files.reference(voice.pk).exists()
    assert errors() == []


def _padded(path: Path) -> Path:
    """The same with silence after it: long enough to be taken in, with too little speech."""
    samples, rate = soundfile.read(path, dtype="float32")
    return factory.write(path, np.concatenate([samples, np.zeros(rate * 2, np.float32)]), rate)


def test_a_damaged_file_is_refused_when_it_is_read(voice: VoiceProfile, tmp_path: Path) -> None:
    whole = factory.speech(OTHER_TEXT, tmp_path / "whole.wav")
    video = factory.video(tmp_path / "whole.mp4", whole, 12.0, extra=("-movflags", "+faststart"))
    cut = factory.truncated(video, tmp_path / "cut.mp4", 0.4)
    sample = bring(voice, recording(cut), "cut.mp4")
    assert (sample.status, sample.problems[0]["code"]) == ("refused", "damaged_media")
    assert [code for _, code, _ in errors()] == ["damaged_media"]


def test_another_person_is_refused_and_welcome_once_the_first_is_gone(voice: VoiceProfile, shared_media: Path) -> None:
    man = bring(voice, recording(shared_media / "whisper" / "jfk.flac"), "man.flac")
    assert man.status != "refused", man.problems
    woman = bring(voice, recording(shared_media / "TTS" / "LJ001-0006.flac"), "woman.flac")
    assert (woman.status, woman.problems[0]["code"]) == ("refused", "another_person")
    assert not woman.chosen
    services.sample_delete(sample=man)
    work()
    woman.refresh_from_db()
    voice.refresh_from_db()
    assert woman.status != "refused", woman.problems
    assert woman.chosen
    assert voice.fingerprint


def test_two_that_are_measured_at_once_are_compared_all_the_same(voice: VoiceProfile, shared_media: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    paths = [shared_media / "whisper" / "jfk.flac", shared_media / "TTS" / "LJ001-0006.flac"]
    samples = [services.sample_add(voice=voice, upload=upload(recording(path), path.name)) for path in paths]
    waiting = list(Errand.objects.filter(kind="sample").values_list("pk", flat=True))

    def run(pk: Any) -> None:
        try:
            errands.run(pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, waiting))
    work()
    assert errors() == []
    for sample in samples:
        sample.refresh_from_db()
    assert sorted(sample.status == "refused" for sample in samples) == [False, True]
    voice.refresh_from_db()
    assert voice.seconds == pytest.approx(sum(sample.speech_seconds for sample in samples if sample.chosen), abs=0.1)


def test_a_transcript_is_recognised_and_a_persons_own_is_kept(voice: VoiceProfile, shared_media: Path) -> None:
    path = shared_media / "TTS" / "LJ001-0006.flac"
    heard = bring(voice, recording(path), "heard.flac")
    assert "printed" in heard.transcript or "passing" in heard.transcript or len(heard.transcript.split()) > 5
    assert not heard.transcript_edited
    other = services.voice_create(owner=voice.owner, name="Other", whose="own", languages=["en"])
    written = bring(other, recording(path), transcript="My own words.")
    assert (written.transcript, written.transcript_edited) == ("My own words.", True)


def test_an_emotion_reference_is_measured_against_the_library(voice: VoiceProfile, shared_media: Path) -> None:
    folder = shared_media / "speech-emotion-recognition"

    def measured(name: str) -> EmotionReference:
        clip = upload((folder / name).read_bytes(), name)
        emotion = services.emotion_create(owner=voice.owner, upload=clip, label=name)
        work()
        emotion.refresh_from_db()
        assert (emotion.status, errors()) == ("ready", []), emotion.problems
        return emotion

    angry = measured("03a05Wa.wav")
    assert set(angry.measures) == {"f0_median", "f0_range", "pace", "energy", "tilt"}
    before = dict(angry.relative)
    bring(voice, recording(folder / "03a05Nd.wav"), "neutral.wav")
    angry.refresh_from_db()
    assert angry.relative != before, "the library has a neutral of its own now"
    assert angry.relative["f0_median"] > 3, "he shouts higher than he speaks"
    assert soundfile.info(files.emotion_sound(angry.pk)).samplerate == 16_000


def test_a_line_is_spoken_in_the_voice_and_in_a_tone(voice: VoiceProfile, shared_media: Path) -> None:
    bring(voice, recording(shared_media / "whisper" / "jfk.flac"), "speech.flac")
    alice = voice.owner
    folder = shared_media / "speech-emotion-recognition"
    clip = upload((folder / "03a05Wa.wav").read_bytes(), "angry.wav")
    emotion = services.emotion_create(owner=alice, upload=clip, label="angry")
    work()
    emotion.refresh_from_db()
    asked = [
        services.preview_ask(owner=alice, voice=one, engine="espeak", language="en", text="Good morning.", **more)
        for one, more in ((voice, {}), (voice, {"emotion": emotion}), (None, {}))
    ]
    work()
    assert errors() == []
    plain, angry, stock = (Preview.objects.get(pk=preview.pk) for preview, _ in asked)
    assert plain.similarity is not None
    assert plain.untreated is not None
    assert plain.similarity > plain.untreated, "more like the voice than the engine's own is"
    assert stock.similarity is None
    sounds = [soundfile.read(files.preview_sound(one.pk))[0] for one in (plain, angry, stock)]
    for one, sound in zip((plain, angry, stock), sounds, strict=True):
        assert one.seconds == pytest.approx(len(sound) / 22_050, rel=0.5)
        assert len(one.peaks) > 50
    assert not np.array_equal(sounds[0][:1000], sounds[1][:1000])
    again, errand = services.preview_ask(
        owner=alice, voice=voice, engine="espeak", language="en", text="Good  morning."
    )
    assert (again.pk, errand) == (plain.pk, None)
    assert set(selectors.previews_of(alice)) == {plain, angry, stock}
    services.sample_delete(sample=voice.samples.get())
    work()
    assert set(selectors.previews_of(alice)) == {stock}, "what was made from other samples is not shown"


def test_a_consent_that_ends_while_a_line_waits(voice: VoiceProfile) -> None:
    bring(voice, spoken(factory.ENGLISH))
    preview, _ = services.preview_ask(owner=voice.owner, voice=voice, engine="espeak", language="en", text="Hi.")
    VoiceProfile.objects.update(consent="withdrawn")
    work()
    assert [code for _, code, _ in errors()] == ["voice_withdrawn"]
    assert not files.preview_sound(preview.pk).exists()


def test_a_clip_finds_the_voice_it_sounds_like(voice: VoiceProfile, alice: User, shared_media: Path) -> None:
    lj = shared_media / "TTS"
    bring(voice, recording(lj / "LJ001-0006.flac"), "woman.flac")
    other = services.voice_create(owner=alice, name="Man", whose="own", languages=["en"])
    bring(other, recording(shared_media / "whisper" / "jfk.flac"), "man.flac")
    query, _ = services.query_ask(owner=alice, upload=upload((lj / "LJ001-0004.flac").read_bytes(), "who.flac"))
    work()
    assert errors() == []
    query.refresh_from_db()
    assert not files.query_root(query.pk).exists()
    found = selectors.library(alice, like=query.embedding)
    assert [row.name for row in found] == ["Reader", "Man"]
    assert found[0].similarity > 0.8 > found[1].similarity  # type: ignore[attr-defined]


def test_a_search_with_silence_finds_nothing_and_says_so(alice: User, tmp_path: Path) -> None:
    silence = factory.silence(tmp_path / "silence.wav", 3.0).read_bytes()
    query, errand = services.query_ask(owner=alice, upload=upload(silence, "silence.wav"))
    work()
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "no_speech")
    assert SoundQuery.objects.get(pk=query.pk).embedding is None
    assert not files.query_root(query.pk).exists()


def test_a_voice_that_is_deleted_under_the_workers_hands_leaves_nothing(
    voice: VoiceProfile, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.sample_add(voice=voice, upload=upload(spoken(factory.ENGLISH)))
    from vocasync.pipelines import library

    real = library.measure_sample

    def measured(*args: Any, **kwargs: Any) -> Any:
        report = real(*args, **kwargs)
        services.voice_delete(voice=voice)
        args[2].parent.mkdir(parents=True, exist_ok=True)
        args[2].write_bytes(b"written after it was deleted")
        return report

    monkeypatch.setattr(library, "measure_sample", measured)
    work()
    assert not VoiceProfile.objects.exists()
    assert not Errand.objects.exists()
    assert [path for path in media_root.rglob("*") if path.is_file()] == []
