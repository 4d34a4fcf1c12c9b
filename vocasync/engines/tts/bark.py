"""Bark (Suno) through ``transformers``: text to meaning, meaning to coarse sound, coarse sound to fine sound.

Bark speaks in the voices of its presets and, on purpose, in no others. Somebody's own voice is made of the nearest
preset by :mod:`vocasync.engines.tts.recolour`; a tone is laid over its sound like over any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.base import EngineConfig, setting
from vocasync.engines.devices import weight_of
from vocasync.engines.quantized import int8
from vocasync.engines.tts import pretrained, recolour
from vocasync.engines.tts.bark_voices import (
    LANGUAGE_CODES,
    RATES,
    SETTINGS,
    default_of,
    known,
    preset_of,
    presets_of,
    prompt_path,
)
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.engines.tts.sampling import seeded
from vocasync.types import Audio, FloatArray, VoiceReference
from vocasync.weights import store

_SECONDS = 12.0  # of the 13 that Bark says at once, as long as people speak like others do
_BATCH = 8
_LONGEST = 2.0  # times as long as its text should be, and so many seconds more, is what a line may take
_PROMPTS = {"semantic_prompt": (1, 10_000), "coarse_prompt": (2, 1024), "fine_prompt": (8, 1024)}
"""What a preset is made of: how many rows of numbers, and below what they lie."""

Prompt = Mapping[str, NDArray[np.int64]]


class Bark:
    """The published networks as a :class:`vocasync.engines.tts.neural.Model`."""

    languages = LANGUAGE_CODES
    stocks = frozenset(voice.name for voice in known())
    batch = _BATCH
    seeded = True
    paced = False
    styled = False

    def __init__(self, name: str, folder: Path, mark: str, model: Any, tokenizer: Any) -> None:
        self.name = name
        self._folder, self._model, self._tokenizer = folder, model, tokenizer
        self._configs = _configs(model.generation_config, folder / "generation_config.json")
        self._palette = recolour.Palette(self.heard)
        self._prompt = lru_cache(maxsize=32)(self._read)
        self.version = f"1-{mark}"
        self.sample_rate: int = model.generation_config.sample_rate
        self.device = str(model.device)
        self.memory_bytes = weight_of(model)

    def most_chars(self, code: str) -> int:
        """As many characters as are spoken in twelve seconds."""
        return round(_SECONDS * RATES[code])

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """The colour of the voice, and how it speaks."""
        return recolour.arrays_of(reference)

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """See the protocol. Raises ``weights_damaged`` where the preset's files are missing or not what they should
        be."""
        line = lines[0]
        if voice is None:
            return self._speak(lines, preset_of(line.stock or default_of(line.language)))
        preset = self._palette.nearest(voice, self._there(line.language))
        sounds = (Audio(sound, self.sample_rate) for sound in self._speak(lines, preset))
        return [self._palette.lay(sound, preset, voice, line.match).samples for sound in sounds]

    def heard(self, preset: str) -> Audio:
        """The seconds of speech that a preset was made from."""
        import torch

        codes = torch.from_numpy(self._prompt(preset)["fine_prompt"]).to(self._model.device)
        with torch.inference_mode(), pretrained.quiet():
            return Audio(_samples(self._model.codec_decode(codes[None])[0]), self.sample_rate)

    def _speak(self, lines: Sequence[Line], preset: str) -> list[FloatArray]:
        """What the library's own ``BarkModel.generate`` does, for several lines that end where they would end alone:
        there the longest one's end is padded into the others before the network that looks both ways sees them."""
        import torch

        history = {name: torch.from_numpy(array).to(self._model.device) for name, array in self._prompt(preset).items()}
        with torch.inference_mode(), pretrained.quiet(), seeded([line.seed for line in lines], self.device):
            meaning = self._meaning(lines, history)
            coarse, lengths = self._model.coarse_acoustics.generate(
                meaning,
                history_prompt=history,
                return_output_lengths=True,
                codebook_size=self._model.generation_config.codebook_size,
                temperature=setting(SETTINGS, "coarse_temperature", lines[0].options),
                **self._configs["coarse"],
            )
            ended = zip(coarse, lengths.tolist(), strict=True)
            return [self._fine(codes[:length][None], history) for codes, length in ended]

    def _meaning(self, lines: Sequence[Line], history: Any) -> Any:
        texts = self._tokenizer(
            [line.text for line in lines],
            return_tensors="pt",
            padding="max_length",
            truncation=True,
            max_length=self._configs["meaning"]["semantic_generation_config"].max_input_semantic_length,
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(self._model.device)
        config = self._configs["meaning"]["semantic_generation_config"]
        seconds = max(len(line.text) for line in lines) / RATES[lines[0].language]
        return self._model.semantic.generate(
            texts["input_ids"],
            attention_mask=texts["attention_mask"],
            history_prompt=history,
            temperature=setting(SETTINGS, "semantic_temperature", lines[0].options),
            max_new_tokens=min(config.max_new_tokens, math.ceil(_LONGEST * (seconds + 1) * config.semantic_rate_hz)),
            **self._configs["meaning"],
        )

    def _fine(self, coarse: Any, history: Any) -> FloatArray:
        """One line's coarse codes, shape (1, length), as sound."""
        if not coarse.shape[1]:
            return np.zeros(0, np.float32)
        codes = self._model.fine_acoustics.generate(
            coarse,
            history_prompt=history,
            codebook_size=self._model.generation_config.codebook_size,
            **self._configs["fine"],
        )
        return _samples(self._model.codec_decode(codes)[0])

    def _there(self, code: str) -> tuple[str, ...]:
        """The presets of a language whose files are there, or else all of them, so that what is missing is told."""
        presets = presets_of(code)
        return (
            tuple(preset for preset in presets if prompt_path(self._folder, preset, "fine_prompt").is_file()) or presets
        )

    def _read(self, preset: str) -> Prompt:
        return {name: _prompt(prompt_path(self._folder, preset, name), *shape) for name, shape in _PROMPTS.items()}


def create(config: EngineConfig) -> NeuralVoice:
    """Bark as published. Raises ``weights_unsafe``, ``weights_damaged``."""
    return _created("bark", config)


def create_small(config: EngineConfig) -> NeuralVoice:
    """Its small edition. Raises ``weights_unsafe``, ``weights_damaged``."""
    return _created("bark-small", config)


def _created(name: str, config: EngineConfig) -> NeuralVoice:
    from transformers import BarkModel

    folder = store.folder(name, config.models)
    mark = store.mark(name, config.models)
    model = pretrained.model(BarkModel, folder, config.device)
    if model.device.type == "cpu" and config.option("bark_precision") == "int8":
        mark += "-int8"
        for part in ("semantic", "coarse_acoustics", "fine_acoustics"):
            setattr(model, part, int8(getattr(model, part)))
    return NeuralVoice(Bark(name, folder, mark, model, pretrained.tokenizer(folder)))


def _configs(given: Any, path: Path) -> dict[str, dict[str, Any]]:
    """What the generating method of each network wants to know, from the model's file."""
    from transformers.models.bark import generation_configuration_bark as untyped

    kinds: Any = untyped
    with pretrained.failing(path):
        meaning = kinds.BarkSemanticGenerationConfig(**given.semantic_config)
        coarse = kinds.BarkCoarseGenerationConfig(**given.coarse_acoustics_config)
        fine = kinds.BarkFineGenerationConfig(**given.fine_acoustics_config)
    first = {"semantic_generation_config": meaning}
    second = first | {"coarse_generation_config": coarse}
    return {"meaning": first, "coarse": second, "fine": second | {"fine_generation_config": fine}}


def _prompt(path: Path, rows: int, most: int) -> NDArray[np.int64]:
    """An array of a preset, without unpickling anything. Raises ``weights_damaged``."""
    with pretrained.failing(path):
        found = np.load(path, allow_pickle=False)
        if found.dtype.kind not in "iu" or not found.size or (found.min() < 0 or found.max() >= most):
            raise ValueError("it does not hold the numbers of a voice")
        shaped = found.reshape(rows, -1) if found.shape[:-1] in ((rows,), ()) else np.zeros((0, 0))
        if len(shaped) != rows:
            raise ValueError(f"its shape is {found.shape}")
    codes: NDArray[np.int64] = shaped.astype(np.int64)
    return codes[0] if rows == 1 else codes


def _samples(sound: Any) -> FloatArray:
    samples: FloatArray = sound.float().cpu().numpy().reshape(-1)
    return samples
