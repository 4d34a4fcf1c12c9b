"""Texts as IPA with stress marks and with their punctuation, the way NeuTTS was trained on: eSpeak NG reads what stands
between the signs, and the signs stay where they were."""

from __future__ import annotations

import re

from vocasync.engines.tts.espeakng import shared

_SIGNS = r';:!?¡¿—…"«»“”(){}\[\]'
_SIGN = rf"(?:[{_SIGNS}]|(?<!\d)[.,]|[.,](?!\d))"  # between digits, full stop and comma belong to the number
_BETWEEN = re.compile(rf"((?:\s*{_SIGN}+\s*)+)")


def phones(text: str, voice: str) -> str:
    """How a text is said, words and signs kept apart by single spaces as they are in the text.

    voice: name of an eSpeak NG voice. Raises ValueError for one that is not there."""
    parts = _BETWEEN.split(text)
    said = (part if number % 2 else shared().phonemize(part, voice) for number, part in enumerate(parts))
    return " ".join("".join(said).split())
