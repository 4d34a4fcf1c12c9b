"""The engines of a live session, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from vocasync.engines import registry
from vocasync.engines.auto import Plan, choose_live
from vocasync.engines.base import (
    EngineConfig,
    SpeakerEncoder,
    Stage,
    StockVoice,
    StreamingRecognizer,
    Translator,
    VoiceEngine,
    Watermarker,
)
from vocasync.engines.cache import in_use
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.pipelines.base import ENCODER
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.stages.watermark import Once
from vocasync.types import ANALYSIS_RATE, Audio

_WARM_SECONDS = 2.0  # of noise that the encoder is warmed up with


@dataclass(frozen=True, slots=True)
class Choice:
    """Which engines, and what is listened for: a language, or ``auto``. target: that is spoken. notes: for the
    person."""

    plan: Plan
    listens: str
    target: str
    notes: tuple[str, ...] = ()

    @property
    def engines(self) -> dict[str, str]:
        """Their names by step, "" where a step is not needed."""
        plan = self.plan
        return {"asr": plan.recognizer, "translate": plan.translator, "tts": plan.voice, "watermark": plan.watermark}


class Parts:
    """The loaded engines of a choice; nobody closes them before :meth:`close`. stocks: the voices that the voice engine
    brings and that speak the target language."""

    def __init__(
        self,
        choice: Choice,
        recognizer: StreamingRecognizer,
        translator: Translator | None,
        voice: VoiceEngine,
        encoder: SpeakerEncoder,
        watermarker: Watermarker | None = None,
        stocks: tuple[StockVoice, ...] = (),
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.choice = choice
        self.recognizer, self.translator, self.voice = recognizer, translator, voice
        self.encoder, self.watermarker, self.stocks = encoder, watermarker, stocks
        self.close = close

    def mark(self, audio: Audio) -> Audio:
        """The sound with the watermark of the session, if it has one; once, where the engine marks by itself."""
        if self.watermarker is None:
            return audio
        marks = getattr(self.voice, "marks", False)
        return (Once(self.watermarker) if marks else self.watermarker).mark(audio)


class Workshop:
    """Chooses and loads the engines of one session."""

    def __init__(self, request: LiveRequest, config: EngineConfig) -> None:
        self._request, self._config = request, config

    def choose(self, manner: Manner) -> Choice:
        """The engines for a manner, without loading any. Raises ``recognition_unsupported``, ``pair_unsupported``,
        ``voice_unsupported``, ``unknown_language``, ``engine_unknown``, ``engine_not_ready``."""
        asked = self._request
        plan, listens, notes = choose_live(
            manner.source_language,
            manner.target_language,
            self._config,
            recognizer=asked.recognizer,
            translator=asked.translator,
            voice=asked.voice_engine,
        )
        marked = Plan(plan.recognizer, plan.translator, plan.voice, asked.watermark)
        return Choice(marked, listens, language(manner.target_language).code, notes)

    def load(self, choice: Choice, told: Callable[[str, float], None]) -> Parts:
        """The engines, loaded. told: is given the stage that is being loaded, and how much of all is there (0 to 1).

        Raises ``engine_not_ready``, ``engine_unknown``, and what an engine raises.
        """
        context = copy_context()  # of its own: what is in use is so until these parts are closed
        held = ExitStack()
        context.run(held.enter_context, in_use())
        try:
            return context.run(self._loaded, choice, told, lambda: context.run(held.close))
        except BaseException:
            context.run(held.close)
            raise

    def _loaded(self, choice: Choice, told: Callable[[str, float], None], close: Callable[[], None]) -> Parts:
        plan = choice.plan
        wanted: tuple[tuple[Stage, str], ...] = (
            ("asr", plan.recognizer),
            ("translate", plan.translator),
            ("tts", plan.voice),
            ("speaker", ENCODER),
            ("watermark", plan.watermark),
        )
        found: dict[str, Any] = {}
        for number, (stage, name) in enumerate(wanted):
            told(stage, number / len(wanted))
            found[stage] = registry.load(stage, name, self._config) if name else None
        encoder = cast(SpeakerEncoder, found["speaker"])
        _warm(encoder)
        if registry.spec("asr", plan.recognizer).price is None:
            found["asr"].open(choice.listens).close()  # whatever a stream has of its own is there when speech comes
        return Parts(
            choice,
            found["asr"],
            found["translate"],
            found["tts"],
            encoder,
            found["watermark"],
            self._stocks(choice),
            close,
        )

    def _stocks(self, choice: Choice) -> tuple[StockVoice, ...]:
        voices = registry.stock_voices(choice.plan.voice, self._config)
        return tuple(row for row in voices if not row.same and (not row.languages or choice.target in row.languages))


def _warm(encoder: SpeakerEncoder) -> None:
    """Have everything there that the first words take."""
    noise = np.random.default_rng(0).standard_normal(round(_WARM_SECONDS * ANALYSIS_RATE)).astype(np.float32)
    try:
        encoder.embed(Audio(0.1 * noise, ANALYSIS_RATE))
    except PipelineError as error:  # an encoder that knows noise from speech has worked all the same
        if error.code != "no_speech":
            raise


def expects(choice: Choice) -> str:
    """The language that a translator is warmed up with, "" where it is not known yet."""
    return "" if choice.listens == DETECT else choice.listens
