"""The last step of a dub with a picture, where it is asked for: the lips in it move with the dubbed sound."""

from __future__ import annotations

from contextlib import closing

from vocasync.media import frames
from vocasync.pipelines.base import Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.lips import LONGEST, Lips
from vocasync.progress import Part, Progress
from vocasync.stages import lipsync
from vocasync.stages.following import Followed
from vocasync.stages.lipsync import Acting
from vocasync.types import Track


class Lipsync:
    """A film a track, drawn slice by slice: what is there of it when the work is interrupted stays."""

    name = "lipsync"

    def __init__(self, context: DubContext, lips: Lips) -> None:
        self._ctx = context
        self._lips = lips

    def plan(self) -> tuple[Unit, ...]:
        return tuple(Unit(track.value) for track in self._lips.tracks if self._left(track))

    def _left(self, track: Track) -> list[range]:
        """The slices that are still to be drawn."""
        lips, ws = self._lips, self._ctx.ws
        return [
            one
            for one in lips.slices(track)
            if not ws.has(f"{lips.piece(track, one)}.json", lips.piece_mark(track, one))
        ]

    def run(self, unit: str, progress: Progress) -> None:
        track = Track(unit)
        self._act(track, Part(progress, 0.0, 0.05))
        self._draw(track, Part(progress, 0.05, 1.0))

    def _act(self, track: Track, progress: Progress) -> None:
        """Only the mouth moves: head, eyes and brows do in the picture."""
        lips, ws = self._lips, self._ctx.ws
        name, mark = lips.performance(track), lips.performance_mark(track)
        if ws.has(name, mark):
            return
        acting = Acting(lips.words(track), lips.language(track), motion=False)
        done = lipsync.act(lips.sound(track), lips.frames(track), lips.fps, acting, progress)
        with ws.writing(name, mark) as path:
            lipsync.save_performance(done, path)

    def _draw(self, track: Track, progress: Progress) -> None:
        ctx, lips = self._ctx, self._lips
        left, shot = self._left(track), lips.shot(track)
        done = shot.frames - sum(len(one) for one in left)
        asked = ctx.request
        source = frames.read(asked.source, lips.fps, asked.source_name, progress, stream=lips.stream, longest=LONGEST)
        with closing(source) as pictures:
            film = Followed(pictures, lips.finder, lips.fps)
            for one in left:
                here = Part(progress, done / shot.frames, (done + len(one)) / shot.frames)
                self._slice(track, film, one, here)
                done += len(one)

    def _slice(self, track: Track, film: Followed, wanted: range, progress: Progress) -> None:
        ctx, lips = self._ctx, self._lips
        name, mark = lips.piece(track, wanted), lips.piece_mark(track, wanted)
        drawn = lipsync.moving_slice(lips.engine, film.seen, lips.shot(track), wanted, progress)
        with ctx.ws.writing(name, mark) as path:
            frames.encode(drawn, path, lips.fps, ctx.request.source_name, progress, mark=ctx.request.ai_mark)
        ctx.ws.save(f"{name}.json", {"faces": film.faces(wanted)}, mark)

    def finish(self) -> None:
        return None
