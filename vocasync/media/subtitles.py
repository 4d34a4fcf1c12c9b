"""Subtitles: SRT and WebVTT out, and in whatever state a person brings them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vocasync.errors import PipelineError
from vocasync.media.decoding import decode
from vocasync.types import Segment

MAX_CUES = 20_000
MAX_BYTES = 20 * 2**20
_LEAST_SECONDS = 0.05
_LEAST_TURN = 0.3  # seconds of a cue that is shared out among those who speak in it
_MOSTLY = 0.5  # share of the time that names must cover for them to say who speaks

_TIMES = re.compile(r"(?m)^[^\S\n]*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})[^\S\n]*-+>")
_TAGS = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_NOISES = re.compile(r"\[[^\[\]\n]{0,120}\]|^\s*\([^()\n]{0,120}\)\s*$|\([A-Z][A-Z0-9 ,.'’-]{0,80}\)|[♪♫]+")
"""Sounds that are described, not said: [in brackets], (a line in parentheses), (CAPITALS), and notes of music."""
_DASH = re.compile(r"^\s*(?:[-–—‐]+|>>+)\s*")
_VOICE = re.compile(r"<v(?:\.[^\s<>]+)*[^\S\n]+([^<>\n]{1,200})>")
_TURN = "\n"
"""Between two people who speak in one cue, and before the first where a dash says that it is somebody else."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle. Times in seconds, ``end`` > ``start`` >= 0.

    speaker: its WebVTT voice, "" where unnamed. turn: a dash says that somebody else speaks than before.
    """

    start: float
    end: float
    text: str
    speaker: str = ""
    turn: bool = False


@dataclass(frozen=True, slots=True)
class Subtitles:
    """Cues in order of time, none overlapping the next. ``notes``: what was repaired, in sentences for the person."""

    cues: tuple[Cue, ...]
    notes: tuple[str, ...] = ()


# --- out -----------------------------------------------------------------------------------------------------------
def original(segment: Segment) -> str:
    """The text of a segment as it was said."""
    return segment.text


def translated(segment: Segment) -> str:
    """The text of a segment as it is spoken in the dub."""
    return segment.translation


def srt(segments: Iterable[Segment], text: Callable[[Segment], str]) -> str:
    """SRT of the segments; ``text``: :func:`original` or :func:`translated`. Segments without text are left out."""
    spoken = [segment for segment in segments if _lines(text(segment))]
    blocks = [
        f"{number}\n{_clock(one.start, ',')} --> {_clock(one.end, ',')}\n{_lines(text(one))}\n"
        for number, one in enumerate(spoken, 1)
    ]
    return "\n".join(blocks)


def vtt(segments: Iterable[Segment], text: Callable[[Segment], str]) -> str:
    """WebVTT of the segments, as :func:`srt`; the marks of its syntax in the text are escaped."""
    blocks = ["WEBVTT\n"]
    for one in segments:
        if lines := _lines(text(one)):
            escaped = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            blocks.append(f"{_clock(one.start, '.')} --> {_clock(one.end, '.')}\n{escaped}\n")
    return "\n".join(blocks)


def _lines(text: str) -> str:
    """Without blank lines, which would end a cue."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


# --- who speaks ----------------------------------------------------------------------------------------------------
def attributed(cues: Sequence[Cue]) -> tuple[tuple[Cue, ...], tuple[str, ...]]:
    """The cues with whom they name as speakers, and these names in order of appearance; () when they tell nothing.

    Where nobody is named, whoever was named last goes on. Names that cover less than half of the time (of a narrator,
    of people off screen) do not say who speaks elsewhere: they are left out.
    """
    total = sum(cue.end - cue.start for cue in cues)
    named = sum(cue.end - cue.start for cue in cues if cue.speaker)
    if not total or named < _MOSTLY * total:
        return tuple(replace(cue, speaker="") for cue in cues), ()
    last = next(cue.speaker for cue in cues if cue.speaker)
    found = []
    for cue in cues:
        last = cue.speaker or last
        found.append(replace(cue, speaker=last))
    return tuple(found), tuple(dict.fromkeys(cue.speaker for cue in found))


