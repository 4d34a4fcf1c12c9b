"""A stream of speech to Google Cloud Speech-to-Text v2, for as long as somebody speaks.

The service ends a stream after five minutes, and connections break. Sound that nothing final was said about is kept,
and sent once more over the next connection: nothing is lost, and nothing is heard twice. When a connection has grown
old, the next one begins before the last word.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import grpc
from google.api_core import exceptions, gapic_v1
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import speech_v2 as speech

from vocasync import retries, spending
from vocasync.engines import google_cloud
from vocasync.engines.asr import google_words
from vocasync.engines.asr.google_languages import ours
from vocasync.engines.base import Partial
from vocasync.media.audio import pcm
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, FloatArray, Segment

_LIBRARY: Any = exceptions  # half annotated

LIFE = 240.0
"""Seconds of sound after which a connection is renewed; the service's own limit is five minutes."""

_LAST = 330.0  # seconds after which even a connection without sound is given up
_EDGE = 0.5  # seconds: a word that ends this late may have been cut off

_MOST = 24_000  # bytes a message: 25 KB is the limit
# How the service ends a stream that is too old, or that had no sound for some seconds: another one may begin.
_ENDED = frozenset({grpc.StatusCode.ABORTED, grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.CANCELLED})


class Stream:
    """A :class:`vocasync.engines.base.RecognitionSession`. Times are in seconds from its beginning.

    Methods raise the errors of :func:`vocasync.engines.google_cloud.problem` when connecting again does not help.
    """

    def __init__(self, client: Any, recognizer: str, config: Any, names: tuple[str, str]) -> None:
        self._parts = (client, recognizer, config)
        self._name, self._label = names
        self._settled = 0  # samples before this are done with
        self._kept = bytearray()  # the sound after them
        self._under_way: Partial | None = None
        self._failures = 0
        self._connection = self._connected()

    def feed(self, samples: FloatArray) -> list[Partial]:
        """See the protocol."""
        sound = pcm(samples)
        self._kept += sound
        self._connection.send(sound)
        said, ended = self._heard(self._connection.heard())
        if ended:
            self._renew()
        elif self._connection.seconds >= LIFE:
            said += self._grown_old()
        return said

    def pause(self) -> list[Partial]:
        """See the protocol. The service hears pauses by itself."""
        return []

    def finish(self) -> list[Partial]:
        """See the protocol."""
        said = self._ended()
        self.close()
        return said

    def _ended(self) -> list[Partial]:
        """What is said in all sound up to here, final: nothing more comes over this connection."""
        said: list[Partial] = []
        broken = True
        while broken:
            self._connection.end()
            more, broken = self._heard(self._connection.rest())
            said += [one for one in more if one.final]
            if broken:
                self._renew()
        if self._under_way:
            said.append(replace(self._under_way, final=True))
            self._under_way = None
        self._settle(self._settled + len(self._kept) // 2)
        return said

    def _grown_old(self) -> list[Partial]:
        """What is said up to here, but for a last word that may have been cut off: the next connection hears it."""
        first, sound = self._settled, bytes(self._kept)
        said = self._ended()
        words = said[-1].segment.words if said else ()
        if words and words[-1].end > self._settled / ANALYSIS_RATE - _EDGE:
            before = words[-2].end if len(words) > 1 else said[-1].segment.start
            again = max(first, round((before + words[-1].start) / 2 * ANALYSIS_RATE))
            self._settled, self._kept = again, bytearray(sound[2 * (again - first) :])
            said[-1:] = [replace(said[-1], segment=_without_last(said[-1].segment))] if len(words) > 1 else []
        self._renew()
        return said

    def close(self) -> None:
        """See the protocol."""
        if self._connection.close() and self._connection.seconds:
            spending.spend("asr", self._name, math.ceil(self._connection.seconds))

    def _connected(self) -> _Connection:
        connection = _Connection(*self._parts, start=self._settled / ANALYSIS_RATE)
        connection.send(bytes(self._kept))
        return connection

    def _renew(self) -> None:
        self.close()
        self._connection = self._connected()

    def _heard(self, answers: Sequence[Any]) -> tuple[list[Partial], bool]:
        """What is new, and whether the connection has ended before its time."""
        said: list[Partial] = []
        for answer in answers:
            if isinstance(answer, GoogleAPICallError):
                self._failed(answer)
                return said, True
            said += self._said(answer)
        early = self._connection.ended_early
        if early:
            self._failed(_LIBRARY.Aborted("The stream ended before its time."))
        return said, early

    def _failed(self, error: GoogleAPICallError) -> None:
        """Wait before the next connection, or raise what the person is to be told."""
        self._failures += 1
        found = google_cloud.problem(self._label, error)
        passes = error.grpc_status_code in _ENDED or not found.permanent
        pause = retries.pause(self._failures - 1, google_cloud.told_to_wait(error))
        if not passes or self._failures >= retries.ATTEMPTS or pause > retries.LONGEST:
            self.close()
            raise found from error
        retries.wait(pause, Silent().check)

    def _said(self, answer: Any) -> list[Partial]:
        results = [result for result in answer.results if result.alternatives]
        final = [partial for result in results if result.is_final for partial in self._final(result)]
        pending = [result for result in results if not result.is_final]
        if pending:
            self._under_way = self._pending(pending)
        return [*final, self._under_way] if pending and self._under_way else final

    def _final(self, result: Any) -> list[Partial]:
        begin = self._settled / ANALYSIS_RATE - self._connection.start
        end = result.result_end_offset.total_seconds()
        found = google_words.segments(result.alternatives[0], begin, end)
        self._under_way = None
        self._failures = 0
        self._settle(round((self._connection.start + end) * ANALYSIS_RATE))
        return [Partial(self._moved(segment), True, ours(result.language_code)) for segment in found]

    def _pending(self, results: Sequence[Any]) -> Partial | None:
        """What is under way: the service gives it in parts, the steadier ones first."""
        begin = self._settled / ANALYSIS_RATE - self._connection.start
        end = max(result.result_end_offset.total_seconds() for result in results)
        text = " ".join(" ".join(result.alternatives[0].transcript.split()) for result in results)
        return Partial(self._moved(Segment(0, begin, max(begin, end), text)), False) if text.strip() else None

    def _moved(self, segment: Segment) -> Segment:
        return google_words.placed(segment, 0, self._connection.start, math.inf)

    def _settle(self, samples: int) -> None:
        """Everything before is done with, and needs not be kept."""
        done = min(max(0, samples - self._settled), len(self._kept) // 2)
        del self._kept[: 2 * done]
        self._settled += done


def _without_last(segment: Segment) -> Segment:
    words = segment.words[:-1]
    return replace(segment, text=" ".join(word.text for word in words), words=words, end=words[-1].end)


class _Connection:
    """One call of the service. start: seconds of the stream before its first sample."""

    def __init__(self, client: Any, recognizer: str, config: Any, start: float) -> None:
        self.start = start
        self._bytes = 0
        self._ending = self._closed = False
        self._sounds: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        first = speech.StreamingRecognizeRequest(recognizer=recognizer, streaming_config=config)
        # Not by the client's own method, which waits for the first answer and cannot be called off until then.
        self._call = client.transport.streaming_recognize(
            self._requests(first), timeout=_LAST, metadata=(_routed(recognizer),)
        )
        self._reader = threading.Thread(target=self._read, name="speech stream", daemon=True)
        self._reader.start()

    @property
    def seconds(self) -> float:
        """How much sound was sent."""
        return google_words.seconds(self._bytes)

    @property
    def ended_early(self) -> bool:
        """Whether the service has no more to say although we have."""
        return not self._ending and not self._reader.is_alive() and self._answers.empty()

    def send(self, sound: bytes) -> None:
        self._bytes += len(sound)
        for at in range(0, len(sound), _MOST):
            self._sounds.put(sound[at : at + _MOST])

    def end(self) -> None:
        """No more sound is coming."""
        self._ending = True
        self._sounds.put(None)

    def heard(self) -> list[Any]:
        """Answers, and at last perhaps an error, that have come by now."""
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def rest(self) -> list[Any]:
        """All answers up to the last; a service that gives none for long is not waited for any more."""
        self._reader.join(google_cloud.TIMEOUT)
        self._call.cancel()
        self._reader.join()
        return self.heard()

    def close(self) -> bool:
        """Let go; False where that was done before."""
        closed, self._closed = self._closed, True
        if not closed:
            self._sounds.put(None)
            self._call.cancel()
        return not closed

    def _requests(self, first: Any) -> Iterator[Any]:
        yield first
        while (sound := self._sounds.get()) is not None:
            yield speech.StreamingRecognizeRequest(audio=sound)

    def _read(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
        except grpc.RpcError as error:
            if not self._closed:
                self._answers.put(_LIBRARY.from_grpc_error(error))


def _routed(recognizer: str) -> tuple[str, str]:
    header: Any = gapic_v1.routing_header
    name, value = header.to_grpc_metadata((("recognizer", recognizer),))
    return str(name), str(value)
