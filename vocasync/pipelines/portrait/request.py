"""What is asked of a portrait."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocasync.engines.auto import AUTO
from vocasync.pipelines.script.request import Margins, ScriptRequest

_BEFORE = 1 / 3
"""Share of the buffer frames that come before the sound: a mouth begins to move before it is heard."""


@dataclass(frozen=True, slots=True)
class PortraitRequest:
    """Whose face speaks what, and how.

    picture: as it was brought; picture_name: how the person calls it. face: which of several, None for the only one.
    lipsync: the engine, and options for it. buffer_frames: of the picture, around the sound. motion: whether more than
    the mouth moves. ai_mark: whether it is to be seen that a machine made it. tone: word for the emotion reference,
    which gives brows and smile.
    """

    script: ScriptRequest
    picture: Path
    picture_name: str
    face: int | None = None
    lipsync: str = AUTO
    options: tuple[tuple[str, float], ...] = ()
    fps: float = 25.0
    buffer_frames: int = 3
    motion: bool = True
    ai_mark: bool = True
    tone: str = ""
    seed: int = 0
    longest: int = 1024

    @property
    def margins(self) -> Margins:
        """The silence around what is spoken."""
        before = round(self.buffer_frames * _BEFORE)
        return Margins(self.fps, before, self.buffer_frames - before)
