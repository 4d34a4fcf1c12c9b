"""Engines whose words, lengths and failures a test decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.factory import FloatArray
from vocasync.engines.auto import Plan
from vocasync.engines.base import Partial, RecognitionSession, Translated
from vocasync.errors import PipelineError
from vocasync.pipelines.live.parts import Choice, Parts
from vocasync.pipelines.live.request import Manner
from vocasync.progress import Progress
from vocasync.types import Audio, Segment, Speech, SpeechRequest, VoiceReference, Word

RATE = 16_000
WORD = 0.35
"""Seconds of speech in which a word is said."""


class Counting:
    """Hears a word in every third of a second of speech: they are counted through all its sessions, so that a lost or
    repeated one is seen. fails: how many calls break, from the one on that is number ``fails_from``. detects: the
    language that it finds out where it is told none."""

    name = "counting"
    punctuates = False

    def __init__(self, *, fails: int = 0, fails_from: int = 10, detects: str = "") -> None:
        self.detects = detects
        self.words = 0
        self.final: list[str] = []
        self.opened = self.closed = 0
        self._fails, self._fails_from, self._calls = fails, fails_from, 0

    def open(self, language: str) -> RecognitionSession:
        self.opened += 1
        return _Count(self, language)

    def broken(self) -> bool:
        self._calls += 1
        return self._fails_from <= self._calls < self._fails_from + self._fails


class _Count:
    def __init__(self, engine: Counting, language: str) -> None:
        self._engine, self._language = engine, language
        self._fed = self._since = 0.0
        self._words: list[Word] = []

    def feed(self, samples: FloatArray) -> list[Partial]:
        if self._engine.broken():
            raise RuntimeError("the recogniser fell over")
        self._fed += len(samples) / RATE
        before = len(self._words)
        while self._since + WORD * (len(self._words) + 1) <= self._fed:
            start = self._since + WORD * len(self._words)
            self._words.append(Word(f"{self._language}{self._engine.words:04d}", start, start + WORD))
            self._engine.words += 1
        return [self._partial(final=False)] if len(self._words) > before else []

    def pause(self) -> list[Partial]:
        found = [self._partial(final=True)] if self._words else []
        self._engine.final += [word.text for word in self._words]
        self._words, self._since = [], self._fed
        return found

    def finish(self) -> list[Partial]:
        return self.pause()

    def close(self) -> None:
        self._engine.closed += 1

    def _partial(self, *, final: bool) -> Partial:
        words = tuple(self._words)
        text = " ".join(word.text for word in words)
        segment = Segment(0, words[0].start, words[-1].end, text, words)
        return Partial(segment, final, self._engine.detects)


class Lengthening:
    """Says every word and some more. refuses: words of texts that it cannot translate."""

    name, version, contextual = "lengthening", "1", False

    def __init__(self, factor: float = 1.0, refuses: str = "") -> None:
        self._factor, self._refuses = factor, refuses

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        progress: Progress,
        around: tuple[str, str] = ("", ""),
    ) -> list[Translated]:
        if self._refuses and any(self._refuses in text for text in texts):
            raise RuntimeError("the translator does not know this")
        return [Translated(self._longer(text.lower().replace(source, target))) for text in texts]

    def _longer(self, text: str) -> str:
        more = round(len(text) * (self._factor - 1.0))
        return text + " " + "x" * (more - 1) if more > 1 else text


class Tone:
    """A tone of so many seconds a character. works: told how many seconds of sound it made. refuses: as above."""

    name, version, sample_rate, max_chars, batch = "espeak", "1", 8_000, 400, 1
    seeded, paced = False, True

    def __init__(
        self,
        seconds_a_character: float = 0.06,
        works: Callable[[float], None] = lambda _seconds: None,
        refuses: str = "",
    ) -> None:
        self._pace, self._works, self._refuses = seconds_a_character, works, refuses
        self.rates: list[float] = []
        self.languages: list[str] = []
        self.voices: list[Any] = []

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        path.write_text(str(sum(region.duration for region in reference.regions)))

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        self.prepare(reference, path, progress)

    def load(self, path: Path) -> Any:
        return float(path.read_text())

    def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
        if self._refuses and self._refuses in request.text:
            raise RuntimeError("the voice is hoarse")
        self.rates.append(request.rate)
        self.languages.append(request.language)
        self.voices.append(voice)
        seconds = len(request.text) * self._pace / request.rate
        self._works(seconds)
        wave = 0.2 * np.sin(2 * np.pi * 180 * np.arange(round(seconds * self.sample_rate)) / self.sample_rate)
        return Speech(Audio(wave.astype(np.float32), self.sample_rate))

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Any | None, emotion: Any | None = None
    ) -> list[Speech]:
        return [self.synthesize(request, voice, emotion) for request in requests]


class Alike:
    """Everybody is the same person."""

    name, dimensions = "alike", 256

    def embed(self, audio: Audio) -> FloatArray:
        return np.eye(1, 256, dtype=np.float32)[0]

    def windows(self, audio: Audio, per_second: float) -> tuple[FloatArray, FloatArray]:
        raise NotImplementedError


class Room:
    """Engines that are there already. waits: loading goes on when it is set. fails: loading breaks."""

    def __init__(
        self,
        recognizer: Any = None,
        translator: Any = None,
        voice: Any = None,
        *,
        fails: bool = False,
    ) -> None:
        self.recognizer, self.translator, self.voice = recognizer or Counting(), translator or Lengthening(), voice
        self.voice = voice or Tone()
        self.fails = fails
        self.waits = threading.Event()
        self.waits.set()
        self.closed: list[str] = []

    def choose(self, manner: Manner) -> Choice:
        if manner.target_language == "ko":
            raise PipelineError("pair_unsupported", source="English", target="Korean", remedy="")
        source = manner.source_language
        return Choice(Plan("counting", "lengthening", "espeak"), source, manner.target_language)

    def load(self, choice: Choice, told: Callable[[str, float], None]) -> Parts:
        told("asr", 0.0)
        self.waits.wait()
        if self.fails:
            raise PipelineError("engine_not_ready", label="Counting", missing="It cannot count.")
        return Parts(
            choice,
            self.recognizer,
            self.translator,
            self.voice,
            Alike(),
            close=lambda: self.closed.append(choice.target),
        )
