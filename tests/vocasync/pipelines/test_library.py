"""What the voice library asks of the engine room, on recordings that are made up here, and on real ones (slow)."""

from __future__ import annotations

import random
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.engines.tts.speech import talk
from tests.vocasync.recordings import said
from tests.vocasync.songs import chords, singing
from vocasync.engines.base import EngineConfig
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.audio import read
from vocasync.media.loudness import loudness
from vocasync.pipelines.library import (
    LineRequest,
    Outcome,
    SampleReport,
    build_reference,
    check_consent,
    compare_sample,
    embed_clip,
    measure_emotion,
    measure_sample,
    placed_words,
    random_sentence,
    speak_line,
)
from vocasync.progress import Silent
from vocasync.types import FloatArray, Region, SpeakerVoice, VoiceKind, VoiceReference, Word

RATE = 24_000
LOW, HIGH = "en-us+m3", "en-us+f5"
NOISE = np.random.default_rng(4)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    return EngineConfig(tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("cache"), network=False)


@pytest.fixture(scope="module")
def voices() -> dict[str, FloatArray]:
    """Eight seconds of a low voice and of a high one."""
    return {LOW: talk(LOW, 8.0, RATE, pitch=20), HIGH: talk(HIGH, 8.0, RATE, pitch=70)}


def _measured(
    samples: FloatArray, folder: Path, config: EngineConfig, others: tuple[FloatArray, ...] = (), rate: int = RATE
) -> SampleReport:
    """The report on samples that somebody brought as a WAV file, without its words."""
    source = factory.write(folder / "brought.wav", samples, rate)
    return measure_sample(
        source,
        "brought.wav",
        folder / "sound.wav",
        config,
        language="en",
        others=others,
        transcript="",
        progress=Silent(),
    )


def _codes(report: SampleReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys; from vocasync.pipelines.library import random_sentence; random_sentence('en');"
        "print([name for name in ('torch', 'scipy', 'onnxruntime', 'pyworld', 'pocketsphinx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- samples ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def good(
    voices: dict[str, FloatArray], config: EngineConfig, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SampleReport, Path]:
    """A good sample, recognised, and its sound."""
    folder = tmp_path_factory.mktemp("good")
    source = factory.write(folder / "low.flac", voices[LOW], RATE)
    report = measure_sample(
        source,
        "low.flac",
        folder / "sound.wav",
        config,
        language="en",
        others=(),
        transcript=None,
        progress=Silent(),
    )
    return report, folder / "sound.wav"


def test_a_good_sample_is_measured_through_and_through(good: tuple[SampleReport, Path]) -> None:
    report, sound = good
    about = soundfile.info(sound)
    assert (about.samplerate, about.channels, about.subtype) == (RATE, 1, "PCM_16")
    assert (report.status, report.problems) == ("good", ())
    assert report.seconds == pytest.approx(8.0, abs=0.01)
    assert 7.0 < report.speech_seconds <= 8.0
    assert report.regions
    assert report.regions[-1].end <= 8.01
    assert report.snr is not None
    assert report.snr > 15
    assert report.clipping == 0.0
    assert report.bandwidth is not None
    assert report.bandwidth > 8000
    assert report.loudness is not None
    assert -30 < report.loudness < -12
    assert (report.speakers, report.agreement) == (1, None)
    assert len(report.peaks) == 200
    assert 0 <= min(report.peaks) < max(report.peaks) <= 1
    assert report.embedding is not None
    assert report.embedding.shape == (256,)
    assert np.linalg.norm(report.embedding) == pytest.approx(1.0, abs=1e-3)


def test_melody_and_pace_are_those_of_the_voice(good: tuple[SampleReport, Path]) -> None:
    report, _ = good
    assert report.f0_low is not None
    assert report.f0_median is not None
    assert report.f0_high is not None
    assert 60 < report.f0_low < report.f0_median < report.f0_high < 130
    assert report.pace is not None
    assert 2 < report.pace < 8


def test_its_words_are_written_down(good: tuple[SampleReport, Path]) -> None:
    report, _ = good
    assert report.language == "en"
    assert len(report.transcript.split()) > 5


