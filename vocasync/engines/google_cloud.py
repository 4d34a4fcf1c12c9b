"""Google Cloud over gRPC, for every engine that asks it: who asks, where, how often, and what its failures mean.

Calls are signed with the service account's private key on this machine (a self-signed JWT, as Google's libraries do for
its own services): the key never leaves it, and nothing here puts it into a message.
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.oauth2 import service_account
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc import StatusCode

from vocasync import retries
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Progress

SERVICE = "google"
"""Name of the key in ``EngineConfig.keys``: the JSON text of a service account."""

TIMEOUT = 60.0
"""Seconds that one call may take."""

ONCE: dict[str, Any] = {"retry": None, "timeout": TIMEOUT}
"""What every method of a client is given: :func:`call` asks again, the library must not as well."""

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_LOST = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED})
_FAILED = frozenset(
    {StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.ABORTED, StatusCode.CANCELLED, StatusCode.DATA_LOSS}
)
# What the account may not do for a reason that another key does not change: the vendor's own line names the remedy.
_SETTINGS = frozenset({"SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_INVALID", "API_KEY_SERVICE_BLOCKED"})
_REASON_CHARS = 300

Answer = TypeVar("Answer")
Client = TypeVar("Client")


@dataclass(frozen=True, slots=True)
class Account:
    """A service account. project: the id of the Google Cloud project that pays."""

    project: str
    credentials: Any = field(repr=False)


def account(config: EngineConfig, label: str) -> Account:
    """The service account of the key, in the project of the option ``google_project`` or else its own.

    label: of the engine, for the error. Raises ``service_key`` for a key that is not a service account's.
    """
    found = _account(config)
    if found is None:  # outside of any except block: what parsers raise holds the text, and so the key
        raise PipelineError("service_key", label=label)
    return found


def _account(config: EngineConfig) -> Account | None:
    kind: Any = service_account.Credentials  # the library is half annotated
    try:
        info = json.loads(config.key(SERVICE))
        credentials = kind.from_service_account_info(info, scopes=_SCOPES)
        project = config.option("google_project") or info["project_id"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Account(str(project), credentials.with_always_use_jwt_access(True))


def client(kind: Callable[..., Client], who: Account, endpoint: str) -> Client:
    """A client of a service, such as ``SpeechClient``. endpoint: ``host`` or ``host:port``; encrypted, except to this
    machine itself. Its ``transport.close()`` lets the connection go."""
    transport = kind.get_transport_class("grpc")  # type: ignore[attr-defined]
    if is_loopback(endpoint):
        channel = grpc.intercept_channel(grpc.insecure_channel(endpoint), _Signed(who, endpoint))
        return kind(transport=transport(host=endpoint, channel=channel))
    return kind(transport=transport(host=endpoint, credentials=who.credentials))


def is_loopback(endpoint: str) -> bool:
    """Whether ``host:port`` is on this machine."""
    host = endpoint.rpartition(":")[0].strip("[]") or endpoint
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Details:
    """What interceptors may change of a call."""

    def __init__(self, details: Any, metadata: Iterable[tuple[str, str]]) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.metadata = [*(details.metadata or ()), *metadata]
        self.credentials = None
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression


class _Signed(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """Signs the calls of a connection that is not encrypted, which gRPC's own way does not allow."""

    def __init__(self, who: Account, endpoint: str) -> None:
        self._credentials = who.credentials
        self._url = f"https://{endpoint}/"
        self._lock = threading.Lock()

    def _signed(self, details: Any) -> _Details:
        headers: dict[str, str] = {}
        with self._lock:
            self._credentials.before_request(None, "POST", self._url, headers)
        return _Details(details, [(name.lower(), value) for name, value in headers.items()])

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        return continuation(self._signed(details), request)

    def intercept_stream_stream(self, continuation: Callable[..., Any], details: Any, requests: Any) -> Any:
        return continuation(self._signed(details), requests)


def call(label: str, function: Callable[[], Answer], progress: Progress) -> Answer:
    """What ``function`` gives (one call, made with :data:`ONCE`), asked again after failures that pass.

    Between attempts it waits as long as the service says, at least :func:`vocasync.retries.pause`. Raises what
    :func:`problem` says, and ``Cancelled``.
    """
    for attempt in range(retries.ATTEMPTS):
        progress.check()
        try:
            return function()
        except GoogleAPICallError as error:
            found = problem(label, error)
            pause = retries.pause(attempt, told_to_wait(error))
            if found.permanent or attempt + 1 == retries.ATTEMPTS or pause > retries.LONGEST:
                raise found from error
        retries.wait(pause, progress.check)
    raise AssertionError("the last attempt returns or raises")


def told_to_wait(error: GoogleAPICallError) -> float:
    """Seconds after which the service wants to be asked again, 0 where it does not say."""
    delays = [one.retry_delay for one in error.details if isinstance(one, RetryInfo)]
    return float(max((delay.seconds + delay.nanos / 1e9 for delay in delays), default=0.0))


def problem(label: str, error: GoogleAPICallError) -> PipelineError:
    """What a failure of a call means for the person: ``service_unreachable``, ``service_key``, ``service_quota``,
    ``service_busy``, ``service_refused`` or ``service_failed``."""
    reason = " ".join(str(error.message).split())[:_REASON_CHARS].rstrip(".") + "."
    return PipelineError(_problem(error.grpc_status_code, _infos(error)), label=label, reason=reason)


def _problem(code: StatusCode | None, infos: list[ErrorInfo]) -> str:
    if code in _LOST:
        return "service_unreachable"
    if code is StatusCode.RESOURCE_EXHAUSTED:
        daily = any("PerDay" in info.metadata.get("quota_limit", "") for info in infos)
        return "service_quota" if daily else "service_busy"
    if code in {StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED}:
        return "service_refused" if any(info.reason in _SETTINGS for info in infos) else "service_key"
    return "service_failed" if code is None or code in _FAILED else "service_refused"


def _infos(error: GoogleAPICallError) -> list[ErrorInfo]:
    return [one for one in error.details if isinstance(one, ErrorInfo)]
