"""What all neural and cloud voices have in common, so that an engine's own file holds its model and nothing else.

An engine is a :class:`NeuralVoice` around a :class:`Model`. The model says short lines; around it text is split below
the model's limit and joined again, lines are put together into batches, a rate that the model does not know is made by
stretching, and an emotion that it cannot be told is laid over its sound (:mod:`vocasync.engines.tts.prosody`).

A model that speaks in no given voice (``clones`` is False in its row) gets somebody's arrays all the same: what its
own :meth:`Model.condition` took from their clip, so that it can choose the nearest of its voices and colour it.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.tts import profile, prosody, seams
from vocasync.engines.tts.ahead import ahead
from vocasync.engines.tts.script import pieces
from vocasync.engines.tts.style import Style
from vocasync.errors import PipelineError
from vocasync.languages import language
from vocasync.media.audio import stretched
from vocasync.progress import Part, Progress
from vocasync.types import Audio, FloatArray, Match, Speech, SpeechRequest, VoiceReference

_SHORTEST = 8
"""Characters that are not cut any further, whatever a model says."""

Arrays = Mapping[str, NDArray[Any]]
"""What a model computed of a voice or a tone: plain arrays by name, so that they can be stored without pickle."""


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of a text, short enough for the model. Fields as of a :class:`vocasync.types.SpeechRequest`."""

    text: str
    language: str
    rate: float
    strength: float
    seed: int
    stock: str
    options: tuple[tuple[str, float], ...]
    match: Match = Match.CLOSE


class Model(Protocol):
    """What an engine of its own has to bring."""

    name: str
    version: str
    sample_rate: int
    languages: frozenset[str]
    batch: int
    """Most lines it says at once; 1 where it cannot say several together."""
    seeded: bool
    """Whether another seed gives another take."""
    paced: bool
    """Whether it speaks at the rate of a line by itself."""
    styled: bool
    """Whether :meth:`say` follows the arrays of an emotion reference by itself."""
    device: str
    """Where its weights are: ``cpu``, ``cuda:0``..."""
    memory_bytes: int
    """What its weights take there (:func:`vocasync.engines.devices.weight_of` counts); 0 for none here."""

    @property
    def stocks(self) -> frozenset[str]:
        """Names of its own voices; a line without a voice and with the stock "" is said by its default one."""

    def most_chars(self, code: str) -> int:
        """How long a line in this language may be."""

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """What it must know of somebody's voice, or tone. clip: the reference's sound, mono, at its file's rate."""

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """A sound a line, float32 at ``sample_rate``. At most ``batch`` lines, all in one language, with the same
        options, rate, strength and stock."""


