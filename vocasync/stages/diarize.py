"""Who speaks when, who says which segment, and what is known of each speaker.

Speakers are told apart by the encoder's windows (1.6 s, four a second) whose middle lies in speech. One speaker at a
time is found: where two talk at once, it is whoever is louder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.base import SpeakerEncoder
from vocasync.engines.tts.profile import of_reference
from vocasync.engines.tts.style import describe_style
from vocasync.errors import PipelineError
from vocasync.media.audio import read_slice
from vocasync.progress import Part, Progress
from vocasync.stages import clustering
from vocasync.stages.quality import spread
from vocasync.stages.reference import choose_reference
from vocasync.stages.score import embed_all
from vocasync.stages.sentences import ends_clause, ends_sentence
from vocasync.stages.transcribe import DOUBTFUL
from vocasync.types import FloatArray, Region, Segment, SpeakerInfo, Turn, VoiceReference, Word, mean_confidence

PER_SECOND = 4.0
"""Windows a second. With more of them neighbours differ less, and too many speakers are found."""

SAMPLE_SECONDS = (3.0, 10.0)
"""How long the stretch is that a person hears a speaker by."""

_WINDOW = 1.6  # seconds
_MARGIN = (
    _WINDOW / 2 + 0.25
)  # seconds of sound before and after speech, so that its first and last moments are a middle
_PIECE = 60.0  # seconds that are in memory at once
_BRIDGED = 2.0  # seconds of pause that are not worth a new piece
_FLICKER = 0.5  # seconds: a turn below this is part of the one beside it, unless it stands alone
_TOUCHING = 0.01
_STYLE_SECONDS = 15.0
_AROUND = 0.7  # seconds by which a change that was found may be off the one that there is
_MARKS = ".,;:!?…。，！？；：、؟،۔।॥»”’)]}"
_LEAST_PIECE = 0.3  # seconds of words that are worth a segment of their own


# --- who speaks when --------------------------------------------------------------------------------------------------
def diarize(
    analysis: Path, regions: Sequence[Region], encoder: SpeakerEncoder, speakers: int | None, progress: Progress
) -> tuple[Turn, ...]:
    """Who speaks when, in order; the turns fill ``regions``, and speakers are numbered as they appear.

    analysis: mono WAV at ``ANALYSIS_RATE``, read piece by piece. regions: where there is speech. speakers: how many
    there are, None to find out (up to 8). Fewer come out where there are fewer windows than that.
    """
    if speakers is not None and speakers < 1:
        raise ValueError("somebody speaks, or nobody is looked for")
    spoken = sorted(regions, key=lambda region: region.start)
    times, vectors = _heard(analysis, spoken, encoder, progress)
    if not len(times):
        return ()
    centroids = clustering.voices(vectors, _WINDOW * PER_SECOND, speakers)
    labels = clustering.path(vectors, centroids, times, all_heard=speakers is not None)
    progress.report(1.0)
    return _numbered(_turns(times, labels, spoken))


def _heard(
    analysis: Path, regions: Sequence[Region], encoder: SpeakerEncoder, progress: Progress
) -> tuple[FloatArray, FloatArray]:
    """The middles of windows in speech and their embeddings; a region too short to hold one has the nearest."""
    times: list[FloatArray] = [np.zeros(0, np.float32)]
    vectors: list[FloatArray] = [np.zeros((0, encoder.dimensions), np.float32)]
    length = max((region.end for region in regions), default=0.0)
    for piece in _pieces(regions):
        progress.check()
        start = max(0.0, piece[0].start - _MARGIN)
        middles, embeddings = encoder.windows(read_slice(analysis, start, piece[-1].end + _MARGIN), PER_SECOND)
        inside = _inside(middles + np.float32(start), piece)
        times.append(middles[inside] + np.float32(start))
        vectors.append(embeddings[inside])
        progress.report(0.95 * piece[-1].end / length)
    return np.concatenate(times), np.concatenate(vectors)


def _inside(middles: FloatArray, regions: Sequence[Region]) -> NDArray[np.bool_]:
    chosen = np.zeros(len(middles), bool)
    for region in regions:
        within = (middles >= region.start) & (middles <= region.end)
        if len(middles) and not within.any():
            within[np.argmin(np.abs(middles - (region.start + region.end) / 2))] = True
        chosen |= within
    return chosen


def _pieces(regions: Sequence[Region]) -> Iterator[list[Region]]:
    """Neighbouring regions to be read together."""
    piece: list[Region] = []
    for region in (part for whole in regions for part in _short_parts(whole)):
        if piece and (region.start - piece[-1].end > _BRIDGED or region.end - piece[0].start > _PIECE):
            yield piece
            piece = []
        piece.append(region)
    if piece:
        yield piece


def _short_parts(region: Region) -> Iterator[Region]:
    start = region.start
    while region.end - start > _PIECE:
        yield Region(start, start + _PIECE)
        start += _PIECE
    yield Region(start, region.end)


def _turns(times: FloatArray, labels: clustering.Labels, regions: Sequence[Region]) -> list[Turn]:
    turns: list[Turn] = []
    for region in regions:
        for turn in _without_flickers(_turns_within(times, labels, region)):
            touches = bool(turns) and turn.start - turns[-1].end < _TOUCHING
            if touches and turns[-1].speaker == turn.speaker:
                turns[-1] = replace(turns[-1], end=max(turns[-1].end, turn.end))
            else:
                turns.append(turn)
    return turns


def _turns_within(times: FloatArray, labels: clustering.Labels, region: Region) -> list[Turn]:
    """The turns of a region: a change lies half-way between the windows that differ."""
    places = np.flatnonzero((times >= region.start) & (times <= region.end))
    if not len(places):
        places = np.array([np.argmin(np.abs(times - (region.start + region.end) / 2))])
    changes = places[1:][np.diff(labels[places]) != 0]
    edges = [region.start, *((times[changes - 1] + times[changes]) / 2).tolist(), region.end]
    speakers = [int(labels[place]) for place in (places[0], *changes)]
    return [
        Turn(speaker, round(start, 3), round(end, 3))
        for speaker, start, end in zip(speakers, edges[:-1], edges[1:], strict=True)
    ]


def _without_flickers(turns: list[Turn]) -> list[Turn]:
    """The turns, where those too short to be one have gone to their longer neighbour."""
    while len(turns) > 1:
        place = min(range(len(turns)), key=lambda number: turns[number].duration)
        if turns[place].duration >= _FLICKER:
            break
        beside = [number for number in (place - 1, place + 1) if 0 <= number < len(turns)]
        speaker = turns[max(beside, key=lambda number: turns[number].duration)].speaker
        turns = _joined([replace(turn, speaker=speaker) if turn is turns[place] else turn for turn in turns])
    return turns


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """Neighbours of one speaker made one."""
    together = [list(group) for _, group in groupby(turns, key=lambda turn: turn.speaker)]
    return [replace(group[0], end=group[-1].end) for group in together]


def _numbered(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Speakers by order of appearance."""
    numbers = {speaker: number for number, speaker in enumerate(dict.fromkeys(turn.speaker for turn in turns))}
    return tuple(replace(turn, speaker=numbers[turn.speaker]) for turn in turns)


