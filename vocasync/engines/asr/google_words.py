"""Speech as Google Cloud Speech-to-Text takes it, and words as it gives them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from vocasync.types import ANALYSIS_RATE, Segment, Word, mean_confidence


def seconds(count: int) -> float:
    """How long so many bytes of 16-bit sound last."""
    return count / 2 / ANALYSIS_RATE


def billed(response: Any, sound: float) -> float:
    """Seconds that a response costs. sound: what was sent, for services that do not say."""
    return float(response.metadata.total_billed_duration.total_seconds()) or math.ceil(sound)


def segments(alternative: Any, begin: float, end: float) -> list[Segment]:
    """What was said, a segment a speaker: those are numbered as the service labels them, from 0. Times count from the
    beginning of what was sent. begin, end: of the alternative, for one that came without words."""
    words = [(_speaker(word.speaker_label), _word(word, alternative.confidence)) for word in alternative.words]
    kept = [(speaker, word) for speaker, word in words if word.text]
    if not kept:
        text = " ".join(alternative.transcript.split())
        return [Segment(0, begin, end, text, confidence=alternative.confidence or None)] if text else []
    turns = [(speaker, tuple(word for _, word in turn)) for speaker, turn in groupby(kept, lambda one: one[0])]
    if len(turns) == 1:
        return [_segment(*turns[0], " ".join(alternative.transcript.split()))]
    return [_segment(speaker, turn, " ".join(word.text for word in turn)) for speaker, turn in turns]


def _segment(speaker: int, words: Sequence[Word], text: str) -> Segment:
    return Segment(0, words[0].start, words[-1].end, text, tuple(words), mean_confidence(words), speaker=speaker)


def _word(word: Any, confidence: float) -> Word:
    """confidence: of the whole, where the model gives none of words (0 stands for none)."""
    sure = word.confidence or confidence
    return Word(
        word.word.strip(),
        word.start_offset.total_seconds(),
        word.end_offset.total_seconds(),
        round(min(1.0, sure), 3) if sure else None,
    )


def _speaker(label: str) -> int:
    return max(0, int(label) - 1) if label.isdigit() else 0


def placed(segment: Segment, index: int, start: float, end: float) -> Segment:
    """A segment of sound that begins at ``start``, kept before ``end``."""

    def time(value: float) -> float:
        return round(min(start + value, end), 3)

    words = tuple(replace(word, start=time(word.start), end=time(word.end)) for word in segment.words)
    return replace(segment, index=index, start=time(segment.start), end=time(segment.end), words=words)
