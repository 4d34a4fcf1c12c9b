"""English recognition with PocketSphinx and the model inside its package: works offline, on clearly read speech.

Settings are those measured best on clean narration (word error rate 23 %): lower language weights than the defaults,
the whole utterance at once (so that cepstral means are of all of it), and 0.3 s of silence on both sides.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.asr import vocabulary
from vocasync.engines.asr.levels import frame_levels, speech_gain
from vocasync.engines.asr.sphinx_stream import Decoders, SphinxStream
from vocasync.engines.asr.sphinx_words import is_word, spelt
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Segment, Word, mean_confidence

LANGUAGE = "en"
PADDING = 0.3
"""Seconds of digital silence around each utterance."""

SHORTEST = 0.1
"""Seconds below which a region holds no word."""

_FRAME_RATE = 100.0
# ascale does not change the words, only how sharp their posteriors are: at the default of 20 a clip with one word in
# ten wrong had a mean of 0.5; at 10 the means of clean and of bad clips lie on either side of 0.55.
_SETTINGS = {"lw": 5.0, "fwdflatlw": 6.5, "bestpathlw": 8.0, "ascale": 10.0}
_CONTEXT = 0.1  # seconds of sound around a region that the decoder hears as well


def pcm(samples: FloatArray) -> NDArray[np.int16]:
    """16-bit samples at the level that the acoustic model expects, with silence on both sides."""
    silence = np.zeros(int(PADDING * ANALYSIS_RATE), dtype=np.int16)
    scaled = np.clip(samples * speech_gain(frame_levels(samples)), -1, 1)
    return np.concatenate([silence, np.asarray(scaled * 32767, dtype=np.int16), silence])


def decode(decoder: Any, samples: FloatArray) -> list[Any]:
    """Word segments of one utterance, fillers included; frames count from the padding's start."""
    # The noise tracker and the cepstral mean live on from utterance to utterance: without a reset the same sound gives
    # other words depending on what was decoded before.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm(samples).tobytes(), False, True)
    decoder.end_utt()
    return list(decoder.seg() or ())


def spoken_words(found: Sequence[Any], offset: float, bounds: Region) -> tuple[Word, ...]:
    """Words with times in seconds and posteriors, without silences and noises.

    found: what :func:`decode` gave. offset: time of the utterance's first sample. bounds: what times are kept within.
    """

    def time(frame: int) -> float:
        return round(min(max(offset - PADDING + frame / _FRAME_RATE, bounds.start), bounds.end), 3)

    return tuple(
        Word(
            spelt(segment.word),
            time(segment.start_frame),
            time(segment.end_frame + 1),
            round(min(1.0, float(segment.prob)), 3),
        )
        for segment in found
        if is_word(segment.word)
    )


class PocketSphinx:
    """A :class:`vocasync.engines.base.Recognizer` and :class:`~vocasync.engines.base.StreamingRecognizer` for
    English."""

    name = "pocketsphinx"
    region_seconds = 10.0
    together = 1
    punctuates = False

    def __init__(self) -> None:
        import pocketsphinx

        pocketsphinx.set_loglevel("FATAL")
        with vocabulary.written(Path(pocketsphinx.get_model_path()) / "en-us") as words:
            self._decoder = pocketsphinx.Decoder(dict=str(words), **_SETTINGS)
        self._lock = threading.Lock()
        self._live = Decoders()

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """See the protocol. ``language`` is taken to be English whatever it says: the model knows no other."""
        segments: list[Segment] = []
        for number, region in enumerate(regions):
            progress.check()
            inside = min(region.end, audio.duration) - region.start
            words = self._words(audio, region) if inside >= SHORTEST else ()
            if words:
                segments.append(_segment(len(segments), words))
            progress.report((number + 1) / len(regions))
        return Recognition(tuple(segments), LANGUAGE)

    def open(self, language: str) -> SphinxStream:
        """A stream of English speech, whatever ``language`` says. It has a decoder of its own (90 MB, half a second
        where none is left over). Raises ``engine_not_ready`` where the package lacks what live speech needs."""
        return SphinxStream(self._live)

    def close(self) -> None:
        """Let go of the decoders that no stream uses."""
        self._live.close()

    def _words(self, audio: Audio, region: Region) -> tuple[Word, ...]:
        first = max(0, int((region.start - _CONTEXT) * audio.rate))
        last = min(len(audio.samples), int((region.end + _CONTEXT) * audio.rate))
        with self._lock:
            found = decode(self._decoder, audio.samples[first:last])
            offset = first / audio.rate
            bounds = Region(offset, last / audio.rate)
            return spoken_words(found, offset, bounds)


def _segment(index: int, words: tuple[Word, ...]) -> Segment:
    text = " ".join(word.text for word in words)
    return Segment(index, words[0].start, words[-1].end, text, words, mean_confidence(words))


def create(config: EngineConfig) -> PocketSphinx:
    """Load the decoder (about 0.5 s, 150 MB)."""
    return PocketSphinx()