# --- in ------------------------------------------------------------------------------------------------------------
def parse(path: Path, name: str) -> Subtitles:
    """Read SRT or WebVTT, whichever it is by its content, and repair what can be repaired.

    A cue in which several people speak (lines that begin with a dash, voices of WebVTT) becomes one for each of them,
    its time shared out by the length of what they say. name: how the person calls the file.
    Raises PipelineError ``subtitles_unreadable``, ``subtitles_empty`` or ``subtitles_too_long``.
    """
    if path.stat().st_size > MAX_BYTES:
        raise PipelineError("subtitles_unreadable", name=name)
    found = decode(path.read_bytes())
    if found is None:
        raise PipelineError("subtitles_unreadable", name=name)
    note = f"The subtitles are not UTF-8; they were read as {found.encoding}. Check letters with accents."
    read = parse_text(found.text, name)
    return read if found.sure else replace(read, notes=(note, *read.notes))


def parse_text(text: str, name: str) -> Subtitles:
    """:func:`parse` of what was read."""
    count = len(_TIMES.findall(text))
    if count > MAX_CUES:
        raise PipelineError("subtitles_too_long", name=name, count=count, limit=MAX_CUES)
    if not count:
        raise PipelineError("subtitles_unreadable" if text.strip() else "subtitles_empty", name=name)
    raw = _vtt_cues(text, name) if text.lstrip().startswith("WEBVTT") else _srt_cues(text, name)
    if not raw:
        raise PipelineError("subtitles_unreadable", name=name)
    cues, repairs = _repaired(raw)
    if not cues:
        raise PipelineError("subtitles_empty", name=name)
    return Subtitles(tuple(cues), repairs)


def _srt_cues(text: str, name: str) -> list[Cue]:
    import pysubs2

    try:
        read = pysubs2.SSAFile.from_string(text, format_="srt", keep_unknown_html_tags=True)
    except (pysubs2.exceptions.Pysubs2Error, ValueError) as error:
        raise PipelineError("subtitles_unreadable", name=name) from error
    return [Cue(event.start / 1000, event.end / 1000, event.text.replace(r"\N", "\n")) for event in read]


def _vtt_cues(text: str, name: str) -> list[Cue]:
    import webvtt

    try:
        read = webvtt.from_string(text)
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError, ValueError) as error:
        raise PipelineError("subtitles_unreadable", name=name) from error
    return [cue for one in read.captions for cue in _voices(_exact(one.start), _exact(one.end), one)]


def _voices(start: float, end: float, caption: Any) -> list[Cue]:
    """A caption as one cue for each voice that is named in it."""
    import html

    before, *rest = _VOICE.split(caption.raw_text)
    names = [html.unescape(name).strip() for name in rest[::2]]
    if len(names) < 2:
        return [Cue(start, end, caption.text, names[0] if names else "")]
    said = list(zip(["", *names], [before, *rest[1::2]], strict=True))
    return _shared_out(Cue(start, end, ""), [(text, name) for name, text in said if _clean(text)])


def _shared_out(cue: Cue, said: Sequence[tuple[str, str]]) -> list[Cue]:
    """What (text, speaker) say in one cue, each for as long as their share of the letters."""
    total = sum(len(text) for text, _ in said) or 1
    found, at = [], cue.start
    for text, speaker in said:
        until = at + (cue.end - cue.start) * len(text) / total
        found.append(replace(cue, start=round(at, 3), end=round(until, 3), text=text, speaker=speaker))
        at = until
    return found


def _exact(clock: str) -> float:
    """Seconds of ``[HH:]MM:SS.mmm`` (the library's own are whole ones)."""
    *hours, minutes, seconds = clock.split(":")
    return sum(int(hour) for hour in hours) * 3600 + int(minutes) * 60 + float(seconds)


