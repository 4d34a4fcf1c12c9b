"""What every recogniser of live speech keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from tests.vocasync.recordings import said, silence
from vocasync.engines import registry
from vocasync.engines.base import Partial, RecognitionSession, Recognizer, StreamingRecognizer
from vocasync.types import ANALYSIS_RATE, FloatArray, Word

TEXTS = ("We went home.", "It was old.")


@pytest.fixture
def streaming(recognizer: Recognizer) -> StreamingRecognizer:
    assert isinstance(recognizer, StreamingRecognizer)
    return recognizer


@pytest.fixture(scope="module")
def speech() -> list[FloatArray]:
    """Two sentences, each with the silence before and after it."""
    sound, (_, (start, _)) = said(TEXTS)
    middle = int((start - 0.4) * ANALYSIS_RATE)
    return [sound[:middle], sound[middle:]]


def pieces(sound: FloatArray, milliseconds: int) -> Iterator[FloatArray]:
    size = ANALYSIS_RATE * milliseconds // 1000
    for start in range(0, len(sound), size):
        yield sound[start : start + size]


def heard(session: RecognitionSession, speech: list[FloatArray], milliseconds: int = 64) -> list[Partial]:
    """Everything that a session says of utterances with a pause after each."""
    found = []
    for utterance in speech:
        for piece in pieces(utterance, milliseconds):
            found += session.feed(piece)
        found += session.pause()
    return found + session.finish()


def final_words(found: list[Partial]) -> list[Word]:
    return [word for partial in found if partial.final for word in partial.segment.words]


def test_the_registry_says_that_it_streams(recognizer: Recognizer, streaming: StreamingRecognizer) -> None:
    assert registry.spec("asr", streaming.name).streams
    session = streaming.open("en")
    assert isinstance(session, RecognitionSession)
    session.close()


@pytest.mark.parametrize("milliseconds", [32, 100])
def test_every_word_is_said_once_and_in_order(
    milliseconds: int, streaming: StreamingRecognizer, speech: list[FloatArray]
) -> None:
    found = heard(streaming.open("en"), speech, milliseconds)
    words = final_words(found)
    assert len(words) >= 2
    assert words[-1].end <= sum(map(len, speech)) / ANALYSIS_RATE + 0.01
    assert all(word.text for word in words)
    assert all(0 <= word.start <= word.end for word in words)
    assert all(one.end <= other.start + 0.02 for one, other in pairwise(words))
    for partial in found:
        assert partial.segment.text.split() == [word.text for word in partial.segment.words] or not partial.final
        assert partial.segment.start <= partial.segment.end


def test_what_is_under_way_comes_after_what_is_final(streaming: StreamingRecognizer, speech: list[FloatArray]) -> None:
    settled = 0.0
    for partial in heard(streaming.open("en"), speech):
        assert partial.segment.start >= settled - 0.02
        settled = partial.segment.end if partial.final else settled


def test_a_second_pause_has_nothing_to_add(streaming: StreamingRecognizer, speech: list[FloatArray]) -> None:
    session = streaming.open("en")
    for piece in pieces(speech[0], 64):
        session.feed(piece)
    session.pause()
    assert session.pause() == []
    session.close()


def test_the_end_gives_the_rest(streaming: StreamingRecognizer, speech: list[FloatArray]) -> None:
    session = streaming.open("en")
    before = [partial for piece in pieces(speech[0], 64) for partial in session.feed(piece)]
    rest = session.finish()
    assert all(partial.final for partial in rest)
    assert final_words(before + rest)


def test_nothing_was_said(streaming: StreamingRecognizer) -> None:
    session = streaming.open("en")
    assert session.pause() == []
    assert session.finish() == []


def test_streams_do_not_know_of_each_other(streaming: StreamingRecognizer, speech: list[FloatArray]) -> None:
    alone = final_words(heard(streaming.open("en"), speech[:1]))
    beside, noisy = streaming.open("en"), streaming.open("en")
    noise = np.random.default_rng(0).normal(0, 0.2, len(speech[0])).astype(np.float32)
    found = []
    for piece, other in zip(pieces(speech[0], 64), pieces(noise, 64), strict=True):
        found += beside.feed(piece)
        noisy.feed(other)
    noisy.close()
    assert final_words(found + beside.pause() + beside.finish()) == alone


@pytest.mark.parametrize("level", [0.0, 1e-6, 30.0])
def test_hostile_sound_is_just_sound(level: float, streaming: StreamingRecognizer) -> None:
    noise = np.random.default_rng(0).normal(0, level, ANALYSIS_RATE) if level else silence(1.0)
    for partial in heard(streaming.open("en"), [np.clip(noise, -1, 1).astype(np.float32)]):
        assert 0 <= partial.segment.start <= partial.segment.end <= 1.01
