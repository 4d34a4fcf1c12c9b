from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vocasync.recordings import analysis_of, loaded, said, silence
from vocasync.engines.asr.pocketsphinx import PocketSphinx
from vocasync.engines.base import Partial, RecognitionSession
from vocasync.stages.hearing import REMEMBERED, Clause, Hearing, Hypothesis
from vocasync.stages.words import edits
from vocasync.types import ANALYSIS_RATE, FloatArray, Segment, Word

TEXTS = ("Nobody knows where the money went.", "My brother bought a new car in the city and then he sold it again.")
WORD = 0.25  # seconds of sound in which the recogniser below hears a word


@cache
def speech() -> tuple[FloatArray, tuple[tuple[float, float], ...]]:
    sound, spans = said(TEXTS, pause=1.2)
    return sound, tuple(spans)


@dataclass
class Recogniser:
    """Hears a numbered word in every quarter of a second of sound that it is given, and says so as it is told to.

    unsteady: seconds for which a word is something else in each result. late: seconds of sound, or questions after
    there is no more, until a final result comes; None for one that ends its utterances where it is told of a pause.
    detects: the language that it says it heard.
    """

    unsteady: float = 0.0
    late: float | None = None
    punctuates: bool = False
    detects: str = ""
    name: str = "scripted"
    sessions: list[Session] = field(default_factory=list)

    def open(self, language: str) -> Session:
        self.sessions.append(Session(self, len(self.sessions)))
        return self.sessions[-1]

    @property
    def final(self) -> list[str]:
        """All words that were said finally."""
        return [word for session in self.sessions for word in session.final]

    @property
    def seconds(self) -> float:
        return sum(session.seconds for session in self.sessions)


class Session:
    def __init__(self, of: Recogniser, number: int) -> None:
        self.of = of
        self.number = number
        self.seconds = 0.0
        self.turn = 0
        self.origin = 0.0  # where the utterance begins
        self.said = 0  # words of it that are final
        self.final: list[str] = []
        self.waiting: list[tuple[float, int]] = []  # when a final result comes, and up to which word
        self.closed = False

    @property
    def heard(self) -> int:
        return int((self.seconds - self.origin) / WORD)

    def feed(self, samples: FloatArray) -> list[Partial]:
        self.seconds += len(samples) / ANALYSIS_RATE
        self.turn += 1
        due = [one for one in self.waiting if one[0] <= self.seconds + self.turn / 1000]
        self.waiting = self.waiting[len(due) :]
        found = [self.result(count, True) for _, count in due if count > self.said]
        return [*found, self.result(self.heard, False)] if self.heard > self.said else found

    def result(self, count: int, final: bool) -> Partial:
        starts = [(number, self.origin + number * WORD) for number in range(self.said, count)]
        words = tuple(Word(f"w{self.number}.{self.origin:.2f}.{number}", at, at + WORD, 0.5) for number, at in starts)
        if final:
            self.said = count
            self.final += [word.text for word in words]
        else:
            steady = self.seconds - self.of.unsteady
            words = tuple(
                word if word.end <= steady else replace(word, text=f"{word.text}~{self.turn}") for word in words
            )
        return Partial(
            Segment(0, words[0].start, words[-1].end, " ".join(w.text for w in words), words, 0.5),
            final,
            self.of.detects,
        )

    def pause(self) -> list[Partial]:
        if self.of.late is not None:
            self.waiting.append((self.seconds + self.turn / 1000 + self.of.late, self.heard))
            return []
        found = self.finish()
        self.origin, self.said = self.seconds, 0
        return found

    def finish(self) -> list[Partial]:
        return [self.result(self.heard, True)] if self.heard > self.said else []

    def close(self) -> None:
        self.closed = True


def told(hearing: Hearing, sound: FloatArray, sizes: Sequence[int] = (1024,)) -> list[Clause | Hypothesis]:
    found: list[Clause | Hypothesis] = []
    at = turn = 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        found += hearing.feed(sound[at : at + size])
        at, turn = at + size, turn + 1
    return found + hearing.finish()


def clauses(found: Sequence[Clause | Hypothesis]) -> list[Clause]:
    return [one for one in found if isinstance(one, Clause)]


