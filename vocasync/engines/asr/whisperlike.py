"""What every library that runs Whisper's weights has in common: regions, languages, and what is not believed.

Every region is recognised by itself: no text is carried from one to the next, so a loop or a hallucination cannot
spread, and a region gives the same words whichever worker does it, in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from vocasync.engines.base import Recognition
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.languages import language as language_of
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Region, Segment, Word

REGION_SECONDS = 28.0
"""One window of the model is 30 s."""

MAX_COMPRESSION = 2.4
"""A text that gzip shrinks by more repeats itself."""

MAX_SILENCE = 0.6
MIN_LOGPROB = -1.0

_SHORTEST = 0.1  # seconds: less than a word

OPTIONS = {
    "word_timestamps": True,
    "condition_on_previous_text": False,
    "hallucination_silence_threshold": 2.0,
    "compression_ratio_threshold": MAX_COMPRESSION,
    "no_speech_threshold": MAX_SILENCE,
}
"""What the libraries are asked for, under the names that they share."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of text. words: in seconds from the region's beginning. The rest is the model's doubt: the mean
    logarithm of its tokens' probabilities, that of silence, and how often the text repeats itself."""

    text: str
    words: tuple[Word, ...]
    logprob: float
    silence: float
    compression: float

    @property
    def doubted(self) -> bool:
        """Whether the model would rather not have said it."""
        return self.compression > MAX_COMPRESSION or self.logprob < MIN_LOGPROB

    @property
    def plausible(self) -> bool:
        """False for what the model makes up over noise and silence: loops, and words that it doubts itself."""
        made_up = self.silence > MAX_SILENCE and self.logprob < MIN_LOGPROB
        return bool(self.text.strip()) and not made_up and self.compression <= MAX_COMPRESSION


Hear = Callable[[Sequence[FloatArray], str | None], Sequence[tuple[Sequence[Heard], str]]]
"""Sounds of regions, and their language (None to detect it), to what is heard in each, and its language."""


def code(language: str, known: Collection[str]) -> str | None:
    """The model's code of a language, None to detect it. known: codes that the model has.

    Raises ``recognition_unsupported`` for one that it has not, and ``unknown_language``.
    """
    if language == DETECT:
        return None
    row = language_of(language)
    if row.code not in known:
        remedy = "Add subtitles (SRT or VTT), or paste the transcript."
        raise PipelineError("recognition_unsupported", language=row.name, remedy=remedy)
    return row.code


def recognize(
    hear: Hear, audio: Audio, regions: Sequence[Region], language: str | None, progress: Progress, together: int = 1
) -> Recognition:
    """What is said in the regions, ``together`` of them at a time. A language that is to be detected is detected on the
    first region, and holds for all."""
    segments: list[Segment] = []
    sounds = [(region, _inside(audio, region)) for region in regions]
    left = [(region, sound) for region, sound in sounds if len(sound) >= _SHORTEST * audio.rate]
    total = len(left)
    while left:
        progress.check()
        count = together if language else 1
        group, left = left[:count], left[count:]
        found = hear([sound for _, sound in group], language)
        for (region, _), (heard, spoken) in zip(group, found, strict=True):
            language = spoken
            segments.extend(_segments(heard, region, len(segments)))
        progress.report(1.0 - len(left) / total)
    return Recognition(tuple(segments), language or DETECT)


def _inside(audio: Audio, region: Region) -> FloatArray:
    first, last = round(region.start * audio.rate), round(region.end * audio.rate)
    return np.ascontiguousarray(audio.samples[max(0, first) : max(0, last)], dtype=np.float32)


def _segments(heard: Sequence[Heard], region: Region, first: int) -> list[Segment]:
    kept = [one for one in heard if one.plausible and one.words]
    return [_segment(first + index, one, region) for index, one in enumerate(kept)]


def _segment(index: int, heard: Heard, region: Region) -> Segment:
    def time(value: float) -> float:
        return round(min(max(region.start + value, region.start), region.end), 3)

    words = tuple(Word(word.text, time(word.start), time(word.end), word.confidence) for word in heard.words)
    confidence = float(np.mean([word.confidence for word in words]))
    return Segment(index, words[0].start, words[-1].end, heard.text.strip(), words, confidence)


def word(text: str, start: float, end: float, probability: float) -> Word:
    """A word as the libraries give it: their numbers may be NumPy's, and JSON knows none of those."""
    return Word(text.strip(), float(start), float(end), round(float(probability), 3))