# --- who says what ----------------------------------------------------------------------------------------------------
def assign(segments: Sequence[Segment], turns: Sequence[Turn]) -> tuple[Segment, ...]:
    """The segments with their speakers, in order of time and numbered anew.

    A segment over which the speaker changes is split between two words, where its words have times; else it goes to
    whoever has most of it. What no turn covers goes to the nearest one. Without turns the speakers stay as they are.
    """
    given = list(segments) if not turns else [piece for one in segments for piece in _assigned(one, turns)]
    given.sort(key=lambda segment: (segment.start, segment.end))
    return tuple(replace(segment, index=index) for index, segment in enumerate(given))


def _assigned(segment: Segment, turns: Sequence[Turn]) -> list[Segment]:
    heard = [turn for turn in turns if turn.end > segment.start and turn.start < segment.end]
    one = replace(segment, speaker=_speaker(segment.start, segment.end, heard or turns))
    if len({turn.speaker for turn in heard}) < 2 or len(segment.words) < 2 or segment.translation:
        return [one]
    places = _places(segment)
    spans = _spans(segment.words, heard)
    if len(spans) < 2 or places is None:
        return [one]
    return [_part(segment, first, last, places, speaker) for speaker, first, last in spans]


def _spans(words: Sequence[Word], turns: Sequence[Turn]) -> list[tuple[int, int, int]]:
    """Speakers in turn: who, the first of their words, and the one after the last."""
    edges = [0, *_cuts(words, turns), len(words)]
    pieces = [
        (_speaker(words[first].start, words[last - 1].end, turns), first, last) for first, last in pairwise(edges)
    ]
    together = [list(group) for _, group in groupby(pieces, key=lambda piece: piece[0])]
    return [(group[0][0], group[0][1], group[-1][2]) for group in together]


def _speaker(start: float, end: float, turns: Sequence[Turn]) -> int:
    """Who has most of a stretch of time, or is nearest to it."""
    shares: defaultdict[int, float] = defaultdict(float)
    for turn in turns:
        shares[turn.speaker] += max(0.0, min(end, turn.end) - max(start, turn.start))
    if any(shares.values()):
        return max(shares, key=lambda speaker: shares[speaker])
    return min(turns, key=lambda turn: max(turn.start - end, start - turn.end)).speaker


def _cuts(words: Sequence[Word], turns: Sequence[Turn]) -> list[int]:
    """The words that begin with another speaker than the one before: between the right words, near where it changes."""
    speakers = [_speaker(word.start, word.end, turns) for word in words]
    cuts: list[int] = []
    for place in range(1, len(words)):
        if speakers[place] != speakers[place - 1]:
            last = cuts[-1] if cuts else 0
            best = _best_cut(words, place, last + 1, turns)
            if _long_enough(words, last, best):
                cuts.append(best)
    while cuts and not _long_enough(words, cuts[-1], len(words)):
        cuts.pop()
    return cuts