@runtime_checkable
class StreamingModel(Protocol):
    """A model that gives its sound while it makes it."""

    def stream(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> Iterator[FloatArray]:
        """The sound of a line in pieces that follow each other without a gap, float32 at ``sample_rate``."""


@runtime_checkable
class PartlyStyledModel(Protocol):
    """A styled model that takes only some of a tone: its melody, dynamics and pace are laid over its sound as well."""

    laid: Literal[True]


@runtime_checkable
class CountingModel(Protocol):
    """A model whose limit is none of characters."""

    def too_long(self, text: str, code: str) -> bool:
        """Whether a text that is short enough in characters is too long all the same, in tokens or in seconds."""


@runtime_checkable
class MarkingModel(Protocol):
    """A model whose publisher has everything marked that it says."""

    def mark(self, audio: Audio) -> Audio:
        """The same sound, as long, with the mark."""


@runtime_checkable
class ClosingModel(Protocol):
    """A model that holds more than memory: connections, processes."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """What is kept of a reference. style: how it is said. arrays: the model's own."""

    style: Style
    arrays: Arrays

    def save(self, path: Path) -> None:
        """Write it as ``.npz``, whatever the name of ``path``."""
        kept = {f"style_{field.name}": np.asarray(getattr(self.style, field.name)) for field in fields(Style)}
        kept |= {f"model_{name}": np.asarray(array) for name, array in self.arrays.items()}
        with path.open("wb") as file:
            np.savez(file, **kept)  # type: ignore[arg-type]  # NumPy's stub mistakes the arrays for its own options

    @classmethod
    def load(cls, path: Path) -> Conditioning:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as kept:
            style = {field.name: kept[f"style_{field.name}"].tolist() for field in fields(Style)}
            arrays = {name.removeprefix("model_"): kept[name] for name in kept.files if name.startswith("model_")}
        return cls(Style(**style | {"shape": tuple(style["shape"])}), arrays)


class NeuralVoice:
    """A :class:`vocasync.engines.base.VoiceEngine` around a model. Threads may share it: the model says one batch at a
    time."""

    def __init__(self, model: Model) -> None:
        self.name, self.version = model.name, model.version
        self.sample_rate, self.seeded = model.sample_rate, model.seeded
        self.batch, self.paced = model.batch, model.paced
        self.device, self.memory_bytes = model.device, model.memory_bytes
        self.marks = isinstance(model, MarkingModel)
        self.max_chars = max(model.most_chars(code) for code in model.languages)
        self._laid = not model.styled or isinstance(model, PartlyStyledModel)
        self.model = model
        self._lock = threading.RLock()

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """See the protocol. Raises ``reference_too_short``."""
        self._prepare(reference, path, progress, told=True)

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """See the protocol. Raises ``reference_too_short``."""
        self._prepare(reference, path, progress, told=self.model.styled)

    def _prepare(self, reference: VoiceReference, path: Path, progress: Progress, *, told: bool) -> None:
        style = profile.of_reference(reference, Part(progress, 0.0, 0.5), colour=False).style
        progress.check()
        arrays: Arrays = {}
        if told:
            with self._lock:
                arrays = self.model.condition(profile.clip(reference), reference)
        Conditioning(style, arrays).save(path)
        progress.report(1.0)

    def load(self, path: Path) -> Conditioning:
        """Read a conditioning."""
        return Conditioning.load(path)

    def toned(self, style: Style) -> Conditioning | None:
        """See :class:`vocasync.engines.base.TonedVoice`: it is laid over the sound, so models that stream have none."""
        return None if isinstance(self.model, StreamingModel) else Conditioning(style, {})

    def synthesize(
        self, request: SpeechRequest, voice: Conditioning | None, emotion: Conditioning | None = None
    ) -> Speech:
        """See the protocol. Raises ``voice_unsupported``, ``unknown_language``, ``stock_unknown``."""
        return self.synthesize_many([request], voice, emotion)[0]

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Conditioning | None, emotion: Conditioning | None = None
    ) -> list[Speech]:
        """See the protocol."""
        texts = [self._pieces(request, voice) for request in requests]
        lines = [self._line(request, text) for request, found in zip(requests, texts, strict=True) for text in found]
        said = iter(self._said(lines, voice, emotion))
        return [
            self._finished(request, found, [next(said) for _ in found], emotion)
            for request, found in zip(requests, texts, strict=True)
        ]

    def _pieces(self, request: SpeechRequest, voice: Conditioning | None) -> list[str]:
        row = language(request.language)
        if row.code not in self.model.languages:
            raise PipelineError("voice_unsupported", language=row.name, remedy="Choose another voice engine.")
        if voice is None and request.stock and request.stock not in self.model.stocks:
            raise PipelineError("stock_unknown", name=request.stock)
        return self._shorter(pieces(request.text, self.model.most_chars(row.code)), row.code)

    def _shorter(self, texts: Sequence[str], code: str) -> list[str]:
        """The same texts, those cut again that the model counts as too long."""
        model = self.model
        if not isinstance(model, CountingModel):
            return list(texts)
        found: list[str] = []
        for text in texts:
            whole = len(text) < _SHORTEST or not model.too_long(text, code)
            found += [text] if whole else self._shorter(pieces(text, -(-len(text) // 2)), code)
        return found

    def stream(
        self, request: SpeechRequest, voice: Conditioning | None, emotion: Conditioning | None = None
    ) -> Iterator[Audio]:
        """See :class:`vocasync.engines.base.StreamingVoice`. As the model makes it where it can; line by line where it
        cannot, or where its sound has to be changed afterwards."""
        texts = self._pieces(request, voice)
        laid = emotion is not None and self._laid
        flows = isinstance(self.model, StreamingModel) and not laid and (self.model.paced or request.rate == 1.0)
        for number, text in enumerate(texts):
            line = self._line(request, text)
            if flows:
                yield from self._flowing(line, voice, emotion)
            else:
                yield self._finished(request, [text], self._said([line], voice, emotion), emotion).audio
            if number + 1 < len(texts):
                yield seams.silence(seams.pause(text) / request.rate, self.sample_rate)

    def _flowing(self, line: Line, voice: Conditioning | None, emotion: Conditioning | None) -> Iterator[Audio]:
        """What the model streams. It is nobody else's until it has said the line, however slowly that is taken."""
        return ahead(lambda: self._streamed(line, voice, emotion))

    def _streamed(
        self, line: Line, voice: Conditioning | None, emotion: Conditioning | None
    ) -> Generator[Audio, None, None]:
        if not isinstance(self.model, StreamingModel):
            raise TypeError(f"{self.name} does not stream")
        with self._lock:
            for sound in self.model.stream(line, voice.arrays if voice else None, emotion.arrays if emotion else None):
                if len(sound):
                    yield Audio(np.clip(_finite(sound), -1.0, 1.0), self.sample_rate)

    def close(self) -> None:
        """Let go of what the model holds beside its memory."""
        if isinstance(self.model, ClosingModel):
            self.model.close()

    def _line(self, request: SpeechRequest, text: str) -> Line:
        rate = request.rate if self.model.paced else 1.0
        code = language(request.language).code
        return Line(text, code, rate, request.strength, request.seed, request.stock, request.options, request.match)

    def _said(
        self, lines: Sequence[Line], voice: Conditioning | None, emotion: Conditioning | None
    ) -> list[FloatArray]:
        """The sound of every line, those together that can be: of one language, rate, strength, stock and options."""
        sounds: list[FloatArray] = [np.zeros(0, np.float32)] * len(lines)
        for numbers in _batches(lines, self.model.batch):
            with self._lock:
                made = self.model.say(
                    [lines[number] for number in numbers],
                    voice.arrays if voice else None,
                    emotion.arrays if emotion and emotion.arrays and self.model.styled else None,
                )
            for number, sound in zip(numbers, made, strict=True):
                sounds[number] = _finite(sound)
        return sounds

    def _finished(
        self, request: SpeechRequest, texts: Sequence[str], sounds: Sequence[FloatArray], emotion: Conditioning | None
    ) -> Speech:
        audio = seams.join(texts, sounds, self.sample_rate)
        if emotion is not None and (self._laid or not emotion.arrays):
            audio = prosody.lay(audio, emotion.style, request.strength)
        if not self.model.paced and request.rate != 1.0:
            audio = stretched(audio, 1 / request.rate)
        if isinstance(self.model, MarkingModel):
            audio = self.model.mark(audio)
        return Speech(replace(audio, samples=np.clip(audio.samples, -1.0, 1.0)))


def _batches(lines: Sequence[Line], most: int) -> list[list[int]]:
    """Positions of lines that can be said together, at most ``most`` at once, those of like length together: a batch
    takes as long as its longest line."""
    alike: dict[Any, list[int]] = {}
    for number in sorted(range(len(lines)), key=lambda number: len(lines[number].text)):
        alike.setdefault(replace(lines[number], text="", seed=0), []).append(number)
    return [group[at : at + most] for group in alike.values() for at in range(0, len(group), most)]


def _finite(sound: FloatArray) -> FloatArray:
    """A model that breaks down numerically gives silence, which the checks of a take find."""
    found: FloatArray = np.nan_to_num(np.asarray(sound, np.float32).reshape(-1), nan=0.0, posinf=0.0, neginf=0.0)
    return found
