from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocasync.languages import LANGUAGES
from vocasync.stages.clauses import (
    FEWEST_WORDS,
    LONGEST,
    MOST_WORDS,
    SHORTEST,
    Clauses,
    Cut,
    cut_place,
    grammar_of,
    grammars,
    place_after,
    silence_wanted,
)
from vocasync.stages.sentences import span
from vocasync.types import Word

Times = tuple[float, float]


def spoken(text: str, start: float = 0.0, seconds: float = 0.3, gap: float = 0.0) -> tuple[Word, ...]:
    """Words of ``seconds`` each; ``|`` stands for a gap."""
    words: list[Word] = []
    at = start
    for token in text.split():
        if token == "|":
            at += gap
        else:
            words.append(Word(token, round(at, 3), round(at + seconds, 3)))
            at += seconds
    return tuple(words)


def text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def cut(words: tuple[Word, ...], language: str = "en", steady: int | None = None) -> str:
    return text(words[: cut_place(words, len(words) if steady is None else steady, language)])


def test_the_table_is_of_languages_that_are_known() -> None:
    assert grammars().keys() <= LANGUAGES.keys()
    assert {"en", "de", "es", "fr", "it", "pt"} <= grammars().keys()
    assert all(grammar.openers and grammar.bound for grammar in grammars().values())
    assert grammar_of("en-US") == grammars()["en"]
    assert not grammar_of("auto").openers


@pytest.mark.parametrize(
    ("language", "said", "clause"),
    [
        ("en", "we went to the old market and they bought bread", "we went to the old market"),
        ("de", "wir gingen gestern auf den Markt weil sie Brot wollten", "wir gingen gestern auf den Markt"),
        ("es", "ayer fuimos juntos al mercado viejo porque querían pan", "ayer fuimos juntos al mercado viejo"),
        ("fr", "hier nous sommes allés au marché parce que nous", "hier nous sommes allés au marché"),
        ("it", "ieri siamo andati tutti al mercato perché volevano pane", "ieri siamo andati tutti al mercato"),
        ("pt", "ontem fomos juntos até ao mercado porque queriam pão", "ontem fomos juntos até ao mercado"),
    ],
)
def test_a_clause_ends_before_what_opens_another(language: str, said: str, clause: str) -> None:
    assert cut(spoken(said), language) == clause


def test_a_clause_ends_at_marks_and_gaps() -> None:
    assert cut(spoken("this is a sentence. this is more of it")) == "this is a sentence."
    assert cut(spoken("Dr. Smith lives in the old house over there")) == ""
    assert cut(spoken("first we went out shopping, then home again")) == "first we went out shopping,"
    assert cut(spoken("all of them went out shopping | later the others", gap=0.3)) == "all of them went out shopping"


def test_no_scraps() -> None:
    assert cut(spoken("Yes. No. Maybe. We shall see")) == ""
    assert cut(spoken("Yes. No. Maybe. We shall see. But not")) == "Yes. No. Maybe. We shall see."


def test_a_clause_does_not_end_on_a_word_that_wants_another() -> None:
    long = spoken("one two three four five six seven eight nine ten eleven of the twelve others there")
    assert cut(long) == "one two three four five six seven eight nine ten eleven of the twelve"


def test_what_may_still_change_is_in_no_clause() -> None:
    words = spoken("we went to the old market and they bought bread")
    assert cut(words, steady=6) == "we went to the old market"
    assert cut(words, steady=5) == ""
    ending = spoken("we went to the old market.")
    assert cut(ending) == "we went to the old market."
    assert cut(ending, steady=5) == ""


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["and", "the", "of", "house", "tree", "went.", "then,", "which"]),
            st.floats(0.05, 0.9),
            st.floats(0.0, 0.6),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_clauses_keep_within_their_limits(rows: list[tuple[str, float, float]]) -> None:
    words: list[Word] = []
    at = 0.0
    for token, seconds, gap in rows:
        words.append(Word(token, at, at + seconds))
        at += seconds + gap
    cuts = Clauses("en").final(words, at, ends=True)
    assert [word for one in cuts for word in one.words] == words
    assert [one.ends for one in cuts] == [False] * (len(cuts) - 1) + [True]
    for one in cuts[:-1]:
        assert FEWEST_WORDS <= len(one.words) <= MOST_WORDS
        assert SHORTEST <= span(one.words) <= LONGEST + 1.5 + 0.6
    assert len(cuts[-1].words) < 1.3 * MOST_WORDS


