"""ElevenLabs' REST interface as its documentation describes it, on a local port: voices, copies of voices, speech.

What it says is made of tones that follow the text, the voice, the settings, the model and the seed.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import threading
import uuid
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import numpy as np

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply
from vocasync.engines.base import EngineConfig

KEY = "sk_0123456789abcdef0123456789abcdef"
RATE = 24_000
SECONDS_A_CHARACTER = 0.05
MODELS = {"eleven_multilingual_v2": 10_000, "eleven_flash_v2_5": 40_000}
"""Most characters of a text, by model."""

TAKES_LANGUAGE = {"eleven_flash_v2_5"}
RANGES = {"stability": (0, 1), "similarity_boost": (0, 1), "style": (0, 1), "speed": (0.7, 1.2)}
PREMADE = (
    ("21m00Tcm4TlvDq8ikWAM", "Rachel", "female"),
    ("29vD33N1CtxCmqQRPOHJ", "Drew", "male"),
    ("2EiwWnXFnvU5JabPnv8n", "Clyde", "male"),
)


@dataclass
class Voice:
    """sound: what decides how it speaks."""

    name: str
    category: str
    sound: bytes
    labels: dict[str, str] = field(default_factory=dict)


def error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"detail": {"status": code, "message": message}})


class ElevenLabsServer(LocalServer):
    """keys: that open the account. limit: copies of voices that the plan has room for."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = {KEY}
        self.limit = 30
        self.wants_verification = False
        self.voices = {pk: Voice(name, "premade", pk.encode(), {"gender": sex}) for pk, name, sex in PREMADE}
        self.characters = 0
        """Billed so far."""
        self._guard = threading.Lock()

    @property
    def copies(self) -> dict[str, Voice]:
        return {pk: one for pk, one in self.voices.items() if one.category == "cloned"}

    def spoken(self) -> list[Asked]:
        """The requests for speech."""
        return [asked for asked in self.asked if asked.path.startswith("/v1/text-to-speech/")]

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("xi-api-key") not in self.keys:
            return error(401, "invalid_api_key", "Invalid API key")
        with self._guard:
            return self._route(asked)

    def _route(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("GET", "/v1/voices"):
            return Reply(body={"voices": [self._described(pk) for pk in self.voices]})
        if (asked.method, asked.path) == ("POST", "/v1/voices/add"):
            return self._add(asked)
        place = asked.path.split("/")[1:]
        if asked.method == "DELETE" and place[:2] == ["v1", "voices"]:
            return self._delete(place[2])
        if asked.method == "POST" and place[:2] == ["v1", "text-to-speech"] and place[3:] in ([], ["stream"]):
            return self._speak(asked, place[2])
        return Reply(404, {"detail": "Not Found"})

    def _described(self, pk: str) -> dict[str, Any]:
        one = self.voices[pk]
        return {"voice_id": pk, "name": one.name, "category": one.category, "labels": one.labels, "settings": None}

    def _add(self, asked: Asked) -> Reply:
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts()
        given = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}
        if not given.get("name") or not bytes(given.get("files") or b"").startswith(b"RIFF"):
            return Reply(422, {"detail": [{"loc": ["body", "files"], "msg": "field required", "type": "missing"}]})
        if len(self.copies) >= self.limit:
            said = f"You have reached your maximum amount of custom voices ({self.limit} / {self.limit})."
            return error(400, "voice_limit_reached", said)
        pk = uuid.uuid4().hex[:20]
        self.voices[pk] = Voice(given["name"].decode(), "cloned", given["files"])
        return Reply(body={"voice_id": pk, "requires_verification": self.wants_verification})

    def _delete(self, pk: str) -> Reply:
        if self.voices.pop(pk, None) is None:
            return error(400, "voice_not_found", "A voice with the given id was not found.")
        return Reply(body={"status": "ok"})

    def _speak(self, asked: Asked, pk: str) -> Reply:
        if pk not in self.voices:
            return error(404, "voice_not_found", "A voice with the given id was not found.")
        wrong = self._wrong(asked)
        if wrong is not None:
            return wrong
        self.characters += len(asked.json["text"])
        return Reply(body=sound(asked.json, self.voices[pk].sound), headers={"Content-Type": "audio/pcm"})

    def _wrong(self, asked: Asked) -> Reply | None:
        body = asked.json
        if asked.query.get("output_format") != ["pcm_24000"] or body["model_id"] not in MODELS:
            return Reply(422, {"detail": [{"loc": ["body"], "msg": "unknown model or format", "type": "value_error"}]})
        try:
            body["text"].encode()
        except UnicodeEncodeError:
            return Reply(422, {"detail": [{"loc": ["body", "text"], "msg": "not Unicode", "type": "value_error"}]})
        if not body["text"].strip():
            return error(400, "empty_text", "The text is empty.")
        if len(body["text"]) > MODELS[body["model_id"]]:
            return error(400, "max_character_limit_exceeded", "The text is too long.")
        if "language_code" in body and body["model_id"] not in TAKES_LANGUAGE:
            return error(400, "unsupported_language", "The model does not support language_code.")
        settings = body["voice_settings"]
        if (
            not all(low <= settings[name] <= high for name, (low, high) in RANGES.items())
            or not 0 <= body["seed"] < 2**32
        ):
            return Reply(422, {"detail": [{"loc": ["body"], "msg": "out of range", "type": "value_error"}]})
        return None


def sound(body: dict[str, Any], voice: bytes) -> bytes:
    """16-bit samples: harmonics of a tone, louder and softer with the characters."""
    text, settings = body["text"], body["voice_settings"]
    start = _number(voice)
    seconds = SECONDS_A_CHARACTER * len(text) / settings["speed"]
    times = np.arange(max(1, round(seconds * RATE))) / RATE
    lively = (1 - settings["stability"]) * 0.1 + settings["style"] * 0.05
    wobble = 1 + lively * np.sin(2 * np.pi * 3 * times + _number(str(body["seed"]).encode()) * 6)
    phase = 2 * np.pi * np.cumsum((100 + 120 * start) * wobble) / RATE
    levels = np.array([0.3 + 0.7 * _number(char.encode()) for char in text])
    envelope = np.interp(times, np.linspace(0, max(seconds, 1e-3), len(levels)), levels)
    brightness = 0.5 + 0.3 * settings["similarity_boost"] + (0.1 if body["model_id"] == "eleven_flash_v2_5" else 0.0)
    tone = sum(brightness**number * np.sin(number * phase) for number in range(1, 12))
    tone = 0.5 * envelope * tone / np.abs(tone).max(initial=1e-9)
    return (tone * 32_767).astype("<i2").tobytes()


def _number(data: bytes) -> float:
    """0 to 1, of the data."""
    return int.from_bytes(hashlib.sha256(data).digest()[:4], "big") / 2**32


def config(server: ElevenLabsServer, folder: Path, key: str = KEY) -> EngineConfig:
    """Where the engine asks the server."""
    return EngineConfig(cache=folder, options=(("elevenlabs_url", server.url),), keys=(("elevenlabs", key),))


@functools.cache
def running() -> ElevenLabsServer:
    """One server for all who only want to speak, until the process ends."""
    server = ElevenLabsServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    atexit.register(server.server_close)
    return server
