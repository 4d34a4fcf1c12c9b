"""``google.cloud.speech.v2.Speech`` over gRPC, as Google's reference describes it: ``Recognize`` and
``StreamingRecognize``. Its model hears a word in every stretch of sound, named after its pitch."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
from google.cloud import speech_v2 as speech

from tests.vocasync.engines.google_account import PROJECT
from tests.vocasync.engines.google_server import Failure, authenticate, fail, serving
from vocasync.types import ANALYSIS_RATE, FloatArray

SERVICE = "google.cloud.speech.v2.Speech"
STEP = 50.0
"""Hz between two words."""

_FRAME = 160
_QUIET = 0.02
_GAP = 0.1  # seconds of quiet that part two words
_PAUSE = 0.5  # seconds of quiet that end an utterance
_MOST_BYTES = 25_600
_CODES = re.compile(r"auto|[a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}")
_DEEP = 600.0  # Hz: who is below is the first speaker


@dataclass(frozen=True, slots=True)
class Said:
    """A word that the model hears, in seconds."""

    pitch: float
    start: float
    end: float

    @property
    def text(self) -> str:
        return f"w{round(self.pitch / STEP)}"


def hear(samples: FloatArray) -> list[Said]:
    """The words in a sound."""
    whole = len(samples) // _FRAME * _FRAME
    levels = np.sqrt(np.mean(samples[:whole].reshape(-1, _FRAME) ** 2, axis=1))
    loud = np.flatnonzero(levels > _QUIET)
    if not len(loud):
        return []
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > _GAP * 100) + 1)
    return [_said(samples, int(run[0]), int(run[-1]) + 1) for run in runs]


def _said(samples: FloatArray, first: int, last: int) -> Said:
    inside = samples[first * _FRAME : last * _FRAME]
    pitch = float(np.argmax(np.abs(np.fft.rfft(inside))) * ANALYSIS_RATE / len(inside))
    return Said(pitch, first / 100, last / 100)


@dataclass
class SpeechServer:
    """``script``: failures of the next calls, None for none. ``breaks``: seconds of sound after which the next streams
    break. ``limit``: seconds that a stream may be long. ``language``: what ``auto`` detects. ``asked``: requests.
    ``streams``: seconds of sound that each stream brought. ``hold``: while cleared, nothing is answered."""

    endpoint: str = ""
    script: list[Failure | None] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)
    limit: float = 305.0
    language: str = "hi-IN"
    revoked: bool = False
    asked: list[Any] = field(default_factory=list)
    streams: list[float] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def recognize(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        self._admit(context)
        _refuse(_problem(request.recognizer, request.config) or _too_long(request.content), context)
        samples = _samples(request.content)
        found = [self._result(words, request.config, 0.0) for words in _utterances(hear(samples))]
        billed = timedelta(seconds=math.ceil(len(samples) / ANALYSIS_RATE))
        return speech.RecognizeResponse(results=found, metadata={"total_billed_duration": billed})

    def stream(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        first = next(requests)
        self.asked.append(first)
        self._admit(context)
        config = first.streaming_config.config
        _refuse(_problem(first.recognizer, config) or ("No config first." if first.audio else ""), context)
        breaks = self.breaks.pop(0) if self.breaks else math.inf
        place = len(self.streams)
        self.streams.append(0.0)
        heard = _Utterances()
        for request in requests:
            _refuse("Audio chunk is too large." if len(request.audio) > _MOST_BYTES else "", context)
            heard.take(_samples(request.audio))
            self.streams[place] = heard.seconds
            if heard.seconds > breaks:
                fail(Failure(grpc.StatusCode.UNAVAILABLE, "The connection broke."), context)
            if heard.seconds > self.limit:
                fail(Failure(grpc.StatusCode.ABORTED, "Max duration of 5 minutes reached for stream."), context)
            yield from self._answers(heard.said(), config)
        yield from self._answers(heard.rest(), config)

    def _admit(self, context: Any) -> None:
        self.hold.wait()
        failure = self.script.pop(0) if self.script else None
        if failure:
            fail(failure, context)
        authenticate(context, self.revoked)

    def _answers(self, said: Sequence[tuple[list[Said], float, bool]], config: Any) -> Iterator[Any]:
        for words, end, final in said:
            whole = self._result(words, config, end)
            result = speech.StreamingRecognitionResult(
                alternatives=whole.alternatives if final else [{"transcript": whole.alternatives[0].transcript}],
                is_final=final,
                result_end_offset=timedelta(seconds=end),
                language_code=whole.language_code,
            )
            yield speech.StreamingRecognizeResponse(results=[result])

    def _result(self, words: Sequence[Said], config: Any, end: float) -> Any:
        asked = config.language_codes[0]
        sure, split = config.features.enable_word_confidence, bool(config.features.diarization_config.max_speaker_count)
        return speech.SpeechRecognitionResult(
            alternatives=[
                {
                    "transcript": " ".join(word.text for word in words),
                    "confidence": 0.9,
                    "words": [_word(word, sure, split) for word in words],
                }
            ],
            result_end_offset=timedelta(seconds=end or words[-1].end),
            language_code=(self.language if asked == "auto" else asked).lower(),
        )


def _word(word: Said, sure: bool, split: bool) -> dict[str, Any]:
    return {
        "word": word.text,
        "start_offset": timedelta(seconds=word.start),
        "end_offset": timedelta(seconds=word.end),
        "confidence": 0.8 if sure else 0.0,
        "speaker_label": ("1" if word.pitch < _DEEP else "2") if split else "",
    }


class _Utterances:
    """Sound as it comes in, and what is said in it: words end up in the utterance that a pause ends."""

    def __init__(self) -> None:
        self._sound: FloatArray = np.zeros(0, dtype=np.float32)
        self._done = 0.0

    @property
    def seconds(self) -> float:
        return len(self._sound) / ANALYSIS_RATE

    def take(self, samples: FloatArray) -> None:
        self._sound = np.concatenate([self._sound, samples])

    def said(self) -> list[tuple[list[Said], float, bool]]:
        return [
            (words, end, True) if self.seconds - words[-1].end >= _PAUSE else (words, self.seconds, False)
            for words, end in self._open()
        ]

    def rest(self) -> list[tuple[list[Said], float, bool]]:
        return [(words, end, True) for words, end in self._open()]

    def _open(self) -> list[tuple[list[Said], float]]:
        """Utterances that were not final before, and where each ends."""
        utterances = _utterances([word for word in hear(self._sound) if word.start >= self._done])
        ends = [*(words[-1].end + _GAP for words in utterances[:-1]), self.seconds]
        found = list(zip(utterances, ends, strict=False))
        closed = [end for words, end in found if self.seconds - words[-1].end >= _PAUSE]
        self._done = max([self._done, *closed])
        return found


def _utterances(words: Sequence[Said]) -> list[list[Said]]:
    found: list[list[Said]] = []
    for word in words:
        if found and word.start - found[-1][-1].end < _PAUSE:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _samples(content: bytes) -> FloatArray:
    return np.frombuffer(content, dtype="<i2").astype(np.float32) / 32768


def _problem(recognizer: str, config: Any) -> str:
    decoding, features = config.explicit_decoding_config, config.features
    if recognizer != f"projects/{PROJECT}/locations/us-central1/recognizers/_":
        return f"Invalid resource name {recognizer}."
    if (decoding.encoding, decoding.sample_rate_hertz, decoding.audio_channel_count) != (1, ANALYSIS_RATE, 1):
        return "Unsupported decoding config."
    if len(config.language_codes) != 1 or not _CODES.fullmatch(config.language_codes[0]):
        return f"Unsupported language codes {config.language_codes}."
    if config.model == "chirp_2" and features.diarization_config:
        return "Recognizer does not support feature: speaker_diarization"
    if config.model == "chirp_3" and features.enable_word_confidence:
        return "Recognizer does not support feature: word_level_confidence"
    return "" if config.model in ("chirp_2", "chirp_3") else f"The model {config.model} does not exist."


def _too_long(content: bytes) -> str:
    return "Audio can be of a maximum of 60 seconds." if len(content) > 60 * 2 * ANALYSIS_RATE else ""


def _refuse(problem: str, context: Any) -> None:
    if problem:
        fail(Failure(grpc.StatusCode.INVALID_ARGUMENT, problem), context)


@contextmanager
def speech_server() -> Iterator[SpeechServer]:
    """The server, running."""
    served = SpeechServer()
    served.hold.set()
    handlers = {
        "Recognize": grpc.unary_unary_rpc_method_handler(
            served.recognize, speech.RecognizeRequest.deserialize, speech.RecognizeResponse.serialize
        ),
        "StreamingRecognize": grpc.stream_stream_rpc_method_handler(
            served.stream, speech.StreamingRecognizeRequest.deserialize, speech.StreamingRecognizeResponse.serialize
        ),
    }
    with serving(SERVICE, handlers) as served.endpoint:
        yield served
        served.hold.set()
