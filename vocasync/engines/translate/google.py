"""Google Translate's public page, through deep-translator. The text leaves the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

from vocasync.engines.base import EngineConfig, Translated
from vocasync.engines.cloud import Http
from vocasync.engines.translate.keeping import behind_places
from vocasync.engines.translate.network import GOOGLE_URL
from vocasync.engines.translate.pairs import google_code
from vocasync.engines.translate.parts import groups, one_line, parts
from vocasync.progress import Progress

LABEL = "Google Translate"
TIMEOUT = (4.0, 20.0)
"""Seconds to connect, and to wait for data."""
QUERY_CHARS = 4900
"""Longest query once percent-encoded (a Devanagari letter takes nine characters): addresses beyond 8 kB are widely
refused, and deep-translator takes less than 5,000 characters."""
LINES = 100
"""In one query."""

_GET: ContextVar[Callable[..., Any]] = ContextVar("get")
"""How deep-translator asks in this thread: it calls ``requests.get`` with no timeout, no pool and no second try."""


class GoogleTranslator:
    """Consecutive texts travel together, one a line; where the lines that come back do not match, one by one."""

    name = "google"
    version = "1"
    contextual = True

    def __init__(self, url: str = GOOGLE_URL) -> None:
        from deep_translator import google

        google.requests = SimpleNamespace(get=_get)
        self._client_class = google.GoogleTranslator
        self._http = Http(LABEL, "", base=url, headers={}, timeout=TIMEOUT)

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        progress: Progress,
        around: tuple[str, str] = ("", ""),
    ) -> list[Translated]:
        """See :class:`vocasync.engines.base.Translator`.

        Raises ``service_unreachable``, ``service_busy`` and ``service_failed``, after several tries.
        """
        before, after = map(one_line, around)
        shown = [*([before] if before else []), *map(one_line, texts), *([after] if after else [])]
        client = self._client_class(source=google_code(source), target=google_code(target))
        done: list[str] = []
        with self._asking(progress):
            for group in groups(shown, LINES, QUERY_CHARS, _size):
                done += behind_places(group, partial(self._group, client))
                progress.report(len(done) / len(shown))
        first = 1 if before else 0
        return [Translated(text) for text in done[first : first + len(texts)]]

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    @contextmanager
    def _asking(self, progress: Progress) -> Iterator[None]:
        def get(_url: str, params: dict[str, str], **_: Any) -> Any:
            return self._http.request("GET", "", progress, params=params)

        token = _GET.set(get)
        try:
            yield
        finally:
            _GET.reset(token)

    def _group(self, client: Any, group: list[str]) -> list[str]:
        wanted = [text for text in group if text]
        lines = [line.strip() for line in self._ask(client, "\n".join(wanted)).split("\n")] if len(wanted) > 1 else []
        if not wanted or len(lines) != len(wanted) or not all(lines):
            lines = [self._long(client, text) for text in wanted]
        answers = iter(lines)
        return [next(answers) if text else "" for text in group]

    def _long(self, client: Any, text: str) -> str:
        made = [self._ask(client, part) for part in parts(text, QUERY_CHARS, _size)]
        if not all(made):
            raise self._http.unreadable()
        return " ".join(part.strip() for part in made)

    def _ask(self, client: Any, text: str) -> str:
        """One query; "" for a page without a translation in it."""
        from deep_translator.exceptions import TranslationNotFound

        try:
            return str(client.translate(text) or text)  # None: nothing in it to translate
        except TranslationNotFound:
            return ""


def _get(url: str, **options: Any) -> Any:
    return _GET.get()(url, **options)


def _size(text: str) -> int:
    return len(quote_plus(text)) + 3  # and a line end


def create(config: EngineConfig) -> GoogleTranslator:
    """The engine. Option ``google_url``: another address that speaks the same page."""
    return GoogleTranslator(config.option("google_url") or GOOGLE_URL)
