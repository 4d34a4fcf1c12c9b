"""Plain text to Apertium's stream format and back.

Characters that the format gives a meaning are sent as *superblanks*, formatting that every stage carries along
untouched, under a private code point: so what comes back as ``*``, ``@`` or ``#`` is always Apertium's own mark for a
word it did not know, and the text's own signs survive (a plain backslash escape loses ``~`` and confuses ``#``).
"""

from __future__ import annotations

import re
import unicodedata

from vocasync.engines.translate.keeping import CLOSE, OPEN

_SPECIAL = "[]{}^$/\\@<>*#~"
_BASE = 0xE000  # private use area
_PRIVATE = {chr(_BASE + ord(char)): char for char in _SPECIAL}
_HIDE = str.maketrans({char: hidden for hidden, char in _PRIVATE.items()})
_SHOW = str.maketrans(_PRIVATE)
_HIDDEN = re.compile(f"[{''.join(_PRIVATE)}]")

_KEPT = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_APOSTROPHE = re.compile(rf"({_KEPT.pattern})|(?<=\w)’(?=\w)")
_PIECES = re.compile(f"({_KEPT.pattern})|({_HIDDEN.pattern})")

_MARK = re.compile(r"[*@#]")
_ALTERNATIVES = re.compile(r"([^\s/]+)(?:/[^\s/]*[^\s/.,;:?!।۔؟])+")
_SENTENCES = re.compile(r"(?<=[.?!…।۔؟])\s+")
TERMINAL = frozenset(".?!…।۔؟")


def hide(text: str) -> str:
    """One line of text with its special characters under private code points, and typographic apostrophes plain
    (the dictionaries know ``don't`` only with that one)."""
    one_line = _HIDDEN.sub("", " ".join(text.split()))
    return _APOSTROPHE.sub(lambda match: match[1] or "'", one_line).translate(_HIDE)


def show(text: str) -> str:
    """The reverse of :func:`hide`."""
    return text.translate(_SHOW)


def wrap(hidden: str) -> str:
    """Hidden text as a stream: what is hidden goes into superblanks, and so does all of what is to be kept."""
    return _PIECES.sub(r"[\g<0>]", hidden)


def unwrap(stream: str) -> tuple[str, bool]:
    """A stream's text, still hidden, and whether some word in it was marked as unknown.

    Of several renderings of a word (``a/b``) the first is taken; double spaces of dropped words are closed.
    """
    text = re.sub(r"[\[\]\\]", "", stream)
    unmarked = _MARK.sub("", text)
    return " ".join(_ALTERNATIVES.sub(r"\1", unmarked).split()), unmarked != text


def split_tail(text: str) -> tuple[str, str]:
    """The words, and the signs that end them; the end of a sentence stays with the words."""
    cut = len(text)
    # Not \\W: vowel signs of Hindi are no \\w.
    while cut and text[cut - 1] != CLOSE and unicodedata.category(text[cut - 1])[0] not in "LMN":
        cut -= 1
    return (text, "") if cut and TERMINAL.intersection(text[cut:]) else (text[:cut], text[cut:])


def lowered(words: str, result: str) -> str:
    """The translation of words that begin with something kept: what follows it is no beginning of a sentence, though
    Apertium, which does not see the kept part, takes it for one."""
    end = result.find(CLOSE) + 2
    after = words[words.find(CLOSE) + 2 :][:1]
    if not (words.startswith(OPEN) and result.startswith(OPEN) and after.islower()):
        return result
    return result[:end] + result[end : end + 1].lower() + result[end + 1 :]


def sentences(text: str) -> list[str]:
    """Cut after sentence marks that are followed by a space."""
    return [part for part in _SENTENCES.split(text) if part]


def spanish_marks(text: str) -> str:
    """Opening ``¿`` and ``¡`` before sentences that end in ``?`` and ``!`` and have none."""
    return " ".join(_opened(_opened(part, "?", "¿"), "!", "¡") for part in sentences(text))


def _opened(sentence: str, closing: str, opening: str) -> str:
    ending = sentence.rstrip("\"'”’»)")
    wants = closing in ending[len(ending.rstrip("?!")) :] and opening not in sentence
    return opening + sentence if wants else sentence