def test_words_that_somebody_wrote_down_are_kept(
    voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    source = factory.write(tmp_path / "low.wav", voices[LOW][: 3 * RATE], RATE)

    def written(language: str, transcript: str | None) -> tuple[str, str]:
        report = measure_sample(
            source,
            "low.wav",
            tmp_path / "sound.wav",
            config,
            language=language,
            others=(),
            transcript=transcript,
            progress=Silent(),
        )
        return report.language, report.transcript

    assert written("de", "Selbst getippt.") == ("de", "Selbst getippt.")
    # Nothing that is ready here finds the language out, or recognises German.
    assert written("", None) == ("", "")
    assert written("de", None) == ("de", "")


def _both(voices: dict[str, FloatArray]) -> FloatArray:
    return np.concatenate([voices[LOW][: 4 * RATE], np.zeros(RATE // 2, np.float32), voices[HIGH][: 4 * RATE]])


def _with_music(voices: dict[str, FloatArray]) -> FloatArray:
    speech, music = voices[LOW], chords(8.0, RATE)
    return speech + music * np.sqrt(np.mean(speech**2) / np.mean(music**2))


def _with_noise(voices: dict[str, FloatArray], decibels: float) -> FloatArray:
    speech = voices[LOW]
    level = np.sqrt(np.mean(speech**2)) * 10 ** (-decibels / 20)
    return (speech + level * NOISE.normal(size=len(speech))).astype(np.float32)


Made = Callable[[dict[str, FloatArray]], FloatArray]


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda _: chords(8.0, RATE), "refused", "music"),
        (lambda _: singing(8.0, RATE), "refused", "music"),
        (lambda _: chords(8.0, RATE) + singing(8.0, RATE), "refused", "music"),
        (_with_music, "refused", "music"),
        (lambda _: NOISE.normal(0, 0.1, 5 * RATE).astype(np.float32), "refused", "no_speech"),
        (lambda _: np.zeros(3 * RATE, np.float32), "refused", "silent"),
        (lambda _: np.zeros(0, np.float32), "refused", "silent"),
        (lambda voices: voices[LOW][:RATE], "refused", "too_short"),
        (lambda voices: voices[LOW][: 5 * RATE // 2], "flagged", "short"),
        (_both, "refused", "several_speakers"),
        (lambda voices: 0.3 * np.clip(6 * voices[LOW], -0.5, 0.5), "refused", "clipped"),
        (lambda voices: _with_noise(voices, 10.0), "flagged", "noisy"),
        (lambda voices: _with_noise(voices, -2.0), "refused", "noisy"),
        (lambda voices: 0.02 * voices[LOW], "flagged", "quiet"),
    ],
    ids=[
        *("chords", "singing", "song", "speech and music", "noise", "silence", "nothing", "a second", "short"),
        *("two people", "clipped", "noisy", "drowned", "quiet"),
    ],
)
def test_what_would_harm_a_voice_is_found(
    make: Made, status: str, code: str, voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    report = _measured(make(voices), tmp_path, config)
    assert (report.status, _codes(report)[0]) == (status, code)
    assert all(problem.text and problem.advice for problem in report.problems)
    assert report.transcript == ""


def test_a_telephone_is_heard(voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path) -> None:
    plain = factory.write(tmp_path / "plain.wav", voices[LOW], RATE)
    factory.ffmpeg("-i", str(plain), "-ar", "8000", "-af", "highpass=300,lowpass=3400", str(tmp_path / "call.wav"))
    samples, rate = soundfile.read(tmp_path / "call.wav", dtype="float32")
    report = _measured(samples, tmp_path, config, rate=rate)
    assert (report.status, _codes(report)) == ("flagged", ["narrow"])
    assert report.bandwidth is not None
    assert 3000 < report.bandwidth <= 4000


def test_an_hour_is_refused_before_it_is_read(config: EngineConfig, tmp_path: Path) -> None:
    source, sound = tmp_path / "hour.wav", tmp_path / "sound.wav"
    with wave.open(str(source), "wb") as file:
        file.setparams((1, 2, 8000, 3600 * 8000, "NONE", ""))
        file.writeframes(b"")
    header = bytearray(source.read_bytes()[:44])
    size = 3600 * 8000 * 2
    header[4:8], header[40:44] = (36 + size).to_bytes(4, "little"), size.to_bytes(4, "little")
    source.write_bytes(header)
    with source.open("r+b") as stream:
        stream.truncate(44 + size)  # a hole: no disk is used
    report = measure_sample(
        source, "hour.wav", sound, config, language="en", others=(), transcript=None, progress=Silent()
    )
    assert (report.status, _codes(report), report.seconds) == ("refused", ["too_long"], 3600.0)
    assert "60 minutes" in report.problems[0].text
    assert not sound.exists()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: factory.text_as(path), "not_media"),
        (lambda path: factory.hls_playlist(path, "file:///etc/passwd"), "disguised_playlist"),
        (lambda path: factory.concat_list(path, "/etc/passwd"), "disguised_playlist"),
        (lambda path: factory.truncated(factory.text_as(path), path, 0.0), "empty_file"),
        (lambda path: factory.video(path.with_suffix(".mp4"), None, 1.0), "no_audio"),
    ],
    ids=["text", "playlist", "list", "empty", "picture only"],
)
def test_what_is_no_recording_is_an_error(
    make: Callable[[Path], Path], code: str, config: EngineConfig, tmp_path: Path
) -> None:
    source = make(tmp_path / "brought.mp3")
    with pytest.raises(PipelineError) as caught:
        measure_sample(
            source, "x", tmp_path / "s.wav", config, language="", others=(), transcript=None, progress=Silent()
        )
    assert caught.value.code == code
    with pytest.raises(PipelineError) as caught:
        embed_clip(source, "x", config, Silent())
    assert caught.value.code == code


def test_work_that_nobody_wants_any_more_ends(
    voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    class Gone(Silent):
        def check(self) -> None:
            raise Cancelled

    source = factory.write(tmp_path / "low.wav", voices[LOW], RATE)
    with pytest.raises(Cancelled):
        measure_sample(
            source, "x", tmp_path / "s.wav", config, language="en", others=(), transcript=None, progress=Gone()
        )


def test_the_same_voice_agrees_and_another_does_not(
    voices: dict[str, FloatArray], good: tuple[SampleReport, Path], config: EngineConfig, tmp_path: Path
) -> None:
    known = good[0].embedding
    assert known is not None
    same = _measured(talk(LOW, 4.0, RATE, pitch=20), tmp_path, config, (known,))
    other = _measured(voices[HIGH], tmp_path, config, (known,))
    assert same.agreement is not None
    assert other.agreement is not None
    assert other.agreement < 0.72 < 0.85 < same.agreement
    assert same.status == "good"
    assert "disagrees" in _codes(other)


def test_a_report_is_compared_with_other_samples_without_listening_again(good: tuple[SampleReport, Path]) -> None:
    report, _ = good
    assert report.embedding is not None
    stranger = np.roll(report.embedding, 128)
    beside = compare_sample(report, [stranger])
    assert beside.status == "refused"
    assert _codes(beside) == ["another_person"]
    assert beside.agreement == pytest.approx(float(report.embedding @ stranger), abs=1e-5)
    back = compare_sample(beside, [report.embedding])
    assert (back.status, back.problems, back.agreement) == ("good", (), pytest.approx(1.0, abs=1e-3))
    assert compare_sample(beside, []).agreement is None
    empty = SampleReport("refused", (), 1.0)
    assert compare_sample(empty, [stranger]).agreement is None


# --- the reference ----------------------------------------------------------------------------------------------------
def test_chosen_speech_becomes_one_recording_at_one_level(voices: dict[str, FloatArray], tmp_path: Path) -> None:
    loud = factory.write(tmp_path / "loud.wav", np.clip(2 * voices[LOW], -1, 1), RATE)
    soft = factory.write(tmp_path / "soft.wav", 0.05 * voices[LOW], RATE)
    spoken = (Region(0.5, 3.0), Region(4.0, 7.0))
    found = build_reference([(loud, spoken), (soft, spoken)], tmp_path / "reference.wav")
    about = soundfile.info(found.audio)
    assert (about.samplerate, about.channels, about.subtype) == (RATE, 1, "PCM_16")
    assert sum(region.duration for region in found.regions) == pytest.approx(11.0, abs=0.5)
    samples = read(found.audio).samples
    levels = [np.sqrt(np.mean(samples[round(one.start * RATE) : round(one.end * RATE)] ** 2)) for one in found.regions]
    assert max(levels) / min(levels) < 2.0
    assert np.abs(samples).max() < 0.96
    between = samples[round(found.regions[0].end * RATE) : round(found.regions[1].start * RATE)]
    assert len(between) > 0.2 * RATE
    assert not between.any()


def test_the_words_of_the_samples_are_where_their_sound_is(voices: dict[str, FloatArray], tmp_path: Path) -> None:
    path = factory.write(tmp_path / "low.wav", voices[LOW], RATE)
    spoken = (Region(0.5, 3.0), Region(4.0, 7.0))
    said = tuple(
        Word(f"word{number}", start, start + 0.3) for number, start in enumerate((0.1, 0.6, 2.4, 3.4, 4.1, 6.5))
    )
    found = build_reference([(path, spoken), (path, spoken)], tmp_path / "reference.wav", [said, ()])
    assert [word.text for word in found.words] == ["word1", "word2", "word4", "word5"]
    assert found.transcript == "word1 word2 word4 word5"
    sample, reference = read(path).samples, read(found.audio).samples
    for word in found.words:
        there = next(one for one in said if one.text == word.text)
        heard, kept = round(there.start * RATE), round(word.start * RATE)
        one, two = sample[heard : heard + 6000], reference[kept : kept + 6000]
        assert np.corrcoef(one, two)[0, 1] > 0.99


def test_a_transcript_is_placed_on_its_sound(tmp_path: Path) -> None:
    config = EngineConfig(network=False)
    text = "Nobody knows where the money went."
    path = factory.speech(text, tmp_path / "said.wav")
    words = placed_words(path, text, "en", config)
    assert [word.text.strip(".").lower() for word in words] == text.strip(".").lower().split()
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert words[-1].end <= soundfile.info(path).duration + 0.05
    assert placed_words(path, "", "en", config) == placed_words(path, text, "", config) == ()
    silence = factory.write(tmp_path / "silence.wav", np.zeros(RATE, np.float32), RATE)
    assert placed_words(silence, text, "en", config) == ()


def test_a_reference_has_a_minute_and_no_more(voices: dict[str, FloatArray], tmp_path: Path) -> None:
    path = factory.write(tmp_path / "low.wav", np.tile(voices[LOW], 12), RATE)
    spoken = tuple(Region(float(start), start + 9.0) for start in range(0, 96, 10) if start + 9 <= 96)
    found = build_reference([(path, spoken)], tmp_path / "reference.wav")
    assert sum(region.duration for region in found.regions) == pytest.approx(60.0, abs=1.5)


def test_too_little_speech_makes_no_reference(voices: dict[str, FloatArray], tmp_path: Path) -> None:
    path = factory.write(tmp_path / "low.wav", voices[LOW], RATE)
    with pytest.raises(PipelineError) as caught:
        build_reference([(path, (Region(1.0, 2.0),))], tmp_path / "reference.wav")
    assert caught.value.code == "reference_too_short"


# --- emotions ---------------------------------------------------------------------------------------------------------
def test_a_tone_is_measured_against_neutral(
    voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    source = factory.write(tmp_path / "high.wav", voices[HIGH], RATE)
    neutral = {"f0_median": 125.0, "f0_range": 4.0, "pace": 4.0, "energy": 8.0, "tilt": -6.0}
    found = measure_emotion(source, "high.wav", tmp_path / "sound.wav", config, neutral, Silent())
    assert found.status == "good"
    assert soundfile.info(tmp_path / "sound.wav").samplerate == 16_000
    assert set(found.measures) == set(found.relative) == set(neutral)
    assert found.measures["f0_median"] == pytest.approx(253, rel=0.1)
    assert found.relative["f0_median"] == pytest.approx(12 * np.log2(found.measures["f0_median"] / 125), abs=0.02)
    assert found.relative["pace"] == pytest.approx(found.measures["pace"] / 4.0, abs=0.01)
    assert found.relative["tilt"] == pytest.approx(found.measures["tilt"] + 6.0, abs=0.02)
    assert len(found.peaks) == 200
    assert found.regions


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda _: singing(6.0, RATE), "music"),
        (lambda _: np.zeros(3 * RATE, np.float32), "silent"),
        (lambda voices: voices[LOW][:RATE], "too_short"),
    ],
    ids=["singing", "silence", "a second"],
)
def test_a_clip_without_a_tone_is_refused(
    make: Made, code: str, voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    source = factory.write(tmp_path / "clip.wav", make(voices), RATE)
    found = measure_emotion(source, "clip.wav", tmp_path / "sound.wav", config, None, Silent())
    assert (found.status, found.problems[0].code, found.measures, found.relative) == ("refused", code, {}, {})


# --- a clip to search with --------------------------------------------------------------------------------------------
def test_a_clip_is_found_by_its_voice(
    voices: dict[str, FloatArray], good: tuple[SampleReport, Path], config: EngineConfig, tmp_path: Path
) -> None:
    known = good[0].embedding
    assert known is not None
    same, other = (
        embed_clip(factory.write(tmp_path / f"{number}.wav", samples, RATE), "clip", config, Silent())
        for number, samples in enumerate((voices[LOW][: 4 * RATE], voices[HIGH]))
    )
    assert float(other @ known) < 0.75 < 0.9 < float(same @ known)


@pytest.mark.parametrize(
    "samples", [np.zeros(2 * RATE, np.float32), chords(4.0, RATE), NOISE.normal(0, 0.1, 3 * RATE).astype(np.float32)]
)
def test_a_clip_without_speech_finds_nothing(samples: FloatArray, config: EngineConfig, tmp_path: Path) -> None:
    path = factory.write(tmp_path / "clip.wav", samples, RATE)
    with pytest.raises(PipelineError) as caught:
        embed_clip(path, "clip.wav", config, Silent())
    assert caught.value.code == "no_speech"


# --- lines ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def voice(voices: dict[str, FloatArray], tmp_path: Path) -> SpeakerVoice:
    path = factory.write(tmp_path / "reference.wav", voices[HIGH], RATE)
    reference = VoiceReference(path, (Region(0.0, 8.0),))
    return SpeakerVoice(VoiceKind.PROFILE, reference, "mark of these samples")


def test_a_line_sounds_like_the_voice(voice: SpeakerVoice, config: EngineConfig, tmp_path: Path) -> None:
    request = LineRequest("There is a small river beside the old bank.", "en", "espeak", voice)
    report = speak_line(request, tmp_path / "kept", tmp_path / "line.wav", config, Silent())
    line = read(tmp_path / "line.wav")
    assert report.seconds == pytest.approx(line.duration, abs=0.01)
    assert report.similarity is not None
    assert report.untreated is not None
    assert report.similarity > report.untreated + 0.03
    assert loudness(line) == pytest.approx(-20.0, abs=1.0)
    assert np.abs(line.samples).max() <= 10 ** (-1 / 20) + 1e-3
    assert len(report.peaks) == 200


def test_what_is_known_of_a_voice_is_not_computed_again(
    voice: SpeakerVoice, config: EngineConfig, tmp_path: Path
) -> None:
    request = LineRequest("Nobody knows.", "en", "espeak", voice)
    first = speak_line(request, tmp_path / "kept", tmp_path / "first.wav", config, Silent())
    assert voice.reference is not None
    voice.reference.audio.unlink()
    second = speak_line(request, tmp_path / "kept", tmp_path / "second.wav", config, Silent())
    assert second == first
    assert (tmp_path / "second.wav").read_bytes() == (tmp_path / "first.wav").read_bytes()
    changed = replace(request, voice=replace(voice, mark="other samples"))
    with pytest.raises(soundfile.LibsndfileError):
        speak_line(changed, tmp_path / "kept", tmp_path / "third.wav", config, Silent())


def test_a_tone_moves_the_line_as_far_as_asked(
    voice: SpeakerVoice, voices: dict[str, FloatArray], config: EngineConfig, tmp_path: Path
) -> None:
    tone = VoiceReference(factory.write(tmp_path / "tone.wav", voices[LOW], RATE), (Region(0.0, 8.0),))
    plain = LineRequest("My brother bought a new car.", "en", "espeak", voice)

    def spoken(request: LineRequest) -> bytes:
        speak_line(request, tmp_path / "kept", tmp_path / "line.wav", config, Silent())
        return (tmp_path / "line.wav").read_bytes()

    untouched, none, whole = (
        spoken(request)
        for request in (plain, replace(plain, emotion=tone, strength=0.0), replace(plain, emotion=tone, strength=1.0))
    )
    assert whole != untouched
    assert none != whole


def test_the_engines_own_voice_is_like_nobody(config: EngineConfig, tmp_path: Path) -> None:
    request = LineRequest("Guten Tag.", "de", "espeak", SpeakerVoice(VoiceKind.STOCK))
    report = speak_line(request, tmp_path / "kept", tmp_path / "line.wav", config, Silent())
    assert (report.similarity, report.untreated) == (None, None)
    assert report.seconds > 0.3


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"engine": "nonesuch"}, "engine_unknown"), ({"language": "eo!"}, "unknown_language")],
)
def test_a_line_that_nobody_can_say(
    changes: dict[str, str], code: str, voice: SpeakerVoice, config: EngineConfig, tmp_path: Path
) -> None:
    request = replace(LineRequest("Hello.", "en", "espeak", voice), **changes)
    with pytest.raises(PipelineError) as caught:
        speak_line(request, tmp_path / "kept", tmp_path / "line.wav", config, Silent())
    assert caught.value.code == code


