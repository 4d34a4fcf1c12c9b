"""What is said in a live session, aloud: levelled and marked pieces, the first of them as early as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vocasync.engines.base import SpeakerEncoder, TonedVoice, VoiceEngine, WarmVoice
from vocasync.engines.registry import spec
from vocasync.engines.tts import style, world
from vocasync.engines.tts.corpus import sentences
from vocasync.engines.tts.style import Style
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.pipelines.library.flow import Flow, failing
from vocasync.pipelines.live import background
from vocasync.pipelines.live.request import Manner
from vocasync.pipelines.live.speakers import Person
from vocasync.pipelines.live.wardrobe import Dressed
from vocasync.progress import Silent
from vocasync.types import Audio, FloatArray, Match, SpeechRequest

SLOWEST, FASTEST = 0.8, 1.5
"""Speaking rates that are asked of an engine."""

STRETCH_SECONDS = 0.4
"""Of sound that is gathered before it is heard: what a block of loudness takes. Engines that say a phrase at once give
more than that with the first piece."""

COMPARED = 4
"""One clause in so many is compared to its speaker."""

_LONG_ENOUGH = 1.5  # seconds of sound in which a voice is worth comparing
_HEARD = 0.6  # seconds of sound whose tone can be measured
_VOICED = 40  # frames of it
_NEUTRAL = 4.0  # seconds of somebody from which it is known how they mostly speak
_REMEMBERED = 60.0  # seconds that count for it: who gets tired slowly is not sad
_LOUDER = 4.0  # dB by which a clause is dubbed louder or softer at most
_CLEAR = 0.5  # clarity from which engines that know two ways take the clear one


@dataclass(frozen=True, slots=True)
class Tone:
    """How a clause was said, and how its speaker mostly speaks. louder: than that, in dB."""

    clause: Style
    neutral: Style
    louder: float


@dataclass(frozen=True, slots=True)
class _Neutral:
    """How somebody mostly speaks, from so many seconds. level: dB."""

    style: Style
    level: float
    seconds: float = 0.0

    def after(self, heard: Style, level: float, seconds: float) -> _Neutral:
        weight = seconds / (min(self.seconds, _REMEMBERED) + seconds)
        mean = self.level + weight * (level - self.level)
        return _Neutral(style.between(self.style, heard, weight), mean, self.seconds + seconds)


class Speaking:
    """Speaks for one session. One thread uses it.

    mark: puts the watermark on a stretch of sound. encoder: to compare what is spoken to its speaker; None not to.
    """

    def __init__(
        self, engine: VoiceEngine, mark: Callable[[Audio], Audio], encoder: SpeakerEncoder | None = None
    ) -> None:
        self._engine, self._mark, self._encoder = engine, mark, encoder
        self._row = spec("tts", engine.name)
        self._neutral: dict[int, _Neutral] = {}
        self._stocks: dict[tuple[str, str], Style] = {}
        self._compared = 0

    def say(
        self,
        text: str,
        language: str,
        dressed: Dressed,
        manner: Manner,
        *,
        rate: float = 1.0,
        tone: Tone | None = None,
    ) -> Iterator[Audio]:
        """A clause in pieces that follow each other without a gap, at the engine's rate, at the site's loudness.

        The first words of a long one are said first. rate: of speaking, brought into 0.8 to 1.5. tone: laid on, the
        more the less ``manner.stability`` is. Raises ``voice_failed``, ``voice_unsupported``, ``stock_unknown``.
        """
        request = SpeechRequest(
            text,
            language,
            rate=float(np.clip(rate, SLOWEST, FASTEST)),
            strength=1 - manner.stability,
            match=Match.CLEAR if manner.clarity >= _CLEAR else Match.CLOSE,
            stock=dressed.stock,
            options=self._options(dressed, manner),
        )
        emotion = self._emotion(dressed, language, tone)
        louder = tone.louder * request.strength if tone else 0.0
        flow = Flow(self._engine, dressed.voice, emotion, self._mark, STRETCH_SECONDS, louder)
        spoken: list[FloatArray] = []
        with failing(self._engine):
            for plain, marked in flow.pieces(request, Silent()):
                spoken.append(plain)
                if len(marked):
                    yield Audio(marked, self._engine.sample_rate)
        if dressed.voice is None and tone is None:
            self._learn(dressed.stock, language, spoken)

    def tone_of(self, sound: Audio, speaker: int = 0) -> Tone | None:
        """How a clause was said, against how its speaker mostly speaks; None as long as that is not known, and for what
        is too short. It is learned from every clause."""
        heard = _style(sound)
        if heard is None:
            return None
        level = 10 * float(np.log10(np.mean(np.square(sound.samples, dtype=np.float64))))
        before = self._neutral.get(speaker) or _Neutral(heard, level)
        self._neutral[speaker] = before.after(heard, level, sound.duration)
        if before.seconds < _NEUTRAL:
            return None
        return Tone(heard, before.style, float(np.clip(level - before.level, -_LOUDER, _LOUDER)))

    def warm(self, language: str) -> None:
        """Have everything there that the first words take; best while the session is being prepared. What the first
        words in somebody's own voice take is made ready in the background. Of an engine that costs money nothing is
        asked. Raises as :meth:`say`."""
        if self._row.price is None:
            text = sentences(language_of(language).espeak)[0]
            for _ in self.say(text, language, Dressed(None, "", "stock"), Manner(language)):
                pass
        if isinstance(self._engine, WarmVoice):
            warm = self._engine.warm
            background.begin("warm", lambda: warm(language))

    def similarity(self, spoken: Audio, speaker: Person) -> float | None:
        """The cosine of a spoken clause to its speaker, of one in four; None for the others, and for what is short."""
        if self._encoder is None or spoken.duration < _LONG_ENOUGH or not speaker.embedding.any():
            return None
        self._compared += 1
        if self._compared % COMPARED != 1:
            return None
        try:
            return float(self._encoder.embed(spoken) @ speaker.embedding)
        except PipelineError as error:
            if error.code != "no_speech":
                raise
            return None

    def _options(self, dressed: Dressed, manner: Manner) -> tuple[tuple[str, float], ...]:
        """The engine's settings: those of the voice, and what the session asks for where the engine knows it."""
        asked = {"clarity": manner.clarity, "stability": manner.stability}
        known = {row.name for row in self._row.settings}
        chosen = {name: value for name, value in asked.items() if name in known} | dict(dressed.options)
        return tuple(sorted(chosen.items()))

    def _emotion(self, dressed: Dressed, language: str, tone: Tone | None) -> object | None:
        """The tone as the engine takes it: as far from the voice that speaks as the clause is from its speaker."""
        if tone is None or not isinstance(self._engine, TonedVoice):
            return None
        own = dressed.voice.style if dressed.voice is not None else self._stocks.get((dressed.stock, language))
        return None if own is None else self._engine.toned(style.carried(own, tone.clause, tone.neutral))

    def _learn(self, stock: str, language: str, spoken: Sequence[FloatArray]) -> None:
        """How one of the engine's voices speaks, from the first that it says."""
        if (stock, language) not in self._stocks and isinstance(self._engine, TonedVoice):
            found = _style(Audio(np.concatenate(spoken), self._engine.sample_rate))
            if found is not None:
                self._stocks[stock, language] = found


def _style(sound: Audio) -> Style | None:
    """None where there is too little to be heard."""
    if sound.duration < _HEARD:
        return None
    frames = world.analyse(sound)
    return style.measure(frames) if int((frames.voiced & frames.active).sum()) >= _VOICED else None
