"""Who pays for a session, and who answers for the voices that it lends."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context
from typing import TypeVar

from accounts import limits
from accounts.models import User
from engines.clones import recorded
from engines.spending import Ledger, check_going_on
from vocasync.errors import PipelineError
from vocasync.spending import counting

Made = TypeVar("Made")


class Account:
    """Counts what is spent on services by whatever is made inside, and writes down which voices were copied to them;
    those copies are removed when the session is over. Reads and writes the database, except for :meth:`made`."""

    def __init__(self, owner: User, session: uuid.UUID) -> None:
        self._owner, self._session = owner, session
        self._context, self._open = copy_context(), ExitStack()
        self._ledger = self._context.run(self._opened)
        self._charged = 0.0

    def _opened(self) -> Ledger:
        copies = self._open.enter_context(recorded(self._owner))
        ledger = Ledger(self._owner, self._session, self._open.enter_context(counting()), copies)
        self._open.callback(ledger.write)
        return ledger

    def made(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives; it and the threads that it starts are counted on this account."""
        return self._context.run(make)

    def write(self, heard: float) -> None:
        """Write down what was spent, and charge the sound that was heard so far, in seconds.

        Raises ``audio_limit`` and ``live_spending`` where the owner has had what they may have.
        """
        self._ledger.write()
        self._owner.refresh_from_db()  # what they may have can change while they speak
        if heard > self._charged:
            limits.take_audio(self._owner, heard - self._charged)
            self._charged = heard
        try:
            check_going_on(self._owner, self._session)
        except PipelineError as error:
            raise PipelineError("live_spending", **error.params) from None

    def close(self) -> None:
        """Nothing more is spent."""
        self._context.run(self._open.close)
