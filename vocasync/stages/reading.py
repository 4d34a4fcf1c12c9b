"""Sentences to be read aloud as a proof: put together by chance, so that nobody has a recording of one beforehand.

``readings.json`` holds, by language, the parts of a sentence in the order in which they are spoken, twelve phrases for
each; any choice of one phrase a part is a sentence that can be read without stumbling. Five parts make 248,832
sentences a language.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vocasync.languages import language as language_of
from vocasync.stages.words import words_of

FEWEST_WORDS, MOST_WORDS = 9, 14
_FILE = Path(__file__).with_name("readings.json")
_DIGITS = 12  # of a reading in a language without sentences
_ALTERNATIVES = 12


@dataclass(frozen=True, slots=True)
class Grammar:
    """The sentences of a language. ``end``: the mark after one."""

    parts: tuple[tuple[str, ...], ...]
    end: str


@cache
def grammars() -> dict[str, Grammar]:
    """By language code."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return {code: Grammar(tuple(tuple(part) for part in row["parts"]), row["end"]) for code, row in rows.items()}


def random_sentence(language: str, rng: random.Random | None = None) -> str:
    """A sentence of 9 to 14 words to read aloud; twelve digits in a language that has no sentences.

    rng: a seeded one gives the same sentence again; without it nobody can foretell it. Raises ``unknown_language``.
    """
    chance = rng or random.SystemRandom()
    grammar = grammars().get(language_of(language).code)
    if grammar is None:
        return " ".join(str(chance.randrange(10)) for _ in range(_DIGITS))
    while True:
        text = " ".join(chance.choice(part) for part in grammar.parts)
        if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS:
            return text[0].upper() + text[1:] + grammar.end


def alternatives(sentence: str, language: str, rng: random.Random) -> tuple[tuple[str, ...], ...]:
    """The sentence in phrases, each followed by eleven others that might have been said in its place.

    A sentence of :func:`random_sentence` falls into its parts; any other is cut into five pieces. The others are the
    part's own, or phrases of the language (of English, where it has none); digits have the other digits.
    """
    grammar = grammars().get(language_of(language).code)
    phrases = _phrases(sentence, grammar) if grammar else None
    if phrases is not None and grammar is not None:
        return tuple(_beside(said, part, rng) for said, part in zip(phrases, grammar.parts, strict=True))
    words = words_of(sentence, language)
    if all(word.isdigit() for word in words):
        return tuple(_beside(word, tuple("0123456789"), rng) for word in words)
    other = tuple(phrase for part in (grammar or grammars()["en"]).parts for phrase in part)
    return tuple(_beside(piece, other, rng) for piece in _cut(words))


def _phrases(sentence: str, grammar: Grammar) -> list[str] | None:
    """Which phrase of each part a sentence of the grammar is made of, or None for any other sentence."""
    left = words_of(sentence)
    found: list[str] = []
    for part in grammar.parts:
        said = [phrase for phrase in part if left[: len(words_of(phrase))] == words_of(phrase)]
        if not said:
            return None
        found.append(max(said, key=len))
        left = left[len(words_of(found[-1])) :]
    return None if left else found


def _cut(words: list[str]) -> list[str]:
    """Words in five pieces of about the same length, of two words and more."""
    count = max(1, min(5, len(words) // 2))
    edges = [round(len(words) * number / count) for number in range(count + 1)]
    return [" ".join(words[edges[number] : edges[number + 1]]) for number in range(count)]


def _beside(said: str, phrases: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    others = [phrase for phrase in phrases if phrase != said]
    return (said, *rng.sample(others, min(len(others), _ALTERNATIVES - 1)))
