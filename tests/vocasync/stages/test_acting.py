"""What a face does besides speaking: blinks, a head that moves, brows and smile of a tone."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from vocasync.media.audio import read
from vocasync.stages.acting import Tone, perform, tone_of
from vocasync.stages.visemes import mouths
from vocasync.stages.visemes.inventory import JAW, ROUND
from vocasync.types import ANALYSIS_RATE, HEAD, MOUTH, Audio, FloatArray, Performance, SpeechMark

RATE = ANALYSIS_RATE
FPS = 25.0
SECONDS = 40.0
SAID = (SpeechMark("phoneme", "a", 0.0, SECONDS),)  # with which nothing has to be recognised


@pytest.fixture(scope="module")
def speech() -> Audio:
    """Forty seconds, of which every other eight are silent."""
    spoken, pause = talk("en-us", 8.0, RATE), np.zeros(8 * RATE, np.float32)
    return Audio(np.concatenate([spoken, pause, spoken, pause, spoken]), RATE)


@pytest.fixture(scope="module")
def performance(speech: Audio) -> Performance:
    return perform(speech, round(SECONDS * FPS), FPS, marks=SAID, seed=3)


def _blinks(lids: FloatArray) -> list[tuple[int, int]]:
    """First and last but one frame of each stretch in which lids are not open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (lids > 0.01).astype(int), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


# --- shape ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("frames", [0, 1, 2, 7, 240])
@pytest.mark.parametrize("fps", [1, 24, 29.97, 60])
def test_one_row_a_frame(frames: int, fps: float) -> None:
    played = perform(Audio(talk("en-us", 2.0, RATE), RATE), frames, fps, tone=Tone(0.5, 0.5, 1.5))
    assert len(played) == frames
    assert played.mouth.shape == (frames, len(MOUTH))
    assert played.head.shape == (frames, len(HEAD))
    for field in fields(Performance):
        values = getattr(played, field.name)
        assert values.dtype == np.float32
        assert len(values) == frames
        assert np.isfinite(values).all()
    for values, low in ((played.blink, 0), (played.shut, 0), (played.brows, -1), (played.smile, -1)):
        assert values.shape == (frames,)
        assert (values >= low).all()
        assert (values <= 1).all()


@pytest.mark.parametrize("samples", [0, 1, 640])
def test_nothing_to_say_is_a_face_that_lives(samples: int) -> None:
    played = perform(Audio(np.zeros(samples, np.float32), RATE), 200, FPS)
    np.testing.assert_array_equal(played.mouth, 0.0)
    assert played.blink.max() == 1.0
    assert np.abs(played.head).max() > 0


def test_stereo_is_refused() -> None:
    with pytest.raises(ValueError, match="mono"):
        perform(Audio(np.zeros((44_100, 2), np.float32), 44_100), 25, FPS)


def test_the_mouth_is_that_of_the_speech(speech: Audio, performance: Performance) -> None:
    np.testing.assert_array_equal(performance.mouth, mouths(speech, round(SECONDS * FPS), FPS, SAID))
    assert performance.mouth[:, JAW].max() > 0.3


def test_the_same_seed_plays_the_same(speech: Audio, performance: Performance) -> None:
    again = perform(speech, round(SECONDS * FPS), FPS, marks=SAID, seed=3)
    other = perform(speech, round(SECONDS * FPS), FPS, marks=SAID, seed=4)
    for field in fields(Performance):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(performance, field.name))
    assert (other.blink != performance.blink).any()
    assert (other.head != performance.head).any()
    np.testing.assert_array_equal(other.mouth, performance.mouth)


def test_without_motion_the_mouth_alone_moves(speech: Audio, performance: Performance) -> None:
    still = perform(speech, round(SECONDS * FPS), FPS, marks=SAID, tone=Tone(0.5, 0.5, 1.5), motion=False)
    for values in (still.blink, still.head, still.brows, still.smile):
        np.testing.assert_array_equal(values, 0.0)
    np.testing.assert_array_equal(still.mouth, performance.mouth)
    np.testing.assert_array_equal(still.shut, performance.shut)


