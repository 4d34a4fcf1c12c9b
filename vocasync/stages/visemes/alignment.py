"""The phones of a known text, placed on the sound of somebody saying it.

eSpeak NG reads the text, and says when it says what; its reading is laid along the speech by dynamic time warping over
mel-frequency cepstra (the idea of the aeneas aligner: readbeyond.it/aeneas). Both are compared without their pauses,
for a speaker pauses where a synthesiser does not. No acoustic model is needed, so any language goes that eSpeak NG
reads. Long speech is aligned window by window.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.tts.espeakng import shared
from vocasync.engines.tts.script import pieces
from vocasync.languages import language as language_of
from vocasync.stages.visemes.features import STEP, Activity, Features, activity, measure
from vocasync.stages.visemes.inventory import VISEMES, Phone, Viseme, of_ipa, spread
from vocasync.types import FloatArray, Region, SpeechMark

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_LINE = 200  # characters read at once

_COEFFICIENTS = 13
_ENERGY_WEIGHT, _SLOPE_WEIGHT = 0.6, 1.5  # of the first coefficient, and of the slopes

_STEPS = ((1, 1, 1.0), (1, 2, 1.3), (2, 1, 1.3))  # frames of the reading, of the speech, and what it costs
_WINDOW = 2500  # frames of speech aligned at once
_AHEAD = 1.3  # times as much of the reading is looked at
_KEPT = 0.6  # of a window's path; the rest is found anew with what comes after it
_FASTEST, _SLOWEST = 0.33, 3.0  # reading / speech: beyond that it is another text
_WORST_COST = 0.77
"""Mean cosine distance beyond which a text is not what is said. Over 22 recordings in seven languages the right texts
came to 0.73 at most, wrong ones of the same length to 0.66 to 0.82: a part of these is noticed, and no right one is
refused."""
_OUTER = 300  # frames at both ends in which there may be what is not of the text
_SKIPPED = 0.3  # what a frame of speech costs that is left out
_SHORTEST = 0.005  # seconds
_UNHEARD_CONTACT = 0.05


@dataclass(frozen=True, slots=True)
class _Reading:
    """How eSpeak NG says a text, without its pauses. cepstra: shape (n, 26). phones: start and end in frames."""

    cepstra: FloatArray
    phones: tuple[tuple[float, float, Viseme], ...]


def place(features: Features, active: Activity, text: str, language: str, within: Region) -> list[Phone]:
    """The phones of ``text`` at the times at which they are said; [] where this cannot be what is said there.

    features: with cepstra. within: the stretch of speech in which all of the text is said.
    """
    first, last = (max(0, round(time / STEP)) for time in (within.start, within.end))
    spoken = first + np.flatnonzero(active.speaking[first:last])
    reading = _read(text, language)
    if not len(spoken) or not _FASTEST <= len(reading.cepstra) / len(spoken) <= _SLOWEST:
        return []
    read, said = _scaled(reading.cepstra), _scaled(features.cepstra[spoken])
    path = _path(read, said, _bounds(spoken))
    if 1 - np.mean(np.sum(read[path[:, 0]] * said[path[:, 1]], axis=1)) > _WORST_COST:
        return []
    starts, ends = (np.array([phone[side] for phone in reading.phones]) for side in (0, 1))
    placed = zip(_times(starts, path, spoken), _times(ends, path, spoken), reading.phones, strict=True)
    kept = (_kept(start, end, phone[2], active.pauses) for start, end, phone in placed)
    return [phone for phone in kept if phone.end - phone.start > _SHORTEST]


def marked(marks: Sequence[SpeechMark]) -> list[Phone]:
    """The phones of phoneme marks, in order."""
    ordered = sorted((mark for mark in marks if mark.kind == "phoneme"), key=lambda mark: mark.start)
    return [phone for mark in ordered for phone in spread(mark.start, mark.end, of_ipa(mark.text))]


_RELEASE_BEFORE = 0.06  # seconds before a plosive is said to begin that its release is looked for
_LEAST_RISE = 6.0  # dB in 20 ms
_BELOW_RELEASE = 3.0  # dB; while it is that much quieter than after the release, the lips are closed
_SHORTEST_CLOSURE, _LONGEST_CLOSURE = 3, 9  # frames


def released(phones: Sequence[Phone], active: Activity) -> list[Phone]:
    """The phones with p and b while the lips are closed, which is before they are heard; in the same order.

    Some tell the time of a plosive's burst, others that of all of it. The burst itself is found in the sound, where the
    level rises most steeply; in the quiet before it the lips are closed. Without a clear one the times stay."""
    found: list[Phone] = []
    for phone in phones:
        if phone.viseme is VISEMES["PP"]:
            phone = _closure(phone, active.level)
            if found and found[-1].end > phone.start:
                found[-1] = replace(found[-1], end=max(found[-1].start + _SHORTEST, phone.start))
        found.append(phone)
    return found


def _closure(phone: Phone, level: Doubles) -> Phone:
    first = max(1, round((phone.start - _RELEASE_BEFORE) / STEP))
    last = min(len(level) - 1, round(phone.end / STEP) + 1)
    rise = level[first + 1 : last + 1] - level[first - 1 : last - 1]
    if not len(rise) or rise.max() < _LEAST_RISE:
        return phone
    release = first + int(np.argmax(rise))
    before = level[max(0, release - _LONGEST_CLOSURE) : release]
    louder = np.flatnonzero(before > level[release + 1] - _BELOW_RELEASE)
    closed = max(_SHORTEST_CLOSURE, len(before) - 1 - int(louder[-1]) if len(louder) else len(before))
    return Phone(max(0.0, (release - closed) * STEP), (release + 0.5) * STEP, phone.viseme)


# --- the reading ------------------------------------------------------------------------------------------------------
def _read(text: str, language: str) -> _Reading:
    voice = language_of(language).espeak
    parts = [_read_line(line, voice) for line in pieces(text, _LINE)]
    offsets = np.cumsum([0, *(len(part.cepstra) for part in parts)])
    return _Reading(
        np.concatenate([np.zeros((0, 2 * _COEFFICIENTS), np.float32), *(part.cepstra for part in parts)]),
        tuple(
            (start + offset, end + offset, viseme)
            for part, offset in zip(parts, offsets.tolist(), strict=False)
            for start, end, viseme in part.phones
        ),
    )


def _read_line(line: str, voice: str) -> _Reading:
    said = shared().synthesize(line, voice)
    features = measure(said.audio, cepstra=True)
    speaking = activity(features).speaking
    passed = np.concatenate([[0], np.cumsum(speaking)])  # frames of speech before each frame

    def at(time: float) -> float:
        return float(np.interp(time / STEP, np.arange(len(passed)), passed))

    phones = tuple((at(phone.start), at(phone.end), phone.viseme) for phone in marked(said.marks))
    return _Reading(features.cepstra[speaking], phones)


def _scaled(cepstra: FloatArray) -> FloatArray:
    """Coefficients without what differs between voices and microphones, each row of length 1, for cosines."""
    weights = np.r_[_ENERGY_WEIGHT, np.ones(_COEFFICIENTS - 1), np.full(_COEFFICIENTS, _SLOPE_WEIGHT)]
    standard = (cepstra - cepstra.mean(axis=0)) / (cepstra.std(axis=0) + 1e-6) * weights
    scaled: FloatArray = (standard / (np.linalg.norm(standard, axis=1, keepdims=True) + 1e-6)).astype(np.float32)
    return scaled


# --- dynamic time warping ---------------------------------------------------------------------------------------------
def _bounds(spoken: Integers) -> tuple[Integers, Integers]:
    """Where what is said may begin and end, in frames of speech: at the outer pauses, for there may be a cough before
    the first word, and applause after the last."""
    after = np.flatnonzero(np.diff(spoken) > 1) + 1
    starts, ends = np.r_[0, after], np.r_[after - 1, len(spoken) - 1]
    return starts[starts <= _OUTER], ends[ends >= len(spoken) - 1 - _OUTER]


def _path(reading: FloatArray, speech: FloatArray, bounds: tuple[Integers, Integers]) -> Integers:
    """Which frame of the reading is which of the speech, shape (n, 2): all of the reading, and of the speech what lies
    within one of the first and one of the second ``bounds``."""
    reading, origin = _at_pace(reading, len(speech))
    found = []
    row, column, (starts, ends) = 0, 0, bounds
    while len(speech) - column > _WINDOW and len(reading) - row > _WINDOW / 2:
        path = _warp(reading[row : row + round(_AHEAD * _WINDOW)], speech[column : column + _WINDOW], starts)
        found.append(path[path[:, 1] <= _KEPT * _WINDOW] + np.array([row, column]))
        row, column = found[-1][-1].tolist()
        starts = np.zeros(1, np.int64)
    found.append(_rest(reading[row:], speech[column:], starts, ends[ends >= column] - column) + np.array([row, column]))
    path = np.concatenate(found)
    return np.stack([origin[path[:, 0]], path[:, 1]], axis=1)


def _rest(reading: FloatArray, speech: FloatArray, starts: Integers, ends: Integers) -> Integers:
    """The last window's path. Where the text has ended long before the speech there is nothing to follow."""
    if len(speech) > _WINDOW:
        return np.stack(
            [np.linspace(0, len(reading) - 1, len(speech)).astype(np.int64), np.arange(len(speech))], axis=1
        )
    paced, origin = _at_pace(reading, len(speech))
    path = _warp(paced, speech, starts, ends)
    return np.stack([origin[path[:, 0]], path[:, 1]], axis=1)


