"""A clause on its way through a session."""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.pipelines.live.interpreting import Interpreter
from vocasync.pipelines.live.parts import Parts
from vocasync.pipelines.live.request import Manner
from vocasync.pipelines.live.speaking import Speaking
from vocasync.pipelines.live.wardrobe import Wardrobe
from vocasync.types import Audio, Word


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is in force when a clause is recognised, and stays so for it."""

    manner: Manner
    parts: Parts
    interpreter: Interpreter
    speaking: Speaking
    wardrobe: Wardrobe

    @property
    def target(self) -> str:
        """The language that is spoken."""
        return self.parts.choice.target


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A clause whose text is final. start, end: seconds of the session. words: with times in ``sound``, which is what
    was heard of it. silence: seconds before it. ended: when the last sample of its last word arrived; known: when its
    text was final; both by the session's clock."""

    number: int
    text: str
    language: str
    start: float
    end: float
    confidence: float | None
    words: tuple[Word, ...]
    silence: float
    sound: Audio
    ended: float
    known: float
    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class Worded:
    """The same with its speaker and in the target language. translated: when that was known. reason: why it is not to
    be spoken, "" if it is."""

    said: Said
    speaker: int
    text: str
    translated: float
    reason: str = ""
