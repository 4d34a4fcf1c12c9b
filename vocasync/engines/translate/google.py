"""Google Translate's public page, through deep-translator. The text leaves the machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

from vocasync.engines.base import EngineConfig, Translated
from vocasync.engines.translate.apertium_text import sentences
from vocasync.engines.translate.network import GOOGLE_URL
from vocasync.errors import PipelineError
from vocasync.progress import Progress

LABEL = "Google Translate"
TIMEOUT = (4.0, 20.0)
"""Seconds to connect, and to wait for data."""
WAITS = (1.0, 2.0, 4.0)
"""Seconds before the second, third and fourth try of a request."""
QUERY_CHARS = 4900
"""Longest query once percent-encoded (a Devanagari letter takes nine characters): addresses beyond 8 kB are widely
refused, and deep-translator takes less than 5,000 characters."""

_CODES = {"zh": "zh-CN"}


def google_code(code: str) -> str:
    """Google's code of a language of :mod:`vocasync.languages`."""
    return _CODES.get(code, code)


class GoogleTranslator:
    """Consecutive texts travel together, one a line; where the lines that come back do not match, one by one."""

    name = "google"
    version = "1"
    contextual = True

    def __init__(self, url: str = GOOGLE_URL) -> None:
        from deep_translator import google

        # deep-translator asks with requests.get and no timeout, which can wait for ever.
        google.requests = SimpleNamespace(get=_get)
        self._client_class = google.GoogleTranslator
        self._url = url

    def translate(self, texts: Sequence[str], source: str, target: str, progress: Progress) -> list[Translated]:
        """See :class:`vocasync.engines.base.Translator`.

        Raises ``translator_unreachable`` when nothing answers or too much was asked, ``translation_failed`` when what
        comes back cannot be used; both after several tries.
        """
        client = self._client_class(source=google_code(source), target=google_code(target))
        client._base_url = self._url
        done: list[Translated] = []
        for group in groups([" ".join(text.split()) for text in texts]):
            done += [Translated(text) for text in self._group(client, group, progress)]
            progress.report(len(done) / len(texts))
        return done

    def _group(self, client: Any, group: list[str], progress: Progress) -> list[str]:
        wanted = [text for text in group if text]
        if len(wanted) < 2:
            return [self._long(client, text, progress) for text in group]
        lines = [line.strip() for line in self._joined(client, wanted, progress).split("\n")]
        if len(lines) != len(wanted) or not all(lines):
            lines = [self._long(client, text, progress) for text in wanted]
        answers = iter(lines)
        return [next(answers) if text else "" for text in group]

    def _joined(self, client: Any, texts: list[str], progress: Progress) -> str:
        from deep_translator.exceptions import TranslationNotFound

        try:
            return _ask(client, "\n".join(texts), progress)
        except PipelineError as error:
            if isinstance(error.__cause__, TranslationNotFound):
                return ""
            raise

    def _long(self, client: Any, text: str, progress: Progress) -> str:
        parts = [_ask(client, part, progress) for part in pieces(text)]
        return " ".join(part.strip() for part in parts)


def groups(texts: Sequence[str]) -> Iterator[list[str]]:
    """Neighbours that fit into one query; an over-long text is a group of its own."""
    group: list[str] = []
    size = 0
    for text in texts:
        length = len(quote_plus(text)) + 3
        if group and size + length > QUERY_CHARS:
            yield group
            group, size = [], 0
        group.append(text)
        size += length
    if group:
        yield group


def pieces(text: str) -> list[str]:
    """The text in parts that fit into a query: at sentences, at words where a sentence alone is too long."""
    if len(quote_plus(text)) <= QUERY_CHARS:
        return [text] if text else []
    units = sentences(text)
    units = units if len(units) > 1 else text.split()
    if len(units) < 2:
        half = len(text) // 2
        return pieces(text[:half]) + pieces(text[half:])
    return [part for group in groups(units) for part in pieces(" ".join(group))]


def _get(url: str, **options: Any) -> Any:
    import requests

    return requests.get(url, timeout=TIMEOUT, **options)


def _ask(client: Any, text: str, progress: Progress) -> str:
    """One query, tried again after a wait while that can help."""
    from deep_translator.exceptions import RequestError, TooManyRequests, TranslationNotFound
    from requests import RequestException

    failure: Exception | None = None
    for wait in (0.0, *WAITS):
        _sleep(wait, progress)
        try:
            return str(client.translate(text) or text)  # None: nothing in it to translate
        except (RequestException, TooManyRequests, RequestError, TranslationNotFound) as error:
            failure = error
        if "\n" in text and isinstance(failure, TranslationNotFound):
            break  # the lines will be asked one by one
    raise _problem(failure) from failure


def _problem(failure: Exception | None) -> PipelineError:
    from deep_translator.exceptions import RequestError, TranslationNotFound

    if isinstance(failure, TranslationNotFound):
        return PipelineError("translation_failed", label=LABEL, reason="its answer could not be read. Press Retry.")
    if isinstance(failure, RequestError):
        return PipelineError("translation_failed", label=LABEL, reason="it answered with an error. Press Retry later.")
    return PipelineError("translator_unreachable", label=LABEL)


def _sleep(seconds: float, progress: Progress) -> None:
    """Wait, and notice within a quarter of a second when the work is no longer wanted."""
    until = time.monotonic() + seconds
    progress.check()
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(0.25, left))
        progress.check()


def create(config: EngineConfig) -> GoogleTranslator:
    """The engine. Option ``google_url``: another address that speaks the same page."""
    return GoogleTranslator(config.option("google_url") or GOOGLE_URL)
