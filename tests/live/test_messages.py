"""The protocol's document is one, its examples are so, and what does not fit is refused with what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from live import messages
from live.messages import Chunk, Close, Piece
from vocasync.errors import PipelineError

RULES = Path(__file__).with_name("asyncapi-3.0.0.json")
"""The JSON Schema of AsyncAPI 3.0 documents (npm ``@asyncapi/specs`` 6.11.1, Apache-2.0)."""


def refused(text: Any) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        messages.parse(text if isinstance(text, str) else json.dumps(text))
    return caught.value


# --- the document -----------------------------------------------------------------------------------------------------
def test_it_is_an_asyncapi_document() -> None:
    assert list(Draft7Validator(json.loads(RULES.read_text())).iter_errors(messages.document())) == []


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def found(reference: str) -> Any:
    part: Any = messages.document()
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    named = set(references(messages.document()))
    assert all(found(reference) for reference in named)
    components = messages.document()["components"]
    assert {f"#/components/{kind}/{name}" for kind, rows in components.items() for name in rows} <= named


def test_the_channel_names_the_parameters_of_its_address_and_the_messages_of_its_operations() -> None:
    channel = messages.document()["channels"]["live"]
    assert [f"{{{name}}}" in channel["address"] for name in channel["parameters"]] == [True, True]
    operated = [row["$ref"] for one in messages.document()["operations"].values() for row in one["messages"]]
    assert sorted(operated) == sorted(f"#/channels/live/messages/{name}" for name in channel["messages"])


def test_every_payload_is_a_schema_and_closed() -> None:
    for name, row in messages.document()["components"]["messages"].items():
        Draft7Validator.check_schema(row["payload"])
        assert "x-frame" in row or row["payload"]["properties"]["type"] == {"const": name}
        assert "x-frame" in row or row["payload"]["additionalProperties"] is False


def test_close_codes_are_those_of_the_code() -> None:
    told = [row["code"] for row in messages.document()["channels"]["live"]["x-close-codes"]]
    assert told == [code.value for code in Close]


def examples() -> list[Any]:
    rows = messages.document()["components"]["messages"].items()
    return [pytest.param(name, one["payload"], id=name) for name, row in rows for one in row["examples"]]


@pytest.mark.parametrize(("name", "payload"), examples())
def test_every_example_is_as_described(name: str, payload: Any) -> None:
    if name == "sound":
        assert messages.chunk_encode(messages.chunk_decode(bytes.fromhex(payload))).hex() == payload
    elif name == "dub":
        assert messages.piece_encode(messages.piece_decode(bytes.fromhex(payload))).hex() == payload
    elif name in messages.client_types():
        assert messages.parse(json.dumps(payload)) == payload
    else:
        messages.check(payload)


def test_every_message_has_an_example() -> None:
    assert all(row["examples"] for row in messages.document()["components"]["messages"].values())


# --- what is refused --------------------------------------------------------------------------------------------------
UNREADABLE = ("", "{", "nul", "[]", "7", '"stop"', '{"type": "ping", "at": NaN}', "[" * 100_000, '{"a":' * 900 + "1")
UNWRITABLE = (f'{{"type": "ack", "seq": {"9" * 5000}}}', '{"type": "start_dubbing", "stock": "\\ud800"}')


@pytest.mark.parametrize("text", UNREADABLE + UNWRITABLE)
def test_what_is_no_json_object(text: str) -> None:
    assert refused(text).code == "message_not_json"


START = {"type": "start_dubbing", "target_language": "es"}


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ({}, "message_unknown_type", "type"),
        ({"type": "shout"}, "message_unknown_type", "type"),
        ({"type": ["stop"]}, "message_unknown_type", "type"),
        ({"type": "ready"}, "message_unknown_type", "type"),
        ({"type": "sound"}, "message_unknown_type", "type"),
        ({"type": "start_dubbing"}, "message_missing_field", "target_language"),
        ({**START, "targetLanguage": "es"}, "message_unknown_field", "targetLanguage"),
        ({**START, "target_language": "auto"}, "message_bad_value", "target_language"),
        ({**START, "target_language": None}, "message_bad_value", "target_language"),
        ({**START, "sample_rate": 7999}, "message_bad_value", "sample_rate"),
        ({**START, "sample_rate": 16000.0}, "message_bad_value", "sample_rate"),
        ({**START, "channels": True}, "message_bad_value", "channels"),
        ({**START, "voice": "../../etc"}, "message_bad_value", "voice"),
        ({**START, "recognizer": "a; b"}, "message_bad_value", "recognizer"),
        ({**START, "voice_stability": 1.1}, "message_bad_value", "voice_stability"),
        ({"type": "settings"}, "message_bad_value", "type"),
        ({"type": "settings", "voice": ""}, "message_unknown_field", "voice"),
        ({"type": "ack", "seq": -1}, "message_bad_value", "seq"),
        ({"type": "ping", "at": 1e16}, "message_bad_value", "at"),
        ({"type": "audio_chunk", "seq": 0, "audio": "a-b_"}, "message_bad_value", "audio"),
        ({"type": "audio_chunk", "seq": 2**32, "audio": "AAAA"}, "message_bad_value", "seq"),
        ({"type": "audio_chunk", "seq": 0}, "message_missing_field", "audio"),
    ],
)
def test_what_does_not_fit_is_named(message: dict[str, Any], code: str, field: str) -> None:
    error = refused(message)
    assert (error.code, error.params["field"]) == (code, field)
    told = messages.error_message(error)
    messages.check(told)
    assert (told["field"], told["fatal"]) == (field, False)


CLONE = {"type": "create_voice_clone", "speaker_id": 0, "declared": True}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"audio_samples": []}, "audio_samples"),
        ({"audio_samples": ["AAAA"] * 11}, "audio_samples"),
        ({"audio_samples": ["AAAA", "x"]}, "audio_samples.1"),
        ({"audio_samples": [{"upload": "x"}]}, "audio_samples.0"),
        ({"audio_samples": ["AAAA"], "declared": False}, "declared"),
        ({"audio_samples": ["AAAA"], "declared": 1}, "declared"),
    ],
)
def test_recordings_of_a_voice_are_checked(fields: dict[str, Any], field: str) -> None:
    error = refused({**CLONE, **fields})
    assert (error.code, error.params["field"]) == ("message_bad_value", field)


def test_somebody_has_to_say_that_the_voice_may_be_used() -> None:
    without = {name: value for name, value in CLONE.items() if name != "declared"}
    assert refused({**without, "audio_samples": ["AAAA"]}).code == "message_missing_field"


# --- sizes ------------------------------------------------------------------------------------------------------------
def test_only_recordings_may_be_large() -> None:
    sound = base64.b64encode(bytes(300_000)).decode()
    assert messages.parse(json.dumps({**CLONE, "audio_samples": [sound]}))["audio_samples"] == [sound]
    error = refused({"type": "audio_chunk", "seq": 0, "audio": sound})
    assert (error.code, round(error.params["limit"])) == ("message_too_large", 262)


def test_nothing_is_larger_than_the_largest() -> None:
    sound = base64.b64encode(bytes(messages.largest())).decode()
    assert refused({**CLONE, "audio_samples": [sound]}).code == "message_too_large"


def test_what_is_large_because_there_is_much_in_it_is_not_even_read() -> None:
    assert refused({**CLONE, "audio_samples": [0] * 200_000}).code == "message_too_large"


# --- binary frames ----------------------------------------------------------------------------------------------------
@given(seq=st.integers(0, 2**32 - 1), pcm=st.binary(max_size=64))
def test_chunks_come_back(seq: int, pcm: bytes) -> None:
    assert messages.chunk_decode(messages.chunk_encode(Chunk(seq, pcm))) == Chunk(seq, pcm)


@given(
    st.builds(
        Piece,
        seq=st.integers(1, 2**32 - 1),
        clause=st.integers(0, 2**32 - 1),
        rate=st.integers(8000, 192_000),
        pcm=st.binary(max_size=64),
        pause_ms=st.integers(0, 60_000),
        last=st.booleans(),
    )
)
def test_pieces_come_back(piece: Piece) -> None:
    assert messages.piece_decode(messages.piece_encode(piece)) == piece


@given(st.binary(max_size=40))
def test_any_bytes_are_a_chunk_or_refused(frame: bytes) -> None:
    if len(frame) >= 8 and frame[:2] == b"\x01\x01":
        assert messages.chunk_decode(frame).pcm == frame[8:]
    else:
        with pytest.raises(PipelineError, match="binary frame"):
            messages.chunk_decode(frame)


@given(st.text(max_size=60))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    error = refused(text)
    assert error.code in {"message_not_json", "message_unknown_type"}


def test_how_long_sound_lasts() -> None:
    assert messages.pcm_seconds(64_000, 16_000, 2) == 1.0
    for size in range(7):
        assert messages.base64_bytes(base64.b64encode(bytes(size)).decode()) == size
