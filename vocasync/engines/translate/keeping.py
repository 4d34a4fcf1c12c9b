"""Stretches of a text that a translator leaves as they are: words of a glossary, put in beforehand in the target
language.

In a text that goes to a translator they stand between :data:`OPEN` and :data:`CLOSE`. How a stretch is kept is each
engine's own: in markup where the service documents some, else behind a placeholder. What comes back has no marks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

OPEN = "\ue100"
CLOSE = "\ue101"
"""Private code points, which no text has a use for; others than those of ``apertium_text``."""

_STRETCH = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_MARKS = str.maketrans("", "", OPEN + CLOSE)
_PLACE = re.compile(r"⟦\s*(\d+)\s*⟧")


def keep(text: str) -> str:
    """The text, marked."""
    return f"{OPEN}{text}{CLOSE}"


def bare(text: str) -> str:
    """The text without marks."""
    return text.translate(_MARKS)


def kept(text: str) -> list[str]:
    """The stretches, in order."""
    return _STRETCH.findall(text)


def lost(text: str, translated: str) -> bool:
    """Whether a stretch of ``text`` is missing in its translation."""
    stretches = kept(text)
    return any(translated.count(one) < stretches.count(one) for one in stretches)


@dataclass(frozen=True, slots=True)
class Markup:
    """An element whose content a service leaves alone, such as ``<span translate="no">``."""

    opening: str
    closing: str

    def write(self, text: str) -> str:
        """The text as HTML or XML."""
        parts = _STRETCH.split(text)  # what is kept stands at the odd places
        return "".join(
            f"{self.opening}{html.escape(bare(part))}{self.closing}" if at % 2 else html.escape(bare(part), quote=False)
            for at, part in enumerate(parts)
        )

    def read(self, answer: str) -> str:
        """The text of an answer, whose elements may have been written with other spaces or quotes."""
        name = re.escape(self.closing[2:-1])
        return html.unescape(re.sub(rf"</?{name}(\s[^<>]*)?>", "", answer))


def behind_places(texts: Sequence[str], ask: Callable[[list[str]], list[str]]) -> list[str]:
    """What ``ask`` makes of texts in which numbered placeholders stand for what is kept.

    Where one got lost it is asked once more, with the words themselves in the text. As many answers as ``ask`` gave.
    """
    answers = ask([_placed(text) for text in texts])
    spoilt = [at for at, (text, answer) in enumerate(zip(texts, answers, strict=False)) if not _whole(text, answer)]
    again = iter(ask([bare(texts[at]) for at in spoilt]) if spoilt else [])
    made = [_shown(texts[at], answer) if at < len(texts) else answer for at, answer in enumerate(answers)]
    for at in spoilt:
        made[at] = next(again, "")
    return made


def _placed(text: str) -> str:
    numbers = count()
    return bare(_STRETCH.sub(lambda _: f"⟦{next(numbers)}⟧", text))


def _whole(text: str, answer: str) -> bool:
    return sorted(int(number) for number in _PLACE.findall(answer)) == list(range(len(kept(text)))) or not kept(text)


def _shown(text: str, answer: str) -> str:
    stretches = kept(text)
    return _PLACE.sub(lambda match: stretches[int(match[1])], answer) if stretches and _whole(text, answer) else answer
