"""Sentences to read aloud: any choice of phrases is one, of a length that can be read in a breath or two."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from vocasync.languages import LANGUAGES
from vocasync.stages.reading import FEWEST_WORDS, MOST_WORDS, alternatives, grammars, random_sentence
from vocasync.stages.words import words_of

WRITTEN = ("en", "es", "fr", "de", "it", "pt", "hi", "ur", "te", "ta")


def _lengths(code: str) -> Counter[int]:
    """How many sentences there are of each number of words."""
    found = Counter({0: 1})
    for part in grammars()[code].parts:
        longer: Counter[int] = Counter()
        for phrase in part:
            for length, count in found.items():
                longer[length + len(phrase.split())] += count
        found = longer
    return found


def test_the_languages_are_there() -> None:
    assert set(grammars()) == set(WRITTEN)
    assert set(grammars()) <= set(LANGUAGES)


@pytest.mark.parametrize("code", WRITTEN)
def test_there_are_too_many_to_have_recorded_them(code: str) -> None:
    parts = grammars()[code].parts
    assert all(len(set(part)) == len(part) == 12 for part in parts)
    usable = sum(count for length, count in _lengths(code).items() if FEWEST_WORDS <= length <= MOST_WORDS)
    assert usable >= 100_000
    assert usable <= math.prod(len(part) for part in parts)


@pytest.mark.parametrize("code", WRITTEN)
def test_sentences_have_nine_to_fourteen_words(code: str) -> None:
    rng = random.Random(3)
    for _ in range(200):
        sentence = random_sentence(code, rng)
        assert FEWEST_WORDS <= len(sentence.split()) <= MOST_WORDS
        assert sentence.endswith(grammars()[code].end)
        assert sentence[0] == sentence[0].upper()


def test_chance_may_be_given() -> None:
    assert random_sentence("en", random.Random(1)) == random_sentence("en", random.Random(1))
    assert random_sentence("en", random.Random(1)) != random_sentence("en", random.Random(2))
    assert len({random_sentence("en") for _ in range(20)}) > 15


def test_a_language_without_sentences_reads_digits() -> None:
    sentence = random_sentence("pl", random.Random(1))
    assert len(sentence.split()) == 12
    assert set(sentence) <= set("0123456789 ")


def test_english_words_are_known_to_the_recogniser() -> None:
    import pocketsphinx

    pocketsphinx.set_loglevel("FATAL")
    decoder = pocketsphinx.Decoder(lm=None)
    words = {word for part in grammars()["en"].parts for phrase in part for word in words_of(phrase)}
    assert [word for word in sorted(words) if decoder.lookup_word(word) is None] == []


@pytest.mark.parametrize("code", WRITTEN)
def test_a_sentence_falls_into_its_own_phrases(code: str) -> None:
    sentence = random_sentence(code, random.Random(5))
    slots = alternatives(sentence, code, random.Random(1))
    assert [word for slot in slots for word in words_of(slot[0])] == words_of(sentence)
    assert [slot[0] in part for slot, part in zip(slots, grammars()[code].parts, strict=True)] == [True] * 5
    assert all(len(set(slot)) == 12 for slot in slots)


def test_any_other_sentence_is_cut_into_pieces() -> None:
    text = "And it is worth mention in passing that, as an example of fine typography,"
    slots = alternatives(text, "en", random.Random(1))
    assert len(slots) == 5
    assert [word for slot in slots for word in words_of(slot[0])] == words_of(text)
    assert all(slot[0] not in slot[1:] for slot in slots)


def test_digits_are_compared_with_digits() -> None:
    slots = alternatives("4 0 7 1", "pl", random.Random(1))
    assert [slot[0] for slot in slots] == ["4", "0", "7", "1"]
    assert all(sorted(slot) == list("0123456789") for slot in slots)
