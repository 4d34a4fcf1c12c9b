"""Forced alignment: known words placed on the sound, with PocketSphinx and its English acoustic model.

The words become a finite-state grammar that is read from left to right. After any word the reader may stop (the sound
ends before the text); between lines it may pass over the next line (text that nobody says) or wait in a loop of all
phones (speech that is not in the text). So a long recording can be aligned window by window, holes in either are kept
local, and a text that does not belong to the sound is not placed. Words that the dictionary lacks, and all words of
other languages, are pronounced by eSpeak NG (:mod:`vocasync.engines.asr.g2p`).
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from vocasync.engines.asr.g2p import PHONES, phones
from vocasync.engines.asr.pocketsphinx import decode, spoken_words
from vocasync.engines.asr.sphinx_words import is_word
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.progress import Progress
from vocasync.types import Audio, Region, Segment, Word

# lw 1: transition probabilities below are what they say. Wide beams: the way back from a hole must survive it.
_SETTINGS = {"lw": 1.0, "beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80, "bestpath": False}
_STOP = 1e-3


@dataclass(frozen=True, slots=True)
class _Prices:
    """Probabilities of leaving the text: one phone that is not in it, and a line that is not said."""

    other_phone: float
    pass_over: float


# The model fits English phones better than their likenesses in other languages, so there the loop of phones must cost
# more, or it would take the words' place; and then wrong words are placed as well, and told by how badly they fit.
_ENGLISH = _Prices(1e-12, 1e-14)
_ELSEWHERE = _Prices(1e-24, 1e-24)

# Acoustic cost of a frame of speech (natural logarithm below the best state's likelihood, in the decoder's scale):
# right texts in Spanish, German, Telugu, Tamil and Urdu cost 0.003 to 0.004 on average, wrong ones 0.005 to 0.008.
# Single sentences scatter too much to judge.
_WORST_COST = 0.0055
_FEWEST_JUDGED = 30  # words
_LOOP = "_"

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff][^\w\s]*|[^\s\u3040-\u30ff\u3400-\u9fff]+")
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as it is written, the line it is in, and its pronunciations."""

    text: str
    line: int
    said: tuple[str, ...]


class SphinxAligner:
    """A :class:`vocasync.engines.base.Aligner` for every language that eSpeak NG pronounces."""

    name = "sphinx-align"

    def __init__(self) -> None:
        import pocketsphinx

        pocketsphinx.set_loglevel("FATAL")
        self._decoder = pocketsphinx.Decoder(lm=None, **_SETTINGS)
        self._lock = threading.Lock()
        self._names: dict[tuple[str, ...], str] = {}
        self._added: set[str] = set()
        for phone in PHONES:
            self._decoder.add_word(_LOOP + phone.lower(), phone, False)
        self._said: dict[tuple[str, str], tuple[str, ...]] = {}

    def align(self, audio: Audio, lines: Sequence[str], language: str, progress: Progress) -> tuple[Segment, ...]:
        """One segment a line that is said in ``audio``, in order; ``index`` is the line's position in ``lines``.

        audio: mono at ``ANALYSIS_RATE``, up to a few minutes (time is 0.05 to 0.15 of its length, memory some MB a
        second): :mod:`vocasync.stages.script` takes
        long recordings apart. Lines that are not said, or lie beyond the sound, are left out.
        Raises ``transcript_language`` where no pronunciation is known, ``alignment_failed`` when no line can be placed.
        """
        code = language_of(language).code
        with self._lock:
            tokens = self._tokens(lines, code)
            progress.check()
            named = self._named(tokens)
            placed = self._decode(audio, tokens, named, code) if tokens else {}
        progress.report(1.0)
        if not placed:
            raise PipelineError("alignment_failed", name="the recording")
        return tuple(_segment(line, lines[line], words) for line, words in sorted(placed.items()))

    def choose(self, audio: Audio, slots: Sequence[Sequence[str]], language: str) -> tuple[int | None, ...]:
        """Which phrase of each slot is said, the slots one after the other: its position, None where none was heard.

        Much surer than to recognise the words freely, for only the slots' phrases are compared; but something is found
        in any speech, so what counts is how often the phrase that was expected is chosen among the others. The English
        acoustic model is enough for that in other languages too. audio: mono at ``ANALYSIS_RATE``, at most a minute.
        Raises ``transcript_language`` where no pronunciation is known.
        """
        code = language_of(language).code
        places = [(number, place) for number, slot in enumerate(slots) for place in range(len(slot))]
        with self._lock:
            lines = self._phrases(
                [phrase for slot in slots for phrase in slot], [slot for slot, _ in places], audio, code
            )
        chosen = dict(places[line] for line in sorted(lines))
        return tuple(chosen.get(number) for number in range(len(slots)))

    def _phrases(self, phrases: Sequence[str], slots: Sequence[int], audio: Audio, code: str) -> set[int]:
        """Which of the phrases were heard. slots: which slot each of them may fill."""
        tokens = self._tokens(phrases, code)
        if not tokens:
            return set()
        names = self._named(tokens)
        words: dict[int, list[str]] = {}
        for token, name in zip(tokens, names, strict=True):
            words.setdefault(token.line, []).append(name)
        grammar = _alternatives([(slots[line], said) for line, said in words.items()], slots[-1] + 1)
        # Without a result the way to the end was lost: then what was heard before.
        found = self._search("choice", *grammar, audio) or self._search("choice", *_stopping(*grammar), audio)
        lines = dict(zip(names, (token.line for token in tokens), strict=True))
        return {lines[word.text] for word in spoken_words(found, 0.0, Region(0.0, audio.duration))}

    def _tokens(self, lines: Sequence[str], code: str) -> list[_Token]:
        """The words of all lines; what is not spoken, such as a dash, goes with the word before it."""
        tokens: list[_Token] = []
        for line, text in enumerate(lines):
            for part in _TOKEN.findall(text):
                said = self._pronunciations(part, code)
                if said:
                    tokens.append(_Token(part, line, said))
                elif tokens and tokens[-1].line == line:
                    tokens[-1] = replace(tokens[-1], text=f"{tokens[-1].text} {part}")
        return tokens

    def _pronunciations(self, text: str, code: str) -> tuple[str, ...]:
        if (text, code) not in self._said:
            word = _EDGES.sub("", text)
            known = self._dictionary(word.lower().replace("’", "'")) if code == "en" else ()
            guessed = () if known or not word else (phones(word, code),)
            self._said[text, code] = known or tuple(one for one in guessed if one)
        return self._said[text, code]

    def _dictionary(self, word: str) -> tuple[str, ...]:
        """The dictionary's pronunciations of an English word, the first and its variants."""
        first = self._decoder.lookup_word(word) if word else None
        found = []
        while first is not None:
            found.append(first)
            first = self._decoder.lookup_word(f"{word}({len(found) + 1})")
        return tuple(found)

    def _named(self, tokens: Sequence[_Token]) -> list[str]:
        """A decoder word for each token, no name twice, so that a hypothesis says which token was heard."""
        used: dict[tuple[str, ...], int] = {}
        names = []
        for token in tokens:
            used[token.said] = used.get(token.said, 0) + 1
            base = self._names.setdefault(token.said, f"w{len(self._names)}")
            names.append(f"{base}#{used[token.said]}")
            self._add(names[-1], token.said)
        return names

    def _add(self, name: str, said: tuple[str, ...]) -> None:
        if name in self._added:
            return
        for number, pronunciation in enumerate(said):
            self._decoder.add_word(name if number == 0 else f"{name}({number + 1})", pronunciation, False)
        self._added.add(name)

    def _decode(self, audio: Audio, tokens: Sequence[_Token], names: Sequence[str], code: str) -> dict[int, list[Word]]:
        """Line number to its words with times, for the lines that were heard."""
        found = self._search("script", len(tokens) + 1, _transitions(tokens, names, code), audio)
        if code != "en" and _misfit(found):
            return {}
        owners = dict(zip(names, tokens, strict=True))
        placed: dict[int, list[Word]] = {}
        for word in spoken_words(found, 0.0, Region(0.0, audio.duration)):
            if not word.text.startswith(_LOOP):
                token = owners[word.text]
                placed.setdefault(token.line, []).append(Word(token.text, word.start, word.end))
        return placed

    def _search(self, name: str, end: int, rows: Sequence[tuple[Any, ...]], audio: Audio) -> list[Any]:
        """Decode with a grammar that goes from state 0 to ``end``."""
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, 0, end, rows))
        self._decoder.activate_search(name)
        return decode(self._decoder, audio.samples)


