"""SV2TTS as a voice engine. English alone; a tone is laid over its sound like over that of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vocasync.engines.base import EngineConfig
from vocasync.engines.devices import device, weight_of
from vocasync.engines.speaker.resemblyzer import Resemblyzer
from vocasync.engines.tts.corpus import sentences
from vocasync.engines.tts.espeakng import shared
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.engines.tts.sv2tts.settings import VOCODER
from vocasync.engines.tts.sv2tts.text import symbols
from vocasync.progress import Part, listener
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, VoiceReference
from vocasync.weights import store

if TYPE_CHECKING:
    from torch import Tensor

    from vocasync.engines.tts.sv2tts.chance import Chance
    from vocasync.engines.tts.sv2tts.synthesizer import Tacotron
    from vocasync.engines.tts.sv2tts.vocoder import WaveRnn

NAME = "sv2tts"
_LONGEST = 140  # characters of a line: about twenty words, as long as what it was trained on
_BATCH = 8
_EDITION = 1  # raised when the same weights come to sound otherwise
_DEFAULT = "en-us"  # the voice of eSpeak NG whose embedding speaks where no voice is given
_SYNTHESIZED = 0.5  # of the progress of a batch


class Sv2tts:
    """The three networks as a :class:`vocasync.engines.tts.neural.Model`."""

    name = NAME
    sample_rate = ANALYSIS_RATE
    languages = frozenset({"en"})
    stocks: frozenset[str] = frozenset()
    batch = _BATCH
    seeded = True
    paced = False
    styled = False

    def __init__(self, encoder: Resemblyzer, synthesizer: Tacotron, vocoder: WaveRnn, version: str) -> None:
        from vocasync.engines.tts.sv2tts import integers

        self._encoder, self._synthesizer, self._vocoder = encoder, synthesizer, vocoder
        self.version = version
        self.device = str(synthesizer.encoder_proj.weight.device)
        self.memory_bytes = (
            weight_of(synthesizer, vocoder) + integers.bytes_of(synthesizer) + integers.bytes_of(vocoder)
        )

    def most_chars(self, code: str) -> int:
        """About twenty words."""
        return _LONGEST

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """The speaker's embedding. Raises ``no_speech`` for a clip without sound."""
        return {"embedding": self._encoder.embed(clip)}

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """See the protocol. Whoever listens (:func:`vocasync.progress.listener`) is told how far it is, and may end it.

        What has no letter that the synthesizer knows gives no sound."""
        texts = [symbols(line.text) for line in lines]
        spoken = [number for number, text in enumerate(texts) if len(text) > 1]
        sounds = [np.zeros(0, np.float32)] * len(lines)
        if spoken:
            made = self._spoken([lines[number] for number in spoken], [texts[number] for number in spoken], voice)
            for number, sound in zip(spoken, made, strict=True):
                sounds[number] = sound
        return sounds

    def _spoken(self, lines: Sequence[Line], texts: list[list[int]], voice: Arrays | None) -> list[FloatArray]:
        import torch

        from vocasync.engines.tts.sv2tts.chance import Chance

        embedding = torch.from_numpy(self._default if voice is None else voice["embedding"])
        chances = [Chance(line.seed, line.text) for line in lines]
        mels = self._synthesizer.say(texts, embedding, chances, _tick(0.0, _SYNTHESIZED))
        return self._sounds(mels, chances, quick=VOCODER.value(lines[0].options) < 0.5)

    def _sounds(self, mels: Sequence[Tensor], chances: Sequence[Chance], *, quick: bool) -> list[FloatArray]:
        from vocasync.engines.tts.sv2tts.mel import griffin_lim

        tick = _tick(_SYNTHESIZED, 1.0)
        if not quick:
            return self._vocoder.sound(mels, chances, tick)
        made = []
        for number, (mel, chance) in enumerate(zip(mels, chances, strict=True)):
            tick(number / len(mels))
            made.append(griffin_lim(mel, chance))
        return made

    @cached_property
    def _default(self) -> FloatArray:
        """The embedding of a voice that is nobody's: the networks have none of their own."""
        said = [shared().synthesize(text, _DEFAULT).audio for text in sentences(_DEFAULT)]
        return self._encoder.embed(Audio(np.concatenate([one.samples for one in said]), said[0].rate))


def create(config: EngineConfig) -> NeuralVoice:
    """The networks with their weights. Raises ``weights_unsafe``, ``weights_damaged``."""
    from vocasync.engines.tts.sv2tts import encoder, integers, synthesizer, vocoder

    folder = store.folder(NAME, config.models)
    where = device(config.device)
    exact = where != "cpu" or not integers.supported()
    heard = encoder.built(_encoder_file(folder, encoder.packaged))
    read = synthesizer.built(folder / "synthesizer.pt", exact=exact).to(where)
    sounding = vocoder.built(folder / "vocoder.pt", exact=exact).to(where)
    version = f"{_EDITION}-{store.mark(NAME, config.models)}-{'exact' if exact else 'int8'}"
    return NeuralVoice(Sv2tts(Resemblyzer(heard), read, sounding, version))


def _encoder_file(folder: Path, packaged: Callable[[], Path]) -> Path:
    published = folder / "encoder.pt"
    return published if published.is_file() else packaged()


def _tick(low: float, high: float) -> Any:
    """Tells whoever listens, from ``low`` to ``high`` of the whole; ends the work that they do not want any more."""
    progress = Part(listener(), low, high)

    def tick(done: float) -> None:
        progress.check()
        progress.report(done)

    return tick
