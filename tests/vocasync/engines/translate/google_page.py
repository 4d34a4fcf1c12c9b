"""A local server that speaks the page deep-translator reads, well or badly."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Google Translate</title></head><body>
<div class="root-container"><div class="header"><div class="logo-container">Google Translate</div></div>
<div class="languages-container"><a href="./m?sl=en">English</a></div>
<form action="/m" class="input-form"><input name="q" class="input-field" maxlength="2048" value="{query}"></form>
<div class="result-container">{result}</div>
<div class="links-container"><ul><li><a href="https://www.google.com/m?hl=en">Google home</a></li></ul></div></div>
</body></html>"""


class GooglePage(ThreadingHTTPServer):
    """``script``: what to do with the next requests (``ok`` once it is used up). ``queries``: (sl, tl, q) received."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[str] = []
        self.queries: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/m"


class _Handler(BaseHTTPRequestHandler):
    server: GooglePage

    def do_GET(self) -> None:
        fields = parse_qs(urlsplit(self.path).query)
        query = tuple(fields.get(name, [""])[0] for name in ("sl", "tl", "q"))
        self.server.queries.append(query)
        todo = self.server.script.pop(0) if self.server.script else "ok"
        if todo == "slow":
            time.sleep(1.0)
        if todo == "drop":
            self.close_connection = True
            return
        status = int(todo) if todo.isdigit() else 200
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked did not wait
            self._send(status, _page(todo, *query))

    def _send(self, status: int, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        return None


def translated(line: str, target: str) -> str:
    """What this server makes of one line."""
    return f"«{target}» {line}"


def _page(todo: str, _source: str, target: str, query: str) -> str:
    if todo == "broken":
        return "<html><body><div class='header'>Before you continue"
    result = "\n".join(translated(line, target) for line in query.split("\n"))
    if todo == "merged":  # the lines run together, as happens with <br> between them
        result = result.replace("\n", " ")
    return PAGE.format(query=html.escape(query), result=html.escape(result))


@contextmanager
def google_page() -> Iterator[GooglePage]:
    """The server, running."""
    server = GooglePage()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