def _at_pace(reading: FloatArray, frames: int) -> tuple[FloatArray, Integers]:
    """The reading at the pace of the speech, so that steps are as free to either side; and what each frame was."""
    origin = _evenly(len(reading), frames)
    return reading[origin], origin


def _evenly(count: int, places: int) -> Integers:
    """Positions of ``count`` things, from the first to the last, spread over some places."""
    return np.linspace(0, count - 1, places).round().astype(np.int64)


def _warp(reading: FloatArray, speech: FloatArray, starts: Integers, ends: Integers | None = None) -> Integers:
    """The cheapest path from the reading's beginning, shape (n, 2).

    All steps go on in both, so that a row of the table depends on earlier rows alone. starts, ends: frames of speech;
    the path leads from one of the first to one of the second, at the reading's end. Without ends more is to come: then
    it ends where the end of the speech is reached most cheaply for the path's length."""
    rows, columns = len(reading), len(speech)
    came = np.zeros((rows, columns), np.uint8)
    before, last = np.full((2, columns + 2), np.inf, np.float32)  # the two rows above, with a border of two
    last[starts + 1] = _SKIPPED * starts
    reached = np.full(rows, np.inf)
    for row in range(rows):
        cost = 1 - speech @ reading[row]
        above = (last, before)
        ways = np.stack(
            [above[down - 1][2 - along : columns + 2 - along] + price * cost for down, along, price in _STEPS]
        )
        came[row] = np.argmin(ways, axis=0)
        before, last = last, np.full(columns + 2, np.inf, np.float32)
        last[2:] = ways.min(axis=0)
        reached[row] = last[-1]
    if ends is None:
        return _traced(came, int(np.argmin(reached / (np.arange(rows) + columns))), columns - 1)
    left_out = _SKIPPED * (columns - 1 - ends)
    return _traced(came, rows - 1, int(ends[np.argmin(last[ends + 2] + left_out)]))


