"""What a line between the web process and a live worker is: frames both ways, in order, with an end that is noticed."""

from __future__ import annotations

import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from vocasync.compat import StrEnum

MOST_BYTES = 64 * 2**20
"""Of a frame. Far above what the socket lets through: more is no frame of ours."""

_HEAD = struct.Struct("!IB")
HEAD_BYTES = _HEAD.size


class Kind(StrEnum):
    """What is in a frame."""

    JSON = "J"  # a message as it is on the wire
    BINARY = "B"  # sound as it is on the wire
    CONTROL = "C"  # between the two processes alone


class LineLost(Exception):
    """The other side closed the line, or is no more."""


@dataclass(frozen=True, slots=True)
class Frame:
    """body: UTF-8 JSON unless it is binary."""

    kind: Kind
    body: bytes

    @property
    def value(self) -> dict[str, Any]:
        """The message in it. Raises ValueError for anything but a JSON object."""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("a message is an object")
        return value


def message(value: dict[str, Any]) -> Frame:
    """A message as it is on the wire."""
    return Frame(Kind.JSON, _json(value))


def control(value: dict[str, Any]) -> Frame:
    """What only the two processes say to each other: ``open`` and ``close``."""
    return Frame(Kind.CONTROL, _json(value))


def binary(body: bytes) -> Frame:
    """Sound as it is on the wire."""
    return Frame(Kind.BINARY, body)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pack(frame: Frame) -> bytes:
    """Four bytes of the body's length, highest first, one of the kind, the body."""
    if len(frame.body) > MOST_BYTES:
        raise ValueError(f"a frame of {len(frame.body)} bytes is too large")
    return _HEAD.pack(len(frame.body), ord(frame.kind)) + frame.body


def unpack_head(head: bytes) -> tuple[int, Kind]:
    """How long the body is that follows, and its kind. Raises ValueError for what is no frame's head."""
    length, kind = _HEAD.unpack(head)
    if length > MOST_BYTES:
        raise ValueError(f"a frame of {length} bytes is too large")
    return length, Kind(chr(kind))


def unpack(packed: bytes) -> Frame:
    """The frame of :func:`pack`. Raises ValueError for anything else."""
    if len(packed) < HEAD_BYTES:
        raise ValueError("a frame without a head")
    length, kind = unpack_head(packed[:HEAD_BYTES])
    if len(packed) != HEAD_BYTES + length:
        raise ValueError("a frame of another length")
    return Frame(kind, packed[HEAD_BYTES:])


class Line(Protocol):
    """One side of a line. What waits between the sides is bounded; one task sends and one receives at a time."""

    async def send(self, frame: Frame) -> None:
        """Say it; waits while too much of what was said before was not taken up. Raises LineLost."""

    async def receive(self) -> Frame:
        """What the other side says next. Raises LineLost once everything that it said was received. One that is called
        off may take a frame with it, so that the line has to be closed then."""

    async def close(self) -> None:
        """End the line; the other side still receives what was sent."""


class Listener(Protocol):
    """Where a worker takes lines. address: how others reach it."""

    address: str

    async def close(self) -> None:
        """Take no more lines; those that are there go on."""


Taken = Callable[[Line], Awaitable[None]]
"""What a worker does with a line that somebody opened to it; runs as a task of its own."""
