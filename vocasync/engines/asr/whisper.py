"""Recognition in 99 languages with openai-whisper and its published weights."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vocasync.engines import devices, quantized
from vocasync.engines.asr import whisperlike
from vocasync.engines.asr.agreement import Agreement
from vocasync.engines.asr.whisper_weights import fetched, missing, wanted_size
from vocasync.engines.asr.whisperlike import Heard
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.engines.devices import threads_kept, weight_of
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Region
from vocasync.weights import safe

LABEL = "Whisper"


class Whisper:
    """A :class:`vocasync.engines.base.Recognizer` and :class:`~vocasync.engines.base.StreamingRecognizer` for the
    languages of Whisper."""

    name = "whisper"
    region_seconds = whisperlike.REGION_SECONDS
    together = 1
    punctuates = True

    def __init__(self, model: Any, half: bool) -> None:
        self._model = model
        self._half = half
        self._lock = threading.Lock()
        self.memory_bytes = weight_of(model)

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """See the protocol. With ``auto`` the language is detected on the first region and holds for all.

        Raises ``recognition_unsupported`` for a language that the model does not know.
        """
        code = whisperlike.code(language, _known(self._model))
        return whisperlike.recognize(self._hear, audio, regions, code, progress)

    def open(self, language: str) -> Agreement:
        """A stream of speech; its results come some time after the words: that of a pass over what is not final yet.

        Raises ``recognition_unsupported`` for a language that the model does not know.
        """
        whisperlike.code(language, _known(self._model))
        return Agreement(self, language)

    def _hear(self, sounds: Sequence[FloatArray], language: str | None) -> list[tuple[list[Heard], str]]:
        return [self._transcribe(sound, language) for sound in sounds]

    def _transcribe(self, samples: FloatArray, language: str | None) -> tuple[list[Heard], str]:
        import torch

        with self._lock, threads_kept():  # Numba, which places its words in time, sets as many as there are cores
            # Only the fallback from greedy decoding samples; seeded, so that resuming gives the same words.
            torch.manual_seed(0)
            result: dict[str, Any] = self._model.transcribe(
                samples,
                language=language,
                fp16=self._half,
                logprob_threshold=whisperlike.MIN_LOGPROB,
                **whisperlike.OPTIONS,
            )
        return [_heard(segment) for segment in result["segments"]], str(result["language"])


def _known(model: Any) -> list[str]:
    """Codes of the model's languages: ``.en`` models know one, older multilingual ones lack the last."""
    from whisper.tokenizer import LANGUAGES

    return list(LANGUAGES)[: model.num_languages] if model.is_multilingual else ["en"]


def _heard(segment: dict[str, Any]) -> Heard:
    found = [
        whisperlike.word(word["word"], word["start"], word["end"], word["probability"])
        for word in segment.get("words", [])
    ]
    return Heard(
        segment["text"],
        tuple(word for word in found if word.text),
        segment["avg_logprob"],
        segment["no_speech_prob"],
        segment["compression_ratio"],
    )


def create(config: EngineConfig) -> Whisper:
    """Load the model, fetching its weights where they are not on disk.

    Raises ``engine_not_ready`` for an unknown size or weights that cannot be had, ``weights_damaged`` and
    ``weights_unsafe`` for a file that is no checkpoint, and what fetching raises.
    """
    lack = missing(config)
    if lack:
        raise PipelineError("engine_not_ready", label=LABEL, missing=lack)
    size = wanted_size(config)
    model = load(fetched(size, config), size)
    device = _device(config)
    if device == "cpu" and config.option("whisper_precision") == "int8":
        return Whisper(quantized.int8(model), half=False)
    return Whisper(model.to(device), half=devices.halves(device))


def load(path: Path, size: str) -> Any:
    """The model of a checkpoint, on the CPU. Raises ``weights_damaged``, ``weights_unsafe``."""
    from whisper.model import ModelDimensions
    from whisper.model import Whisper as Network

    checkpoint = safe.load_checkpoint(path)
    try:
        network = Network(ModelDimensions(**checkpoint["dims"]))
        state = checkpoint["model_state_dict"]
    except (KeyError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise safe.damaged(path, "it is no checkpoint of Whisper") from error
    safe.load_state(network, state, path)
    _align(network, size)
    return network.eval()


def _align(network: Any, size: str) -> None:
    """Say which attention heads follow the sound: published for each size, and not part of the file."""
    import whisper

    heads = getattr(whisper, "_ALIGNMENT_HEADS", {}).get(size)
    if heads is not None and (network.dims.n_text_layer, network.dims.n_text_head) == PUBLISHED_DECODERS[size]:
        network.set_alignment_heads(heads)


PUBLISHED_DECODERS = {
    "tiny": (4, 6),
    "base": (6, 8),
    "small": (12, 12),
    "medium": (24, 16),
    "large": (32, 20),
    "turbo": (4, 20),
}
"""Layers and heads of the published text decoders."""


def _device(config: EngineConfig) -> str:
    """Word times need numbers that Apple's GPUs do not have (64 bits)."""
    found = devices.device(config.device)
    return "cpu" if found == "mps" else found
