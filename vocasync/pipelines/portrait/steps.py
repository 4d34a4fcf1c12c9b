"""The steps of a portrait that are its own: prepare, lipsync, mux."""

from __future__ import annotations

from typing import cast

from vocasync.errors import PipelineError
from vocasync.media import audio, frames
from vocasync.media.images import encoded, open_picture
from vocasync.media.marks import marked
from vocasync.pipelines.base import Unit
from vocasync.pipelines.portrait.context import FACE, PERFORMANCE, PICTURE, PortraitContext
from vocasync.pipelines.script import delivering
from vocasync.progress import Progress
from vocasync.stages import lipsync
from vocasync.stages.acting import Tone, tone_of
from vocasync.stages.delivery import Pictures
from vocasync.stages.lipsync import Acting
from vocasync.stages.portrait import check, read_face
from vocasync.types import Track

_ACTING = "performance"
_TONE_SECONDS = 24.0


class Prepare:
    """The picture and the face in it. Before anything is spoken: what is wrong with a picture is said at once."""

    name = "prepare"

    def __init__(self, context: PortraitContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(FACE, self._ctx.picture_mark) else (Unit("picture"),)

    def run(self, unit: str, progress: Progress) -> None:
        ctx, asked = self._ctx, self._ctx.portrait
        opened = open_picture(asked.picture, asked.picture_name, longest=asked.longest)
        progress.check()
        report = check(opened, ctx.finder, asked.face)
        if report.chosen is None or not report.usable:
            raise PipelineError("face_unfit", name=asked.picture_name, reason=report.advice)
        face = read_face(opened.picture, ctx.finder, report.chosen)
        with ctx.ws.writing(PICTURE, ctx.picture_mark) as path:
            path.write_bytes(encoded(opened.picture))
        with ctx.ws.writing(FACE, ctx.picture_mark) as path:
            lipsync.save_face(face, path)

    def finish(self) -> None:
        return None


class Lipsync:
    """What the face does, thought out for all of the sound; then the face that does it, drawn slice by slice."""

    name = "lipsync"

    def __init__(self, context: PortraitContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        if not ctx.ws.has(PERFORMANCE, ctx.performance_mark()):
            return (Unit(_ACTING),)
        left = (one for one in ctx.slices if not ctx.ws.has(ctx.piece(one), ctx.piece_mark(one)))
        return tuple(Unit(str(one.start), float(len(one))) for one in left)

    def run(self, unit: str, progress: Progress) -> None:
        if unit == _ACTING:
            self._act(progress)
        else:
            self._draw(next(one for one in self._ctx.slices if str(one.start) == unit), progress)

    def _act(self, progress: Progress) -> None:
        ctx, asked = self._ctx, self._ctx.portrait
        acting = Acting(ctx.words_of(ctx.track), ctx.target, self._tone(), asked.motion, asked.seed)
        done = lipsync.act(ctx.sound, ctx.frames, asked.fps, acting, progress)
        with ctx.ws.writing(PERFORMANCE, ctx.performance_mark()) as path:
            lipsync.save_performance(done, path)

    def _tone(self) -> Tone | None:
        """What the emotion reference makes of brows and smile."""
        ctx = self._ctx
        if ctx.track is not Track.EMOTION:
            return None
        heard = audio.read_slice(ctx.emotion_clip.audio, 0.0, _TONE_SECONDS)
        return tone_of(heard, ctx.portrait.tone).at(ctx.request.emotion_strength)

    def _draw(self, wanted: range, progress: Progress) -> None:
        ctx, asked = self._ctx, self._ctx.portrait
        drawn = lipsync.still_slice(ctx.lipsync, ctx.picture, ctx.face, ctx.shot, wanted, progress)
        with ctx.ws.writing(ctx.piece(wanted), ctx.piece_mark(wanted)) as path:
            frames.encode(drawn, path, asked.fps, asked.picture_name, progress, mark=asked.ai_mark)

    def finish(self) -> None:
        """Slices of a longer film that this once was are of no use."""
        ctx = self._ctx
        wanted = {path.name for path in ctx.pieces}
        for path in (ctx.ws.root / "lipsync").glob("*.h264*"):
            if path.name.removesuffix(".mark") not in wanted:
                path.unlink(missing_ok=True)


class Mux(delivering.Mux):
    """The film and the files beside it."""

    def _pictures(self) -> Pictures | None:
        ctx = cast(PortraitContext, self._ctx)
        poster = ctx.picture
        return Pictures(ctx.pieces, ctx.portrait.fps, marked(poster) if ctx.portrait.ai_mark else poster)
