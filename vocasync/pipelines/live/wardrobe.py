"""The voices of a live session: everybody begins with one of the engine's and gets their own while they speak.

Voices are made on one thread at low priority; sound stays in memory (:mod:`vocasync.media.memory`).
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from vocasync.engines.base import StockVoice, VoiceEngine
from vocasync.engines.registry import spec
from vocasync.engines.tts import world
from vocasync.errors import Cancelled, PipelineError
from vocasync.media import audio
from vocasync.media.memory import memory_file
from vocasync.pipelines.conditions import Conditions
from vocasync.pipelines.live import background
from vocasync.pipelines.live.events import VoiceState
from vocasync.pipelines.live.speakers import Speakers
from vocasync.stages.reference import alike_stock
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, SpeakerVoice, VoiceKind, VoiceReference, Word

MADE_AT = (2.0, 8.0, 20.0)
"""Seconds of somebody's speech at which their voice is made, and made better. The first leaves a second to make it in,
so that the voice is there when three seconds were spoken."""

MADE_ONCE_AT = (8.0,)
"""The same for a service that copies voices: each copy takes room on an account, and one of less speech is poor."""

SHORTEST_GIVEN = 1.5
"""Seconds of recordings that are brought for a voice."""

_MORE = 1.5  # times as much speech is heard before a voice that could not be made is tried again
_ENOUGH = 40.0  # seconds of speech of which a voice can be made, if one can be made at all
_LISTENED = 3.0  # seconds of somebody's first speech from which the height of their voice is told

_log = logging.getLogger(__name__)

Task = tuple[Literal["own", "given", "library"], int]
_EVERYBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """What somebody speaks with now. voice: a conditioning of the engine; None for its own voice ``stock``. options:
    engine settings that go with it, by name."""

    voice: Any | None
    stock: str
    state: VoiceState
    options: tuple[tuple[str, float], ...] = ()


@dataclass(slots=True, eq=False)
class _Outfit:
    """Somebody's voices. heard: their speech, for as long as it may be of use; words: what is said in it, with times
    in all of it. due: seconds of it at which their voice is made next. hopeless: it cannot be made. brought: recordings
    that it is to be made of instead. library: the voice that is asked for, made: as the engine has it."""

    heard: list[FloatArray] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    language: str = ""
    seconds: float = 0.0
    due: float = 0.0
    hopeless: bool = False
    brought: list[FloatArray] | None = None
    stock: str | None = None
    own: Any | None = None
    given: Any | None = None
    library: SpeakerVoice | None = None
    made: Any | None = None


class Wardrobe:
    """Everybody's voices in one engine. Threads may share it; only :meth:`close` waits for anything.

    stock: the engine's own voice for whoever has no other, "" for one near theirs among ``stocks``, which are those
    that speak the target language. everybody: a voice of the library that speaks for all. changed: told, from another
    thread, whose voice is another one now. failed: likewise, whose voice could not be made and why: they keep what they
    had.

    What a service copies of a voice is said through :mod:`vocasync.lending`, in the context in which this was made:
    whoever listens there (``engines.clones.recorded``) has the copies removed when the session is over.
    """

    def __init__(
        self,
        engine: VoiceEngine,
        speakers: Speakers,
        *,
        stock: str,
        everybody: SpeakerVoice | None,
        changed: Callable[[int], None],
        stocks: Sequence[StockVoice] = (),
        failed: Callable[[int, PipelineError], None] = lambda _number, _error: None,
    ) -> None:
        self._engine, self._speakers = engine, speakers
        self._stock, self._stocks, self._everybody = stock, tuple(stocks), everybody
        self._changed, self._failed = changed, failed
        self._steps = MADE_AT if spec("tts", engine.name).price is None else MADE_ONCE_AT
        self._conditions = Conditions(engine)
        self._outfits: dict[int, _Outfit] = {}
        self._tasks: dict[Task, None] = {}  # in order
        self._room = threading.Condition()
        self._closed = False
        self._withdrawn: set[str] = set()
        self._thread = background.begin("wardrobe", self._work)
        if everybody is not None:
            with self._room:
                self._ask_for(_EVERYBODY, everybody)

    def hear(
        self, number: int, sound: Audio, words: Sequence[Word] = (), language: str = "", *, preserve: bool = True
    ) -> None:
        """Some speech of somebody, best before they are dressed: which of the engine's voices is near theirs is told
        from the first of it.

        words: what is said in it, with times from its beginning, for engines that have to know. preserve: whether it is
        kept, for their own voice to be made of it."""
        samples = audio.resample(sound, ANALYSIS_RATE).samples
        with self._room:
            outfit = self._outfit(number)
            if outfit.stock is None:
                outfit.stock = self._near(number, samples)
            if preserve and not self._settled(outfit):
                self._keep(number, outfit, samples, words, language)

    def give(self, number: int, sounds: Sequence[Audio]) -> None:
        """Recordings of somebody, of which their voice is made instead of what is heard of them.

        Raises ``reference_too_short``."""
        seconds = sum(sound.duration for sound in sounds)
        if seconds < SHORTEST_GIVEN:
            raise PipelineError("reference_too_short", seconds=seconds, limit=np.ceil(SHORTEST_GIVEN))
        with self._room:
            self._outfit(number).brought = [audio.resample(sound, ANALYSIS_RATE).samples for sound in sounds]
            self._want(("given", number))

    def dress(self, number: int, preserve: bool) -> Dressed:
        """What somebody speaks with now. preserve: whether that may be their own voice."""
        person = self._speakers.of(number)
        with self._room:
            outfit = self._outfit(number)
            if self._everybody is not None:
                return self._library(outfit, self._outfit(_EVERYBODY))
            if not preserve:
                return self._own_of_engine(outfit, "stock")
            if outfit.given is not None:
                return Dressed(outfit.given, "", "given")
            if person.voice is not None and person.voice.kind is not VoiceKind.OWN:
                self._ask_for(number, person.voice)
                return self._library(outfit, outfit)
            return self._own(outfit)

    def withdraw(self, of: str) -> None:
        """Nobody is dressed in this voice of the library any more: its id, as references have it. Who was has their own
        then, as if none had been chosen."""
        with self._room:
            self._withdrawn.add(of)
            if self._everybody is not None and self._is_withdrawn(self._everybody):
                self._everybody = None
            for outfit in self._outfits.values():
                if outfit.library is not None and self._is_withdrawn(outfit.library):
                    outfit.made = None

    def close(self) -> None:
        """Make no more voices, and forget all sound and voices; waits for one that is being made."""
        with self._room:
            self._closed = True
            self._tasks.clear()
            self._room.notify_all()
        self._thread.join()
        self._outfits.clear()

    # --- what is worn -------------------------------------------------------------------------------------------------
    def _library(self, outfit: _Outfit, asked: _Outfit) -> Dressed:
        """The voice of the library that was asked for; until it is made, what they have anyway."""
        voice = asked.library
        if voice is not None and voice.kind is VoiceKind.STOCK:
            return Dressed(None, voice.stock, "library", voice.options)
        if voice is None or asked.made is None or self._is_withdrawn(voice):
            return self._own(outfit)
        return Dressed(asked.made, "", "library", voice.options)

    def _is_withdrawn(self, voice: SpeakerVoice) -> bool:
        return voice.reference is not None and voice.reference.of in self._withdrawn

    def _own(self, outfit: _Outfit) -> Dressed:
        if outfit.own is None:
            return self._own_of_engine(outfit, "stock" if outfit.hopeless else "building")
        return Dressed(outfit.own, "", "own")

    def _own_of_engine(self, outfit: _Outfit, state: VoiceState) -> Dressed:
        return Dressed(None, self._stock if outfit.stock is None else outfit.stock, state)

    def _near(self, number: int, samples: FloatArray) -> str | None:
        """Which of the engine's voices is near somebody's: for good, so that nobody goes from one to another. None
        where that cannot be heard yet."""
        if self._stock or not self._stocks:
            return self._stock
        height = world.height(Audio(samples[: round(_LISTENED * ANALYSIS_RATE)], ANALYSIS_RATE))
        return None if height is None else alike_stock(height, self._stocks, number)

    def _settled(self, outfit: _Outfit) -> bool:
        """Whether nothing more is to be made of what is heard of somebody."""
        return self._closed or self._everybody is not None or outfit.given is not None or math.isinf(outfit.due)

    def _keep(self, number: int, outfit: _Outfit, samples: FloatArray, words: Sequence[Word], language: str) -> None:
        at = outfit.seconds
        outfit.words += [replace(word, start=word.start + at, end=word.end + at) for word in words]
        outfit.language = language
        outfit.heard.append(samples)
        outfit.seconds += len(samples) / ANALYSIS_RATE
        if outfit.seconds >= max(outfit.due, self._steps[0]):
            outfit.due = self._next(outfit.seconds)
            self._want(("own", number))

    def _outfit(self, number: int) -> _Outfit:
        return self._outfits.setdefault(number, _Outfit())

    def _ask_for(self, number: int, voice: SpeakerVoice) -> None:
        outfit = self._outfit(number)
        if outfit.library is not voice:
            outfit.library, outfit.made = voice, None
            if voice.kind is not VoiceKind.STOCK:
                self._want(("library", number))

    def _next(self, seconds: float) -> float:
        return next((step for step in self._steps if step > seconds), math.inf)

    # --- making -------------------------------------------------------------------------------------------------------
    def _want(self, task: Task) -> None:
        """Once at most: a voice that waits to be made is made of what was heard until its turn."""
        if not self._closed:
            self._tasks.setdefault(task)
            self._room.notify_all()

    def _work(self) -> None:
        while (task := self._taken()) is not None:
            try:
                self._serve(*task)
            except Cancelled:
                return
            except PipelineError as error:
                self._failed(task[1], error)
            except Exception as error:  # of whatever kind an engine's is
                _log.exception("A voice could not be made")
                reason = f"{type(error).__name__}: {error}"
                self._failed(task[1], PipelineError("reference_unusable", name="", reason=reason))

    def _taken(self) -> Task | None:
        with self._room:
            self._room.wait_for(lambda: self._closed or self._tasks)
            if self._closed:
                return None
            task = next(iter(self._tasks))
            del self._tasks[task]
            return task

    def _serve(self, kind: str, number: int) -> None:
        with self._room:
            outfit = self._outfit(number)
            heard, brought, asked = list(outfit.heard), outfit.brought, outfit.library
            words, language = tuple(outfit.words), outfit.language
        if kind == "own":
            self._make_own(number, outfit, heard, words, language)
        elif kind == "given" and brought is not None:
            outfit.given, outfit.brought = self._made(brought), None
            outfit.heard, outfit.words = [], []
            self._changed(number)
        elif asked is not None and not self._is_withdrawn(asked):
            outfit.made = self._of_library(asked)
            self._changed(number)

    def _make_own(
        self, number: int, outfit: _Outfit, heard: list[FloatArray], words: tuple[Word, ...], language: str
    ) -> None:
        try:
            outfit.own = self._made(heard, words, language)
            self._changed(number)
        except PipelineError as error:
            self._put_off(outfit, sum(map(len, heard)) / ANALYSIS_RATE, error)
            if error.code != "reference_too_short":
                raise
        finally:
            with self._room:
                if math.isinf(outfit.due):
                    outfit.heard, outfit.words = [], []

    def _put_off(self, outfit: _Outfit, seconds: float, error: PipelineError) -> None:
        """Of more speech it may be another matter, as long as it is worth the work."""
        with self._room:
            outfit.hopeless = seconds > _ENOUGH or (error.permanent and error.code != "reference_too_short")
            outfit.due = math.inf if outfit.hopeless else seconds * _MORE

    def _of_library(self, voice: SpeakerVoice) -> Any:
        """With the voice, where it has a place; else in memory as everything here."""
        if voice.reference is not None and voice.folder is None:
            return self._prepared(voice.reference)
        if voice.folder is None:
            raise ValueError("a voice of the library needs its reference")
        return self._conditions.voice(voice, voice.folder, self)

    def _made(self, parts: Sequence[FloatArray], words: tuple[Word, ...] = (), language: str = "") -> Any:
        """A voice of some speech, mono at ``ANALYSIS_RATE``."""
        ends = np.cumsum([len(part) for part in parts]) / ANALYSIS_RATE
        regions = [
            Region(float(end) - len(part) / ANALYSIS_RATE, float(end)) for part, end in zip(parts, ends, strict=True)
        ]
        text = " ".join(word.text for word in words)
        with memory_file() as path:
            audio.write(path, Audio(np.concatenate(parts), ANALYSIS_RATE))
            return self._prepared(VoiceReference(path, tuple(regions), text, language if words else "", words=words))

    def _prepared(self, reference: VoiceReference) -> Any:
        with memory_file() as path:
            self._engine.prepare(reference, path, self)
            return self._engine.load(path)

    # --- as the progress of what is made ------------------------------------------------------------------------------
    def report(self, fraction: float, note: str = "") -> None:
        """Nobody is told."""

    def check(self) -> None:
        """A voice that nobody will speak with is not made to its end. Raises Cancelled."""
        if self._closed:
            raise Cancelled
