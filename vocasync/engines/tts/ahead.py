"""Sound that is made ahead of whoever takes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

Piece = TypeVar("Piece")


def ahead(make: Callable[[], Generator[Piece, None, None]]) -> Iterator[Piece]:
    """What ``make`` gives, which works on a thread of its own and never waits for whoever takes the pieces: whatever it
    holds meanwhile, it holds only for as long as it needs.

    What it raises is raised here, when the pieces before were taken. It sees this context's variables. When nobody
    wants the rest any more (the iterator is closed), it ends with the piece that it is at.
    """
    pieces: SimpleQueue[tuple[Piece] | BaseException | None] = SimpleQueue()
    unwanted = threading.Event()

    def work() -> None:
        try:
            with closing(make()) as made:
                for piece in made:
                    pieces.put((piece,))
                    if unwanted.is_set():
                        break
            pieces.put(None)
        except BaseException as error:  # whatever it is, it is the taker's
            pieces.put(error)

    thread = threading.Thread(target=copy_context().run, args=(work,), name="ahead", daemon=True)
    thread.start()
    try:
        while (found := pieces.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]
    finally:
        unwanted.set()
        thread.join()
