from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc import StatusCode

from tests.vocasync.engines.asr.google_speech_server import STEP, SpeechServer
from tests.vocasync.engines.google_account import account_key
from tests.vocasync.engines.google_server import Failure
from vocasync import retries
from vocasync.engines import google_cloud, registry
from vocasync.engines.asr import google_speech, google_stream
from vocasync.engines.asr.google_languages import CODES, bcp47, ours
from vocasync.engines.asr.google_speech import GoogleSpeech
from vocasync.engines.base import EngineConfig, Partial, RecognitionSession, StreamingRecognizer
from vocasync.errors import Cancelled, PipelineError
from vocasync.languages import LANGUAGES
from vocasync.progress import Silent
from vocasync.spending import Spent, counting
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region

LATE = RetryInfo(retry_delay=Duration(seconds=3600))
SOON = RetryInfo(retry_delay=Duration(nanos=10_000_000))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.01)


def tones(*numbers: int, every: float = 1.0) -> FloatArray:
    """A word of 0.3 s at the beginning of each ``every`` seconds; the server hears number 7 as “w7”."""
    times = np.arange(round(0.3 * ANALYSIS_RATE)) / ANALYSIS_RATE
    sound = np.zeros((len(numbers), round(every * ANALYSIS_RATE)), dtype=np.float32)
    for row, number in zip(sound, numbers, strict=True):
        row[: len(times)] = 0.4 * np.sin(2 * np.pi * STEP * number * times)
    return sound.reshape(-1)


def spread(*numbers: int) -> tuple[Audio, list[Region]]:
    """A region of half a second to each word."""
    return Audio(tones(*numbers), ANALYSIS_RATE), [Region(float(at), at + 0.5) for at in range(len(numbers))]


# --- batch ------------------------------------------------------------------------------------------------------------
def test_words_have_times_and_confidence(google: GoogleSpeech) -> None:
    audio = Audio(np.concatenate([np.zeros(ANALYSIS_RATE, np.float32), tones(10, 12, 20, every=0.4)]), ANALYSIS_RATE)
    (segment,) = google.recognize(audio, [Region(0.5, 2.2)], "en", Silent()).segments
    assert segment.text == "w10 w12 w20"
    assert [word.start for word in segment.words] == pytest.approx([1.0, 1.4, 1.8], abs=0.011)
    assert [word.end for word in segment.words] == pytest.approx([1.3, 1.7, 2.1], abs=0.011)
    assert {word.confidence for word in segment.words} == {0.8}


def test_many_regions_keep_their_order(google: GoogleSpeech, google_server: SpeechServer) -> None:
    numbers = list(range(8, 30))
    with counting() as spent:
        found = google.recognize(*spread(*numbers), "te", Silent())
    assert [segment.text for segment in found.segments] == [f"w{number}" for number in numbers]
    assert [segment.index for segment in found.segments] == list(range(len(numbers)))
    assert {code for request in google_server.asked for code in request.config.language_codes} == {"te-IN"}
    assert spent == [Spent("asr", "google-speech", 1.0)] * len(numbers)  # what the server says is billed


def test_the_language_is_detected_once(google: GoogleSpeech, google_server: SpeechServer) -> None:
    found = google.recognize(*spread(8, 9, 10), "auto", Silent())
    assert found.language == "hi"
    assert [list(request.config.language_codes) for request in google_server.asked] == [["auto"], ["hi-IN"], ["hi-IN"]]


def test_speakers_are_told_apart_where_the_model_can(google_config: EngineConfig) -> None:
    config = replace(google_config, options=(*google_config.options, ("google_speech_model", "chirp_3")))
    engine = google_speech.create(config)
    audio = Audio(tones(8, 9, 30, 31, 8, every=0.4), ANALYSIS_RATE)
    found = engine.recognize(audio, [Region(0.0, 2.0)], "en", Silent())
    engine.close()
    assert [(one.speaker, one.text) for one in found.segments] == [(0, "w8 w9"), (1, "w30 w31"), (0, "w8")]
    assert {word.confidence for one in found.segments for word in one.words} == {
        0.9
    }  # of the whole: it has none of words


def test_silence_is_no_word(google: GoogleSpeech) -> None:
    audio = Audio(np.zeros(2 * ANALYSIS_RATE, np.float32), ANALYSIS_RATE)
    assert google.recognize(audio, [Region(0.0, 2.0)], "auto", Silent()) == google.recognize(
        audio, [], "auto", Silent()
    )


def test_languages_are_named_as_google_does() -> None:
    assert {code for code in CODES if ours(bcp47(code)) != code} == set()
    assert set(CODES) == set(LANGUAGES) - {"eo"}
    assert registry.spec("asr", "google-speech").languages == frozenset()
    with pytest.raises(PipelineError, match="Esperanto"):
        bcp47("eo")


