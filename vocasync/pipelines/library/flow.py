"""A line spoken in pieces, each of which can be heard while the next one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vocasync.engines.base import StreamingVoice, VoiceEngine
from vocasync.engines.tts import seams
from vocasync.engines.tts.script import portions
from vocasync.errors import Cancelled, PipelineError
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


def levelling(rate: int, louder: float = 0.0) -> Levelling:
    """What brings a line to its loudness, which is every line's, so that voices are compared at the same; or to one
    that is by some dB louder."""
    from vocasync.media.levelling import Levelling  # SciPy's filters, which not everybody needs
    from vocasync.stages.stitch import ALONE_LUFS

    return Levelling(rate, lufs=ALONE_LUFS + louder, ceiling_db=_CEILING_DB, most_db=_MOST_GAIN_DB)


@contextmanager
def failing(engine: VoiceEngine) -> Iterator[None]:
    """Whatever breaks in an engine is ``voice_failed``."""
    try:
        yield
    except (PipelineError, Cancelled):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PipelineError("voice_failed", label=engine.name, index=1, reason=reason) from error


@dataclass(frozen=True, slots=True)
class Flow:
    """voice, emotion: conditionings of the engine. mark: puts the watermark on a stretch. stretch: seconds of sound
    that are gathered before they are heard. louder: than lines are, in dB."""

    engine: VoiceEngine
    voice: Any | None
    emotion: Any | None
    mark: Callable[[Audio], Audio]
    stretch: float = STRETCH_SECONDS
    louder: float = 0.0

    def spoken(self, request: SpeechRequest, hear: Callable[[Audio], None], progress: Progress) -> tuple[Audio, Audio]:
        """Say it, and give ``hear`` what there is of it, marked, as soon as it is there. Returns the whole sound
        without the watermark and with it. Raises what the engine does, what ``hear`` does, and Cancelled."""
        rate = self.engine.sample_rate
        said: list[FloatArray] = []
        heard: list[FloatArray] = []
        for plain, marked in self.pieces(request, progress):
            said.append(plain)
            heard.append(marked)
            hear(Audio(marked, rate))
        return Audio(np.concatenate(said), rate), Audio(np.concatenate(heard), rate)

    def pieces(self, request: SpeechRequest, progress: Progress) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Its sound at the engine's rate as it is made, levelled: without the watermark, and with it. Raises what the
        engine does, and Cancelled."""
        rate = self.engine.sample_rate
        level = levelling(rate, self.louder)
        for stretch in _gathered(self._said(request, progress), round(self.stretch * rate)):
            progress.check()
            yield self._both(level.feed(stretch))
        yield self._both(level.finish())

    def _both(self, samples: FloatArray) -> tuple[FloatArray, FloatArray]:
        return samples, self.mark(Audio(samples, self.engine.sample_rate)).samples

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
