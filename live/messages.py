"""The protocol of live dubbing in code: what ``asyncapi.yml`` says is compiled here, and nothing is said twice.

Knows no Django, so that scripts and benchmarks speak the protocol with it as well. Sound is PCM of 16 bits,
little-endian, as bytes; it is neither decoded nor converted here.
"""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT7

from vocasync.errors import PipelineError

DOCUMENT = Path(__file__).with_name("asyncapi.yml")
VERSION = 1
SUBPROTOCOL = f"vocasync.live.v{VERSION}"
KEY_SUBPROTOCOL = "vocasync.key."
"""Before an API key, as a subprotocol: browsers cannot set headers."""

MOST_BYTES = 256 * 1024
"""Of a text frame, where its message has no ``x-max-bytes`` of its own."""

CONTAINERS = 500
"""Fields and items in a message beyond ``MOST_BYTES``: such a one is long because of its recordings, not because there
is much in it, which would take long to read."""

_SHOWN = 60
"""Characters of a client's own words in an answer."""

_BYTES_A_SAMPLE = 2
_FORMATS = {"u8": "B", "u16": "H", "u32": "I"}
_URI = "urn:vocasync:live"

Message = dict[str, Any]


class Close(IntEnum):
    """Why a connection ends; see ``x-close-codes``."""

    STOPPED = 1000
    WORKER_LOST = 1012
    BROKEN = 4400
    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    VERSION = 4406
    IDLE = 4408
    TAKEN_OVER = 4409
    TOO_LARGE = 4413
    TOO_FAST = 4429
    INTERNAL = 4500
    NO_WORKER = 4503