def words_of(found: Sequence[Clause]) -> list[str]:
    return [word.text.lower().rstrip(".?") for one in found for word in one.words]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 9000), min_size=1, max_size=6),
    st.floats(0, 0.6),
    st.one_of(st.none(), st.floats(0, 4)),
)
def test_every_final_word_comes_out_once_whatever_the_pieces(
    sizes: list[int], unsteady: float, late: float | None
) -> None:
    recognizer = Recogniser(unsteady, late)
    sound, _ = speech()
    found = clauses(told(Hearing(recognizer, "en"), sound, sizes))
    assert recognizer.final
    assert words_of(found) == recognizer.final
    assert [one.number for one in found] == list(range(len(found)))
    assert all(one.start < one.end <= len(sound) / ANALYSIS_RATE + 0.1 for one in found)
    assert all(one.end <= following.start + 0.001 for one, following in pairwise(found))
    assert all(session.closed for session in recognizer.sessions)


def test_the_pieces_in_which_sound_comes_change_nothing() -> None:
    sound, _ = speech()
    whole = told(Hearing(Recogniser(0.3), "en"), sound)
    assert clauses(whole)
    for sizes in ((len(sound),), (77, 3000), (512,)):
        assert told(Hearing(Recogniser(0.3), "en"), sound, sizes) == whole


def test_clauses_are_those_of_the_language_that_is_detected() -> None:
    sound, _ = speech()
    known = clauses(told(Hearing(Recogniser(), "ja"), sound))
    detected = clauses(told(Hearing(Recogniser(detects="ja"), "auto"), sound))
    assert detected == known
    assert len(known) != len(clauses(told(Hearing(Recogniser(), "en"), sound)))


def test_only_speech_is_recognised_from_shortly_before_it() -> None:
    sound, spans = speech()
    recognizer = Recogniser()
    hearing = Hearing(recognizer, "en")
    found = clauses(told(hearing, sound))
    spoken = sum(end - start for start, end in spans)
    assert recognizer.seconds < spoken + 1.6 < len(sound) / ANALYSIS_RATE - 1
    assert 0.6 * spoken < hearing.speech_seconds < spoken + 0.2
    assert hearing.seconds == len(sound) / ANALYSIS_RATE
    first, second = (next(one for one in found if one.end > start) for start, _ in spans)
    assert first.start == pytest.approx(spans[0][0] - 0.3, abs=0.15)
    assert second.start == pytest.approx(spans[1][0] - 0.3, abs=0.15)
    assert first.silence_before == first.start
    assert second.silence_before > 0.4


def test_a_clause_is_told_before_its_utterance_ends_and_its_last_one_says_so() -> None:
    sound, spans = speech()
    hearing = Hearing(Recogniser(), "en")
    when: list[tuple[float, Clause]] = []
    for at in range(0, len(sound), 1024):
        when += [(hearing.seconds, one) for one in clauses(hearing.feed(sound[at : at + 1024]))]
    within, *_, last = [(at, one) for at, one in when if one.end > spans[1][0]]
    assert within[0] < spans[1][1] - 0.5
    assert not within[1].ends_utterance
    assert within[1].text[-1].isalnum()
    assert last[1].ends_utterance
    assert last[1].text[-1] == "."
    found = [one for _, one in when]
    assert {one.confidence for one in found} == {0.5}
    assert {one.language for one in found} == {"en"}


def test_what_is_under_way_is_told_until_it_is_a_clause() -> None:
    sound, _ = speech()
    hearing = Hearing(Recogniser(), "en")
    found = told(hearing, sound)
    number = 0
    texts: list[str] = []
    for one in found:
        if isinstance(one, Clause):
            assert one.number == number
            number, texts = number + 1, []
        else:
            assert one.clause == number
            assert one.text
            assert one.start < one.end
            texts.append(one.text)
            assert len(set(texts)) == len(texts)
    quiet = Hearing(Recogniser(), "en")
    quiet.partials = False
    assert told(quiet, sound) == clauses(found)


def test_a_pause_that_the_recogniser_is_to_hear_is_given_to_it_and_no_more() -> None:
    sound, _ = speech()
    long = np.concatenate([sound, silence(30)])
    recognizer = Recogniser(late=0.9)
    hearing = Hearing(recognizer, "en")
    found = [one for at in range(0, len(long), 1024) for one in hearing.feed(long[at : at + 1024])]
    assert words_of(clauses(found)) == recognizer.final
    assert recognizer.seconds < len(sound) / ANALYSIS_RATE + 1
    assert all(session.closed for session in recognizer.sessions)
    assert hearing.finish() == []


def test_a_recogniser_that_never_says_anything_finally_is_asked_to() -> None:
    sound, _ = speech()
    recognizer = Recogniser(late=1000.0)
    hearing = Hearing(recognizer, "en")
    found = hearing.feed(sound) + hearing.feed(silence(8))
    assert words_of(clauses(found)) == recognizer.final
    again = hearing.feed(sound) + hearing.finish()
    assert len(recognizer.sessions) == 2
    assert words_of(clauses(found) + clauses(again)) == recognizer.final
    assert clauses(again)[0].start > len(sound) / ANALYSIS_RATE + 8


