"""Whether somebody speaks, told while the sound comes in.

Silero VAD (the model inside the ``silero-vad`` package, in its block-wise ONNX form) is loaded once a process; what it
remembers of a stream is kept beside that stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from vocasync.types import ANALYSIS_RATE, FloatArray

FRAME = 512
"""Samples that the model decides on at once, at ``ANALYSIS_RATE``."""

FRAME_SECONDS = FRAME / ANALYSIS_RATE

_CONTEXT = 64  # samples of the frame before that the model sees again
_SPEECH = 0.5  # probability from which a frame is speech
_STILL_SPEECH = 0.35  # from which it goes on being so: within words the model wavers

# The model wants speech at about -23 dBFS. The loudest frames of speech, which the level follows, are 5 dB above that.
_WANTED = 10 ** (-18 / 20)
_MOST_GAIN = 10 ** (35 / 20)
_FALL = 10 ** (-3 * FRAME_SECONDS / 20)  # the level follows louder sound at once, quieter by 3 dB a second
_FIRST_LEVEL = 10 ** (-30 / 20)
_NOTHING = 10 ** (-72 / 20)  # root mean square below which no model needs to be asked


@lru_cache(maxsize=1)
def _model() -> Any:
    from silero_vad import load_silero_vad

    return load_silero_vad(sequence=True).session


class SpeechModel:
    """The model over one stream: what it remembers is carried from call to call."""

    def __init__(self) -> None:
        self._run = _model().run
        self.forget()

    def forget(self) -> None:
        """As if the stream began anew."""
        self._hidden, self._cell = np.zeros((1, 1, 128), dtype=np.float32), np.zeros((1, 1, 128), dtype=np.float32)
        self._before = np.zeros(_CONTEXT, dtype=np.float32)

    def probabilities(self, samples: FloatArray) -> FloatArray:
        """Probability of speech in each frame, shape (ceil(n / 512),); the last frame is filled up with zeros.

        samples: mono at ``ANALYSIS_RATE``, speech in it at about -23 dBFS. Only a stream's last call may end within a
        frame.
        """
        if not len(samples):
            return np.zeros(0, dtype=np.float32)
        count = -(-len(samples) // FRAME)
        padding = np.zeros(count * FRAME - len(samples), dtype=np.float32)
        padded = np.concatenate([self._before, samples, padding])
        frames = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + FRAME)[::FRAME].astype(np.float32)
        feed = {"input": frames, "h": self._hidden, "c": self._cell}
        found, self._hidden, self._cell = self._run(["speech_probs", "hn", "cn"], feed)
        self._before = padded[-_CONTEXT:].astype(np.float32)
        probabilities: FloatArray = np.asarray(found, dtype=np.float32).reshape(-1)
        return probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """32 ms of the stream. samples: as they came, shape (512,). start: seconds of the stream. voiced: seconds of speech
    up to the block's end without a break, 0 where it is none; quiet: seconds since there was speech, 0 where it is."""

    samples: FloatArray
    start: float
    voiced: float
    quiet: float


class Activity:
    """Voice activity in a stream of mono samples at ``ANALYSIS_RATE``, whatever its level."""

    def __init__(self) -> None:
        self._model = SpeechModel()
        self._rest = np.zeros(0, dtype=np.float32)
        self._level = _FIRST_LEVEL
        self._frames = 0
        self._voiced = 0  # frames
        self._quiet = 0

    def feed(self, samples: FloatArray) -> list[Block]:
        """Take more sound, shape (n,), and give the blocks that are whole now."""
        sound = np.concatenate([self._rest, samples]).astype(np.float32)
        whole = len(sound) // FRAME * FRAME
        self._rest = sound[whole:]
        return [self._block(frame) for frame in sound[:whole].reshape(-1, FRAME)]

    def finish(self) -> list[Block]:
        """No more is coming: what is left, filled up with zeros to a whole block."""
        missing = -len(self._rest) % FRAME
        return self.feed(np.zeros(missing, dtype=np.float32)) if missing else []

    def _block(self, samples: FloatArray) -> Block:
        if self._is_speech(samples):
            self._voiced, self._quiet = self._voiced + 1, 0
        else:
            self._voiced, self._quiet = 0, self._quiet + 1
        start = self._frames * FRAME_SECONDS
        self._frames += 1
        return Block(samples, start, self._voiced * FRAME_SECONDS, self._quiet * FRAME_SECONDS)

    def _is_speech(self, samples: FloatArray) -> bool:
        level = float(np.sqrt(np.mean(np.square(samples))))
        self._level = max(level, self._level * _FALL)
        if not level >= _NOTHING:
            self._model.forget()
            return False
        gain = min(_WANTED / self._level, _MOST_GAIN)
        scaled = np.clip(samples * gain, -1, 1).astype(np.float32)
        probability = float(self._model.probabilities(scaled)[0])
        return probability >= (_STILL_SPEECH if self._voiced else _SPEECH)
