"""What the threads of a session share: whom they tell, what they count, how hard pressed they are, and when it ends."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.live.events import Event, Stopped, Trouble
from vocasync.pipelines.live.numbers import Tally
from vocasync.pipelines.live.playout import Playout
from vocasync.pipelines.live.pressure import Gauge

_log = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds that go on, whatever the time of day is."""


class Booth:
    """tell: is given every event, one at a time. clock: for delays; the one that arrivals are told by.

    closed: what is under way is not wanted any more. hurry: what is not spoken yet is to be given as text alone.
    """

    def __init__(self, tell: Callable[[Event], None], clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.tally = Tally()
        self.playout = Playout()
        self.closed = threading.Event()
        self.hurry = threading.Event()
        self._gauge = Gauge()
        self._tell = tell
        self._guard = threading.Lock()
        self._over = False

    def say(self, *events: Event) -> None:
        """Tell these, one after the other with nothing in between; nothing is told after Stopped."""
        with self._guard:
            for event in events:
                if not self._over:
                    self._over = isinstance(event, Stopped)
                    self._tell(event)

    def trouble(self, error: Exception, clause: int | None = None, *, fatal: bool = False) -> PipelineError:
        """Tell what went wrong, count it, and give it as what a person is told."""
        problem = error if isinstance(error, PipelineError) else self._internal(error)
        self.tally.error(problem.code)
        self.say(Trouble(problem.code, str(problem), fatal, clause))
        return problem

    def _internal(self, error: Exception) -> PipelineError:
        marker = uuid.uuid4().hex[:12]
        _log.error("A live session, %s", marker, exc_info=error)
        return PipelineError("internal", id=marker)

    @property
    def level(self) -> int:
        """How hard pressed the session is, see :class:`.events.Pressure`."""
        return self._gauge.level

    def press(self, lag: float, waiting: float) -> None:
        """See how hard pressed the session is, and tell it where that changed. Seconds, see :mod:`.pressure`."""
        with self._guard:
            event = self._gauge.read(lag, waiting)
            if event is not None and not self._over:
                self._tell(event)

    # --- as the progress of whatever an engine does ---------------------------------------------------------------
    def report(self, fraction: float, note: str = "") -> None:
        """Nobody is told."""

    def check(self) -> None:
        """Raise Cancelled once the session is closed."""
        if self.closed.is_set():
            raise Cancelled