def _clean(text: str) -> str:
    """What is to be spoken: no tags, no sounds in brackets, and for dashes that mark speakers a ``_TURN``."""
    import html

    plain = html.unescape(_TAGS.sub("", text)).replace("\ufeff", "").replace("\u200b", "")
    turns = [""]
    for line in plain.splitlines():
        said = _NOISES.sub(" ", _DASH.sub("", line))
        if _DASH.match(line):
            turns.append(said)
        else:
            turns[-1] += f" {said}"
    spoken = [" ".join(turn.split()) for turn in turns]
    return _TURN.join([spoken[0], *filter(_has_words, spoken[1:])])


def _has_words(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _repaired(raw: Sequence[Cue]) -> tuple[list[Cue], tuple[str, ...]]:
    """Cleaned, in order, forwards and apart, with a note for each kind of repair."""
    notes: list[str] = []
    cues = [replace(cue, text=_clean(cue.text)) for cue in raw]
    spoken = [cue for cue in cues if _has_words(cue.text)]
    _note(notes, len(cues) - len(spoken), "Subtitles without words, left out")
    ordered = sorted(spoken, key=lambda cue: cue.start)
    _note(notes, _changes(spoken, ordered), "Subtitles not in order of time, sorted")
    forwards = _turned(ordered, notes)
    return [turn for cue in _apart(forwards, notes) for turn in _turns(cue)], tuple(notes)


def _turns(cue: Cue) -> list[Cue]:
    """A cue as one for each who speaks in it, unless there is no time for that."""
    before, *others = (part.strip() for part in cue.text.split(_TURN))
    goes_on = _has_words(before)
    said = [before, *others] if goes_on else others
    found = _shared_out(cue, [(text, cue.speaker) for text in said])
    if len(said) == 1 or min(one.end - one.start for one in found) < _LEAST_TURN:
        found = [replace(cue, text=" ".join(said))]
    return [replace(one, turn=number > 0 or not goes_on) for number, one in enumerate(found)]


def _turned(cues: Sequence[Cue], notes: list[str]) -> list[Cue]:
    """A cue that ends before it starts has its times swapped; one without length is heard until the next."""
    turned = [replace(cue, start=cue.end, end=cue.start) if cue.end < cue.start else cue for cue in cues]
    _note(notes, _changes(cues, turned), "Subtitles that ended before they started, turned round")
    turned.sort(key=lambda cue: cue.start)
    filled = [_filled(turned, number) for number in range(len(turned))]
    _note(notes, _changes(turned, filled), "Subtitles without length, given one")
    return filled


def _filled(cues: Sequence[Cue], number: int) -> Cue:
    """A cue without an end gets one: 15 characters a second, up to the next cue's start."""
    cue = cues[number]
    if cue.end - cue.start >= _LEAST_SECONDS:
        return cue
    end = cue.start + max(0.5, len(cue.text) / 15)
    if number + 1 < len(cues) and cues[number + 1].start - cue.start >= _LEAST_SECONDS:
        end = min(end, cues[number + 1].start)
    return replace(cue, end=end)


def _apart(cues: Sequence[Cue], notes: list[str]) -> list[Cue]:
    """Overlaps are cut at the next cue's start; cues that say the same or begin together become one."""
    apart: list[Cue] = []
    trimmed = joined = 0
    for cue in cues:
        before = apart[-1] if apart else None
        if before is None or cue.start >= before.end:
            apart.append(cue)
        elif cue.text == before.text or cue.start - before.start < _LEAST_SECONDS:
            apart[-1] = _joined(before, cue)
            joined += 1
        else:
            apart[-1] = replace(before, end=cue.start)
            apart.append(cue)
            trimmed += 1
    _note(notes, trimmed, "Subtitles that overlapped the next one, cut at its start")
    _note(notes, joined, "Subtitles at the same time as another, joined with it")
    return apart


def _joined(before: Cue, cue: Cue) -> Cue:
    text = before.text if cue.text == before.text else f"{before.text} {cue.text}"
    return replace(before, end=max(before.end, cue.end), text=text)


def _changes(before: Sequence[Cue], after: Sequence[Cue]) -> int:
    return sum(one is not other for one, other in zip(before, after, strict=True))


def _note(notes: list[str], count: int, text: str) -> None:
    if count:
        notes.append(f"{text}: {count}.")
