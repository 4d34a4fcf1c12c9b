"""What the steps of a dub share where the lips in its picture are to move with the dubbed sound."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vocasync.artifacts import fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import choose_lipsync
from vocasync.engines.base import FaceFinder, LipSync
from vocasync.media import audio
from vocasync.media.frames import rate_of
from vocasync.pipelines.kept import track_name
from vocasync.stages.lipsync import SHOT_SECONDS, Shot, load_performance, slices
from vocasync.types import SpeechMark, Track

if TYPE_CHECKING:
    from vocasync.pipelines.context import DubContext

FINDER = "mesh"
LONGEST = 1920
"""Pixels of the longer side of a film; a larger picture is scaled down to it."""

_ENGINE = "lipsync/engine.json"
_USUAL_FPS, _MOST_FPS = 25.0, 60.0
_HARDLY = 0.5  # share of the frames with a face below which that is told


class Lips:
    """The lips of a film, over the workspace of its dub."""

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    @cached_property
    def _name(self) -> str:
        """The engine, chosen once."""
        ws, asked = self._ctx.ws, self._ctx.request.lipsync
        mark = fingerprint("lipsync", asked)
        if not ws.has(_ENGINE, mark):
            ws.save(_ENGINE, choose_lipsync(asked, self._ctx.config), mark)
        return ws.read(_ENGINE, str)

    @property
    def engine(self) -> LipSync:
        return cast(LipSync, registry.load("lipsync", self._name, self._ctx.config))

    @property
    def finder(self) -> FaceFinder:
        return cast(FaceFinder, registry.load("face", FINDER, self._ctx.config))

    def engine_names(self) -> dict[str, str]:
        """Which engine did which step, by its registry name."""
        if not self.tracks:
            return {}
        engine, finder = self.engine, self.finder
        return {"face": f"{finder.name} {finder.version}", "lipsync": f"{engine.name} {engine.version}"}

    # --- the film -----------------------------------------------------------------------------------------------------
    @property
    def tracks(self) -> tuple[Track, ...]:
        """What is heard in a film each; () for a recording without a picture."""
        return self._ctx.sounds if self._ctx.ingested.info.video else ()

    @property
    def stream(self) -> int | None:
        """Where the picture is in the file."""
        video = self._ctx.ingested.info.video
        return video.index if video else None

    @property
    def fps(self) -> float:
        """The picture's own rate, made constant."""
        video = self._ctx.ingested.info.video
        return float(rate_of(min(_MOST_FPS, video.fps) if video and video.fps > 0 else _USUAL_FPS))

    def sound(self, track: Track) -> Path:
        """What is heard."""
        return self._ctx.ws.root / track_name(track)

    def frames(self, track: Track) -> int:
        """As many as there is sound."""
        return math.ceil(round(audio.length(self.sound(track)) * self.fps, 3))

    def slices(self, track: Track) -> tuple[range, ...]:
        """The frames of each slice of the film."""
        return slices(self.frames(track), self.fps, SHOT_SECONDS)

    def shot(self, track: Track) -> Shot:
        """What is heard and done; valid once it was thought out."""
        performance = load_performance(self._ctx.ws.root / self.performance(track))
        return Shot(self.sound(track), self.fps, performance, self._ctx.request.lipsync_options)

    def words(self, track: Track) -> tuple[SpeechMark, ...]:
        """When what is said; what is converted says what the recording does."""
        ctx = self._ctx
        if track is not Track.CONVERTED:
            return ctx.words_of(track)
        heard = ctx.heard.transcript.segments if ctx.speaks else ()
        return tuple(SpeechMark("word", one.text, one.start, one.end) for one in heard if one.text.strip())

    def language(self, track: Track) -> str:
        """Code of what is said."""
        ctx = self._ctx
        return ctx.target if track is not Track.CONVERTED or not ctx.speaks else ctx.heard.transcript.language

    # --- names and marks ----------------------------------------------------------------------------------------------
    @staticmethod
    def performance(track: Track) -> str:
        """The artifact name of what the face does."""
        return f"lipsync/{track.value}/performance.npz"

    def performance_mark(self, track: Track) -> str:
        return fingerprint("lips", 1, self._ctx.track_mark(track), self.fps, self.language(track))

    @staticmethod
    def piece(track: Track, frames: range) -> str:
        """The artifact name of a slice."""
        return f"lipsync/{track.value}/{frames.start:07d}.h264"

    def pieces(self, track: Track) -> tuple[Path, ...]:
        """The slices of a film, in order."""
        return tuple(self._ctx.ws.root / self.piece(track, frames) for frames in self.slices(track))

    def piece_mark(self, track: Track, frames: range) -> str:
        """Of a slice: of the picture, of all that is heard, and of what draws."""
        asked = self._ctx.request
        drawn = (self.engine_names(), sorted(asked.lipsync_options), asked.ai_mark)
        place = [frames.start, frames.stop]
        return fingerprint("film", 1, self._ctx.source_mark, self.performance_mark(track), drawn, place)

    def mark(self) -> list[str]:
        """Of all films."""
        return [self.piece_mark(track, frames) for track in self.tracks for frames in self.slices(track)]

    def notes(self) -> list[str]:
        """What a person should know about the films."""
        if not self.tracks:
            return ["The recording has no picture, so there are no lips that could move."]
        ws, track = self._ctx.ws, self.tracks[0]
        seen = sum(int(ws.load(f"{self.piece(track, frames)}.json")["faces"]) for frames in self.slices(track))
        if seen >= _HARDLY * self.frames(track):
            return []
        share = 100 * seen / self.frames(track)
        return [f"A face that can be made to speak was seen in {share:.0f} % of the picture; the rest is as it was."]