# --- consent ----------------------------------------------------------------------------------------------------------
def _read_aloud(sentence: str, voice: str, folder: Path) -> Path:
    samples, _ = said([sentence], voice=voice)
    return factory.write(folder / "reading.wav", samples + NOISE.normal(0, 1e-4, len(samples)).astype(np.float32))


@pytest.fixture(scope="module")
def reader(config: EngineConfig, tmp_path_factory: pytest.TempPathFactory) -> FloatArray:
    """What the synthetic voice that reads sounds like, from other words."""
    path = factory.write(tmp_path_factory.mktemp("reader") / "reader.wav", talk("en-us", 8.0, RATE), RATE)
    return embed_clip(path, "reader", config, Silent())


@pytest.mark.parametrize("code", ["en", "de", "ur"])
def test_who_reads_the_sentence_passes(code: str, reader: FloatArray, config: EngineConfig, tmp_path: Path) -> None:
    sentence = random_sentence(code, random.Random(11))
    voice = {"en": "en-us"}.get(code, code)
    recording = _read_aloud(sentence, voice, tmp_path)
    own = reader if code == "en" else embed_clip(recording, "own", config, Silent())
    found = check_consent(recording, "r", sentence, code, own, config, tmp_path / "out.wav", Silent())
    assert found.outcome is Outcome.PASSED
    assert found.word_distance is not None
    assert found.word_distance <= 0.4
    assert found.similarity is not None
    assert found.similarity > 0.75
    assert soundfile.info(tmp_path / "out.wav").samplerate == 16_000