def _best_cut(words: Sequence[Word], place: int, first: int, turns: Sequence[Turn]) -> int:
    """The word, from ``first`` on, with which the next speaker begins, where by the turns alone it is ``place``."""
    gaps = [Region(one.end, max(one.end, other.start)) for one, other in pairwise(words)]
    changes = [Region(one.end, other.start) for one, other in pairwise(turns) if one.speaker != other.speaker]
    change = min(changes, key=lambda region: _apart(region, gaps[place - 1]))

    def worth(other: int) -> float:
        before = words[other - 1].text
        mark = 0.6 if ends_sentence(before) else 0.2 if ends_clause(before) else 0.0
        return mark + gaps[other - 1].duration - _apart(change, gaps[other - 1])

    near = [other for other in range(first, len(words)) if _apart(change, gaps[other - 1]) <= _AROUND]
    return max(near, key=worth, default=place)


def _apart(one: Region, other: Region) -> float:
    """Seconds between two stretches of time."""
    return max(0.0, one.start - other.end, other.start - one.end)


def _long_enough(words: Sequence[Word], first: int, last: int) -> bool:
    return words[last - 1].end - words[first].start >= _LEAST_PIECE


def _places(segment: Segment) -> list[int] | None:
    """Where the text may be cut before each word; None where text and words differ.

    Marks that stand alone between two words, or lean on the second, go with that; those that lean on the first stay."""
    places: list[int] = []
    after = 0
    for word in segment.words:
        place = segment.text.find(word.text.strip(), after)
        if place < 0:
            return None
        between = segment.text[after:place]
        places.append(place - len(between.lstrip(_MARKS)) if places else 0)
        after = place + len(word.text.strip())
    return places


def _part(segment: Segment, first: int, last: int, places: Sequence[int], speaker: int) -> Segment:
    words = segment.words[first:last]
    stop = places[last] if last < len(places) else len(segment.text)
    start = segment.start if first == 0 else words[0].start
    end = segment.end if last == len(places) else max(word.end for word in words)
    confidence = mean_confidence(words)
    flags = tuple(flag for flag in segment.flags if flag != "low_confidence")
    if confidence is not None and confidence < DOUBTFUL:
        flags = ("low_confidence", *flags)
    return replace(
        segment,
        start=start,
        end=end,
        text=segment.text[places[first] : stop].strip(),
        words=words,
        confidence=confidence,
        flags=flags,
        speaker=speaker,
    )


# --- what is known of each --------------------------------------------------------------------------------------------
def describe(
    analysis: Path, segments: Sequence[Segment], encoder: SpeakerEncoder, progress: Progress
) -> tuple[SpeakerInfo, ...]:
    """What is known of everybody who has a segment, by number.

    Voice and style are measured on the cleanest of a speaker's own segments, and are empty where those come to less
    than 1.5 s."""
    spoken: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        spoken[segment.speaker].append(segment)
    found = []
    for done, number in enumerate(sorted(spoken)):
        part = Part(progress, done / len(spoken), (done + 1) / len(spoken))
        found.append(_described(number, analysis, spoken[number], encoder, part))
    progress.report(1.0)
    return tuple(found)


def _described(
    number: int, analysis: Path, segments: Sequence[Segment], encoder: SpeakerEncoder, progress: Progress
) -> SpeakerInfo:
    longest = max(segments, key=lambda segment: segment.duration)
    unmeasured = SpeakerInfo(
        number,
        round(sum(segment.duration for segment in segments), 3),
        Region(longest.start, min(longest.end, longest.start + SAMPLE_SECONDS[1])),
    )
    try:
        own = [Region(segment.start, segment.end) for segment in segments]
        clean = choose_reference(analysis, own, encoder, Part(progress, 0.0, 0.6)).regions
    except PipelineError as error:
        if error.code != "reference_too_short":
            raise
        return unmeasured
    audios = [read_slice(analysis, region.start, region.end) for region in clean]
    pairs = [(one, vector) for one, vector in zip(clean, embed_all(audios, encoder), strict=True) if vector is not None]
    voice = np.sum([region.duration * vector for region, vector in pairs], axis=0)
    voice /= np.linalg.norm(voice)
    return replace(
        unmeasured,
        sample=_sample([(region, float(vector @ voice)) for region, vector in pairs]),
        embedding=tuple(round(float(value), 6) for value in voice),
        style=_style(VoiceReference(analysis, spread(clean, _STYLE_SECONDS)), Part(progress, 0.7, 1.0)),
    )


def _sample(clean: Sequence[tuple[Region, float]]) -> Region:
    """Of clean stretches and how like the voice each is, the one to hear it by: long enough, and the most like it."""
    least, most = SAMPLE_SECONDS
    long_enough = [(region, likeness) for region, likeness in clean if region.duration >= least]
    if long_enough:
        region = max(long_enough, key=lambda pair: pair[1])[0]
    else:
        region = max(clean, key=lambda pair: pair[0].duration)[0]
    return Region(region.start, min(region.end, region.start + most))


def _style(reference: VoiceReference, progress: Progress) -> dict[str, float]:
    try:
        return describe_style(of_reference(reference, progress, colour=False).style)
    except PipelineError as error:
        if error.code != "reference_too_short":
            raise
        return {}
