"""ElevenLabs: voices in the cloud, copied there from a clip.

A conditioning holds the clip. The copy of the voice is made of it on the account whose key is used, found again by the
clip's mark, and made anew where it is gone: so that a voice is the same for everybody who may use it, whatever account
they have.
"""

from __future__ import annotations

import contextvars
import fcntl
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import requests
import soundfile

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts.elevenlabs_account import FLASH, MULTILINGUAL, OURS, SERVICE, SETTINGS, Account, stock
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.errors import PipelineError
from vocasync.lending import lent, taken_back
from vocasync.media.audio import resample
from vocasync.progress import listener
from vocasync.spending import spend
from vocasync.types import Audio, FloatArray, VoiceReference

RATE = 24_000
"""Hz of what it speaks, and of the clips that it is sent."""

MOST_CHARS = 2_500
"""Of a text at once, on every plan (those that cost something allow more)."""

TOGETHER = 3
"""Lines that are asked for at the same time: what the smallest plan that copies voices allows."""

_CALLED = {"similarity": "similarity_boost"}
"""Settings that the service calls otherwise."""

_FORMAT = {"output_format": f"pcm_{RATE}"}
_PAUSE = 0.1  # seconds, for a text without anything to say
_TRIES = 2  # of a sound that breaks off, or of a copy that is gone
_FULL_SCALE = 32_768.0


class Clones:
    """Copies of voices on an account: one a clip, found again by its mark, the least recently used out where the plan
    has no room. Processes and threads share what is kept in the account's folder."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._folder = account.folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def voice(self, arrays: Arrays) -> str:
        """The id of the copy of a conditioning's voice; it is made where there is none. Raises ``clone_limit``."""
        path, of = self._path(arrays), str(arrays["of"])
        voice = _kept(path)
        if not voice:
            with _locked(self._folder):
                voice = _kept(path) or self._found(path.stem) or self._made(path.stem, arrays)
                scratch = path.with_suffix(f".{os.getpid()}")
                scratch.write_text(voice)
                scratch.replace(path)
        lent(SERVICE, voice, of)
        return voice

    def forget(self, arrays: Arrays, voice: str) -> None:
        """The copy is gone at the service: it is made anew when it is next asked for."""
        with _locked(self._folder):
            path = self._path(arrays)
            if _kept(path) == voice:
                path.unlink(missing_ok=True)
        taken_back(SERVICE, voice)

    def _path(self, arrays: Arrays) -> Path:
        return self._folder / f"{hashlib.sha256(arrays['clip'].tobytes()).hexdigest()[:24]}.id"

    def _found(self, mark: str) -> str:
        """One that was made before, from elsewhere or by a worker that was lost then; "" for none."""
        return next((one["voice_id"] for one in self._ours() if one["name"] == OURS + mark), "")

    def _made(self, mark: str, arrays: Arrays) -> str:
        wav = _wav(arrays["clip"])
        while True:
            try:
                return self._account.add(OURS + mark, wav)
            except PipelineError as error:
                if error.code != "clone_limit" or not self._make_room():
                    raise

    def _make_room(self) -> bool:
        """Remove the copy that was not used for the longest time; False when none is ours."""
        ours = sorted(self._ours(), key=lambda one: _used(self._folder / f"{one['name'].removeprefix(OURS)}.id"))
        if not ours:
            return False
        self._account.delete(ours[0]["voice_id"])
        (self._folder / f"{ours[0]['name'].removeprefix(OURS)}.id").unlink(missing_ok=True)
        taken_back(SERVICE, ours[0]["voice_id"])
        return True

    def _ours(self) -> list[dict[str, str]]:
        return [one for one in self._account.voices(listener()) if str(one.get("name")).startswith(OURS)]


