"""A script: text that is to be spoken from its beginning to its end, in the lines that are said as one.

Three forms are read: plain text, Markdown (whose markup is not spoken, whose code is left out) and SRT. What shows
how a text is to be read aloud is kept as pauses: ends of sentences and paragraphs, headings, gaps between subtitles.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from vocasync.compat import StrEnum
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.media import subtitles
from vocasync.media.decoding import decode
from vocasync.stages import markdown
from vocasync.stages.sentences import Limits, ends_sentence, group, joined, split_long, spread

MOST_WORDS = 20_000
"""Words of a script: two hours and more of speech."""

MOST_BYTES = 4 * 2**20
LINE_CHARS = 240
"""Characters of a line, whatever more an engine takes: a quarter of a minute, and two lines of subtitles twice."""

_CLAUSE, _SENTENCE, _BREAK, _PARAGRAPH = 0.12, 0.35, 0.45, 0.8  # seconds of silence before what follows
_LONGEST_GAP = 3.0  # between subtitles
_WRAPPED = 50  # characters of a line from which its end is taken for that of the paper, not of a thought
_IDEOGRAPHS_A_WORD = 2
_UNSPACED_END = re.compile(r"(?<=[。！？｡])(?=[^\s”’」』）])")
_UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u200b\u00ad]")
"""Marks of direction, and characters without any width: nothing to be said."""
_PICTURE = "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u2bff\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]"
_PICTURES = re.compile(f"{_PICTURE}(?:\u200d?{_PICTURE})*")

_WRITTEN_IN = {
    **dict.fromkeys(("hi", "mr"), frozenset({"DEVANAGARI"})),
    **dict.fromkeys(("ur", "ar", "fa"), frozenset({"ARABIC"})),
    **dict.fromkeys(("ru", "uk"), frozenset({"CYRILLIC"})),
    "te": frozenset({"TELUGU"}),
    "ta": frozenset({"TAMIL"}),
    "bn": frozenset({"BENGALI"}),
    "gu": frozenset({"GUJARATI"}),
    "kn": frozenset({"KANNADA"}),
    "ml": frozenset({"MALAYALAM"}),
    "pa": frozenset({"GURMUKHI"}),
    "el": frozenset({"GREEK"}),
    "zh": frozenset({"CJK"}),
    "ja": frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    "ko": frozenset({"HANGUL", "CJK"}),
}
"""What a language is written in, as Unicode names its letters; Latin where nothing is said."""
_LATIN = frozenset({"LATIN", "MODIFIER", "FEMININE", "MASCULINE", "MICRO"})
_FOREIGN = 0.5  # share of letters of other writing from which a text is in another language


class Form(StrEnum):
    """How a script is written."""

    PLAIN = "txt"
    MARKDOWN = "md"
    SUBTITLES = "srt"


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that belongs together: a paragraph, or a subtitle. pause: seconds of silence before it. whole: it is one
    line, if it is short enough for that."""

    text: str
    pause: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be spoken. notes: sentences for the person, about what was left out or guessed."""

    passages: tuple[Passage, ...]
    words: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What is spoken as one. pause: seconds of silence before it."""

    text: str
    pause: float


# --- in ---------------------------------------------------------------------------------------------------------------
def read_script(path: Path, name: str) -> tuple[str, Form]:
    """The text of a file that somebody brought, and its form as its name says it.

    Raises ``script_not_text``, ``script_large``.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise PipelineError("script_large", name=name, megabytes=size / 2**20, limit=MOST_BYTES // 2**20)
    return script_text(path.read_bytes(), name)


def script_text(content: bytes, name: str) -> tuple[str, Form]:
    """:func:`read_script` for what was read already. Raises ``script_not_text``."""
    found = decode(content)
    if found is None or _controls(found.text):
        raise PipelineError("script_not_text", name=name)
    return found.text, form_of(name)


def form_of(name: str) -> Form:
    """The form of a script by its file's name; plain where that does not say it."""
    endings = {".md": Form.MARKDOWN, ".markdown": Form.MARKDOWN, ".srt": Form.SUBTITLES, ".vtt": Form.SUBTITLES}
    return endings.get(PurePath(name).suffix.lower(), Form.PLAIN)


def _controls(text: str) -> bool:
    """Whether there are characters in it that no text has."""
    return any(unicodedata.category(letter) == "Cc" and letter not in "\t\n\f\v\x85" for letter in set(text))


