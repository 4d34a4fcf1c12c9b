from __future__ import annotations

import threading

from vocasync.pipelines.live.belt import Belt


def test_what_is_brought_comes_out_in_order_and_only_so_much_waits() -> None:
    belt: Belt[int] = Belt(3)
    most: list[int] = []

    def bring() -> None:
        for number in range(50):
            belt.put(number)
            most.append(len(belt))
        belt.end()

    thread = threading.Thread(target=bring)
    thread.start()
    taken = []
    while (item := belt.take()) is not None:
        taken.append(item)
    thread.join()
    assert taken == list(range(50))
    assert max(most) <= 3


def test_whoever_waits_for_room_or_for_something_is_let_go_at_the_end() -> None:
    full, empty = Belt[int](1), Belt[int](1)
    full.put(1)
    found: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: full.put(2)),
        threading.Thread(target=lambda: found.append(empty.take())),
    ]
    for thread in threads:
        thread.start()
    full.end(drop=True)
    empty.end()
    for thread in threads:
        thread.join()
    assert found == [None]
    assert (len(full), full.take()) == (0, None)


def test_the_next_one_can_be_looked_at_and_what_waits_is_kept_at_the_end() -> None:
    belt: Belt[str] = Belt(4)
    assert belt.first() is None
    belt.put("a")
    belt.put("b")
    assert (belt.first(), len(belt)) == ("a", 2)
    belt.end()
    belt.put("c")
    assert [belt.take(), belt.take(), belt.take()] == ["a", "b", None]
