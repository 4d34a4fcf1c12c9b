"""Recognition with Google Cloud Speech-to-Text v2: regions one by one, several at a time, or a stream.

Chirp 2 gives the times of words. Chirp 3 tells speakers apart as well, within one region or one stream; it gives no
confidence of words. The option ``google_speech_model`` chooses, ``google_location`` says where (both models are in few
places), ``google_speech_endpoint`` is another address to ask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.cloud import speech_v2 as speech

from vocasync import spending
from vocasync.engines import google_cloud
from vocasync.engines.asr import google_words
from vocasync.engines.asr.google_languages import bcp47, ours
from vocasync.engines.asr.google_stream import Stream
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.errors import Cancelled
from vocasync.languages import DETECT
from vocasync.media.audio import pcm
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Segment

NAME = "google-speech"
LABEL = "Google Cloud Speech-to-Text"

_MODEL = "chirp_2"
_LOCATION = "us-central1"
_TOGETHER = 4
_LOOK = 0.2  # seconds between two looks at whether the work is still wanted
_SHORTEST = 0.1  # seconds
_SPEAKERS = 6


@dataclass(frozen=True, slots=True)
class _Abilities:
    """What may be asked of a model: it refuses a whole request for one thing too many."""

    confidence: bool
    speakers: bool


_MODELS = {"chirp_2": _Abilities(confidence=True, speakers=False), "chirp_3": _Abilities(False, speakers=True)}
_OTHER = _Abilities(confidence=False, speakers=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said in one region, in seconds from its beginning, and the seconds that are paid for."""

    segments: tuple[Segment, ...]
    language: str
    billed: float

    def placed(self, region: Region, first: int) -> list[Segment]:
        """The segments in the region's time, numbered from ``first``."""
        return [
            google_words.placed(segment, first + at, region.start, region.end)
            for at, segment in enumerate(self.segments)
        ]


class GoogleSpeech:
    """A :class:`vocasync.engines.base.Recognizer` and :class:`~vocasync.engines.base.StreamingRecognizer`.

    Speakers: ``Segment.speaker`` numbers them from 0 where the model tells them apart, anew in every region.
    """

    name = NAME
    region_seconds = 28.0
    together = _TOGETHER
    punctuates = True

    def __init__(self, client: Any, recognizer: str, model: str) -> None:
        self._client = client
        self._recognizer = recognizer
        self._model = model

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """See the protocol. With ``auto`` the first region with words decides the language of those after it.

        Raises ``recognition_unsupported``, and the errors of :func:`vocasync.engines.google_cloud.problem`.
        """
        bcp47(language)
        sounds = [(region, _inside(audio, region)) for region in regions]
        left = [(region, sound) for region, sound in sounds if len(sound) >= _SHORTEST * audio.rate]
        total, heard = len(left), language
        segments: list[Segment] = []
        while left:
            count = 1 if heard == DETECT else _TOGETHER
            group, left = left[:count], left[count:]
            answers = self._answers([sound for _, sound in group], bcp47(heard), progress)
            for (region, _), answer in zip(group, answers, strict=True):
                segments += answer.placed(region, len(segments))
                heard = answer.language if heard == DETECT and answer.segments else heard
            progress.report(1.0 - len(left) / total)
        return Recognition(tuple(segments), heard)

    def open(self, language: str) -> Stream:
        """A stream of speech. Raises ``recognition_unsupported``."""
        config = speech.StreamingRecognitionConfig(
            config=self._config(bcp47(language)),
            streaming_features=speech.StreamingRecognitionFeatures(interim_results=True),
        )
        return Stream(self._client, self._recognizer, config, (NAME, LABEL))

    def close(self) -> None:
        """Let the connection go."""
        self._client.transport.close()

    def _answers(self, sounds: Sequence[FloatArray], language: str, progress: Progress) -> list[_Answer]:
        """What is said in each sound, asked at once."""
        answers = _beside([partial(self._ask, sound, language) for sound in sounds], progress)
        for answer in answers:
            spending.spend("asr", NAME, answer.billed)
        return answers

    def _ask(self, sound: FloatArray, language: str, progress: Progress) -> _Answer:
        request = speech.RecognizeRequest(
            recognizer=self._recognizer, config=self._config(language), content=pcm(sound)
        )
        response = google_cloud.call(
            LABEL, lambda: self._client.recognize(request=request, **google_cloud.ONCE), progress
        )
        found = [result for result in response.results if result.alternatives]
        spoken = next((code for result in found if (code := ours(result.language_code))), ours(language))
        segments: list[Segment] = []
        begin = 0.0
        for result in found:
            end = result.result_end_offset.total_seconds()
            segments += google_words.segments(result.alternatives[0], begin, end)
            begin = end
        return _Answer(tuple(segments), spoken or DETECT, google_words.billed(response, len(sound) / ANALYSIS_RATE))

    def _config(self, language: str) -> speech.RecognitionConfig:
        able = _MODELS.get(self._model, _OTHER)
        speakers = speech.SpeakerDiarizationConfig(min_speaker_count=1, max_speaker_count=_SPEAKERS)
        return speech.RecognitionConfig(
            explicit_decoding_config=speech.ExplicitDecodingConfig(
                encoding=speech.ExplicitDecodingConfig.AudioEncoding.LINEAR16,
                sample_rate_hertz=ANALYSIS_RATE,
                audio_channel_count=1,
            ),
            model=self._model,
            language_codes=[language],
            features=speech.RecognitionFeatures(
                enable_automatic_punctuation=True,
                enable_word_time_offsets=True,
                enable_word_confidence=able.confidence,
                diarization_config=speakers if able.speakers else None,
            ),
        )


def _inside(audio: Audio, region: Region) -> FloatArray:
    first, last = round(region.start * audio.rate), round(region.end * audio.rate)
    return audio.samples[max(0, first) : max(0, last)]


class _Stopping:
    """The progress of calls that run beside each other: whoever started them says when they are no longer wanted."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled


def _beside(calls: Sequence[Callable[[Progress], _Answer]], progress: Progress) -> list[_Answer]:
    """The answers of calls that run beside each other. The first failure, or a cancellation, is raised at once: what is
    under way then ends by itself, unheeded."""
    stopping = _Stopping()
    pool = ThreadPoolExecutor(len(calls), thread_name_prefix=NAME)
    try:
        pending = futures = [pool.submit(call, stopping) for call in calls]
        while pending:
            progress.check()
            done, rest = wait(pending, timeout=_LOOK, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            pending = list(rest)
        return [future.result() for future in futures]
    finally:
        stopping.stop()
        pool.shutdown(wait=False, cancel_futures=True)


def create(config: EngineConfig) -> GoogleSpeech:
    """Connect; nothing is asked yet. Raises ``service_key`` for a key that is not a service account's."""
    who = google_cloud.account(config, LABEL)
    location = config.option("google_location", _LOCATION)
    host = "speech.googleapis.com" if location == "global" else f"{location}-speech.googleapis.com"
    client = google_cloud.client(speech.SpeechClient, who, config.option("google_speech_endpoint", host))
    recognizer = f"projects/{who.project}/locations/{location}/recognizers/_"
    return GoogleSpeech(client, recognizer, config.option("google_speech_model", _MODEL))