def test_what_ends_an_utterance_leaves_no_scrap_behind() -> None:
    words = spoken("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen")
    (only,) = Clauses("en").final(words, 4.5, ends=True)
    assert (only.words, only.ends) == (words, True)
    (sentence,) = Clauses("en").final(spoken("This is one."), 0.9, ends=True)
    assert sentence.ends


def test_silence_is_waited_for_the_less_the_more_complete_a_clause_is() -> None:
    scrap = silence_wanted(spoken("well"), "en")
    short = silence_wanted(spoken("we went there early"), "en")
    long = silence_wanted(spoken("all of us went there early in summer last year"), "en")
    dangling = silence_wanted(spoken("all of us went there early in summer with the"), "en")
    sentence = silence_wanted(spoken("We went there early."), "en")
    assert scrap > short > long
    assert dangling > long
    assert sentence == long
    assert silence_wanted((), "en") == scrap


# --- what was taken is found again


def over(said: str, start: float, end: float) -> tuple[Word, ...]:
    """Words that share a stretch of time evenly."""
    count = len(said.split())
    return spoken(said, start, (end - start) / count) if count else ()


@pytest.mark.parametrize(
    ("taken", "same", "rest"),
    [
        ("ask not what", "ask not what", "your country"),
        ("ask what your", "ask not what you", "country"),
        ("ask not what", "asked not watt", "your country"),
        ("ask not not what", "ask not what", "your"),
        ("ask not what your", "ask not your", "your own"),
        ("no no", "no no", "no no"),
        ("", "", "ask not"),
        ("ask not", "", "your own"),
        ("ask not", "ask not", ""),
    ],
)
def test_what_was_taken_is_found_again(taken: str, same: str, rest: str) -> None:
    words = (*over(same, 5.0, 6.2), *over(rest, 6.2, 7.0))
    assert text(words[place_after(over(taken, 5.0, 6.2), words) :]) == rest


def test_a_result_that_has_become_shorter_has_nothing_new() -> None:
    assert place_after(spoken("ask not what your"), spoken("ask not")) == 2
    assert place_after(spoken("ask not what your"), ()) == 0


def test_times_tell_same_words_apart() -> None:
    taken = spoken("so it goes", start=10)
    words = spoken("so it goes | so it goes | so it goes", start=5, gap=4.1)
    assert place_after(taken, words) == 6


def test_the_last_words_that_were_taken_are_enough() -> None:
    words = spoken(" ".join(f"word{number}" for number in range(40)))
    assert place_after(words[18:30], words) == 30
    moved = [replace(word, start=word.start + 0.4, end=word.end + 0.4) for word in words]
    assert place_after(words[18:30], moved) == 30


# --- streams of results


def told(cuts: Sequence[Cut]) -> list[str]:
    return [word.text for one in cuts for word in one.words]


def heard(words: Sequence[Word], now: float, unsteady: float, salt: object) -> list[Word]:
    """What a recogniser has of the words at a time: what was said last is something else each time."""
    begun = [word for word in words if word.start < now]
    return [word if word.end < now - unsteady else replace(word, text=f"{word.text}~{salt}") for word in begun]


STEPS = st.lists(st.floats(0.03, 1.0), min_size=1, max_size=80)
SAID = st.lists(st.sampled_from(["the", "house", "and", "no", "went", "because", "very", "end."]), max_size=40)