class ElevenLabs:
    """A :class:`vocasync.engines.tts.neural.Model`, and a streaming one."""

    sample_rate = RATE
    batch = TOGETHER
    seeded = True
    paced = False  # another rate would be another text to pay for
    styled = False
    device = "cpu"
    memory_bytes = 0

    def __init__(self, name: str, model: str, languages: frozenset[str], config: EngineConfig, *, told: bool) -> None:
        """told: whether the model wants to be told the language."""
        self.name, self.version, self.languages = name, f"{model}.1", languages
        self._model, self._told, self._config = model, told, config
        self._account = Account(config)
        self._clones = Clones(self._account)

    @property
    def stocks(self) -> frozenset[str]:
        """Those on the account now."""
        return frozenset(one.name for one in stock(self._config))

    def most_chars(self, code: str) -> int:
        return MOST_CHARS

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """The clip, of which the copy is made at once: what the account refuses, it refuses here."""
        samples = np.clip(resample(clip, RATE).samples, -1.0, 1.0)
        kept = np.round(samples * (_FULL_SCALE - 1)).astype(np.int16)
        arrays = {"clip": kept, "of": np.asarray(reference.of, np.str_)}
        self._clones.voice(arrays)
        return arrays

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        with ThreadPoolExecutor(TOGETHER) as pool:
            # Each in a copy of this context: what is spent and lent there is counted here.
            asked = [pool.submit(contextvars.copy_context().run, self._said, line, voice) for line in lines]
            return [one.result() for one in asked]

    def stream(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> Iterator[FloatArray]:
        text = _clean(line.text)
        if not text:
            yield _silence()
            return
        response = self._asked(line, text, voice, "/stream")
        rest = b""
        for piece in self._account.http.chunks(response, listener()):
            whole = len(rest + piece) // 2 * 2
            yield _samples((rest + piece)[:whole])
            rest = (rest + piece)[whole:]

    def close(self) -> None:
        self._account.http.close()

    def _said(self, line: Line, voice: Arrays | None) -> FloatArray:
        text = _clean(line.text)
        if not text:
            return _silence()
        for attempt in range(1, _TRIES + 1):
            response = self._asked(line, text, voice)
            with _again("service_unreachable", attempt < _TRIES):
                sound = b"".join(self._account.http.chunks(response, listener()))
                if len(sound) < 2 or response.headers.get("Content-Type", "").startswith("application/json"):
                    raise self._account.http.unreadable()
                return _samples(sound[: len(sound) // 2 * 2])
        raise AssertionError("the last try returns or raises")

    def _asked(self, line: Line, text: str, voice: Arrays | None, ending: str = "") -> requests.Response:
        """The sound's beginning, from then on paid for."""
        for attempt in range(1, _TRIES + 1):
            chosen = self._clones.voice(voice) if voice is not None else line.stock or self._default()
            with self._gone(voice, chosen, attempt < _TRIES):
                path = f"/v1/text-to-speech/{chosen}{ending}"
                body = self._body(line, text)
                response = self._account.http.request("POST", path, listener(), params=_FORMAT, json=body, stream=True)
                spend("tts", self.name, len(text))
                return response
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _gone(self, voice: Arrays | None, chosen: str, again: bool) -> Iterator[None]:
        """A copy that is gone is forgotten. again: whether it is made anew, too."""
        try:
            yield
        except PipelineError as error:
            if error.code != "clone_gone":
                raise
            if voice is None:
                raise PipelineError("stock_unknown", name=chosen) from None
            self._clones.forget(voice, chosen)
            if not again:
                raise

    def _body(self, line: Line, text: str) -> dict[str, object]:
        return {
            "text": text,
            "model_id": self._model,
            "seed": line.seed % 2**32,
            "voice_settings": {_CALLED.get(row.name, row.name): row.value(line.options) for row in SETTINGS},
        } | ({"language_code": line.language} if self._told else {})

    def _default(self) -> str:
        """The account's first voice. Raises ``service_refused`` where there is none."""
        found = stock(self._config)
        if not found:
            raise self._account.http.problem("service_refused", "the account has no voice of its own to speak with.")
        return found[0].name


def create(config: EngineConfig) -> NeuralVoice:
    """The model with the best sound."""
    return NeuralVoice(ElevenLabs("elevenlabs", "eleven_multilingual_v2", MULTILINGUAL, config, told=False))


def create_flash(config: EngineConfig) -> NeuralVoice:
    """The model that answers soonest, at half the price."""
    return NeuralVoice(ElevenLabs("elevenlabs-flash", "eleven_flash_v2_5", FLASH, config, told=True))


# --- files of copies --------------------------------------------------------------------------------------------------
def _kept(path: Path) -> str:
    """The id in a file, which was used now; "" where there is none."""
    with suppress(FileNotFoundError):
        voice = path.read_text()
        os.utime(path)
        return voice
    return ""


def _used(path: Path) -> float:
    """When a copy was used last; 0 for one that nobody here knows."""
    return path.stat().st_mtime if path.is_file() else 0.0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time, of all processes and threads that share the folder."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _again(code: str, again: bool) -> Iterator[None]:
    try:
        yield
    except PipelineError as error:
        if error.code != code or not again:
            raise


# --- texts and sounds -------------------------------------------------------------------------------------------------
def _clean(text: str) -> str:
    """The text as it can be sent: "" where there is nothing in it to say."""
    sendable = "".join(char for char in text if char.isprintable() or char.isspace())
    sendable = sendable.encode("utf-8", "ignore").decode()
    return sendable if any(char.isalnum() for char in sendable) else ""


def _silence() -> FloatArray:
    return np.zeros(round(_PAUSE * RATE), np.float32)


def _samples(pcm: bytes) -> FloatArray:
    """16-bit little-endian samples as float32."""
    found: FloatArray = (np.frombuffer(pcm, "<i2") / _FULL_SCALE).astype(np.float32)
    return found


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
