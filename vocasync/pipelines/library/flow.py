"""A line spoken in pieces, each of which can be heard while the next one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vocasync.engines.base import StreamingVoice, VoiceEngine
from vocasync.engines.tts import seams
from vocasync.engines.tts.script import portions
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, SpeechRequest

if TYPE_CHECKING:
    from vocasync.media.levelling import Levelling

Live = Callable[[int], AbstractContextManager[Callable[[Audio], None]]]
"""For a rate in Hz: takes a line's sound piece by piece, until the block ends."""

STRETCH_SECONDS = 1.0
"""Of sound that is gathered before it is heard: less of it says too little of its loudness, and hides no watermark."""

_CEILING_DB = -1.0  # dBTP
_MOST_GAIN_DB = 30.0


def levelling(rate: int) -> Levelling:
    """What brings a line to its loudness, which is every line's, so that voices are compared at the same."""
    from vocasync.media.levelling import Levelling  # SciPy's filters, which not everybody needs
    from vocasync.stages.stitch import ALONE_LUFS

    return Levelling(rate, lufs=ALONE_LUFS, ceiling_db=_CEILING_DB, most_db=_MOST_GAIN_DB)


@dataclass(frozen=True, slots=True)
class Flow:
    """voice, emotion: conditionings of the engine. mark: puts the watermark on a stretch."""

    engine: VoiceEngine
    voice: Any | None
    emotion: Any | None
    mark: Callable[[Audio], Audio]

    def spoken(self, request: SpeechRequest, hear: Callable[[Audio], None], progress: Progress) -> tuple[Audio, Audio]:
        """Say it, and give ``hear`` what there is of it, marked, as soon as it is there. Returns the whole sound
        without the watermark and with it. Raises what the engine does, what ``hear`` does, and Cancelled."""
        rate = self.engine.sample_rate
        level = levelling(rate)
        said: list[FloatArray] = []
        heard: list[FloatArray] = []

        def give(samples: FloatArray) -> None:
            said.append(samples)
            heard.append(self.mark(Audio(samples, rate)).samples)
            hear(Audio(heard[-1], rate))

        for stretch in _gathered(self._said(request, progress), round(STRETCH_SECONDS * rate)):
            progress.check()
            give(level.feed(stretch))
        give(level.finish())
        return Audio(np.concatenate(said), rate), Audio(np.concatenate(heard), rate)

    def _said(self, request: SpeechRequest, progress: Progress) -> Iterator[FloatArray]:
        """The sound of each portion, and the pauses between them."""
        done, pause = 0, 0.0
        for text in portions(request.text, self.engine.max_chars):
            yield seams.silence(pause, self.engine.sample_rate).samples
            yield from self._portion(replace(request, text=text))
            done, pause = done + len(text), seams.pause(text)
            progress.report(done / len(request.text))

    def _portion(self, request: SpeechRequest) -> Iterator[FloatArray]:
        if isinstance(self.engine, StreamingVoice):
            for piece in self.engine.stream(request, self.voice, self.emotion):
                yield piece.samples
        else:
            audio = self.engine.synthesize(request, self.voice, self.emotion).audio
            yield seams.join([request.text], [audio.samples], audio.rate).samples


def _gathered(pieces: Iterator[FloatArray], size: int) -> Iterator[FloatArray]:
    """The same sound in pieces of at least ``size`` samples, but for the last one."""
    kept: list[FloatArray] = []
    for piece in pieces:
        kept.append(piece)
        if sum(len(one) for one in kept) >= size:
            yield np.concatenate(kept)
            kept = []
    if any(len(one) for one in kept):
        yield np.concatenate(kept)