def test_a_language_it_does_not_know_costs_nothing(google: GoogleSpeech, google_server: SpeechServer) -> None:
    with pytest.raises(PipelineError) as caught:
        google.recognize(*spread(8), "eo", Silent())
    assert caught.value.code == "recognition_unsupported"
    assert google_server.asked == []


@pytest.mark.parametrize(
    "failure",
    [
        Failure(StatusCode.UNAVAILABLE, "Try again."),
        Failure(StatusCode.DEADLINE_EXCEEDED),
        Failure(StatusCode.INTERNAL, "Oops."),
        Failure(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded.", (SOON,)),
    ],
)
def test_what_passes_is_asked_again(failure: Failure, google: GoogleSpeech, google_server: SpeechServer) -> None:
    google_server.script = [failure, failure]
    with counting() as spent:
        found = google.recognize(*spread(8), "en", Silent())
    assert [segment.text for segment in found.segments] == ["w8"]
    assert len(google_server.asked) == 3
    assert len(spent) == 1


DAY = ErrorInfo(reason="RATE_LIMIT_EXCEEDED", metadata={"quota_limit": "AudioSecondsPerDay"})
OFF = ErrorInfo(reason="SERVICE_DISABLED", domain="googleapis.com")


@pytest.mark.parametrize(
    ("failure", "code", "times"),
    [
        (Failure(StatusCode.UNAVAILABLE), "service_unreachable", 4),
        (Failure(StatusCode.DEADLINE_EXCEEDED), "service_unreachable", 4),
        (Failure(StatusCode.INTERNAL, "Oops."), "service_failed", 4),
        (Failure(StatusCode.RESOURCE_EXHAUSTED), "service_busy", 4),
        (
            Failure(StatusCode.RESOURCE_EXHAUSTED, "", (RetryInfo(retry_delay=Duration(seconds=3600)),)),
            "service_busy",
            1,
        ),
        (Failure(StatusCode.RESOURCE_EXHAUSTED, "", (DAY,)), "service_quota", 1),
        (Failure(StatusCode.UNAUTHENTICATED), "service_key", 1),
        (Failure(StatusCode.PERMISSION_DENIED), "service_key", 1),
        (Failure(StatusCode.PERMISSION_DENIED, "Enable it by visiting a page.", (OFF,)), "service_refused", 1),
        (Failure(StatusCode.INVALID_ARGUMENT, "Audio is odd."), "service_refused", 1),
    ],
)
def test_what_does_not_pass_is_said(
    failure: Failure, code: str, times: int, google: GoogleSpeech, google_server: SpeechServer
) -> None:
    google_server.script = [failure] * 4
    with counting() as spent, pytest.raises(PipelineError) as caught:
        google.recognize(*spread(8), "en", Silent())
    assert caught.value.code == code
    assert failure.message in str(caught.value)
    assert "Google Cloud Speech-to-Text" in str(caught.value)
    assert len(google_server.asked) == times
    assert spent == []


def test_a_revoked_key_is_said_and_never_shown(
    google: GoogleSpeech, google_config: EngineConfig, google_server: SpeechServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    google_server.revoked = True
    with pytest.raises(PipelineError) as caught:
        google.recognize(*spread(8), "en", Silent())
    assert caught.value.code == "service_key"
    assert caught.value.permanent
    secret = json.loads(account_key())["private_key"].splitlines()[1]
    shown = f"{caught.value} {caught.value.params} {caplog.text} {google_config} {google.__dict__}"
    assert secret not in shown
    assert "Bearer" not in shown


@pytest.mark.parametrize("key", ["", "abc", "{}", "[1]", '{"type": "service_account", "private_key": "secret"}'])
def test_a_key_that_is_no_account_is_said_to_be_wrong(key: str) -> None:
    with pytest.raises(PipelineError) as caught:
        google_speech.create(EngineConfig(keys=(("google", key),)))
    assert caught.value.code == "service_key"
    assert caught.value.__cause__ is caught.value.__context__ is None  # parsers' errors hold the text
    assert not registry.readiness(registry.spec("asr", "google-speech"), EngineConfig()).ready


def test_nobody_there_is_said(google: GoogleSpeech) -> None:
    config = EngineConfig(options=(("google_speech_endpoint", "127.0.0.1:9"),), keys=(("google", account_key()),))
    engine = google_speech.create(config)
    with pytest.raises(PipelineError) as caught:
        engine.recognize(*spread(8), "en", Silent())
    engine.close()
    assert caught.value.code == "service_unreachable"


class Leaving:
    """Wants the work until it is told otherwise."""

    def __init__(self, google_server: SpeechServer) -> None:
        self._server = google_server

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        if self._server.asked:
            raise Cancelled


def test_it_stops_while_the_service_is_slow(google: GoogleSpeech, google_server: SpeechServer) -> None:
    google_server.hold.clear()
    with pytest.raises(Cancelled):
        google.recognize(*spread(8, 9, 10, 11, 12), "en", Leaving(google_server))
    google_server.hold.set()
    assert len(google_server.asked) <= 4


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("127.0.0.1:80", True),
        ("[::1]:80", True),
        ("localhost:80", True),
        ("eu-speech.googleapis.com", False),
        ("10.0.0.1:443", False),
        ("127.evil.org:1", False),
    ],
)
def test_only_this_machine_is_asked_without_encryption(endpoint: str, here: bool) -> None:
    assert google_cloud.is_loopback(endpoint) == here