def test_all_begins_and_ends_with_the_photograph(performance: Performance) -> None:
    for values in (performance.blink, performance.head, performance.brows, performance.smile, performance.shut):
        np.testing.assert_array_equal(values[[0, -1]], 0.0)


# --- the mouth of the photograph --------------------------------------------------------------------------------------
def test_an_open_mouth_is_shut_while_it_plays(performance: Performance) -> None:
    assert (np.diff(performance.shut[:5]) > 0).all()
    np.testing.assert_array_equal(performance.shut[4:-4], 1.0)
    assert (np.diff(performance.shut[-5:]) < 0).all()


# --- blinks -----------------------------------------------------------------------------------------------------------
def test_blinks_are_whole_and_two_to_six_seconds_apart() -> None:
    played = [perform(Audio(np.zeros(0, np.float32), RATE), 2500, FPS, seed=seed) for seed in range(12)]
    gaps, doubles = [], 0
    for one in played:
        blinks = _blinks(one.blink)
        assert blinks[0][0] > 0
        assert blinks[-1][1] < 2500
        assert all(one.blink[first:last].max() == 1.0 for first, last in blinks)
        assert all(0.2 <= (last - first) / FPS <= 0.5 for first, last in blinks)
        tops = np.array([first + int(np.argmax(one.blink[first:last])) for first, last in blinks]) / FPS
        apart = np.diff(tops)
        doubles += int((apart < 0.6).sum())
        gaps += apart[apart >= 0.6].tolist()
        assert 100 - tops[-1] < 6.5
        assert tops[0] < 3.1
    assert doubles > 0
    assert min(gaps) >= 2.0 - 1 / FPS
    assert max(gaps) <= 6.0 + 1 / FPS
    assert np.std(gaps) > 0.7


def test_lids_fall_quicker_than_they_rise() -> None:
    lids = perform(Audio(np.zeros(0, np.float32), RATE), 600, 100.0).blink
    first, last = _blinks(lids)[0]
    top = np.flatnonzero(lids[first:last] == 1.0) + first
    assert last - top[-1] > 1.5 * (top[0] - first)


def test_blinks_come_rather_in_pauses() -> None:
    """Two seconds of speech, one of silence, over and over."""
    sentence = np.concatenate([talk("en-us", 2.0, RATE), np.zeros(RATE, np.float32)])
    speech = Audio(np.tile(sentence, 10), RATE)
    silent = []
    for seed in range(8):
        lids = perform(speech, 750, FPS, marks=SAID, seed=seed).blink
        tops = [(first + int(np.argmax(lids[first:last]))) / FPS for first, last in _blinks(lids)]
        silent += [top % 3 >= 2 for top in tops]
    assert np.mean(silent) > 0.45


def test_pictures_that_are_slower_than_a_blink_have_none() -> None:
    np.testing.assert_array_equal(perform(Audio(np.zeros(0, np.float32), RATE), 100, 2.0).blink, 0.0)


# --- head and brows ---------------------------------------------------------------------------------------------------
def test_the_head_moves_smoothly_and_not_far(performance: Performance) -> None:
    assert np.degrees(np.abs(performance.head[:, 0]).max()) < 3.0
    assert np.abs(performance.head[:, 3:]).max() < 0.03
    assert np.abs(np.diff(performance.head, axis=0)).max() < 0.012
    assert (np.abs(performance.head).max(axis=0) > 0.002).all()


def test_who_speaks_moves_more_than_who_listens(speech: Audio) -> None:
    spoken, silent = [], []
    for seed in range(6):
        speed = np.abs(
            np.diff(perform(speech, round(SECONDS * FPS), FPS, marks=SAID, seed=seed).head[:, :3], axis=0)
        ).sum(axis=1)
        times = np.arange(len(speed)) / FPS
        spoken.append(speed[(times % 16 > 1) & (times % 16 < 7)].mean())
        silent.append(speed[(times % 16 > 9) & (times % 16 < 15)].mean())
    assert np.mean(spoken) > 1.5 * np.mean(silent)


def test_brows_rise_with_stress_and_rest_in_pauses(performance: Performance) -> None:
    times = (np.arange(len(performance)) + 0.5) / FPS
    silent = (times % 16 > 9) & (times % 16 < 15)
    np.testing.assert_array_equal(performance.brows[silent], 0.0)
    assert performance.brows[~silent].max() > 0.15
    assert performance.brows.min() >= 0.0
    raised = np.diff((performance.brows > 0.1).astype(int)) == 1
    assert 3 <= raised.sum() <= 24


