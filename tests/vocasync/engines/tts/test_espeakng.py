"""eSpeak NG in process: sound, marks, pronunciation, sameness, threads and forks."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import TEXTS
from vocasync.engines.tts.espeakng import shared
from vocasync.engines.tts.voices import definition, espeak_languages
from vocasync.languages import LANGUAGES


def test_every_required_language_is_listed() -> None:
    assert set(TEXTS) <= espeak_languages() <= set(LANGUAGES)


@pytest.mark.parametrize("code", sorted(espeak_languages()))
def test_every_listed_language_has_a_voice_that_loads(code: str) -> None:
    said = shared().synthesize("12", LANGUAGES[code].espeak)
    assert np.abs(said.audio.samples).max() > 0.05


def test_temporary_files_may_be_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, or below a folder of the site's own."""
    deep = tmp_path / ("deep" * 25)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert np.abs(shared().synthesize("12").audio.samples).max() > 0.05


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
@pytest.mark.parametrize("variant", ["", "+f5", "+klatt4"])
def test_speaks_the_required_languages(code: str, text: str, variant: str) -> None:
    said = shared().synthesize(text, LANGUAGES[code].espeak + variant)
    assert said.audio.rate == 22_050
    assert said.audio.samples.dtype == np.float32
    assert 0.5 < said.audio.duration < 4
    assert 0.05 < np.abs(said.audio.samples).max() <= 1
    assert [mark.text for mark in said.marks if mark.kind == "word"] == [word.strip(",.?") for word in text.split()]


def test_marks_lie_in_order_inside_the_sound_and_leave_pauses_out() -> None:
    said = shared().synthesize("Hello world, it costs 42 dollars.", "en-us")
    words = [mark for mark in said.marks if mark.kind == "word"]
    assert [word.text for word in words] == ["Hello", "world", "it", "costs", "42", "dollars"]
    assert all(mark.end > mark.start >= 0 for mark in said.marks)
    assert all(early.end <= late.start for early, late in itertools.pairwise(words))
    assert words[-1].end <= said.audio.duration
    assert words[2].start - words[1].end > 0.05  # the pause at the comma belongs to no word
    assert "w" in [mark.text for mark in said.marks if mark.kind == "phoneme"]


def test_pronunciation_in_ipa() -> None:
    assert shared().phonemize("Hello world. Goodbye.", "en-us") == "həlˈoʊ wˈɜːld ɡʊdbˈaɪ"
    assert shared().phonemize("", "en-us") == ""


@pytest.mark.parametrize("text", ["", " \n", "...", "!?", "\0", "\ud83d", "<b>", "[[x"])
def test_odd_texts_are_safe(text: str) -> None:
    said = shared().synthesize(text, "en-us")
    assert np.isfinite(said.audio.samples).all()


def test_rate_pitch_and_variant_change_the_sound() -> None:
    plain = shared().synthesize("Please open the window.", "en-us")
    assert (
        shared().synthesize("Please open the window.", "en-us", rate_wpm=300).audio.duration
        < plain.audio.duration * 0.8
    )
    other = shared().synthesize("Please open the window.", "en-us+f5")
    assert other.audio.duration != plain.audio.duration


@pytest.mark.parametrize("voice", ["en-us", "en-us+f5", "en-us+klatt4", "hi+f2"])
def test_the_same_request_sounds_the_same_whatever_was_said_before(voice: str) -> None:
    first = shared().synthesize("Same again please.", voice).audio.samples
    for before in ("de+m6", "en-us+f5", "fr"):
        shared().synthesize("Something else, of another length", before, rate_wpm=230, pitch=80)
        assert np.array_equal(first, shared().synthesize("Same again please.", voice).audio.samples)


def test_a_trill_starts_where_it_always_starts() -> None:
    river = "Hay un río pequeño."
    first = shared().synthesize(river, "es+m6").audio.samples
    for before in ("Hola.", "Hello there, my friends.", river):
        shared().synthesize(before, "es+m6")
        np.testing.assert_array_equal(shared().synthesize(river, "es+m6").audio.samples, first)


def test_unknown_voices_are_refused() -> None:
    for voice in ("klingon", "en-us+../../../etc/passwd", "en-us+nobody"):
        with pytest.raises(ValueError, match="no voice"):
            shared().synthesize("x", voice)
    assert "flutter 0" in definition("en-us+f5")


def test_threads_take_turns() -> None:
    texts = [f"This is number {number}." for number in range(12)]
    alone = [shared().synthesize(text).audio.samples for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: shared().synthesize(text).audio.samples, texts))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_fork_while_another_thread_speaks_leaves_a_working_child() -> None:
    expected = shared().synthesize("After the fork.").audio.samples
    stop = threading.Event()

    def talk() -> None:
        while not stop.is_set():
            shared().synthesize("A long sentence that keeps the library busy for a while. " * 5)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        codes = [_fork_and_compare(expected) for _ in range(5)]
    finally:
        stop.set()
        thread.join()
    assert codes == [0] * 5


def _fork_and_compare(expected: np.ndarray) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if np.array_equal(shared().synthesize("After the fork.").audio.samples, expected) else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
