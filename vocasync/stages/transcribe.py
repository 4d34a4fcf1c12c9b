"""From regions of speech, or from the user's own words, to a transcript of units that can be translated and spoken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from vocasync.engines.base import Recognition, Recognizer
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.media.subtitles import Cue
from vocasync.progress import Part, Progress
from vocasync.stages.punctuate import proper_nouns, punctuated
from vocasync.stages.script import from_script
from vocasync.stages.segment import SENTENCE_GAP, WORD_GAP
from vocasync.stages.sentences import (
    MAX_SECONDS,
    Limits,
    ends_sentence,
    group,
    joined,
    moved,
    span,
    split_long,
    spread,
)
from vocasync.types import Audio, Region, Segment, Transcript, Word, mean_confidence

__all__ = [
    "assemble",
    "from_cues",
    "from_script",
    "mostly_doubtful",
    "recognition_units",
    "recognize",
    "recognize_each",
]

DOUBTFUL = 0.55
"""Mean word posterior below which most words of a segment are wrong (measured: word error rate 65 %)."""

_MARGIN = 0.2  # seconds of sound around a region that a recogniser may use as context
_SETTLED = 6.0  # seconds from which a shorter pause ends a unit
_LONG_PAUSE = 1.0  # ends a unit even within a sentence: a dub that speaks through it would lose the picture
_SHORT = 1.2  # a unit below this joins the one before when they are spoken as one
_LEAST = 0.1  # seconds: some recognisers give single words no length
_CUE_GAP = 0.5
_CUE_CHARS = 300
_BEYOND = 2.0  # seconds that subtitles may run past the end: containers round, credits linger


def recognition_units(
    regions: Sequence[Region], recognizer: Recognizer, unit_seconds: float = 10.0
) -> tuple[tuple[Region, ...], ...]:
    """Consecutive regions in shares: what one task recognises. That is about ``unit_seconds`` of speech, or as much as
    the recogniser does at once."""
    most = unit_seconds if recognizer.together == 1 else recognizer.together * recognizer.region_seconds
    units: list[list[Region]] = []
    for region in regions:
        filled = sum(one.duration for one in units[-1]) if units else most
        if filled + region.duration > most:
            units.append([])
        units[-1].append(region)
    return tuple(tuple(unit) for unit in units)


def recognize(
    analysis: Path, regions: Sequence[Region], recognizer: Recognizer, language: str, progress: Progress
) -> Recognition:
    """What is said in all of the regions: see :func:`recognize_each`."""
    found = list(recognize_each(analysis, regions, recognizer, language, progress))
    segments = [segment for one in found for segment in one.segments]
    numbered = tuple(replace(segment, index=index) for index, segment in enumerate(segments))
    return Recognition(numbered, found[-1].language if found else language)


def recognize_each(
    analysis: Path, regions: Sequence[Region], recognizer: Recognizer, language: str, progress: Progress
) -> Iterator[Recognition]:
    """What is said in each region, in the time of the media, as soon as it is known.

    analysis: mono WAV at ``ANALYSIS_RATE``, of which only the regions are read. language: a code or ``auto``; what
    the first region with words is heard to be in then holds for the rest. A region with no words gives no segment.
    """
    heard = language
    done = 0
    while done < len(regions):
        progress.check()
        group = regions[done : done + (1 if heard == DETECT else recognizer.together)]
        part = Part(progress, done / len(regions), (done + len(group)) / len(regions))
        for found in _recognized(analysis, group, recognizer, heard, part):
            if heard == DETECT and found.segments:
                heard = found.language
            yield Recognition(found.segments, heard)
        done += len(group)
        progress.report(done / len(regions))


def _recognized(
    analysis: Path, regions: Sequence[Region], recognizer: Recognizer, language: str, progress: Progress
) -> list[Recognition]:
    """What is said in each of the regions, whose sound is given as one: a region after the other, with its margins."""
    sounds, local, moves = [], [], []
    at = 0.0
    for region in regions:
        audio, offset = _slice(analysis, region)
        sounds.append(audio)
        moves.append(offset - at)
        local.append(Region(region.start - moves[-1], min(region.end - offset, audio.duration) + at))
        at += audio.duration
    joined = Audio(np.concatenate([audio.samples for audio in sounds]), sounds[0].rate)
    found = recognizer.recognize(joined, local, language, progress)
    starts = [region.start for region in local]
    shares: list[list[Segment]] = [[] for _ in regions]
    for segment in found.segments:
        number = max(0, bisect_right(starts, segment.start + _MARGIN) - 1)
        shares[number].append(moved(segment, moves[number]))
    return [Recognition(tuple(share), found.language) for share in shares]


def _slice(analysis: Path, region: Region) -> tuple[Audio, float]:
    """The region's sound with a margin, and the time at which it starts."""
    with soundfile.SoundFile(analysis) as sound:
        first = min(max(0, round((region.start - _MARGIN) * sound.samplerate)), sound.frames)
        last = min(sound.frames, round((region.end + _MARGIN) * sound.samplerate))
        sound.seek(first)
        samples = sound.read(max(0, last - first), dtype="float32")
        return Audio(samples, sound.samplerate), first / sound.samplerate


