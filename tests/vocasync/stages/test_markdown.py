from __future__ import annotations

import pytest

from vocasync.stages.markdown import spoken


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# A *heading* #\nand what follows", ["A heading", "and what follows"]),
        ("Title\n=====\nText", ["Title", "Text"]),
        ("one\ntwo\n\nthree", ["one two", "three"]),
        ("**bold _in_ it** and ~~gone~~", ["bold in it and gone"]),
        ("snake_case_name * 2", ["snake_case_name * 2"]),
        ("see [the page](https://example.org/a_b) now", ["see the page now"]),
        ("see <https://example.org> now", ["see  now"]),
        ("![a cat](cat.png)", []),
        ("run `make` twice", ["run make twice"]),
        ("before\n```python\nprint('no')\n```\nafter", ["before", "after"]),
        ("~~~\n``` no\n~~~\nyes", ["yes"]),
        ("```\nnever closed", []),
        ("- one\n* two\n3. three\n- [x] four", ["one", "two", "three", "four"]),
        ("> quoted\n> on", ["quoted", "on"]),
        ("| a | b |\n|---|:-:|\n| c | d |", ["a, b", "c, d"]),
        ("---\ntitle: x\n---\nText", ["Text"]),
        ("one\n\n---\n\ntwo", ["one", "two"]),
        ("<b>bold</b> <!-- not\nthis --> &amp; more", ["bold  & more"]),
        (r"2 \* 3", ["2 * 3"]),
        ("a claim[^1].\n\n[^1]: a note", ["a claim."]),
        ("[name]: https://example.org", []),
        ("", []),
    ],
)
def test_markup_is_not_read_aloud(text: str, words: list[str]) -> None:
    assert spoken(text) == words
