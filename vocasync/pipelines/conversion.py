"""What the steps of a dub share where the recording's own sound is converted, too, or nothing else is done."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vocasync.artifacts import fingerprint
from vocasync.engines import registry
from vocasync.engines.base import VoiceConverter
from vocasync.pipelines.conditions import VoiceConditions
from vocasync.pipelines.stock import known_stock, stock_mark, stock_voice
from vocasync.progress import Progress, Silent
from vocasync.stages import convert
from vocasync.types import Region, SpeakerVoice, Take, Track, VoiceKind, VoiceReference

if TYPE_CHECKING:
    from vocasync.pipelines.context import DubContext

SOUND = "converted/recording.wav"
SPEAKER = "converted/speaker.npz"
WHO = 0
"""Whose voice everything is moved to: recordings that are converted have one speaker."""


class Conversion:
    """One recording on its way into a voice, over the workspace of its dub."""

    def __init__(self, context: DubContext, wanted: SpeakerVoice) -> None:
        self._ctx = context
        self._wanted = wanted

    @property
    def converter(self) -> VoiceConverter:
        return cast(VoiceConverter, registry.load("convert", self._ctx.engines.converter, self._ctx.config))

    @property
    def _conditions(self) -> VoiceConditions:
        return VoiceConditions(self.converter)

    # --- the voice ----------------------------------------------------------------------------------------------------
    @cached_property
    def _engine_voice(self) -> tuple[Any, str]:
        """The row of the engine's own voice that is wanted, and its mark."""
        ctx = self._ctx
        row = known_stock(ctx.engines.voice, self._wanted.stock, ctx.config)
        return row, stock_mark(ctx.voice, row, ctx.target)

    @property
    def voice_mark(self) -> str:
        """What decides how the voice sounds."""
        return self._engine_voice[1] if self._wanted.kind is VoiceKind.STOCK else self._wanted.mark

    def hear_voice(self, progress: Progress) -> SpeakerVoice:
        """The voice with its reference and folder; an engine's own one says some sentences first, once for all jobs."""
        ctx, wanted = self._ctx, self._wanted
        if wanted.kind is VoiceKind.STOCK:
            return stock_voice(ctx.voice, self._engine_voice[0], ctx.target, ctx.config, progress)
        return wanted

    def _folder(self, voice: SpeakerVoice) -> Path:
        return voice.folder or self._ctx.ws.root / "converted" / "voice"

    def voice(self, progress: Progress) -> Any:
        """The voice's conditioning, made where it is not there. Raises ``reference_too_short``."""
        found = self.hear_voice(progress)
        return self._conditions.voice(found, self._folder(found), progress)

    @property
    def voice_known(self) -> bool:
        """Whether the converter knows the voice already."""
        wanted = self._wanted
        if wanted.kind is VoiceKind.STOCK:
            place = self._ctx.config.cache / "stock" / self.voice_mark[:32]
            wanted = SpeakerVoice(mark=self.voice_mark, folder=place)
        return self._conditions.has_voice(wanted, self._folder(wanted))

    @property
    def reference(self) -> VoiceReference:
        """Speech in the voice; valid once the converter knows it."""
        found = self.hear_voice(Silent()).reference
        if found is None:
            raise ValueError("a voice of the library needs its reference")
        return found

    # --- whoever speaks -----------------------------------------------------------------------------------------------
    @property
    def _engine(self) -> tuple[str, str]:
        return self.converter.name, self.converter.version

    @property
    def sound_mark(self) -> str:
        return fingerprint("recording", 1, self._ctx.source_mark, self.converter.sample_rate)

    @property
    def speaker_mark(self) -> str:
        return fingerprint("speaker", 1, self._ctx.source_mark, self._engine)

    @property
    def sound(self) -> Path:
        """The recording as it is converted: mono WAV at the converter's rate."""
        return self._ctx.ws.root / SOUND

    def speaker(self) -> Any:
        """The conditioning of whoever speaks in the recording; valid once it was made."""
        return self._conditions.load(self._ctx.ws.root / SPEAKER, self.speaker_mark)

    # --- pieces -------------------------------------------------------------------------------------------------------
    @cached_property
    def pieces(self) -> tuple[Region, ...]:
        found = self._ctx.ingested
        return convert.pieces(found.regions, found.info.duration)

    def piece_mark(self, number: int) -> str:
        ctx = self._ctx
        made_from = (self.speaker_mark, self.sound_mark, self.voice_mark, self._engine)
        return fingerprint("piece", 1, made_from, self.pieces[number], ctx.request.match, *ctx.watermark_name.values())

    @staticmethod
    def piece_name(number: int) -> str:
        """The artifact name of a piece, without its ending."""
        return f"takes/{Track.CONVERTED.value}/{number:05d}"

    def made(self, number: int) -> bool:
        """Whether a piece is converted."""
        return self._ctx.ws.has(self.piece_name(number) + ".json", self.piece_mark(number))

    def takes(self) -> list[Take]:
        """The pieces; valid once all are converted."""
        return [self._ctx.ws.read(self.piece_name(number) + ".json", Take) for number in range(len(self.pieces))]

    def track_mark(self) -> str:
        """The mark of the whole sound."""
        return fingerprint("track", 1, [self.piece_mark(number) for number in range(len(self.pieces))])
