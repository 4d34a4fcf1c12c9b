"""How fast a client may send: sound as fast as it is spoken, and not more beside it than the protocol needs."""

from __future__ import annotations

from vocasync.compat import StrEnum

CATCH_UP_SECONDS = 10.0
"""Of sound that may come at once: after a pause of the network, and after a reconnect."""

MORE_SECONDS = 5.0
"""Of sound beyond that, while the client is told to slow down."""

DRIFT = 1.05
"""How much faster than ours a client's clock may run."""

MESSAGES_SECOND = 100.0
BYTES_SECOND = 2.0**20
"""Twice what two channels at 96 kHz are in base64."""

MESSAGES_AT_ONCE = 600.0
BYTES_AT_ONCE = 24.0 * 2**20
"""Three messages with recordings."""


class Verdict(StrEnum):
    """fine: go on. fast: it is more than it should be. over: too much."""

    FINE = "fine"
    FAST = "fast"
    OVER = "over"


class Bucket:
    """What may be used now, which refills evenly. rate: amount a second. most: at once. more: what may be owed."""

    def __init__(self, rate: float, most: float, more: float, now: float) -> None:
        self._rate, self._most, self._more = rate, most, more
        self._left, self._at = most, now

    def take(self, amount: float, now: float) -> Verdict:
        """Use some of it, whether or not it is there. now: seconds, monotonic."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        if self._left >= 0:
            return Verdict.FINE
        return Verdict.FAST if self._left >= -self._more else Verdict.OVER


class Pace:
    """Of one connection. now: seconds, monotonic."""

    def __init__(self, now: float) -> None:
        self._messages = Bucket(MESSAGES_SECOND, MESSAGES_AT_ONCE, MESSAGES_AT_ONCE / 2, now)
        self._bytes = Bucket(BYTES_SECOND, BYTES_AT_ONCE, BYTES_AT_ONCE / 3, now)
        self._sound = Bucket(DRIFT, CATCH_UP_SECONDS, MORE_SECONDS, now)

    def message(self, size: int, now: float) -> Verdict:
        """A frame of ``size`` bytes came, whatever is in it."""
        return max((self._messages.take(1.0, now), self._bytes.take(size, now)), key=_badness)

    def sound(self, seconds: float, now: float) -> Verdict:
        """There was sound in it."""
        return self._sound.take(seconds, now)


def _badness(verdict: Verdict) -> int:
    return list(Verdict).index(verdict)
