"""PocketSphinx while somebody speaks: one decoder a stream, taken from those that earlier streams have left.

The model takes the mean off the cepstra of what it hears, which over a recording is that of the utterance itself. Here
it is not known before the utterance ends, and words are lost for that: it begins with one measured on clean speech,
goes on with what earlier utterances had, and while it is still far off, the utterance's beginning is decoded again.
"""

from __future__ import annotations

import threading
import weakref

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.asr.levels import FRAME, frame_levels, speech_gain
from vocasync.engines.asr.sphinx_c import Decoder, Heard
from vocasync.engines.asr.sphinx_words import is_word, spelt
from vocasync.engines.base import Partial
from vocasync.types import ANALYSIS_RATE, FloatArray, Segment, Word, mean_confidence

# Narrower beams than over a recording, and no second pass over the sound, which takes seconds at an utterance's end.
_SETTINGS = {
    "lw": 5.0,
    "beam": 1e-40,
    "pbeam": 1e-40,
    "wbeam": 1e-24,
    "maxhmmpf": 3000,
    "maxwpf": 10,
    "fwdflat": False,
    "bestpath": True,
    "ascale": 10.0,
}

_IDLE = 2  # decoders that are kept though no stream uses them
_FRAMES = 100.0  # a second
_BEFORE, _AFTER = 0.3, 0.1  # seconds of digital silence around an utterance, in which the model finds its feet

_FIRST = 0.5  # seconds of the first utterance that are waited for, to know its level
_LEVEL = 8.0  # seconds of speech that the level is taken of
_CLIPPED = 0.05  # share of a piece's samples that stand for a level which is far too high

_AGAIN = (0.8, 1.6, 3.2)  # seconds of an utterance at which its beginning may be decoded again
_FAR = 4.0  # how far the mean must have moved for that, or _LOUDER the level (a factor)
_LOUDER = 1.4
_LONGEST = 30.0  # seconds after which an utterance ends though nobody paused

# Faint noise under everything, 50 dB below the speech: beside digital silence the model hears what begins soft, such as
# the first words of a sentence that a machine said, as more of the silence.
_HISS = np.random.default_rng(0).normal(0, 8, ANALYSIS_RATE)


def _pcm(samples: FloatArray, gain: float) -> NDArray[np.int16]:
    sound = np.clip(samples * gain, -1, 1) * 32767 + np.resize(_HISS, len(samples))
    return np.asarray(np.clip(sound, -32768, 32767), dtype=np.int16)


_BEGINNING = np.zeros(int(_BEFORE * ANALYSIS_RATE), dtype=np.int16)
_ENDING = np.zeros(int(_AFTER * ANALYSIS_RATE), dtype=np.int16)


class Decoders:
    """Decoders that no stream uses any more, for the next ones. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Decoder] = []
        self._closed = False

    def take(self) -> Decoder:
        """One that is nobody else's, made where none is left (half a second). Raises ``engine_not_ready``."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Decoder(_SETTINGS)

    def give(self, decoder: Decoder) -> None:
        """One that is not used any more, in whatever state."""
        decoder.abandon()
        with self._lock:
            kept = not self._closed and len(self._idle) < _IDLE
            if kept:
                self._idle.append(decoder)
        if not kept:
            decoder.close()

    def close(self) -> None:
        """Let go of all; those that are still used go when they are given back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for decoder in idle:
            decoder.close()


# --- what the sound is like -------------------------------------------------------------------------------------------
class _Level:
    """The level of the last seconds of speech."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, dtype=np.float32)
        self._levels = np.zeros(0, dtype=np.float32)

    def hear(self, samples: FloatArray) -> None:
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // FRAME * FRAME
        self._rest = sound[whole:]
        most = round(_LEVEL * ANALYSIS_RATE / FRAME)
        self._levels = np.concatenate([self._levels, frame_levels(sound[:whole])])[-most:]

    @property
    def gain(self) -> float:
        """The factor that brings it to what the model expects."""
        return speech_gain(self._levels)


_SEED = np.array([52.1, 5.9, -4.5, 11.4, -15.5, -3.9, -12.3, 1.5, -0.9, 1.9, -1.0, -1.3, 4.6])
"""The mean of 22 utterances by five people at the level that the model expects."""

_SEED_FRAMES = 25.0  # how much the seed, and what was heard earlier, weigh against the utterance's own frames
_EARLIER_FRAMES = 25.0
_MEMORY = 600.0  # frames after which earlier utterances fade

_WINDOW = 500.0  # frames that the decoder takes a mean for that it is given: fixed in the library


class _Mean:
    """The cepstral mean of what is heard, as far as it is known."""

    def __init__(self) -> None:
        self._earlier = np.zeros_like(_SEED)
        self._earlier_frames = 0.0
        self._sum = np.zeros_like(_SEED)
        self._frames = 0.0

    @property
    def best(self) -> NDArray[np.float64]:
        """What to take off."""
        known = self._earlier_frames
        before = (self._earlier + _SEED * _SEED_FRAMES) / (known + _SEED_FRAMES)
        weight = min(known + _SEED_FRAMES, _EARLIER_FRAMES)
        return np.asarray((self._sum + before * weight) / (self._frames + weight))

    def hear(self, total: NDArray[np.float64], frames: float) -> None:
        """The sum of the cepstra of so many more frames of the utterance."""
        self._sum = self._sum + total
        self._frames += frames

    def again(self) -> None:
        """The utterance will be heard from its beginning once more."""
        self._sum, self._frames = np.zeros_like(_SEED), 0.0

    def end(self) -> None:
        """The utterance is over."""
        total, frames = self._earlier + self._sum, self._earlier_frames + self._frames
        share = min(1.0, _MEMORY / frames) if frames else 1.0
        self._earlier, self._earlier_frames = total * share, frames * share
        self.again()


