"""What the servers here make of a text: the other case, behind the target's code. What is to be kept is not touched."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

Keeps = Callable[[str, dict[str, str | None]], bool]


def plain(text: str, target: str) -> str:
    """The translation of a text."""
    return f"«{target}» {text.swapcase()}" if text.strip() else text


def markup(text: str, target: str, keeps: Keeps) -> str:
    """The translation of HTML or XML. keeps: whether an element (its name and attributes) is to be left alone."""
    reader = _Reader(keeps)
    reader.feed(text)
    reader.close()
    return f"«{target}» {''.join(reader.out)}"


class _Reader(HTMLParser):
    def __init__(self, keeps: Keeps) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._keeps = keeps
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.out.append(self.get_starttag_text() or "")
        self._kept += 1 if self._kept or self._keeps(tag, dict(attrs)) else 0

    def handle_endtag(self, tag: str) -> None:
        self.out.append(f"</{tag}>")
        self._kept -= 1 if self._kept else 0

    def handle_data(self, data: str) -> None:
        self.out.append(data if self._kept else data.swapcase())

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")