def test_other_words_do_not_pass(reader: FloatArray, config: EngineConfig, tmp_path: Path) -> None:
    given, other = (random_sentence("en", random.Random(seed)) for seed in (1, 2))
    recording = _read_aloud(other, "en-us", tmp_path)
    found = check_consent(recording, "r", given, "en", reader, config, tmp_path / "out.wav", Silent())
    assert found.outcome is Outcome.WRONG_WORDS
    assert found.word_distance is not None
    assert found.word_distance > 0.4
    assert found.heard


def test_another_voice_does_not_pass(
    voices: dict[str, FloatArray], reader: FloatArray, config: EngineConfig, tmp_path: Path
) -> None:
    sentence = random_sentence("en", random.Random(1))
    recording = _read_aloud(sentence, HIGH, tmp_path)
    found = check_consent(recording, "r", sentence, "en", reader, config, tmp_path / "out.wav", Silent())
    assert found.outcome is Outcome.WRONG_SPEAKER
    assert found.similarity is not None
    assert found.similarity < 0.75


def test_silence_is_no_reading(reader: FloatArray, config: EngineConfig, tmp_path: Path) -> None:
    for samples in (np.zeros(3 * RATE, np.float32), NOISE.normal(0, 0.05, 3 * RATE).astype(np.float32)):
        recording = factory.write(tmp_path / "reading.wav", samples, RATE)
        found = check_consent(recording, "r", "One two three.", "en", reader, config, tmp_path / "o.wav", Silent())
        assert found.outcome is Outcome.NO_SPEECH
        assert (found.heard, found.word_distance, found.similarity) == ("", None, None)


