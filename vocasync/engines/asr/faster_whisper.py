"""Whisper's weights with CTranslate2: the same words several times faster; eight-bit integers on a CPU, half precision
on a GPU. Only what lies on disk is used: nothing is fetched here.

On a GPU regions are recognised several at a time (on a CPU that gains less than a tenth: docs/engines.md). That way has
no second try of its own, so a region in which the model loops or doubts itself is then recognised alone, with other
temperatures, as openai-whisper does it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vocasync.engines import devices
from vocasync.engines.asr import whisperlike
from vocasync.engines.asr.agreement import Agreement
from vocasync.engines.asr.faster_whisper_weights import missing, wanted_size
from vocasync.engines.asr.whisper_weights import model_name
from vocasync.engines.asr.whisperlike import Heard
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region
from vocasync.weights import safe, store

LABEL = "faster-whisper"

_TOGETHER = {"cpu": 1, "cuda": 16}
_WINDOW = 30.0  # seconds: what is longer is not read further when several are read at once
_BETWEEN = 3  # seconds of silence between regions: the library then takes each for the first one


class FasterWhisper:
    """A :class:`vocasync.engines.base.Recognizer` and :class:`~vocasync.engines.base.StreamingRecognizer` for the
    languages of Whisper."""

    name = "faster-whisper"
    region_seconds = whisperlike.REGION_SECONDS
    punctuates = True

    def __init__(self, model: Any, memory_bytes: int) -> None:
        from faster_whisper import BatchedInferencePipeline

        self._model = model
        self._several = BatchedInferencePipeline(model)
        self._lock = threading.Lock()
        self.together = _TOGETHER[model.model.device]
        self.memory_bytes = memory_bytes

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """See the protocol. With ``auto`` the language is detected on the first region and holds for all.

        Raises ``recognition_unsupported`` for a language that the model does not know.
        """
        code = whisperlike.code(language, _known(self._model))
        return whisperlike.recognize(self._hear, audio, regions, code, progress, self.together)

    def open(self, language: str) -> Agreement:
        """A stream of speech; its results come some time after the words: that of a pass over what is not final yet.

        Raises ``recognition_unsupported`` for a language that the model does not know.
        """
        whisperlike.code(language, _known(self._model))
        return Agreement(self, language)

    def close(self) -> None:
        """Let go of the memory that its weights take."""
        self._model.model.unload_model()

    def _hear(self, sounds: Sequence[FloatArray], language: str | None) -> list[tuple[list[Heard], str]]:
        with self._lock:
            spoken = language or str(self._model.detect_language(sounds[0])[0])
            if self.together == 1:
                return [(self._alone(sound, spoken), spoken) for sound in sounds]
            short = [sound for sound in sounds if len(sound) <= _WINDOW * ANALYSIS_RATE]
            found = iter(self._together(short, spoken))
            once = [next(found) if len(sound) <= _WINDOW * ANALYSIS_RATE else None for sound in sounds]
            return [
                (self._alone(sound, spoken) if heard is None or _doubted(heard) else heard, spoken)
                for sound, heard in zip(sounds, once, strict=True)
            ]

    def _together(self, sounds: Sequence[FloatArray], language: str) -> list[list[Heard]]:
        """What is heard in each sound, all read at once."""
        starts, line = _laid_out(sounds)
        clips = [
            {"start": start, "end": start + len(sound) / ANALYSIS_RATE}
            for start, sound in zip(starts, sounds, strict=True)
        ]
        found, _ = self._several.transcribe(
            line,
            language=language,
            clip_timestamps=clips,
            batch_size=len(sounds),
            without_timestamps=False,
            word_timestamps=True,
        )
        heard: dict[int, list[Heard]] = {start: [] for start in starts}
        for segment in found:
            start = segment.seek // self._model.frames_per_second
            heard[start].append(_heard(segment, start))
        return list(heard.values())

    def _alone(self, sound: FloatArray, language: str) -> list[Heard]:
        """What is heard in one sound, with other temperatures where the first is no good. These sample, and the library
        takes no seed once it runs: such a region may come out otherwise another time."""
        found: Iterable[Any]
        found, _ = self._model.transcribe(
            sound, language=language, log_prob_threshold=whisperlike.MIN_LOGPROB, **whisperlike.OPTIONS
        )
        return [_heard(segment, 0) for segment in found]


def _doubted(heard: Sequence[Heard]) -> bool:
    return any(one.doubted for one in heard)


def _laid_out(sounds: Sequence[FloatArray]) -> tuple[list[int], FloatArray]:
    """Sounds in one line, each from a whole second on, after silence; and these seconds."""
    starts: list[int] = []
    pieces: list[FloatArray] = []
    at = 0
    for sound in sounds:
        starts.append(at + _BETWEEN)
        ahead = np.zeros(_BETWEEN * ANALYSIS_RATE, dtype=np.float32)
        behind = np.zeros(-len(sound) % ANALYSIS_RATE, dtype=np.float32)
        pieces += [ahead, sound, behind]
        at = starts[-1] + (len(sound) + len(behind)) // ANALYSIS_RATE
    return starts, np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)


def _known(model: Any) -> list[str]:
    """Codes of the model's languages: older multilingual ones lack the last of the library's list."""
    token = model.hf_tokenizer.token_to_id
    return [code for code in model.supported_languages if code == "en" or token(f"<|{code}|>") is not None]


def _heard(segment: Any, start: float) -> Heard:
    """start: seconds from which the library counts."""
    found = [
        whisperlike.word(word.word, word.start - start, word.end - start, word.probability)
        for word in segment.words or ()
    ]
    return Heard(
        segment.text,
        tuple(word for word in found if word.text),
        float(segment.avg_logprob),
        float(segment.no_speech_prob),
        float(segment.compression_ratio),
    )


def create(config: EngineConfig) -> FasterWhisper:
    """Load the model. Raises ``engine_not_ready`` and ``weights_damaged``."""
    lack = missing(config)
    if lack:
        raise PipelineError("engine_not_ready", label=LABEL, missing=lack)
    folder = store.folder(model_name(wanted_size(config), LABEL), config.models)
    kind, _, index = devices.device(config.device).partition(":")
    device = kind if devices.halves(kind) else "cpu"
    return FasterWhisper(_load(folder, device, int(index or 0)), (folder / "model.bin").stat().st_size)


def _load(folder: Path, device: str, index: int) -> Any:
    from faster_whisper import WhisperModel

    try:
        model = WhisperModel(
            str(folder),
            device=device,
            device_index=index,
            compute_type="float16" if devices.halves(device) else "int8",
            local_files_only=True,
        )
    except Exception as error:  # tokenizers raises nothing narrower
        raise safe.damaged(folder / "model.bin", _line(error)) from error
    return model


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:160]