def _misfit(found: Sequence[Any]) -> bool:
    """Whether the words were only pressed into the sound."""
    words = [segment for segment in found if is_word(segment.word) and segment.word[0] != "_"]
    if len(words) < _FEWEST_JUDGED:
        return False
    cost = -sum(math.log(max(float(segment.ascore), 1e-300)) for segment in words)
    frames: int = sum(segment.end_frame - segment.start_frame + 1 for segment in words)
    return bool(cost / frames > _WORST_COST)


def _transitions(tokens: Sequence[_Token], names: Sequence[str], code: str) -> list[tuple[Any, ...]]:
    """The grammar: state ``i`` is before token ``i``, the last but one after all, the last is the end."""
    count = len(tokens)
    starts = [i for i in range(count) if i == 0 or tokens[i].line != tokens[i - 1].line]
    edges = [*starts, count]
    prices = _ENGLISH if code == "en" else _ELSEWHERE
    rows: list[tuple[Any, ...]] = [(i, i + 1, 1.0, name) for i, name in enumerate(names)]
    rows += [(first, following, prices.pass_over) for first, following in pairwise(edges)]
    rows += [(edge, edge, prices.other_phone, _LOOP + phone.lower()) for edge in edges for phone in PHONES]
    rows += [(state, count + 1, _STOP) for state in range(count)]
    rows.append((count, count + 1, 1.0))
    return rows


def _alternatives(phrases: Sequence[tuple[int, Sequence[str]]], slots: int) -> tuple[int, list[tuple[Any, ...]]]:
    """The last state and the transitions of a grammar in which one phrase of each slot follows the other.

    phrases: each with the slot that it may fill. State ``i`` is before slot ``i``; those from ``slots`` + 1 on are
    inside phrases."""
    rows: list[tuple[Any, ...]] = []
    inside = slots + 1
    for slot, words in phrases:
        states = [slot, *range(inside, inside + len(words) - 1), slot + 1]
        inside += len(words) - 1
        rows += [(*pair, 1.0, word) for pair, word in zip(pairwise(states), words, strict=True)]
    return slots, rows


def _stopping(end: int, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[tuple[Any, ...]]]:
    """The same grammar, which may also be left after any word."""
    states = {state for row in rows for state in row[:2]}
    last = max(states) + 1
    return last, [*rows, *((state, last, 1.0 if state == end else _STOP) for state in sorted(states - {0}))]


def _segment(line: int, text: str, words: Sequence[Word]) -> Segment:
    return Segment(line, words[0].start, words[-1].end, text, tuple(words))


def create(config: EngineConfig) -> SphinxAligner:
    """Load the acoustic model and the dictionary (about 0.5 s)."""
    return SphinxAligner()