@settings(deadline=None)
@given(st.lists(SAID, min_size=1, max_size=4), STEPS, st.floats(0.0, 0.6), st.booleans())
def test_every_final_word_comes_out_once_and_in_order(
    utterances: list[list[str]], steps: list[float], unsteady: float, ends: bool
) -> None:
    clauses = Clauses("en")
    cuts: list[Cut] = []
    expected: list[str] = []
    at = 0.0
    for number, utterance in enumerate(utterances):
        words = spoken(" ".join(utterance), start=at)
        now = at
        for turn, step in enumerate(steps):
            now = now + step
            cuts += clauses.partial(heard(words, now, unsteady, (number, turn)), now)
        at = words[-1].end if words else at
        cuts += clauses.final(words, at, ends=ends)
        clauses.forget()
        expected += utterance
        at += 0.4
    assert told(cuts + clauses.flush()) == expected
    assert clauses.pending == ()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text("abcdefgh", min_size=2, max_size=5), min_size=1, max_size=40, unique=True),
    st.data(),
)
def test_words_that_become_others_after_they_were_taken_are_neither_lost_nor_repeated(
    texts: list[str], data: st.DataObject
) -> None:
    """Whatever the recogniser makes of it afterwards: one word for each that was said."""
    clauses = Clauses("en")
    final = spoken(" ".join(texts))
    cuts: list[Cut] = []
    for turn in range(1, 50):
        now = turn * 0.3
        other = data.draw(st.sets(st.integers(0, len(texts) - 1), max_size=3))
        words = [
            replace(word, text=f"{word.text}x" if number in other else word.text, start=word.start + 0.04)
            for number, word in enumerate(final)
            if word.end < now
        ]
        cuts += clauses.partial(words, now)
    cuts += clauses.final(final, final[-1].end, ends=True)
    assert [word.removesuffix("x") for word in told(cuts)] == texts


def test_a_final_result_of_the_first_half_leaves_the_second_as_it_was() -> None:
    words = spoken("we went to the old market and they bought all the bread that there was in it")
    clauses = Clauses("en")
    cuts = [*clauses.partial(words, 5.0), *clauses.partial(words, 5.3)]
    assert told(cuts)[:6] == ["we", "went", "to", "the", "old", "market"]
    cuts += clauses.final(words[:4], 1.2, ends=False)
    cuts += clauses.partial(words[4:], 5.5)
    cuts += clauses.final(words[4:], words[-1].end, ends=True)
    assert told(cuts) == [word.text for word in words]


def test_agreement_needs_two_results_and_some_time() -> None:
    words = spoken("we went to the old market and")
    clauses = Clauses("en")
    assert clauses.partial(words, 1.9) == []
    assert clauses.partial(words, 1.95) == []
    assert told(clauses.partial(words, 2.06)) == ["we", "went", "to", "the", "old", "market"]
    assert text(clauses.pending) == "and"


def test_a_place_that_has_grown_old_is_left_for_what_comes() -> None:
    words = spoken("we went to the old market and")
    assert cut_place(words, 7, "en", now=2.05) == 6
    assert cut_place(words, 7, "en", now=2.4) == 0
    assert cut_place(words, 7, "en") == 6


def test_silence_ends_an_utterance_of_which_all_is_known() -> None:
    words = spoken("we went to the market")
    clauses = Clauses("en")
    for now in (1.6, 1.65, 1.7):
        clauses.partial(words, now)
    assert clauses.rest(1.6) == []  # the last word is still new
    clauses.partial(words, 1.8)
    assert clauses.rest(2.0) == []  # there is speech that no result has
    (only,) = clauses.rest(1.6)
    assert (only.words, only.ends) == (words, True)
    assert clauses.pending == ()
    final = (*words[:-1], replace(words[-1], text="mark"), replace(words[-1], text="it"), Word("then", 2.2, 2.4))
    assert told(clauses.final(final, 2.5, ends=True)) == ["then"]


def test_words_held_back_open_the_next_clause() -> None:
    clauses = Clauses("en")
    assert clauses.final(spoken("and so"), 0.6, ends=False) == []
    assert text(clauses.pending) == "and so"
    (only,) = clauses.final(spoken("we went home", start=0.6), 1.5, ends=True)
    assert text(only.words) == "and so we went home"
    assert only.ends