def test_a_tone_is_seen(speech: Audio, performance: Performance) -> None:
    glad = perform(speech, round(SECONDS * FPS), FPS, marks=SAID, tone=Tone(0.2, 0.6, 1.4), seed=3)
    cross = perform(speech, round(SECONDS * FPS), FPS, marks=SAID, tone=Tone(-0.6, -0.3, 1.0), seed=3)
    inner = slice(20, -20)
    rounded = glad.mouth[inner, ROUND]
    np.testing.assert_allclose(glad.smile[inner][rounded == 0], 0.6, atol=1e-6)
    np.testing.assert_allclose(cross.smile[inner][rounded == 0], -0.3, atol=1e-6)
    assert np.median(glad.brows[inner]) == pytest.approx(0.2, abs=0.02)
    assert np.median(cross.brows[inner]) == pytest.approx(-0.6, abs=0.02)
    assert np.abs(glad.head[:, :3]).sum() > 1.2 * np.abs(performance.head[:, :3]).sum()
    np.testing.assert_array_equal(glad.mouth, performance.mouth)


def test_rounded_lips_smile_less() -> None:
    audio = Audio(talk("en-us", 2.0, RATE), RATE)
    played = {
        vowel: perform(audio, 50, FPS, marks=[SpeechMark("phoneme", vowel, 0.0, 2.0)], tone=Tone(smile=0.6))
        for vowel in ("iː", "uː")
    }
    assert played["iː"].smile[25] == pytest.approx(0.6, abs=0.01)
    assert 0.25 < played["uː"].smile[25] < 0.45


# --- tone -------------------------------------------------------------------------------------------------------------
def test_half_a_tone_is_half_of_it() -> None:
    assert Tone(0.4, -0.2, 1.5).at(0.5) == Tone(0.2, -0.1, 1.25)
    assert Tone(0.4, -0.2, 1.5).at(0.0) == Tone()


def test_a_label_gives_the_face_whatever_the_voice() -> None:
    audio = Audio(talk("en-us", 4.0, RATE), RATE)
    happy, sad, angry = (tone_of(audio, label) for label in ("Happy", " sad ", "angry"))
    assert happy.smile > 0.3
    assert sad.smile < -0.2
    assert angry.brows < -0.3
    assert happy.liveliness > sad.liveliness


def test_a_smile_is_not_heard() -> None:
    audio = Audio(talk("en-us", 4.0, RATE), RATE)
    own_word = tone_of(audio, "like my grandmother")
    assert own_word == tone_of(audio)
    assert own_word.smile == 0.0


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0])
def test_a_reference_without_a_voice_is_neutral(seconds: float) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, round(seconds * RATE)).astype(np.float32)
    for samples in (np.zeros_like(noise), noise):
        tone = tone_of(Audio(samples, RATE))
        assert tone.smile == 0.0
        assert abs(tone.brows) < 0.3
    assert tone_of(Audio(np.zeros_like(noise), RATE)) == Tone()


def test_arousal_is_heard_in_acted_emotions(shared_media: Path) -> None:
    """One sentence, acted by one person in four tones."""
    folder = shared_media / "speech-emotion-recognition"
    clips = {
        name: read(folder / f"03a05{code}.wav") for name, code in zip(_EMOTIONS, ("Nd", "Fc", "Wa", "Tc"), strict=True)
    }
    heard = {name: tone_of(clip) for name, clip in clips.items()}
    beside = {name: tone_of(clip, neutral=clips["neutral"]) for name, clip in clips.items()}
    for tones in (heard, beside):
        assert tones["happy"].liveliness > tones["neutral"].liveliness + 0.05
        assert tones["angry"].liveliness > tones["neutral"].liveliness + 0.05
        assert tones["sad"].liveliness < tones["neutral"].liveliness - 0.05
        assert tones["happy"].brows > tones["sad"].brows + 0.1
    assert beside["neutral"] == Tone()


_EMOTIONS = ("neutral", "happy", "angry", "sad")
