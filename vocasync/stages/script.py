"""A pasted transcript, placed on the sound.

A long recording is aligned progressively: a window of sound that ends in a pause, with more text than it can hold; the
lines that were found are kept, but the last one, which the window's end may have cut; the next window begins where they
end. Memory is that of one window, time is linear in the length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from vocasync.engines.base import Aligner
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.progress import Progress, Silent
from vocasync.stages.segment import speech_regions
from vocasync.stages.sentences import Limits, ends_sentence, group, joined, moved, split_long, spread
from vocasync.types import ANALYSIS_RATE, Audio, Region, Segment, Transcript, Word

WINDOW = 45.0
"""Seconds of sound that are aligned at once."""

_CHARS_A_SECOND = 30.0  # of text offered for a window: faster than anyone reads aloud
_LINE_CHARS = 120
_LEAST_PLACED = 0.5  # share of the words below which the text belongs to another recording
_LEAD = 0.15  # seconds of sound before the place where a window takes up


def from_script(
    analysis: Path,
    text: str,
    aligner: Aligner,
    *,
    language: str,
    max_chars: int,
    progress: Progress,
    name: str = "the recording",
) -> Transcript:
    """The user's words with the times at which they are said; words that nobody says are left out.

    analysis: mono WAV at ``ANALYSIS_RATE``. Units are the text's sentences, cut where they exceed ``max_chars``
    characters or 15 s. Raises ``alignment_failed`` when less than half of the words are found in the sound,
    ``transcript_language`` where no pronunciation is known, ``language_undetected`` for the language ``auto``.
    """
    if language == DETECT:
        raise PipelineError("language_undetected", name=name)
    lines = script_lines(text, language)
    placed = _align(analysis, lines, aligner, language, progress)
    if not placed or sum(len(lines[line]) for line in placed) < _LEAST_PLACED * sum(map(len, lines)):
        raise PipelineError("alignment_failed", name=name)
    words = [word for line in sorted(placed) for word in placed[line]]
    limits = Limits(max_chars)
    sentences = group(words, lambda unit, following: ends_sentence(unit[-1].text) or following.start - unit[-1].end > 1)
    units = [unit for sentence in sentences for unit in split_long(sentence, limits, language)]
    segments = tuple(
        Segment(index, unit[0].start, unit[-1].end, joined(unit, language), tuple(unit))
        for index, unit in enumerate(units)
    )
    return Transcript(language, segments, aligner.name)


def script_lines(text: str, language: str) -> list[str]:
    """The text in lines that are placed or passed over as one: sentences, long ones in parts."""
    lines = []
    for paragraph in re.split(r"\n\s*\n|\r?\n", text):
        words = spread(paragraph.split(), 0.0, 1.0)
        for sentence in group(words, lambda unit, _: ends_sentence(unit[-1].text)):
            lines += [joined(part, language) for part in split_long(sentence, Limits(_LINE_CHARS), language)]
    return lines


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of the sound, and whether it is the last."""

    region: Region
    last: bool


def _align(
    analysis: Path, lines: Sequence[str], aligner: Aligner, language: str, progress: Progress
) -> dict[int, tuple[Word, ...]]:
    """Line number to its words in media time, for the lines that are said."""
    speech = speech_regions(analysis, Silent())
    placed: dict[int, tuple[Word, ...]] = {}
    if not speech or not lines:
        return placed
    time, line = speech[0].start, 0
    while line < len(lines) and time < speech[-1].end - 0.3:
        progress.check()
        window = _window(speech, time)
        found = _found(analysis, window.region, _offered(lines, line, window.region), aligner, language)
        kept = found if window.last or len(found) < 2 else found[:-1]
        for segment in kept:
            placed[line + segment.index] = segment.words
        # Nothing found, or nothing that ends past where it began: go on behind the window, with the same text.
        ends = kept[-1].end if kept else 0.0
        time = ends if ends > time and not window.last else window.region.end
        line += kept[-1].index + 1 if kept else 0
        progress.report(min(1.0, time / speech[-1].end))
    return placed


def _window(speech: Sequence[Region], time: float) -> _Window:
    """About ``WINDOW`` seconds from ``time``, to the end of a stretch of speech where there is one."""
    if speech[-1].end - time <= 1.3 * WINDOW:
        return _Window(Region(max(0.0, time - _LEAD), speech[-1].end + _LEAD), True)
    ends = [region.end + 0.05 for region in speech if 0.6 * WINDOW < region.end - time <= 1.3 * WINDOW]
    best = max(ends, default=time + WINDOW, key=lambda end: -abs(end - time - WINDOW))
    return _Window(Region(max(0.0, time - _LEAD), best), False)


def _offered(lines: Sequence[str], first: int, region: Region) -> list[str]:
    """Lines from ``first`` on: more than can be said in the region."""
    budget = max(_CHARS_A_SECOND * region.duration, 2.0 * _LINE_CHARS)
    offered: list[str] = []
    for line in lines[first:]:
        if sum(map(len, offered)) > budget:
            break
        offered.append(line)
    return offered


def _found(
    analysis: Path, region: Region, lines: Sequence[str], aligner: Aligner, language: str
) -> tuple[Segment, ...]:
    """The lines that are said in the region, in media time; none is no failure here (a song, another speaker)."""
    first, last = (round(at * ANALYSIS_RATE) for at in (region.start, region.end))
    samples, rate = soundfile.read(analysis, start=first, stop=last, dtype="float32")
    try:
        found = aligner.align(Audio(samples, rate), lines, language, Silent())
    except PipelineError as error:
        if error.code != "alignment_failed":
            raise
        return ()
    return tuple(moved(segment, first / rate) for segment in found)