def test_a_long_recording_is_no_reading(reader: FloatArray, config: EngineConfig, tmp_path: Path) -> None:
    recording = factory.silence(tmp_path / "long.wav", 100.0)
    with pytest.raises(PipelineError) as caught:
        check_consent(recording, "r", "One two three.", "en", reader, config, tmp_path / "o.wav", Silent())
    assert caught.value.code == "consent_too_long"


# --- real recordings --------------------------------------------------------------------------------------------------
SEVERAL = ("friday.mp4", "falcon/test.wav", "ami_trn08.flac")
BRIEF = ("bbaf2n.mpg",)  # 1.3 s of speech


def _recordings(folder: Path) -> list[Path]:
    kinds = {".wav", ".mp3", ".flac", ".mp4", ".mpg"}
    return sorted(path for path in folder.rglob("*") if path.suffix in kinds)


@pytest.mark.slow
def test_no_real_person_is_refused(shared_media: Path, config: EngineConfig, tmp_path: Path) -> None:
    refused = {}
    for path in _recordings(shared_media):
        if path.as_posix().endswith((*SEVERAL, *BRIEF)):
            continue
        report = measure_sample(
            path, path.name, tmp_path / "s.wav", config, language="", others=(), transcript="", progress=Silent()
        )
        print(path.name, report.status, _codes(report), report.snr, report.bandwidth, report.f0_median)
        if report.status == "refused":
            refused[path.name] = _codes(report)
    assert refused == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shared-assets/friday.mp4", "falcon/test.wav"])
