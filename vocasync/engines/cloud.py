"""Asking services over HTTP: the client of every engine that does.

Nothing here logs or tells what was sent, nor with which key: neither do the errors, which hold no request.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

import requests
from requests.adapters import HTTPAdapter

from vocasync import retries
from vocasync.errors import PipelineError
from vocasync.progress import Progress

CONNECTIONS = 8
"""Kept open to one host by one client."""
SAID_CHARS = 200
"""Of what a service says about an error, at most this much is told."""

_log = logging.getLogger(__name__)
_STATUS_CODES = {401: "service_key", 402: "service_quota", 403: "service_key", 429: "service_busy"} | {
    456: "service_quota",  # DeepL
    503: "service_busy",
    529: "service_busy",  # "overloaded", by several vendors
}
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class _Setback:
    """A try that failed where another may not. problem: raised when no tries are left. told: seconds that the service
    wants to be left alone."""

    problem: PipelineError
    told: float = 0.0


class Pace:
    """The turns of all who ask with one key: evenly spaced, and later for everybody once the service says so."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._free = 0.0

    def turn(self, per_second: float | None) -> float:
        """Take the next turn. Seconds until it comes."""
        with self._guard:
            now = time.monotonic()
            begin = max(self._free, now)
            self._free = begin + (1.0 / per_second if per_second else 0.0)
            return begin - now

    def hold(self, seconds: float) -> None:
        """No turn comes before that long."""
        with self._guard:
            self._free = max(self._free, time.monotonic() + seconds)


_PACES: WeakValueDictionary[str, Pace] = WeakValueDictionary()
_PACES_GUARD = threading.Lock()


def _pace(base: str, secrets: Sequence[str]) -> Pace:
    """The one of all clients of this process that ask there with the same key."""
    mark = hashlib.sha256("\0".join([base, *secrets]).encode()).hexdigest()
    with _PACES_GUARD:
        pace = _PACES.get(mark) or Pace()
        _PACES[mark] = pace
        return pace


