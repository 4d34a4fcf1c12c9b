"""What a session says, as it is on the wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from live.lines import Frame, binary, message
from live.messages import Message, Piece, piece_encode
from vocasync.media.audio import pcm
from vocasync.pipelines.live.events import (
    Event,
    Loading,
    Numbers,
    Pressure,
    Ready,
    Sound,
    SpeakerHeard,
    Spoken,
    Stopped,
    Transcript,
    Translation,
    Trouble,
)

_DIGITS = 4  # of seconds, and of what is between 0 and 1


@dataclass(frozen=True, slots=True)
class Text:
    """A message that is durable, or passing (of a kind whose older ones it takes the place of, "" for none)."""

    value: Message
    durable: bool = True
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound of the dub. frame: makes it of its number. seconds: of it."""

    frame: Callable[[int], Frame]
    seconds: float
    clause: int


def sound(event: Sound, *, base64: bool) -> Heard:
    """base64: in JSON, else in a binary frame."""
    samples = pcm(event.samples)
    pause = max(0, round(1000 * event.pause))

    def framed(seq: int) -> Frame:
        if not base64:
            return binary(piece_encode(Piece(seq, event.clause, event.rate, samples, pause, event.last)))
        head = {"type": "audio", "seq": seq, "clause": event.clause, "rate": event.rate, "pause_ms": pause}
        return message({**head, "last": event.last, "audio": b64encode(samples).decode()})

    return Heard(framed, len(event.samples) / event.rate, event.clause)


def text(event: Event, *, heard: int) -> Text:
    """The message of an event other than sound. heard: the chunk that is wanted next. A durable one has no number
    yet. ``Ready`` becomes ``started`` without the target language, which it does not know."""
    return _TEXTS[type(event)](event, heard)


def numbers(told: Numbers) -> Message:
    """As in ``metrics``, without its type."""
    return {
        "delays": {name: _rounded(asdict(found)) for name, found in told.delays.items()},
        "heard_seconds": _round(told.heard),
        "spoken_seconds": _round(told.spoken),
        "clauses": told.clauses,
        "lag": _round(told.lag),
        "real_time_factor": _round(told.real_time_factor),
        "similarity": _round(told.similarity),
        "errors": dict(told.errors),
        "dropped": _rounded(told.dropped),
        "waiting": dict(told.waiting),
    }


def _transcript(event: Transcript, _heard: int) -> Text:
    value = {"type": "transcript", **_rounded(asdict(event))}
    return Text(value, event.final, "" if event.final else "transcript")


def _translation(event: Translation, _heard: int) -> Text:
    return Text({"type": "translation", **asdict(event)})


def _spoken(event: Spoken, _heard: int) -> Text:
    delays = event.delays and _rounded({**asdict(event.delays), "total": event.delays.total})
    return Text({"type": "spoken", **_rounded(asdict(event)), "delays": delays})


def _speaker(event: SpeakerHeard, _heard: int) -> Text:
    return Text({"type": "speaker", **_rounded(asdict(event))})


def _metrics(event: Numbers, heard: int) -> Text:
    return Text({"type": "metrics", **numbers(event), "heard": heard}, durable=False, kind="metrics")


def _pressure(event: Pressure, _heard: int) -> Text:
    return Text({"type": "pressure", **_rounded(asdict(event))}, durable=False, kind="pressure")


def _trouble(event: Trouble, _heard: int) -> Text:
    value = {"type": "error", **asdict(event)}
    if event.clause is None:
        del value["clause"]
    return Text(value, durable=False)


def _loading(event: Loading, _heard: int) -> Text:
    value = {"type": "loading", "stage": event.stage, "progress": _round(event.progress), "eta_seconds": None}
    return Text(value, durable=False, kind="loading")


def _ready(event: Ready, _heard: int) -> Text:
    names = {"engines": dict(event.engines), "source_language": event.language, "notes": list(event.notes)}
    return Text({"type": "started", **names})


def _stopped(event: Stopped, _heard: int) -> Text:
    return Text({"type": "stopped", "numbers": numbers(event.numbers)})


_TEXTS: dict[type, Callable[[Any, int], Text]] = {
    Transcript: _transcript,
    Translation: _translation,
    Spoken: _spoken,
    SpeakerHeard: _speaker,
    Numbers: _metrics,
    Pressure: _pressure,
    Trouble: _trouble,
    Loading: _loading,
    Ready: _ready,
    Stopped: _stopped,
}


def _round(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _round(value) for name, value in values.items()}
