"""What local servers that stand for Google Cloud's have in common: gRPC, who asks, and failures with their details."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.rpc.status_pb2 import Status

from tests.vocasync.engines.google_account import EMAIL, account_key


@dataclass(frozen=True, slots=True)
class Failure:
    """What to answer with instead. details: messages such as ``RetryInfo``. seconds: before it."""

    code: grpc.StatusCode
    message: str = ""
    details: tuple[Any, ...] = ()
    seconds: float = 0.0


def fail(failure: Failure, context: Any) -> None:
    """Answer with a failure; returns only where the caller has gone."""
    time.sleep(failure.seconds)
    status = Status(code=failure.code.value[0], message=failure.message)
    for detail in failure.details:
        status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(failure.code, failure.message)


def authenticate(context: Any, revoked: bool) -> None:
    """Refuse who does not bring the account's own token, freshly signed with its key."""
    authorization = dict(context.invocation_metadata()).get("authorization", "")
    if revoked or not _known(authorization):
        fail(Failure(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials."), context)


def _known(authorization: str) -> bool:
    signed, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
    if signed.count(".") != 1:
        return False
    key: Any = load_pem_private_key(json.loads(account_key())["private_key"].encode(), None)
    key.public_key().verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    claims = json.loads(_decoded(signed.partition(".")[2]))
    return bool(claims["iss"] == EMAIL and claims["exp"] > time.time())


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def serving(service: str, handlers: Mapping[str, Any]) -> Iterator[str]:
    """A server of these methods; its ``host:port``."""
    server = grpc.server(ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, dict(handlers)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
