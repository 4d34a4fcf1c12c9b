"""A mouth for every frame, out of what is known of the speech.

The best there is decides: the times of phonemes where the voice gave them; else the text, laid along the sound; else
the phones that a recogniser hears, mixed with what the sound alone tells; else that alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.tts.script import clean
from vocasync.engines.tts.voices import espeak_languages
from vocasync.stages.visemes import acoustic, alignment
from vocasync.stages.visemes.coarticulation import RATE, REACH, blend, to_frames, touch
from vocasync.stages.visemes.features import STEP, Activity, Features, Mask, activity, eased, measure, middles, runs
from vocasync.stages.visemes.inventory import GAP, JAW, LOW, REST, UP, Phone
from vocasync.types import MOUTH, Audio, FloatArray, Region, SpeechMark

Doubles = NDArray[np.float64]

_PIECE = 30.0  # seconds of frames made at once
_DRAWN_SHARE = 0.4  # of what the sound tells, beside the phones that a recogniser hears in it

_OPENING, _CLOSING = 0.12, 0.16  # seconds that the mouth moves before something is said, and after
_LONG_PAUSE = 0.12  # seconds from which a pause brings the mouth to rest

_GAIN_WINDOW = 12  # frames over which a syllable's loudness is taken
_GAIN_SMOOTHING = 4.0  # frames
_LEAST_GAIN, _MOST_GAIN = 0.6, 1.2
_GAIN_WHEN_LOUD, _DECIBELS = 1.05, 30.0  # and over how many it changes by 1

_WORD_GAP = 0.25  # seconds between words beyond which they are not aligned together
_LONGEST_LINE = 12.0
_AROUND_PHONES = 0.2  # seconds of speech that a phone accounts for
_SHORTEST_UNKNOWN = 0.3
_LONGEST_HEARD = 20.0


@dataclass(frozen=True, slots=True)
class _Source:
    """What mouths are made of; n features.

    phones: in order, pauses among them. drawn: mouths from sound alone, shape (n, 8). share: how much of these there
    is in the mouth, shape (n,). open: how far it may open. gain: how far it opens, by loudness.
    """

    phones: tuple[Phone, ...]
    drawn: Doubles
    share: Doubles
    open: Doubles
    gain: Doubles


def mouths(
    speech: Audio, frames: int, fps: float, marks: Sequence[SpeechMark] = (), text: str = "", language: str = ""
) -> FloatArray:
    """The mouth of each frame, of ``MOUTH``, shape (``frames``, 8), 0 to 1; all 0 where nothing is said.

    speech: mono, at any rate; frame ``i`` is seen from i / ``fps`` on. marks: phonemes (IPA) with their times in
    ``speech``; or words, in each of them one or more words that are said between its times. text: all that is said,
    where there are no marks. language: of words or text; where eSpeak NG does not read it, the sound alone counts.
    """
    lines = _lines(marks, text, speech.duration) if _readable(language) else []
    features = measure(speech, cepstra=bool(lines))
    active = activity(features)
    told = alignment.marked(marks) or _aligned(features, active, lines, language)
    known = alignment.released(told, active)
    source = _source(speech, features, active, known)
    made = np.zeros((frames, len(MOUTH)))
    heard = min(frames, int(np.ceil(speech.duration * fps)))
    size = max(1, round(_PIECE * fps))
    for first in range(0, heard, size):
        last = min(heard, first + size)
        made[first:last] = _piece(source, range(first, last), fps)
    touch(made, [phone for phone in source.phones if _said(phone, active)], fps)
    return np.clip(made, 0, 1).astype(np.float32)


# --- what is said -----------------------------------------------------------------------------------------------------
def _readable(language: str) -> bool:
    return bool({language, language.split("-")[0].lower()} & espeak_languages())


def _lines(marks: Sequence[SpeechMark], text: str, seconds: float) -> list[tuple[str, Region]]:
    """What is to be aligned, and within which times: words that follow each other together."""
    lines: list[tuple[str, Region]] = []
    for mark in sorted((mark for mark in marks if mark.kind == "word"), key=lambda mark: mark.start):
        before = lines[-1] if lines else None
        if before and mark.start - before[1].end < _WORD_GAP and mark.end - before[1].start < _LONGEST_LINE:
            lines[-1] = (f"{before[0]} {mark.text}", Region(before[1].start, mark.end))
        else:
            lines.append((mark.text, Region(mark.start, mark.end)))
    whole = [(text, Region(0.0, seconds))] if clean(text) and not lines else []
    return lines + whole


def _aligned(features: Features, active: Activity, lines: Sequence[tuple[str, Region]], language: str) -> list[Phone]:
    return [phone for text, within in lines for phone in alignment.place(features, active, text, language, within)]


def _said(phone: Phone, active: Activity) -> bool:
    """Whether anything is heard around a phone."""
    first, last = int((phone.start - _OPENING) / STEP), int((phone.end + _OPENING) / STEP) + 1
    return bool(active.speaking[max(0, first) : max(0, last)].any())


def _source(speech: Audio, features: Features, active: Activity, known: Sequence[Phone]) -> _Source:
    unknown = _unknown(active, known)
    stretches = [Region(first * STEP, last * STEP) for first, last in unknown]
    heard = alignment.released(acoustic.phones(speech, stretches), active)
    share = np.zeros(len(features))
    for first, last in unknown:
        share[first:last] = _DRAWN_SHARE if heard else 1.0
    return _Source(
        phones=tuple(sorted([*known, *heard, *_rests(active)], key=lambda phone: phone.start)),
        drawn=acoustic.estimate(features, active) if unknown else np.zeros((len(features), len(MOUTH))),
        share=share,
        open=_open(active),
        gain=_gain(active),
    )


def _unknown(active: Activity, known: Sequence[Phone]) -> list[tuple[int, int]]:
    """Stretches in which something is said and nobody told what, in frames, none too long to be recognised at once."""
    told = _told(len(active.speaking), known)
    found: list[tuple[int, int]] = []
    for first, last in runs(active.speaking & ~told):
        if (last - first) * STEP < _SHORTEST_UNKNOWN:
            continue
        if found and (last - found[-1][0]) * STEP < _LONGEST_HEARD and not told[found[-1][1] : first].any():
            found[-1] = (found[-1][0], last)
        else:
            found += _parts(first, last, active.level)
    return found


def _told(count: int, known: Sequence[Phone]) -> Mask:
    """Of which frames it is known what is said in them."""
    around = np.zeros(count + 1)
    for time, change in (pair for phone in known for pair in ((phone.start, 1), (phone.end, -1))):
        around[min(max(0, round((time - change * _AROUND_PHONES) / STEP)), count)] += change
    told: Mask = np.cumsum(around)[:count] > 0
    return told


def _parts(first: int, last: int, level: Doubles) -> list[tuple[int, int]]:
    """A stretch without pauses, cut where it is quietest so that no part is too long."""
    longest = round(_LONGEST_HEARD / STEP)
    parts = []
    while last - first > longest:
        cut = first + longest // 2 + int(np.argmin(level[first + longest // 2 : first + longest]))
        parts.append((first, cut))
        first = cut
    return [*parts, (first, last)]


def _rests(active: Activity) -> list[Phone]:
    return [Phone(pause.start, pause.end, REST if pause.duration > _LONG_PAUSE else GAP) for pause in active.pauses]


# --- how far the mouth opens ------------------------------------------------------------------------------------------
def _open(active: Activity) -> Doubles:
    """1 while something is said, 0 in pauses, with the time that a mouth takes in between; shape (n,)."""
    times = middles(len(active.speaking), 1 / STEP)
    opened = np.ones(len(times))
    for pause in active.pauses:
        first, last = round(pause.start / STEP), round(pause.end / STEP)
        inside, opened[first:last] = times[first:last], 0.0
        if first > 0:
            opened[first:last] = eased(1 - (inside - pause.start) / _CLOSING)
        if last < len(times):
            opened[first:last] = np.maximum(opened[first:last], eased(1 - (pause.end - inside) / _OPENING))
    return opened


def _gain(active: Activity) -> Doubles:
    """Stressed syllables open wider: about 1, by the level of the syllable; shape (n,)."""
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    power = uniform_filter1d(10 ** (active.level / 10), _GAIN_WINDOW, mode="nearest")
    level = 10 * np.log10(np.maximum(power, 1e-10))
    gain = np.clip(_GAIN_WHEN_LOUD + (level - active.loud) / _DECIBELS, _LEAST_GAIN, _MOST_GAIN)
    smooth: Doubles = gaussian_filter1d(gain, _GAIN_SMOOTHING)
    return smooth


# --- frames -----------------------------------------------------------------------------------------------------------
def _piece(source: _Source, frames: range, fps: float) -> Doubles:
    """The mouths of some frames, shape (len(frames), 8)."""
    first = int(frames.start / fps * RATE)
    count = int(np.ceil(frames.stop / fps * RATE)) - first + 1
    low, high = first / RATE - REACH, (first + count) / RATE + REACH
    near = [phone for phone in source.phones if phone.end > low and phone.start < high]
    mouths = blend(near, first, count)
    places = ((np.arange(count) + first + 0.5) / RATE) / STEP - 0.5
    mouths[:, [JAW, UP, LOW]] *= _at(source.gain, places)[:, None]
    share = _at(source.share, places)[:, None]
    drawn = np.stack([_at(column, places) for column in source.drawn.T], axis=1)
    mouths = (1 - share) * mouths + share * drawn
    return to_frames(mouths * _at(source.open, places)[:, None], first, frames, fps)


def _at(values: Doubles, places: Doubles) -> Doubles:
    return np.interp(places, np.arange(len(values)), values)