def _traced(came: NDArray[np.uint8], row: int, column: int) -> Integers:
    """The path to a cell, from its beginning."""
    path = [(row, column)]
    while row > 0 and column > 0:
        down, along, _ = _STEPS[came[row, column]]
        row, column = max(0, row - down), max(0, column - along)
        path.append((row, column))
    return np.array(path[::-1], np.int64)


# --- back to time -----------------------------------------------------------------------------------------------------
def _times(places: Doubles, path: Integers, spoken: Integers) -> Doubles:
    """Seconds in the speech at which places of the reading, in frames, are said."""
    rows, first = np.unique(path[:, 0], return_index=True)
    times: Doubles = np.interp(places, rows + 0.5, (spoken[path[first, 1]] + 0.5) * STEP)
    return times


def _kept(start: float, end: float, viseme: Viseme, pauses: Sequence[Region]) -> Phone:
    """A phone that does not stretch over a pause: it is on the side where more of it was. One that the reading did not
    let hear, as the p of "map." may be, is not seen either, but for its contact."""
    if end - start <= _SHORTEST:
        return Phone(start, start + (_UNHEARD_CONTACT if viseme.contact else 0.0), viseme)
    at = max(0, bisect.bisect_left(pauses, start, key=lambda pause: pause.end))
    for pause in pauses[at : at + 2]:
        if start < pause.end and end > pause.start:
            start, end = (start, pause.start) if pause.start - start >= end - pause.end else (pause.end, end)
    return Phone(start, end, viseme)