class Http:
    """A service behind one address, asked over pooled connections; safe in threads and across a fork.

    label: the service's name for the person. service: as in :mod:`vocasync.engines.services`. base: what every path is
    put behind. headers: sent with each request, the key among them. timeout: seconds to connect, and between two pieces
    of an answer. per_second: requests a second that the vendor allows a key, None for what it answers. hidden: further
    secrets that are sent, in bodies. means: the code (of :data:`vocasync.errors.CATALOGUE`) of a failed answer that
    only this vendor's documentation explains, "" for what its status says.
    """

    def __init__(
        self,
        label: str,
        service: str,
        *,
        base: str,
        headers: Mapping[str, str],
        timeout: tuple[float, float] = (5.0, 60.0),
        per_second: float | None = None,
        hidden: Sequence[str] = (),
        means: Callable[[requests.Response], str] = lambda _: "",
    ) -> None:
        self.label = label
        self.service = service
        self.timeout = timeout
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._per_second = per_second
        self._hidden = _secrets([*headers.values(), *hidden])
        self._means = means
        self._keyless = not any((*headers.values(), *hidden))
        self._pace = _pace(self._base, self._hidden)
        self._sessions: dict[int, requests.Session] = {}

    def request(self, method: str, path: str, progress: Progress, **options: Any) -> requests.Response:
        """An answer with a status of 2xx; ``options`` as of ``requests.request`` (``json``, ``data``, ``params``,
        ``files``, ``headers``, ``stream``). With ``stream`` read it by :meth:`chunks`, and close it.

        Tried again, after waits, where nothing answered, a stream broke off, too much was asked or the service failed.
        Raises ``service_unreachable``, ``service_key``, ``service_quota``, ``service_busy``, ``service_failed``,
        ``service_refused``.
        """
        if not all(_sendable(value) for value in self._headers.values()):
            raise self.problem("service_key")
        for attempt in count():
            retries.wait(self._pace.turn(self._per_second), progress.check)
            outcome = self._attempt(method, path, options)
            if isinstance(outcome, requests.Response):
                return outcome
            pause = retries.pause(attempt, outcome.told)
            if attempt + 1 == retries.ATTEMPTS or pause > retries.LONGEST:
                raise outcome.problem
            retries.wait(pause, progress.check)
        raise AssertionError("counting has no end")

    def json(self, method: str, path: str, progress: Progress, **options: Any) -> Any:
        """The answer's JSON. Raises as :meth:`request`, and ``service_failed`` for what is none (a proxy's page)."""
        answer: Any = None
        with suppress(ValueError):
            answer = self.request(method, path, progress, **options).json()
        if answer is None:
            raise self.unreadable()
        return answer

    def chunks(self, response: requests.Response, progress: Progress, size: int = 8192) -> Iterator[bytes]:
        """The body of a streamed answer in pieces of ``size`` bytes or less, as they come; it is closed at the end.

        Raises ``service_unreachable`` when it breaks off: what came until then is not the whole.
        """
        broken = False
        with response:
            pieces = response.iter_content(size)
            while not broken:
                progress.check()
                piece = b""
                try:
                    piece = next(pieces, b"")
                except requests.RequestException as error:
                    _log.info("%s broke off: %s", self.label, type(error).__name__)
                    broken = True
                if not piece:
                    break
                yield piece
        if broken:
            raise self.problem("service_unreachable")

    def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def problem(self, code: str, reason: str = "") -> PipelineError:
        """The error of a code about this service, without a trace of its secrets. reason: a sentence."""
        for secret in self._hidden:
            reason = reason.replace(secret, "…")
        params: dict[str, Any] = {"label": self.label} | ({"reason": reason} if reason else {})
        return PipelineError(code, **params)

    def unreadable(self) -> PipelineError:
        """The error of an answer that is not what is documented."""
        return self.problem("service_failed", "its answer could not be read.")

    def _attempt(self, method: str, path: str, options: Mapping[str, Any]) -> requests.Response | _Setback:
        response = None
        try:
            response = self._session().request(
                method,
                self._base + path,
                timeout=self.timeout,
                allow_redirects=self._keyless,  # headers such as xi-api-key would go to wherever it leads
                auth=self._sign,
                **options,
            )
        except requests.RequestException as error:
            _log.info("%s does not answer: %s", self.label, type(error).__name__)
        if response is None:  # outside of the block above: the error must not carry the request, which has the key
            return _Setback(self.problem("service_unreachable"))
        return response if response.status_code < 300 else self._failure(response)

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As ``auth`` of each request: without one, requests takes a password from ~/.netrc and puts it over ours."""
        request.headers.update(self._headers)
        return request

    def _session(self) -> requests.Session:
        """This process's: two processes on one connection would read each other's answers."""
        process = os.getpid()
        if process not in self._sessions:
            session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
            self._sessions[process] = session
        return self._sessions[process]

    def _failure(self, response: requests.Response) -> _Setback:
        """What a status means. Raises what another try would not change."""
        status = response.status_code
        with response:
            code = self._means(response) or _code(status)
            problem = self.problem(code, _reason(response))
        _log.info("%s answered with status %d", self.label, status)
        if problem.permanent or not _passing(status):
            raise problem
        told = retries.seconds_told(response.headers.get("Retry-After"))
        if told <= retries.LONGEST:
            self._pace.hold(told)
        return _Setback(problem, told)


def _passing(status: int) -> bool:
    return status in _PASSING or status >= 500


def _code(status: int) -> str:
    if status in _STATUS_CODES:
        return _STATUS_CODES[status]
    return "service_failed" if status < 400 or _passing(status) else "service_refused"


def _secrets(values: Sequence[str]) -> tuple[str, ...]:
    """What of the values is kept out of sight: each, and of ``Bearer …`` and the like each part that is long."""
    parts = {part for value in values for part in (value, *value.split()) if len(part) >= 8}
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))


def _sendable(value: str) -> bool:
    """Whether it can stand in a header: a key that was pasted with a line end or a typographic sign cannot."""
    return value.isascii() and value.isprintable()


def _reason(response: requests.Response) -> str:
    said = " ".join(_said(response).split())[:SAID_CHARS].rstrip(".")
    return f"{said} (status {response.status_code})." if said else f"it answered with status {response.status_code}."


def _said(response: requests.Response) -> str:
    """What the service says about an error, in the shapes that vendors use; "" for pages and what cannot be read."""
    with suppress(requests.RequestException, ValueError):
        return _text(response.json())
    return ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, dict):
        return next((_text(value[name]) for name in ("error", "detail", "message", "msg") if name in value), "")
    return ""