# --- streams ----------------------------------------------------------------------------------------------------------
def pieces(sound: FloatArray, seconds: float = 0.25) -> list[FloatArray]:
    return np.array_split(sound, math.ceil(len(sound) / (seconds * ANALYSIS_RATE)))


def streamed(session: RecognitionSession, sound: FloatArray) -> list[Partial]:
    found = [partial for piece in pieces(sound) for partial in session.feed(piece)]
    return [*found, *session.finish()]


def words(found: list[Partial]) -> list[tuple[str, float]]:
    return [(word.text, word.start) for partial in found if partial.final for word in partial.segment.words]


def right(numbers: list[int], every: float) -> list[tuple[str, Any]]:
    return [(f"w{number}", pytest.approx(at * every, abs=0.011)) for at, number in enumerate(numbers)]


NUMBERS = [8, 12, 9, 20, 31, 10, 14, 25, 11, 17, 30, 13]


def test_a_stream_gives_words_as_they_are_final(google: GoogleSpeech, google_server: SpeechServer) -> None:
    session = google.open("ta")
    assert isinstance(google, StreamingRecognizer)
    assert isinstance(session, RecognitionSession)
    with counting() as spent:
        found = streamed(session, tones(*NUMBERS))
    assert words(found) == right(NUMBERS, 1.0)
    assert google_server.asked[0].streaming_config.config.language_codes == ["ta-IN"]
    assert spent == [Spent("asr", "google-speech", 12.0)]
    assert all(partial.final for partial in session.finish())


def test_a_stream_says_which_language_it_detects(google: GoogleSpeech, google_server: SpeechServer) -> None:
    google_server.language = "te-IN"
    found = [partial for partial in streamed(google.open("auto"), tones(8, 12)) if partial.final]
    assert {partial.language for partial in found} == {"te"}
    assert google_server.asked[0].streaming_config.config.language_codes == ["auto"]


def test_what_is_under_way_is_told(google: GoogleSpeech, google_server: SpeechServer) -> None:
    session = google.open("en")
    found: list[Partial] = []
    for piece in pieces(tones(8, 9, every=0.4)):
        found += session.feed(piece)
    while not found:
        found += session.feed(np.zeros(160, np.float32))
    session.close()
    assert not found[0].final
    assert found[0].segment.text.startswith("w8")


@pytest.mark.parametrize("every", [0.4, 1.0])  # without a pause, and with
def test_a_stream_is_renewed_without_loss(
    every: float, google: GoogleSpeech, google_server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_stream, "LIFE", 2.5)
    google_server.limit = 5.0
    numbers = [NUMBERS[at % len(NUMBERS)] for at in range(25)]
    found = streamed(google.open("en"), tones(*numbers, every=every))
    assert words(found) == right(numbers, every)
    assert len(google_server.streams) > 2


@pytest.mark.parametrize("every", [0.4, 1.0])
def test_a_broken_stream_is_taken_up_again(every: float, google: GoogleSpeech, google_server: SpeechServer) -> None:
    google_server.breaks = [2.2, 0.1, 3.3]
    with counting() as spent:
        found = streamed(google.open("en"), tones(*NUMBERS, every=every))
    assert words(found) == right(NUMBERS, every)
    assert len(google_server.streams) == 4
    assert len(spent) == 4


def test_a_stream_that_was_too_long_goes_on(google: GoogleSpeech, google_server: SpeechServer) -> None:
    google_server.limit = 5.0
    assert words(streamed(google.open("en"), tones(*NUMBERS))) == right(NUMBERS, 1.0)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(StatusCode.UNAVAILABLE), "service_unreachable"),
        (Failure(StatusCode.PERMISSION_DENIED), "service_key"),
        (Failure(StatusCode.INVALID_ARGUMENT, "No such model."), "service_refused"),
    ],
)
def test_a_stream_that_cannot_be_had_is_said(
    failure: Failure, code: str, google: GoogleSpeech, google_server: SpeechServer
) -> None:
    google_server.script = [failure] * 4
    with pytest.raises(PipelineError) as caught:
        streamed(google.open("en"), tones(*NUMBERS))
    assert caught.value.code == code


def test_a_closed_stream_leaves_nothing_behind(google: GoogleSpeech, google_server: SpeechServer) -> None:
    session = google.open("en")
    session.feed(tones(8))
    with counting() as spent:
        session.close()
        session.close()
    assert spent == [Spent("asr", "google-speech", 1.0)]