@dataclass(frozen=True, slots=True)
class Chunk:
    """Sound of a client. seq: from 0. pcm: channels interleaved."""

    seq: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound of the dub. rate: in Hz. pause_ms: of silence before it. last: of its clause. pcm: one channel."""

    seq: int
    clause: int
    rate: int
    pcm: bytes
    pause_ms: int = 0
    last: bool = False


# --- the document -----------------------------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def document() -> Message:
    """The AsyncAPI document."""
    loaded: Message = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return loaded


def _named(action: str) -> Iterator[tuple[str, Message]]:
    """Name and definition of each message that the site receives, or sends."""
    for operation in document()["operations"].values():
        if operation["action"] == action:
            for reference in operation["messages"]:
                name = reference["$ref"].rpartition("/")[2]
                yield name, document()["components"]["messages"][name]


def _base64(validator: Any, encoding: str, instance: Any, schema: Message) -> Iterator[ValidationError]:
    """``contentEncoding``, which Draft 7 leaves to whoever checks."""
    if not isinstance(instance, str):
        return
    try:
        b64decode(instance, validate=True)
    except ValueError:
        yield ValidationError("it is not base64")


def _is_integer(checker: Any, instance: Any) -> bool:
    """1.0 is none here: whoever reads it afterwards counts with it."""
    return isinstance(instance, int) and not isinstance(instance, bool)


_extend: Any = extend  # whose types are not written down
_Checker = _extend(
    Draft7Validator,
    {"contentEncoding": _base64},
    type_checker=Draft7Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


@lru_cache(maxsize=2)
def _checkers(action: str) -> dict[str, Any]:
    """By type, for the JSON messages."""
    registry: Any = Registry().with_resource(_URI, DRAFT7.create_resource(document()))
    return {
        name: _Checker(_rooted(row["payload"]), registry=registry)
        for name, row in _named(action)
        if "x-frame" not in row
    }


def _rooted(schema: Any) -> Any:
    """A schema whose references to ``#/components`` are found in the document, of which it is only a part."""
    if isinstance(schema, list):
        return [_rooted(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": _URI + schema["$ref"]}
    return {name: _rooted(part) for name, part in schema.items()}


def client_types() -> tuple[str, ...]:
    """The JSON messages that a client may send."""
    return tuple(_checkers("receive"))


def server_types() -> tuple[str, ...]:
    """The JSON messages that the site sends."""
    return tuple(_checkers("send"))


@lru_cache(maxsize=1)
def _large() -> dict[str, int]:
    """The most bytes of the messages that may be larger than others, by type."""
    return {name: row["x-max-bytes"] for name, row in _named("receive") if "x-max-bytes" in row}


def largest() -> int:
    """Bytes of the largest text frame that may come."""
    return max(MOST_BYTES, *_large().values())


# --- JSON messages ----------------------------------------------------------------------------------------------------
def parse(text: str) -> Message:
    """A client's message, checked against its schema.

    Raises PipelineError ``message_too_large``, ``message_not_json``, ``message_unknown_type``,
    ``message_unknown_field``, ``message_missing_field``, ``message_bad_value``; ``params["field"]`` is the field where
    it is about one.
    """
    size = len(text)  # characters: what is large in a message is ASCII
    if size > largest() or (size > MOST_BYTES and _is_involved(text)):
        _refuse_size(size, largest())
    value = _object(text)
    kind = value.get("type")
    checker = _checkers("receive").get(kind) if isinstance(kind, str) else None
    if checker is None:
        known = ", ".join(client_types())
        raise PipelineError("message_unknown_type", type=shown(kind), known=known, field="type")
    limit = _large().get(str(kind), MOST_BYTES)
    if size > limit:
        _refuse_size(size, limit)
    _check(checker, value)
    return value


def check(message: Message) -> None:
    """That a message of the site's is as described. Raises PipelineError as :func:`parse` does."""
    kind = message.get("type")
    if kind not in _checkers("send"):
        known = ", ".join(server_types())
        raise PipelineError("message_unknown_type", type=shown(kind), known=known, field="type")
    _check(_checkers("send")[str(kind)], message)


def error_message(error: PipelineError, *, fatal: bool = False) -> Message:
    """How a client is told of it."""
    told: Message = {"type": "error", "code": error.code, "message": str(error), "fatal": fatal}
    field = error.params.get("field")
    return {**told, "field": str(field)} if field else told


def _refuse_size(size: int, limit: int) -> NoReturn:
    raise PipelineError("message_too_large", size=size / 1000, limit=limit / 1000)


def _is_involved(text: str) -> bool:
    return text.count(",") + text.count("[") + text.count("{") + text.count("\\") > CONTAINERS


def _object(text: str) -> Message:
    """A JSON object whose strings are text."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise PipelineError("message_not_json", reason="it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise PipelineError("message_not_json", reason=f"{error.msg} at character {error.pos + 1}") from None
    except ValueError as error:  # a number of thousands of digits, or NaN
        raise PipelineError("message_not_json", reason=str(error).partition(":")[0]) from None
    if not isinstance(value, dict):
        raise PipelineError("message_not_json", reason="it is no object")
    if "\\ud" in text or "\\uD" in text:
        _check_text(value)
    return value


def _no_constant(name: str) -> NoReturn:
    """NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not in JSON")


def _check_text(value: Message) -> None:
    """Half of a pair of surrogates is no character, and nobody could write it down."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise PipelineError("message_not_json", reason="it holds half a character") from None


def _check(checker: Any, value: Message) -> None:
    try:
        error: ValidationError | None = next(checker.iter_errors(value), None)
    except RecursionError:  # of what is nested nearly as deeply as Python reads
        raise PipelineError("message_not_json", reason="it is nested too deeply") from None
    if error is not None:
        raise _problem(error, str(value["type"]))


def _problem(error: ValidationError, kind: str) -> PipelineError:
    """What a person is told about the first thing that is wrong."""
    path = [str(part) for part in error.absolute_path]
    value: Any = error.instance
    schema: Any = error.schema
    if error.validator == "additionalProperties" and "properties" in schema:
        known: Iterable[str] = schema["properties"]
        extra = next(name for name in value if name not in known)
        return _about("message_unknown_field", kind, [*path, extra], known=", ".join(known))
    if error.validator == "required":
        missing = next(name for name in schema["required"] if name not in value)
        return _about("message_missing_field", kind, [*path, missing])
    return _about("message_bad_value", kind, path or ["type"], reason=_reason(error))


def _about(code: str, kind: str, path: list[str], **params: Any) -> PipelineError:
    return PipelineError(code, type=kind, field=shown(".".join(path)), **params)


def _reason(error: ValidationError) -> str:
    """What the value has to be."""
    schema: Any = error.schema
    must, value = schema.get("x-must"), error.validator_value
    reasons = {
        "minimum": f"it must be {value} or more",
        "maximum": f"it must be {value} or less",
        "minLength": f"it must have {value} characters or more",
        "maxLength": f"it may have {value} characters",
        "minItems": f"there must be {value} or more",
        "maxItems": f"there may be {value}",
        "minProperties": "it changes nothing",
        "type": f"it must be of type {_listed(value)}",
        "enum": f"it must be one of {_listed(value)}",
        "const": f"it must be {json.dumps(value)}",
        "contentEncoding": "it is not base64",
    }
    return f"it must be {must}" if must else reasons.get(str(error.validator), "it does not fit its description")


def _listed(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def shown(value: Any) -> str:
    """A client's own words, as far as they are repeated."""
    return re.sub(r"[^ -~]", "?", str(value))[:_SHOWN]


# --- binary frames ----------------------------------------------------------------------------------------------------
class _Layout:
    """The head of a binary frame, as its message describes it."""

    def __init__(self, name: str) -> None:
        fields = document()["components"]["messages"][name]["x-frame"]
        self._struct = struct.Struct("<" + "".join(_FORMATS[field["type"]] for field in fields))
        self._names = [field["name"] for field in fields]
        self._fixed = {field["name"]: field["value"] for field in fields if "value" in field}

    def encode(self, pcm: bytes, **values: int) -> bytes:
        """Raises ``struct.error`` for what does not fit."""
        return self._struct.pack(*((self._fixed | values)[name] for name in self._names)) + pcm

    def decode(self, frame: bytes) -> tuple[dict[str, int], bytes]:
        """Raises ``frame_unreadable``."""
        size = self._struct.size
        if len(frame) < size:
            raise PipelineError("frame_unreadable", reason=f"it has {len(frame)} bytes")
        values = dict(zip(self._names, self._struct.unpack_from(frame), strict=True))
        for name, expected in self._fixed.items():
            if values[name] != expected:
                raise PipelineError("frame_unreadable", reason=f"its {name} is {values[name]}, not {expected}")
        return values, frame[size:]


@lru_cache(maxsize=2)
def _layout(name: str) -> _Layout:
    return _Layout(name)


def chunk_encode(chunk: Chunk) -> bytes:
    """The binary frame in which a client sends it."""
    return _layout("sound").encode(chunk.pcm, flags=0, seq=chunk.seq)


def chunk_decode(frame: bytes) -> Chunk:
    """What a client sent. Raises ``frame_unreadable``."""
    values, pcm = _layout("sound").decode(frame)
    return Chunk(values["seq"], pcm)


def piece_encode(piece: Piece) -> bytes:
    """The binary frame in which the dub is sent."""
    head = {"seq": piece.seq, "clause": piece.clause, "rate": piece.rate, "pause_ms": piece.pause_ms}
    return _layout("dub").encode(piece.pcm, flags=int(piece.last), **head)


def piece_decode(frame: bytes) -> Piece:
    """What the site sent. Raises ``frame_unreadable``."""
    values, pcm = _layout("dub").decode(frame)
    return Piece(
        values["seq"], values["clause"], values["rate"], pcm, values["pause_ms"], last=bool(values["flags"] & 1)
    )


# --- how long sound lasts ---------------------------------------------------------------------------------------------
def pcm_seconds(size: int, rate: int, channels: int) -> float:
    """size: bytes of PCM. rate: in Hz."""
    return size / (_BYTES_A_SAMPLE * channels * rate)


def base64_bytes(text: str) -> int:
    """Bytes that base64 stands for, without decoding it."""
    return len(text) * 3 // 4 - text[-2:].count("=")