def assemble(
    recognitions: Sequence[Recognition], *, engine: str, punctuates: bool, max_chars: int, language: str
) -> Transcript:
    """The transcript: sentence-like units of at most ``max_chars`` characters and about 15 seconds.

    engine: the recogniser's name. punctuates: whether its text has marks and casing; otherwise both are restored by
    rule. language: a code, or ``auto`` for what was recognised. Units whose words are mostly wrong, by their mean
    posterior, carry the flag ``low_confidence``.
    """
    spoken = _language(recognitions, language)
    words = [word for found in recognitions for segment in found.segments for word in _words(segment)]
    words.sort(key=lambda word: word.start)
    sentences = group(words, _marked_cut if punctuates else _pause_cut)
    if not punctuates:
        names = proper_nouns({word.text for word in words}, spoken)
        sentences = [_spelled(sentence, names) for sentence in sentences]
    limits = Limits(max_chars)
    pieces = [piece for sentence in sentences for piece in split_long(sentence, limits, spoken)]
    units = _without_scraps(pieces, limits, spoken)
    segments = tuple(_unit(index, unit, spoken) for index, unit in enumerate(units))
    return Transcript(spoken, segments, engine, mean_confidence(words))


def _language(recognitions: Sequence[Recognition], asked: str) -> str:
    if asked != DETECT:
        return asked
    heard = [found.language for found in recognitions if found.segments and found.language != DETECT]
    return max(sorted(set(heard)), key=heard.count) if heard else DETECT


def _words(segment: Segment) -> tuple[Word, ...]:
    """A recogniser's words; where it gave none, the text spread over the segment."""
    return segment.words or spread(segment.text.split(), segment.start, segment.end, segment.confidence)


def _pause_cut(unit: Sequence[Word], following: Word) -> bool:
    """Words without marks: a pause makes the sentence."""
    pause = following.start - unit[-1].end
    return pause >= SENTENCE_GAP or (pause >= WORD_GAP and span(unit) >= _SETTLED)


def _marked_cut(unit: Sequence[Word], following: Word) -> bool:
    """Words with marks: the mark makes the sentence, and only a long pause breaks one."""
    return ends_sentence(unit[-1].text) or following.start - unit[-1].end >= _LONG_PAUSE


def _spelled(sentence: Sequence[Word], names: Mapping[str, str]) -> list[Word]:
    texts = punctuated([word.text for word in sentence], names)
    return [replace(word, text=text) for word, text in zip(sentence, texts, strict=True)]


def _without_scraps(pieces: Sequence[Sequence[Word]], limits: Limits, language: str) -> list[list[Word]]:
    """Units, where one too short to be spoken well has joined the one before it without a pause between."""
    units: list[list[Word]] = []
    for piece in pieces:
        both = [*units[-1], *piece] if units else []
        close = bool(both) and piece[0].start - units[-1][-1].end < WORD_GAP
        scrap = close and min(span(units[-1]), span(piece)) < _SHORT
        if scrap and len(joined(both, language)) <= limits.chars and span(both) <= limits.seconds:
            units[-1] = both
        else:
            units.append(list(piece))
    return units


def _unit(index: int, words: Sequence[Word], language: str) -> Segment:
    confidence = mean_confidence(words)
    flags = ("low_confidence",) if confidence is not None and confidence < DOUBTFUL else ()
    end = max(max(word.end for word in words), words[0].start + _LEAST)
    text = joined(words, language)
    return Segment(index, words[0].start, end, text, tuple(words), confidence, flags=flags)


def mostly_doubtful(transcript: Transcript) -> bool:
    """Whether so many words are doubtful that a person should look before they are spoken."""
    return transcript.confidence is not None and transcript.confidence < DOUBTFUL


def from_cues(cues: Sequence[Cue], *, language: str, duration: float, name: str) -> Transcript:
    """The user's subtitles as a transcript: times are the cues', to the digit.

    Cues of one speaker less than 0.5 s apart whose text runs on are joined, up to 15 s and 300 characters. Speakers are
    numbered in order of appearance. duration: of the media, in seconds. Raises ``subtitles_empty``, and
    ``subtitles_beyond`` when cues lie past the end.
    """
    said = sorted((cue for cue in cues if cue.text.strip()), key=lambda cue: (cue.start, cue.end))
    if not said:
        raise PipelineError("subtitles_empty", name=name)
    last = max(cue.end for cue in said)
    if last > duration + _BEYOND or said[-1].start >= duration:
        raise PipelineError("subtitles_beyond", name=name, last=last, duration=duration)
    speakers = {speaker: number for number, speaker in enumerate(dict.fromkeys(cue.speaker for cue in said))}
    joined_cues: list[Cue] = []
    for cue in said:
        if joined_cues and _runs_on(joined_cues[-1], cue):
            text = f"{joined_cues[-1].text.strip()} {cue.text.strip()}"
            joined_cues[-1] = replace(joined_cues[-1], end=max(joined_cues[-1].end, cue.end), text=text)
        else:
            joined_cues.append(cue)
    segments = tuple(
        Segment(index, cue.start, min(cue.end, duration), " ".join(cue.text.split()), speaker=speakers[cue.speaker])
        for index, cue in enumerate(joined_cues)
    )
    return Transcript(language, segments, "subtitles")


def _runs_on(last: Cue, following: Cue) -> bool:
    together = following.end - last.start <= MAX_SECONDS and len(last.text) + len(following.text) < _CUE_CHARS
    near = following.start - last.end < _CUE_GAP
    one_speaks = following.speaker == last.speaker and not following.turn
    return near and one_speaks and together and not ends_sentence(last.text)
