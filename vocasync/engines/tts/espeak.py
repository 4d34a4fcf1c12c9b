"""The embedded voice: eSpeak NG, matched to the reference speaker and moved towards an emotion reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import profile, style, world
from vocasync.engines.tts.corpus import sentences
from vocasync.engines.tts.espeakng import NATURAL_RATE, shared
from vocasync.engines.tts.matching import Colour, Matcher, distance
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.script import pieces
from vocasync.engines.tts.style import Style
from vocasync.engines.tts.voices import BASES, espeak_languages
from vocasync.errors import PipelineError
from vocasync.languages import language
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Speech, SpeechMark, SpeechRequest, VoiceReference

_SLOWEST, _FASTEST = 80, 450  # words a minute that the library takes
_NOTHING = 0.1  # seconds of silence for a text that holds nothing to say


@dataclass(frozen=True, slots=True)
class Source:
    """How a base voice of eSpeak NG speaks a language, untreated."""

    style: Style
    colour: Colour


class EspeakVoice:
    """eSpeak NG as a :class:`vocasync.engines.base.VoiceEngine`.

    Deterministic, seed or no seed. Its 22.05 kHz sound is matched up to 8 kHz, where most references end."""

    name = "espeak"
    version = "1"
    sample_rate = 22_050
    max_chars = 600

    def __init__(self) -> None:
        self._source = lru_cache(maxsize=16)(_source)
        self._matcher = lru_cache(maxsize=4)(self._match)

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Write the profile of a voice. Raises ``reference_too_short``."""
        found = profile.of_reference(reference, progress, colour=True)
        replace(found, base=self._nearest_base(found)).save(path)

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Write the style of an emotion reference. Raises ``reference_too_short``."""
        profile.of_reference(reference, progress, colour=False).save(path)

    def load(self, path: Path) -> Profile:
        """Read a profile."""
        return Profile.load(path)

    def synthesize(self, request: SpeechRequest, voice: Profile | None, emotion: Profile | None = None) -> Speech:
        """Say it; text beyond ``max_chars`` in pieces, one after the other.

        ``voice`` None: the untreated default voice, whatever the emotion.
        Raises ``voice_unsupported`` for a language without a voice."""
        name = _espeak_name(request.language)
        texts = pieces(request.text, self.max_chars)
        said = [self._piece(replace(request, text=text), name, voice, emotion) for text in texts]
        return _joined(said) if said else _silence(_NOTHING, self.sample_rate)

    def _piece(self, request: SpeechRequest, name: str, voice: Profile | None, emotion: Profile | None) -> Speech:
        if voice is None:
            return shared().synthesize(request.text, name, rate_wpm=_words_a_minute(request.rate))
        name = f"{name}+{voice.base}"
        source = self._source(name)
        target = voice.style
        if emotion is not None:
            target = style.blend(voice.style, emotion.style, request.strength)
        pace = target.pace / voice.style.pace
        plain = shared().synthesize(request.text, name, rate_wpm=_words_a_minute(request.rate * pace))
        frames = self._matcher(voice, name).apply(world.analyse(plain.audio), request.match)
        frames = replace(
            frames,
            f0=style.map_f0(frames.f0, source.style, target),
            energy=style.map_energy(frames.energy, source.style, target),
            envelope=style.add_tilt(frames.envelope, target.tilt - voice.style.tilt),
        )
        return Speech(_fitted(world.resynthesise(frames), plain.audio), plain.marks)

    def _match(self, voice: Profile, name: str) -> Matcher:
        if voice.colour is None:
            raise ValueError("an emotion reference has no colour to match")
        return Matcher(voice.colour, self._source(name).colour)

    def _nearest_base(self, voice: Profile) -> str:
        """The variant whose English is nearest in colour; the language hardly changes which one that is."""
        if voice.colour is None:
            raise ValueError("an emotion reference has no colour to match")
        reference = voice.colour
        return min(BASES, key=lambda base: distance(reference, self._source(f"en-us+{base}").colour))


def create(config: EngineConfig) -> EspeakVoice:
    """The engine; nothing to load before the first word."""
    return EspeakVoice()


def _espeak_name(code: str) -> str:
    row = language(code)
    if row.code not in espeak_languages():
        raise PipelineError("voice_unsupported", language=row.name, remedy="Choose another target language.")
    return row.espeak


def _words_a_minute(rate: float) -> int:
    return int(np.clip(round(NATURAL_RATE * rate), _SLOWEST, _FASTEST))


def _source(name: str) -> Source:
    """Statistics of a base voice, from sentences of its language: half a second's work."""
    spoken = [shared().synthesize(text, name).audio for text in sentences(name.partition("+")[0])]
    frames = list(world.analyse_all(spoken))
    return Source(style.measure(profile.joined(frames)), Colour.joined([Colour.of(one) for one in frames]))


def _fitted(samples: FloatArray, plain: Audio) -> Audio:
    """The vocoder's sound, which ends at a frame, cut or filled to the length of what it was made from."""
    missing = max(0, len(plain.samples) - len(samples))
    return Audio(np.pad(samples, (0, missing))[: len(plain.samples)], plain.rate)


def _silence(seconds: float, rate: int) -> Speech:
    return Speech(Audio(np.zeros(round(seconds * rate), np.float32), rate))


def _joined(parts: list[Speech]) -> Speech:
    sound: list[FloatArray] = []
    marks: list[SpeechMark] = []
    offset = 0.0
    for part in parts:
        sound.append(part.audio.samples)
        marks += [replace(mark, start=mark.start + offset, end=mark.end + offset) for mark in part.marks]
        offset += part.audio.duration
    return Speech(Audio(np.concatenate(sound), parts[0].audio.rate), tuple(marks))