def parse_script(text: str, form: Form, name: str, *, most_words: int = MOST_WORDS) -> Script:
    """The passages of a script. name: how the person calls it, for the messages.

    Raises ``script_empty``, ``script_not_text``, ``script_unspeakable`` (nothing in it can be said), ``script_long``,
    or, of subtitles, ``subtitles_unreadable`` and ``subtitles_too_long``.
    """
    if not text.strip():
        raise PipelineError("script_empty", name=name)
    if _controls(text):
        raise PipelineError("script_not_text", name=name)
    found, notes = _passages(text, form, name)
    spoken, pictures = _spoken(found)
    words = sum(word_count(passage.text) for passage in spoken)
    if not spoken:
        raise PipelineError("script_unspeakable", name=name)
    if words > most_words:
        raise PipelineError("script_long", name=name, words=words, limit=most_words)
    if pictures:
        notes = (*notes, f"Emoji and other pictures cannot be said and were left out: {pictures}.")
    return Script(tuple(spoken), words, notes)


def _passages(text: str, form: Form, name: str) -> tuple[Iterable[Passage], tuple[str, ...]]:
    if form is Form.SUBTITLES:
        read = subtitles.parse_text(text, name)
        return _cues(read.cues), read.notes
    if form is Form.MARKDOWN:
        return _paragraphs(markdown.spoken(text)), ()
    return _paragraphs(re.split(r"\n[^\S\n]*\n|\f", text)), ()


def _cues(cues: Iterable[subtitles.Cue]) -> Iterator[Passage]:
    """Each subtitle, with the silence that lay before it, as far as it is one between sentences."""
    before = 0.0
    for cue in cues:
        yield Passage(cue.text, min(_LONGEST_GAP, max(_CLAUSE, cue.start - before)), whole=True)
        before = cue.end


def _paragraphs(blocks: Iterable[str]) -> Iterator[Passage]:
    for block in blocks:
        for number, text in enumerate(_unwrapped(block)):
            yield Passage(text, _BREAK if number else _PARAGRAPH)


def _unwrapped(block: str) -> Iterator[str]:
    """The parts of a paragraph that are lines of their own: those that the width of the paper broke are joined."""
    open_line = ""
    for line in filter(None, (" ".join(line.split()) for line in block.splitlines())):
        open_line = f"{open_line} {line}".strip()
        if len(line) < _WRAPPED:
            yield open_line
            open_line = ""
    if open_line:
        yield open_line


def _spoken(passages: Iterable[Passage]) -> tuple[list[Passage], int]:
    """Those with something to say, cleaned of what cannot be said; and how many pictures that was."""
    kept, pictures = [], 0
    for passage in passages:
        plain, count = _PICTURES.subn(" ", _UNSEEN.sub("", passage.text))
        pictures += count
        text = " ".join(plain.split())
        if any(letter.isalnum() for letter in text):
            kept.append(Passage(text, passage.pause, passage.whole))
    return kept, pictures


def word_count(text: str) -> int:
    """Words; of writing without spaces, one for two characters."""
    unspaced = sum(_writing(letter) in ("CJK", "HIRAGANA", "KATAKANA") for letter in text if letter > "\u2e00")
    return len(text.split()) + unspaced // _IDEOGRAPHS_A_WORD


# --- out --------------------------------------------------------------------------------------------------------------
def lines(script: Script, language: str, max_chars: int) -> tuple[Line, ...]:
    """The lines of a script: its sentences, those that are longer than ``max_chars`` cut where they may be.

    language: a code. Raises ``script_writing`` for a text in letters that the language is not written in.
    """
    require_writing(script, language)
    most = min(max_chars, LINE_CHARS)
    return tuple(line for passage in script.passages for line in _lines(passage, language, most))


def _lines(passage: Passage, language: str, most: int) -> Iterator[Line]:
    pause = passage.pause
    for sentence in [passage.text] if passage.whole else _sentences(passage.text):
        words = spread(sentence.split(), 0.0, 1.0)
        for part in split_long(words, Limits(most), language):
            yield Line(joined(part, language), pause)
            pause = _CLAUSE
        pause = _SENTENCE


def _sentences(text: str) -> Iterator[str]:
    for stretch in _UNSPACED_END.split(text):
        words = spread(stretch.split(), 0.0, 1.0)
        for sentence in group(words, lambda unit, _: ends_sentence(unit[-1].text)):
            yield " ".join(word.text for word in sentence)


def require_writing(script: Script, language: str) -> None:
    """Raise ``script_writing`` where most of the text is in letters that the language is not written in."""
    wanted = _WRITTEN_IN.get(language, _LATIN)
    found = Counter(_writing(letter) for passage in script.passages for letter in passage.text if letter.isalpha())
    foreign = Counter({name: count for name, count in found.items() if name not in wanted})
    if found and foreign.total() > _FOREIGN * found.total():
        writing = foreign.most_common(1)[0][0].capitalize()
        raise PipelineError("script_writing", writing=writing, language=language_of(language).name)


def _writing(letter: str) -> str:
    """What a letter is one of, as Unicode names it: ``LATIN``, ``ARABIC``, ``CJK``."""
    return unicodedata.name(letter, "").split(" ")[0]
