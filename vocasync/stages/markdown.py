"""Markdown as it is read aloud: its words without its marks.

Code, pictures, rules, front matter, comments and the addresses of links are left out. This is no parser: what is
written badly is read as it stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE = re.compile(r"^ {0,3}([-*_=])(?:\s*\1){2,}\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-+)\s*$")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*\S")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_OPENING = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,9}[.)]\s+)")
"""Of a heading, a quotation, an item of a list."""
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+")
_PICTURE = re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_LINK = re.compile(r"\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_FOOTNOTE = re.compile(r"\[\^[^\]\n]+\]")
_ADDRESS = re.compile(r"<(?:https?://|mailto:)[^>\s]*>|(?<![\w/])https?://\S+")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>")
_CODE = re.compile(r"(`+)(.+?)\1")
_EMPHASIS = re.compile(r"(\*{1,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_UNDERSCORES = re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def spoken(text: str) -> list[str]:
    """The paragraphs of a text; a heading, an item of a list and a row of a table are each one of their own."""
    blocks: list[list[str]] = [[]]
    for line in _without_code(_COMMENT.sub("", _FRONT_MATTER.sub("", text))):
        if _apart(line):
            blocks.append([])
        plain = _plain(line)
        if plain:
            blocks[-1].append(plain)
        if _HEADING.match(line):
            blocks.append([])
    return [" ".join(block) for block in blocks if block]


def _without_code(text: str) -> Iterator[str]:
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence:
            closing = line.strip()
            fence = "" if found and closing.startswith(fence) and not closing.strip(fence[0]) else fence
            yield ""
        elif found:
            fence = found[1]
            yield ""
        else:
            yield line


def _apart(line: str) -> bool:
    """Whether a line begins something new."""
    return not line.strip() or bool(_OPENING.match(line)) or line.lstrip().startswith("|") or bool(_RULE.match(line))


def _plain(line: str) -> str:
    """A line without its marks, "" for one that has nothing but marks."""
    if _RULE.match(line) or _UNDERLINE.match(line) or _DEFINITION.match(line) or _TABLE_RULE.match(line):
        return ""
    while _OPENING.match(line):
        line = _OPENING.sub("", line, count=1)
    if line.lstrip().startswith("|"):
        line = ", ".join(filter(None, (cell.strip() for cell in line.strip().strip("|").split("|"))))
    return _inline(line).strip()


def _inline(line: str) -> str:
    for pattern in (_PICTURE, _FOOTNOTE):
        line = pattern.sub("", line)
    line = _ADDRESS.sub("", _LINK.sub(r"\1", line))
    line = _CODE.sub(r"\2", _TAG.sub("", line))
    for pattern in (_EMPHASIS, _UNDERSCORES):
        line = pattern.sub(r"\2", pattern.sub(r"\2", line))  # twice: one may stand inside another
    return html.unescape(_ESCAPED.sub(r"\1", line)).rstrip("#").rstrip()
