"""The steps of a script that are its own: voice, stitch, score; what is spoken is spoken as in a dub."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from vocasync.media import audio
from vocasync.pipelines import kept
from vocasync.pipelines.base import WHOLE, Unit
from vocasync.pipelines.casting import Role
from vocasync.pipelines.kept import Scored, track_name
from vocasync.pipelines.library import clip_reference
from vocasync.pipelines.script.context import CLIP, HEARD, ScriptContext
from vocasync.pipelines.script.hearing import hear
from vocasync.progress import Progress
from vocasync.stages import ingest, score, stitch
from vocasync.types import Track, VoiceKind

RATE = 48_000
"""Of the joined speech, in Hz."""

_EMOTION_CLIP = "emotion"
_WORDS = "words"


class Voice:
    """What the engine must know of the voice and of the tone: clips are listened to first, then learnt from."""

    name = "voice"

    def __init__(self, context: ScriptContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        if ctx.request.sound:
            return ()
        if not ctx.spoken:  # hand edits may have taken all of it
            raise PipelineError("script_unspeakable", name=ctx.request.name)
        clips = () if ctx.clip_heard else (Unit(CLIP),)
        tones = () if ctx.track is Track.VOICE or ctx.emotion_heard else (Unit(_EMOTION_CLIP),)
        return (*clips, *tones) or self._learnt()

    def _learnt(self) -> tuple[Unit, ...]:
        """The voice and the tone, as far as the engine does not know them."""
        ctx, role = self._ctx, self._role
        strange = role.voice.kind is VoiceKind.PROFILE and not ctx.conditions.has_voice(role.voice, ctx.folder_of(role))
        toneless = ctx.track is Track.EMOTION and not ctx.conditions.has_emotion(ctx.emotion_clip, ctx.emotion_folder)
        return (*((Unit(role.name),) if strange else ()), *((Unit(kept.EMOTION),) if toneless else ()))

    @property
    def _role(self) -> Role:
        return self._ctx.cast[0]

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        if unit == CLIP:
            self._hear_clip(progress)
        elif unit == _EMOTION_CLIP:
            ctx.hear_emotion(progress)
        elif unit == kept.EMOTION:
            ctx.conditions.emotion(ctx.emotion_clip, ctx.emotion_folder, progress)
        else:
            ctx.conditions.voice(self._role.voice, ctx.folder_of(self._role), progress)

    def _hear_clip(self, progress: Progress) -> None:
        ctx, asked = self._ctx, self._ctx.request
        if asked.reference is None:
            raise ValueError("there is no clip to listen to")
        with ctx.ws.writing(f"{CLIP}.wav", ctx.clip_mark) as path:
            found = clip_reference(
                asked.reference,
                asked.reference_name,
                path,
                ctx.config,
                progress,
                transcript=asked.reference_text,
                language=ctx.target,
            )
        found = dataclasses.replace(found, audio=ctx.ws.root / f"{CLIP}.wav")
        ctx.ws.save(f"{CLIP}.json", found, ctx.clip_mark)

    def finish(self) -> None:
        return None


class Stitch:
    """The takes one after the other, with their pauses, as one sound; or the recording that was brought, and what is
    said in it."""

    name = "stitch"

    def __init__(self, context: ScriptContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        if not ctx.ws.has(track_name(ctx.track), ctx.track_mark()):
            return (Unit(ctx.track.value),)
        unheard = ctx.request.sound and ctx.engines.recognizer and not ctx.ws.has(HEARD, ctx.heard_mark())
        return (Unit(_WORDS),) if unheard else ()

    def run(self, unit: str, progress: Progress) -> None:
        if unit == _WORDS:
            self._hear(progress)
        elif self._ctx.request.sound:
            self._recorded(progress)
        else:
            self._joined(progress)

    def _joined(self, progress: Progress) -> None:
        ctx, takes = self._ctx, self._ctx.takes()
        spoken = max(take.start + take.duration for take in takes) - ctx.margins.lead
        with ctx.ws.writing(track_name(ctx.track), ctx.track_mark()) as path:
            stitch.stitch(ctx.ws.root, takes, ctx.margins.length(spoken), None, path, progress, RATE)

    def _recorded(self, progress: Progress) -> None:
        """The recording, mono, with its margins; memory is flat in its length."""
        ctx, asked = self._ctx, self._ctx.request
        if asked.sound is None:
            raise ValueError("there is no recording")
        info = ingest.inspect(asked.sound, asked.sound_name, asked.limits)
        ctx.ws.path(track_name(ctx.track))
        with tempfile.TemporaryDirectory(dir=ctx.ws.root) as folder:
            plain = Path(folder) / "plain.wav"
            ingest.extract_sound(asked.sound, asked.sound_name, info, plain, progress, ingest.Wanted(RATE))
            whole = ctx.margins.length(audio.length(plain))
            with ctx.ws.writing(track_name(ctx.track), ctx.track_mark()) as path:
                audio.placed_file(plain, path, ctx.margins.lead, whole)

    def _hear(self, progress: Progress) -> None:
        ctx = self._ctx
        if ctx.recogniser is None:
            raise ValueError("there is nobody to hear it")
        ctx.ws.save(HEARD, hear(ctx.sound, ctx.recogniser, ctx.target, progress), ctx.heard_mark())

    def finish(self) -> None:
        return None


class Score:
    """How alike the voice is to who is to be heard, and to the tone; of a voice of an engine's own there is nothing to
    say."""

    name = "score"

    def __init__(self, context: ScriptContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(kept.SCORES, self._ctx.score_mark()) else WHOLE

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        scored = self._compared(progress) if ctx.comparable else Scored(score.Scores("", {}, {}), ctx.takes())
        ctx.ws.save(kept.SCORES, scored, ctx.score_mark())

    def _compared(self, progress: Progress) -> Scored:
        ctx = self._ctx
        voices = {number: role.voice.reference for number, role in ctx.cast.items()}
        scores, takes = score.score(
            ctx.ws.root,
            ctx.takes(),
            {number: reference for number, reference in voices.items() if reference is not None},
            ctx.emotion_clip if ctx.track is Track.EMOTION else None,
            None if spec("tts", ctx.engines.voice).price else ctx.voice,  # nobody pays for a comparison
            [segment for segment, _ in ctx.spoken],
            ctx.target,
            ctx.encoder,
            progress,
        )
        return Scored(scores, takes)

    def finish(self) -> None:
        return None