# --- the stream -------------------------------------------------------------------------------------------------------
class SphinxStream:
    """A :class:`vocasync.engines.base.RecognitionSession` for English.

    It knows no pauses: :meth:`feed` gives what is said since the last one, and :meth:`pause` makes it final.
    :meth:`close` may be called from another thread; a stream that nobody has any more lets its decoder go by itself.
    """

    def __init__(self, decoders: Decoders) -> None:
        self._lock = threading.Lock()
        self._utterance = _Utterance(decoders.take())
        self._given_back = weakref.finalize(self, decoders.give, self._utterance.decoder)
        self._samples = 0  # of the stream, before the utterance

    def feed(self, samples: FloatArray) -> list[Partial]:
        """See the protocol."""
        sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
        with self._lock:
            if not self._given_back.alive or not len(sound):
                return []
            self._utterance.hear(sound)
            if self._utterance.seconds >= _LONGEST:
                return self._ended()
            return self._told(self._utterance.words(), final=False)

    def pause(self) -> list[Partial]:
        """See the protocol."""
        with self._lock:
            return self._ended() if self._given_back.alive else []

    def finish(self) -> list[Partial]:
        """See the protocol."""
        said = self.pause()
        self.close()
        return said

    def close(self) -> None:
        """See the protocol."""
        with self._lock:
            self._given_back()

    def _ended(self) -> list[Partial]:
        said = self._told(self._utterance.end(), final=True)
        self._samples += self._utterance.samples
        self._utterance = self._utterance.following()
        return said

    def _told(self, found: list[Heard], *, final: bool) -> list[Partial]:
        begin = self._samples / ANALYSIS_RATE
        length = self._utterance.seconds
        words = tuple(_word(one, begin, length, final=final) for one in found if is_word(one.word))
        return [Partial(_segment(words), final)] if words else []


def _word(heard: Heard, begin: float, length: float, *, final: bool) -> Word:
    def time(frame: int) -> float:
        return round(begin + min(max(frame / _FRAMES - _BEFORE, 0.0), length), 3)

    confidence = round(heard.posterior, 3) if final else None
    return Word(spelt(heard.word), time(heard.first), time(heard.last + 1), confidence)


def _segment(words: tuple[Word, ...]) -> Segment:
    text = " ".join(word.text for word in words)
    return Segment(0, words[0].start, words[-1].end, text, words, mean_confidence(words))


class _Utterance:
    """What is said between two pauses, and what is known of the sound by then."""

    def __init__(self, decoder: Decoder, level: _Level | None = None, mean: _Mean | None = None) -> None:
        self.decoder = decoder
        self.samples = 0
        self._sound: list[FloatArray] = []
        self._known = level is not None
        self._level = level or _Level()
        self._mean = mean or _Mean()
        self._used = self._mean.best
        self._gain = self._level.gain
        self._since = 0  # samples since the decoder was told a mean
        self._started = False
        self._again = list(_AGAIN)

    @property
    def seconds(self) -> float:
        return self.samples / ANALYSIS_RATE

    def following(self) -> _Utterance:
        """The next one; this one has ended."""
        self._mean.end()
        return _Utterance(self.decoder, self._level if self._heard_any else None, self._mean)

    @property
    def _heard_any(self) -> bool:
        return self._known or self.samples > 0

    def hear(self, sound: FloatArray) -> None:
        """More of it; of the very first one nothing is decoded before its level is known."""
        self._sound.append(sound)
        self.samples += len(sound)
        self._level.hear(sound)
        if self._started:
            self._goes_on(sound)
        elif self._known or self.seconds >= _FIRST:
            self._begin()

    def words(self) -> list[Heard]:
        """What is said so far, silences and noises too."""
        return list(self.decoder.words()) if self._started else []

    def end(self) -> list[Heard]:
        """What was said, final."""
        if not self.samples:
            return []
        if not self._started:
            self._begin()
        self.decoder.process(_ENDING)
        self.decoder.end()
        self._look()
        return list(self.decoder.words())

    def _begin(self) -> None:
        """Hear all that is there of it with what is known of its sound."""
        self._used, self._gain = self._mean.best, self._level.gain
        self._mean.again()
        self._since = 0
        self.decoder.begin_stream()
        self.decoder.set_mean(self._used)
        self.decoder.start()
        self._started = True
        self.decoder.process(_BEGINNING)
        for piece in self._sound:
            self._decode(piece)

    def _goes_on(self, sound: FloatArray) -> None:
        if np.mean(np.abs(sound) * self._gain >= 1.0) > _CLIPPED:
            self._gain = self._level.gain
        self._decode(sound)
        if not self._again or self.seconds < self._again[0]:
            return
        del self._again[0]
        self._look()
        self.decoder.set_mean(self._used)
        change = self._level.gain / self._gain
        if np.linalg.norm(self._mean.best - self._used) > _FAR or not 1 / _LOUDER < change < _LOUDER:
            self.decoder.end()
            self._begin()

    def _decode(self, sound: FloatArray) -> None:
        self.decoder.process(_pcm(sound, self._gain))
        self._since += len(sound)
        if self._since >= ANALYSIS_RATE:  # else the decoder moves the mean by itself, by what it heard long ago
            self._look()
            self.decoder.set_mean(self._used)

    def _look(self) -> None:
        """Learn the sum of the cepstra since the decoder was last told a mean from how that has moved."""
        frames = self._since / ANALYSIS_RATE * _FRAMES
        moved = np.array(self.decoder.moved_mean())
        self._mean.hear(moved * (_WINDOW + frames) - self._used * _WINDOW, frames)
        self._since = 0
