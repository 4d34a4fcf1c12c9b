"""How the words of live clauses are written: by the recogniser where it writes sentences, else by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vocasync.stages.punctuate import cased, terminal_mark
from vocasync.stages.sentences import ends_sentence
from vocasync.types import Word

_MOST_WORDS = 60  # of an utterance, by which a question is told


class Spelling:
    """Of one stream's clauses, in their order."""

    def __init__(self, *, punctuates: bool) -> None:
        """punctuates: whether the recogniser's text has marks and casing."""
        self._punctuates = punctuates
        self._uttered: list[str] = []  # words of the utterance, up to the last clause

    def clause(self, words: Sequence[Word], *, ends: bool) -> tuple[Word, ...]:
        """The words of the next clause as they are written. ends: an utterance ends with it, and gets its mark."""
        texts = self._texts(words)
        self._uttered = [*self._uttered, *(word.text for word in words)][:_MOST_WORDS]
        if ends:
            if not self._punctuates and not ends_sentence(texts[-1]):
                texts[-1] += terminal_mark(self._uttered)
            self._uttered = []
        return _written(words, texts)

    def under_way(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Words that are in no clause yet."""
        return _written(words, self._texts(words))

    def _texts(self, words: Sequence[Word]) -> list[str]:
        texts = [word.text for word in words]
        return texts if self._punctuates else list(cased(texts, begins=not self._uttered))


def _written(words: Sequence[Word], texts: Sequence[str]) -> tuple[Word, ...]:
    return tuple(replace(word, text=text) for word, text in zip(words, texts, strict=True))
