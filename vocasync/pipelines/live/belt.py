"""What goes from one thread of a session to the next: in order, and only so much at once."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Belt(Generic[Item]):
    """room: how many wait at most; who brings one more waits until there is room again."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._ended = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> None:
        """Bring one; nothing is done with what is brought after the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._items) < self._room)
            if not self._ended:
                self._items.append(item)
                self._changed.notify_all()

    def take(self) -> Item | None:
        """The next one, as soon as there is one; None when no more comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._items)
            item = self._items.popleft() if self._items else None
            self._changed.notify_all()
            return item

    def first(self) -> Item | None:
        """The one whose turn is next, which stays; None where none waits."""
        with self._changed:
            return self._items[0] if self._items else None

    def end(self, *, drop: bool = False) -> None:
        """No more is brought. drop: what waits is not wanted either."""
        with self._changed:
            self._ended = True
            if drop:
                self._items.clear()
            self._changed.notify_all()
