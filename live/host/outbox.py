"""What a session says, until its client has it: durable messages by number, and passing ones that may be left out.

A line breaks anywhere; the client that comes back says up to where it has everything, and is told what follows, each
once and in its order. Text is kept until it is acknowledged. Of sound only the last half minute is, and what passes
(partials, numbers) only in its latest form: a client that reads slowly misses those, then sound, never text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from live.lines import Frame, message

SOUND_SECONDS = 30.0
TEXT_BYTES = 16 * 2**20
"""Of text that was sent and is not acknowledged; a client that never acknowledges has its oldest forgotten."""

PASSING = 64
"""Passing messages that wait at most."""

LATE = "The connection was too slow or away for too long, so the oldest sound was left out."
"""Why a clause has no sound, or not all of it, though it was spoken."""

Numbered = Callable[[int], Frame]
"""Makes a durable message's frame of its number."""


@dataclass(slots=True)
class _Kept:
    """A durable message. seconds: of sound, 0 for text. clause: whose sound it is, or of whose it says something (-1
    for neither). spoken: the message itself where it can still be changed, because it says how a clause was spoken."""

    seq: int
    frame: Frame
    seconds: float = 0.0
    clause: int = -1
    spoken: dict[str, Any] | None = None


@dataclass(slots=True)
class _Passing:
    """after: number of the durable message that it was said after."""

    after: int
    frame: Frame


class Outbox:
    """One session's; nothing in it waits or knows of lines. ``next`` says what is to be sent now."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._passing: dict[str, _Passing] = {}
        self._gone: deque[tuple[int, int]] = deque()  # (number, clause) of sound that is not kept any more
        self._missed: set[int] = set()
        self._sound = 0.0
        self._text = 0
        self._count = 0
        self.last = 0
        """Number of the last durable message."""
        self.sent = 0
        """Up to where the client that is connected was told everything."""
        self.acknowledged = 0
        self.left_out = 0
        """Passing messages that nobody was sent."""

    # --- what the session says ----------------------------------------------------------------------------------------
    def text(self, value: dict[str, Any]) -> None:
        """A durable message without its number. ``spoken`` comes to say so where its clause's sound was dropped."""
        spoken = value if value["type"] == "spoken" else None
        self._keep(lambda seq: message({**value, "seq": seq}), clause=value.get("clause", -1), spoken=spoken)

    def sound(self, numbered: Numbered, seconds: float, clause: int) -> None:
        """A piece of a clause's sound."""
        self._keep(numbered, seconds=seconds, clause=clause)

    def passing(self, value: dict[str, Any], kind: str = "") -> None:
        """What is not told again. kind: takes the place of what was said of that kind and not sent yet; "" for what
        stands for itself."""
        self._count += 1
        waiting = self._passing.pop(kind, None)
        if len(self._passing) >= PASSING:
            waiting = self._passing.pop(next(iter(self._passing)))
        self.left_out += waiting is not None
        self._passing[kind or f"#{self._count}"] = _Passing(self.last, message(value))

    def forget(self, kind: str) -> None:
        """What was said of that kind holds no more."""
        self.left_out += self._passing.pop(kind, None) is not None

    def _keep(self, numbered: Numbered, seconds: float = 0.0, clause: int = -1, spoken: Any = None) -> None:
        self.last += 1
        kept = _Kept(self.last, numbered(self.last), seconds, clause, spoken)
        self._kept.append(kept)
        self._count_in(kept, 1)
        if seconds:
            self._drop_sound()
        while self._text > TEXT_BYTES and self._kept[0].seq <= self.sent:
            self._forget_to(self._kept[0].seq)

    # --- who listens --------------------------------------------------------------------------------------------------
    def resume(self, after: int) -> None:
        """A client is connected, and has everything up to there."""
        self._forget_to(after)
        self.sent = max(min(after, self.last), self.acknowledged)
        self._passing.clear()
        self._missed = {clause for seq, clause in self._gone if seq > self.sent}

    def acknowledge(self, seq: int) -> None:
        """The client has everything up to there: it is never told again."""
        self._forget_to(min(seq, self.sent))

    def next(self) -> Frame | None:
        """What is to be sent now, None for nothing. It counts as sent."""
        kept = self._following()
        early = next(((kind, one) for kind, one in self._passing.items() if kept is None or one.after < kept.seq), None)
        if early is not None:
            return self._passing.pop(early[0]).frame
        if kept is None:
            return None
        self.sent = kept.seq
        return self._told(kept)

    @property
    def waiting(self) -> int:
        """Durable messages that were not sent to the client that is connected."""
        return self.last - self.sent

    @property
    def sound_seconds(self) -> float:
        """Of sound that is kept."""
        return self._sound

    def _following(self) -> _Kept | None:
        if self.sent == self.last or not self._kept:
            return None
        low, high = 0, len(self._kept)
        while low < high:  # numbers rise, with gaps where sound was dropped
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._kept[middle].seq <= self.sent else (low, middle)
        return self._kept[low] if low < len(self._kept) else None

    def _told(self, kept: _Kept) -> Frame:
        if kept.spoken is None or kept.clause not in self._missed:
            return kept.frame
        return message({**kept.spoken, "seq": kept.seq, "reason": kept.spoken["reason"] or LATE})

    # --- what is forgotten --------------------------------------------------------------------------------------------
    def _forget_to(self, seq: int) -> None:
        self.acknowledged = max(self.acknowledged, min(seq, self.last))
        while self._kept and self._kept[0].seq <= self.acknowledged:
            self._count_in(self._kept.popleft(), -1)
        while self._gone and self._gone[0][0] <= self.acknowledged:
            self._gone.popleft()

    def _drop_sound(self) -> None:
        """The oldest, until the rest fits; text between stays."""
        if self._sound <= SOUND_SECONDS:
            return
        stay: deque[_Kept] = deque()
        for kept in self._kept:
            if not kept.seconds or self._sound <= SOUND_SECONDS:
                stay.append(kept)
                continue
            self._count_in(kept, -1)
            self._gone.append((kept.seq, kept.clause))
            if kept.seq > self.sent:
                self._missed.add(kept.clause)
        self._kept = stay

    def _count_in(self, kept: _Kept, sign: int) -> None:
        self._sound += sign * kept.seconds
        if not kept.seconds:
            self._text += sign * len(kept.frame.body)