def test_real_conversations_are_refused(name: str, shared_media: Path, config: EngineConfig, tmp_path: Path) -> None:
    path = shared_media / name
    report = measure_sample(
        path, path.name, tmp_path / "s.wav", config, language="en", others=(), transcript="", progress=Silent()
    )
    assert report.status == "refused"
    assert "several_speakers" in _codes(report)


@pytest.mark.slow
def test_real_people_agree_with_themselves_only(shared_media: Path, config: EngineConfig, tmp_path: Path) -> None:
    def report(name: str, others: tuple[FloatArray, ...] = ()) -> SampleReport:
        path = shared_media / name
        return measure_sample(
            path, path.name, tmp_path / "s.wav", config, language="en", others=others, transcript="", progress=Silent()
        )

    first = report("TTS/LJ001-0004.flac").embedding
    assert first is not None
    assert report("TTS/LJ001-0006.flac", (first,)).status == "good"
    other = report("whisper/jfk.flac", (first,))
    assert (other.status, _codes(other)) == ("refused", ["another_person"])
    assert all(value is not None for value in (other.f0_median, other.pace, other.embedding))


@pytest.mark.slow
def test_real_readings_are_checked(shared_media: Path, config: EngineConfig, tmp_path: Path) -> None:
    own = embed_clip(shared_media / "TTS/LJ001-0004.flac", "own", config, Silent())
    right = "And it is worth mention in passing that, as an example of fine typography,"
    reading = shared_media / "TTS/LJ001-0006.flac"

    def outcome(recording: Path, sentence: str) -> Outcome:
        found = check_consent(recording, "r", sentence, "en", own, config, tmp_path / "o.wav", Silent())
        print(recording.name, found)
        return found.outcome

    assert outcome(reading, right) is Outcome.PASSED
    assert outcome(reading, random_sentence("en", random.Random(1))) is Outcome.WRONG_WORDS
    assert outcome(shared_media / "whisper/jfk.flac", right) is Outcome.WRONG_SPEAKER


@pytest.mark.slow
def test_a_real_anger_is_higher_than_neutral(shared_media: Path, config: EngineConfig, tmp_path: Path) -> None:
    folder = shared_media / "speech-emotion-recognition"
    neutral = measure_emotion(folder / "03a05Nd.wav", "n", tmp_path / "n.wav", config, None, Silent())
    angry = measure_emotion(folder / "03a05Wa.wav", "w", tmp_path / "w.wav", config, neutral.measures, Silent())
    assert neutral.status == angry.status == "good"
    assert 3 < angry.relative["f0_median"] < 10
    assert angry.relative["tilt"] > 0.5
