"""What the steps of a portrait share beside those of its script: the face, what it does, and the drawn slices."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import choose_lipsync
from vocasync.engines.base import EngineConfig, FaceFinder, LipSync
from vocasync.media import audio
from vocasync.pipelines.portrait.request import PortraitRequest
from vocasync.pipelines.script.context import ScriptContext
from vocasync.stages.lipsync import Shot, load_face, load_performance, slices
from vocasync.types import JSON, Face, Performance, Picture, Track

FINDER = "mesh"
PICTURE = "portrait/picture.png"
FACE = "portrait/face.npz"
PERFORMANCE = "portrait/performance.npz"
_ENGINE = "portrait/engine.json"


class PortraitContext(ScriptContext):
    """One portrait over one workspace."""

    def __init__(self, request: PortraitRequest, workspace: Workspace, config: EngineConfig) -> None:
        super().__init__(request.script, workspace, config, request.margins)
        self.portrait = request

    # --- engines ------------------------------------------------------------------------------------------------------
    @cached_property
    def lipsync_name(self) -> str:
        """Chosen once, as all engines are."""
        mark = fingerprint("lipsync", self.portrait.lipsync)
        if not self.ws.has(_ENGINE, mark):
            self.ws.save(_ENGINE, choose_lipsync(self.portrait.lipsync, self.config), mark)
        return self.ws.read(_ENGINE, str)

    @property
    def lipsync(self) -> LipSync:
        return cast(LipSync, registry.load("lipsync", self.lipsync_name, self.config))

    @property
    def finder(self) -> FaceFinder:
        return cast(FaceFinder, registry.load("face", FINDER, self.config))

    # --- what is there ------------------------------------------------------------------------------------------------
    @property
    def frames(self) -> int:
        """How many there are, once the sound is there."""
        return round(audio.length(self.sound) * self.portrait.fps)

    @property
    def picture(self) -> Picture:
        from PIL import Image

        with Image.open(self.ws.root / PICTURE) as image:
            return np.asarray(image.convert("RGB"))

    @property
    def face(self) -> Face:
        return load_face(self.ws.root / FACE)

    @property
    def shot(self) -> Shot:
        """What is heard and done."""
        return Shot(self.sound, self.portrait.fps, self.performance, self.portrait.options)

    @property
    def performance(self) -> Performance:
        return load_performance(self.ws.root / PERFORMANCE)

    @property
    def slices(self) -> tuple[range, ...]:
        """The frames of each slice that is drawn as one."""
        return slices(self.frames, self.portrait.fps)

    def piece(self, frames: range) -> str:
        """The artifact name of a slice."""
        return f"lipsync/{frames.start:07d}.h264"

    @property
    def pieces(self) -> tuple[Path, ...]:
        """The drawn slices, in order."""
        return tuple(self.ws.root / self.piece(frames) for frames in self.slices)

    # --- marks --------------------------------------------------------------------------------------------------------
    @cached_property
    def picture_mark(self) -> str:
        asked = self.portrait
        seen = (self.finder.name, self.finder.version)
        return fingerprint("picture", 1, file_sha256(asked.picture), asked.face, asked.longest, seen)

    def performance_mark(self) -> str:
        """Of what the face does: of the sound, and of how it is to act."""
        asked, script = self.portrait, self.request
        toned = self.track is Track.EMOTION
        tone = (self.emotion_mark, script.emotion_strength, asked.tone) if toned else ()
        heard = self.words_of(self.track) if script.sound else ()  # those of a script are in the mark of its sound
        return fingerprint("performance", 1, self.track_mark(), heard, tone, asked.motion, asked.seed, asked.fps)

    def piece_mark(self, frames: range) -> str:
        asked, engine = self.portrait, self.lipsync
        drawn = (engine.name, engine.version, sorted(asked.options), asked.ai_mark)
        return fingerprint(
            "slice", 1, self.picture_mark, self.performance_mark(), drawn, [frames.start, frames.stop, self.frames]
        )

    def result_mark(self) -> str:
        pieces = [self.piece_mark(frames) for frames in self.slices]
        return fingerprint("portrait", 1, super().result_mark(), pieces, self.portrait.picture_name)

    def sources(self) -> JSON:
        return {**super().sources(), "picture_sha256": file_sha256(self.portrait.picture)}

    def engine_names(self) -> dict[str, str]:
        engine, finder = self.lipsync, self.finder
        drawn = {"face": f"{finder.name} {finder.version}", "lipsync": f"{engine.name} {engine.version}"}
        return {**super().engine_names(), **drawn}