def test_speech_without_a_pause_is_ended_in_between() -> None:
    voiced = spoken_through(45)
    recognizer = Recogniser()
    hearing = Hearing(recognizer, "en")
    found = clauses(told(hearing, voiced))
    assert words_of(found) == recognizer.final
    assert max(one.end - one.start for one in found) < 6.5
    assert not any(one.ends_utterance for one in found[:-1])
    assert len(hearing._clauses._agreement._taken) <= 12


def spoken_through(seconds: float) -> FloatArray:
    """The second sentence's last words, over and over."""
    sound, spans = speech()
    end = round(spans[1][1] * ANALYSIS_RATE)
    piece = sound[end - 27_000 : end - 2_000]
    return np.tile(piece, round(seconds / (len(piece) / ANALYSIS_RATE)))


@pytest.mark.parametrize("level", [0.0, 0.01])
def test_silence_opens_nothing_and_keeps_nothing(level: float) -> None:
    recognizer = Recogniser()
    hearing = Hearing(recognizer, "en")
    rng = np.random.default_rng(0)
    for _ in range(60):
        assert hearing.feed(rng.normal(0, level, ANALYSIS_RATE).astype(np.float32)) == []
    assert not recognizer.sessions
    assert len(hearing._before) < 20
    assert hearing._piece == []
    assert hearing.finish() == []
    assert hearing.seconds == 60


def test_what_was_heard_is_remembered_for_a_while() -> None:
    hearing = Hearing(Recogniser(), "en")
    sound = (np.arange(int(40 * ANALYSIS_RATE)) % 7919 / 1e6).astype(np.float32)
    for at in range(0, len(sound), 12_345):
        hearing.feed(sound[at : at + 12_345])
    assert np.array_equal(hearing.sound(20.5, 31.25), sound[328_000:500_000])
    assert np.array_equal(hearing.sound(0, 100), sound[-round(REMEMBERED * ANALYSIS_RATE) :])
    assert len(hearing.sound(41, 42)) == 0
    assert len(hearing.sound(3, 4)) == 0
    once = Hearing(Recogniser(), "en")
    once.feed(sound)
    assert np.array_equal(once.sound(10.5, 39), sound[168_000:624_000])


def test_a_session_that_is_let_go_says_nothing_more() -> None:
    sound, spans = speech()
    recognizer = Recogniser()
    hearing = Hearing(recognizer, "en")
    hearing.feed(sound[: round(spans[0][1] * ANALYSIS_RATE) - 8000])
    hearing.close()
    assert recognizer.sessions[0].closed
    assert recognizer.final == []


class Noting:
    """A recogniser whose final words are written down."""

    name, punctuates = PocketSphinx.name, PocketSphinx.punctuates

    def __init__(self) -> None:
        self.recognizer = PocketSphinx()
        self.final: list[str] = []

    def open(self, language: str) -> Noted:
        return Noted(self.recognizer.open(language), self.final)


class Noted:
    def __init__(self, session: RecognitionSession, final: list[str]) -> None:
        self.session = session
        self.final = final
        self.close = session.close

    def noted(self, found: list[Partial]) -> list[Partial]:
        self.final += [word.text for one in found if one.final for word in one.segment.words]
        return found

    def feed(self, samples: FloatArray) -> list[Partial]:
        return self.noted(self.session.feed(samples))

    def pause(self) -> list[Partial]:
        return self.noted(self.session.pause())

    def finish(self) -> list[Partial]:
        return self.noted(self.session.finish())


@pytest.mark.slow
def test_real_speech_comes_out_as_clauses_of_what_is_recognised(shared_media: Path, tmp_path: Path) -> None:
    """Words that are taken before they are final may become others, never more or fewer than a few."""
    recognizer = Noting()
    hearing = Hearing(recognizer, "en")
    sound = loaded(analysis_of(shared_media / "whisper" / "jfk.flac", tmp_path)).samples
    found = clauses(told(hearing, np.concatenate([sound, silence(1)])))
    recognizer.recognizer.close()
    heard = words_of(found)
    assert len(recognizer.final) > 12
    assert abs(len(heard) - len(recognizer.final)) <= 2
    assert edits(recognizer.final, [word.lower() for word in heard]) <= 0.4 * len(heard)
    assert 3 <= len(found) <= 8
    assert all(one.end <= following.start + 0.1 for one, following in pairwise(found))
