"""Recognition in 99 languages with openai-whisper and its published weights.

Every region is recognised by itself: no text is carried from one to the next, so a loop or a hallucination cannot
spread, and a region gives the same words whichever worker does it, in whatever order.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pickle import UnpicklingError
from typing import Any
from urllib.error import URLError

import numpy as np

from vocasync.engines.asr.whisper_weights import folder, missing, on_disk, wanted_size
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.languages import language as language_of
from vocasync.progress import Progress
from vocasync.types import Audio, Region, Segment, Word

LABEL = "Whisper"

_SHORTEST = 0.1  # seconds: less than a word
_MAX_COMPRESSION = 2.4  # a text that gzip shrinks by more repeats itself
_MAX_SILENCE = 0.6
_MIN_LOGPROB = -1.0


class Whisper:
    """A :class:`vocasync.engines.base.Recognizer` for the languages of Whisper."""

    name = "whisper"
    region_seconds = 28.0  # one window of the model is 30 s
    punctuates = True

    def __init__(self, model: Any, half: bool) -> None:
        self._model = model
        self._half = half
        self._lock = threading.Lock()

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """See the protocol. With ``auto`` the language is detected on the first region and holds for all.

        Raises ``recognition_unsupported`` for a language that the model does not know.
        """
        heard = self._code(language)
        segments: list[Segment] = []
        for number, region in enumerate(regions):
            progress.check()
            if region.duration >= _SHORTEST:
                result = self._transcribe(audio, region, heard)
                heard = result["language"]
                segments.extend(_segments(result, region, len(segments)))
            progress.report((number + 1) / len(regions))
        return Recognition(tuple(segments), heard or DETECT)

    def _code(self, language: str) -> str | None:
        from whisper.tokenizer import LANGUAGES

        if language == DETECT:
            return None
        row = language_of(language)
        if row.code not in LANGUAGES or LANGUAGES[row.code] not in _known(self._model, LANGUAGES):
            remedy = "Add subtitles (SRT or VTT), or paste the transcript."
            raise PipelineError("recognition_unsupported", language=row.name, remedy=remedy)
        return row.code

    def _transcribe(self, audio: Audio, region: Region, language: str | None) -> dict[str, Any]:
        import torch

        first, last = round(region.start * audio.rate), round(region.end * audio.rate)
        samples = np.ascontiguousarray(audio.samples[max(0, first) : last], dtype=np.float32)
        with self._lock:
            # Only the fallback from greedy decoding samples; seeded, so that resuming gives the same words.
            torch.manual_seed(0)
            result: dict[str, Any] = self._model.transcribe(
                samples,
                language=language,
                fp16=self._half,
                word_timestamps=True,
                condition_on_previous_text=False,
                hallucination_silence_threshold=2.0,
                compression_ratio_threshold=_MAX_COMPRESSION,
                no_speech_threshold=_MAX_SILENCE,
                logprob_threshold=_MIN_LOGPROB,
            )
        return result


def _known(model: Any, names: dict[str, str]) -> list[str]:
    """The languages of the model: ``.en`` models know one, older multilingual ones lack the last."""
    return list(names.values())[: model.num_languages] if model.is_multilingual else [names["en"]]


def _segments(result: dict[str, Any], region: Region, first: int) -> list[Segment]:
    kept = [segment for segment in result["segments"] if _plausible(segment)]
    found = [_segment(first + index, segment, region) for index, segment in enumerate(kept)]
    return [segment for segment in found if segment.words]


def _plausible(segment: dict[str, Any]) -> bool:
    """False for what the model makes up over noise and silence: loops, and words that it doubts itself."""
    doubted = segment["no_speech_prob"] > _MAX_SILENCE and segment["avg_logprob"] < _MIN_LOGPROB
    return bool(segment["text"].strip()) and not doubted and segment["compression_ratio"] <= _MAX_COMPRESSION


def _segment(index: int, segment: dict[str, Any], region: Region) -> Segment:
    def time(value: Any) -> float:
        return round(min(max(region.start + float(value), region.start), region.end), 3)

    words = tuple(
        Word(word["word"].strip(), time(word["start"]), time(word["end"]), round(float(word["probability"]), 3))
        for word in segment.get("words", [])
        if word["word"].strip()
    )
    if not words:
        return Segment(index, region.start, region.end, "")
    confidence = float(np.mean([word.confidence for word in words]))
    return Segment(index, words[0].start, words[-1].end, segment["text"].strip(), words, confidence)


def create(config: EngineConfig) -> Whisper:
    """Load the model, downloading its weights where they are not on disk.

    Raises ``engine_not_ready`` for an unknown size or weights that cannot be had, ``recognizer_failed`` when the
    download breaks off or the file is no checkpoint.
    """
    import torch

    lack = missing(config)
    if lack:
        raise PipelineError("engine_not_ready", label=LABEL, missing=lack)
    device = config.device if config.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        model = _load(config, device)
    except URLError as error:
        raise PipelineError("recognizer_failed", label=LABEL, reason=f"download broke off: {error.reason}") from error
    except (RuntimeError, EOFError, UnpicklingError, KeyError, TypeError) as error:
        reason = f"the {wanted_size(config)} weights in {folder(config)} are damaged; delete them or copy them again"
        raise PipelineError("recognizer_failed", label=LABEL, reason=reason, permanent=True) from error
    return Whisper(model, half=device.startswith("cuda"))


def _load(config: EngineConfig, device: str) -> Any:
    import whisper

    size = wanted_size(config)
    path = on_disk(size, config)
    if path is None:
        return whisper.load_model(size, device=device, download_root=str(folder(config)))
    model = whisper.load_model(str(path), device=device)
    heads = getattr(whisper, "_ALIGNMENT_HEADS", {}).get(size)
    if heads is not None and (model.dims.n_text_layer, model.dims.n_text_head) == _PUBLISHED_DECODERS[size]:
        model.set_alignment_heads(heads)  # by path the library does not know which heads follow the sound
    return model


_PUBLISHED_DECODERS = {
    "tiny": (4, 6),
    "base": (6, 8),
    "small": (12, 12),
    "medium": (24, 16),
    "large": (32, 20),
    "turbo": (4, 20),
}
"""Layers and heads of the published text decoders."""
