"""A local server that speaks the page deep-translator reads, well or badly."""

from __future__ import annotations

import html

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Google Translate</title></head><body>
<div class="root-container"><div class="header"><div class="logo-container">Google Translate</div></div>
<div class="languages-container"><a href="./m?sl=en">English</a></div>
<form action="/m" class="input-form"><input name="q" class="input-field" maxlength="2048" value="{query}"></form>
<div class="result-container">{result}</div>
<div class="links-container"><ul><li><a href="https://www.google.com/m?hl=en">Google home</a></li></ul></div></div>
</body></html>"""


class GooglePage(LocalServer):
    """``queries``: (sl, tl, q) received. ``line_end``: a space has lines run together, as happens with <br>."""

    line_end = "\n"

    @property
    def address(self) -> str:
        return f"{self.url}/m"

    @property
    def queries(self) -> list[tuple[str, str, str]]:
        return [_query(asked) for asked in self.asked]

    def answer(self, asked: Asked) -> Reply:
        _, target, query = _query(asked)
        result = self.line_end.join(translated(line, target) for line in query.split("\n"))
        body = PAGE.format(query=html.escape(query), result=html.escape(result))
        return Reply(body=body, headers={"Content-Type": "text/html; charset=utf-8"})


BROKEN = Reply(body="<html><body><div class='header'>Before you continue", headers={"Content-Type": "text/html"})


def _query(asked: Asked) -> tuple[str, str, str]:
    sl, tl, q = (asked.query.get(name, [""])[0] for name in ("sl", "tl", "q"))
    return sl, tl, q


def translated(line: str, target: str) -> str:
    """What this server makes of one line."""
    return f"«{target}» {line}"
