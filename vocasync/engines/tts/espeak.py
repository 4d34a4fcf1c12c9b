"""The embedded voice: eSpeak NG, matched to the reference speaker and moved towards an emotion reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from vocasync.engines.base import EngineConfig, setting
from vocasync.engines.tts import profile, style, world
from vocasync.engines.tts.bases import Bases
from vocasync.engines.tts.espeakng import NATURAL_RATE, shared
from vocasync.engines.tts.matching import RECIPES, Matcher, Recipe, between, distance
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.script import pieces
from vocasync.engines.tts.style import Style
from vocasync.engines.tts.voices import BASES, SETTINGS, espeak_languages
from vocasync.errors import PipelineError
from vocasync.languages import language
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Speech, SpeechMark, SpeechRequest, VoiceReference

_SLOWEST, _FASTEST = 80, 450  # words a minute that the library takes
_NOTHING = 0.1  # seconds of silence for a text that holds nothing to say


class EspeakVoice:
    """eSpeak NG as a :class:`vocasync.engines.base.VoiceEngine`.

    Deterministic, seed or no seed. Its 22.05 kHz sound is matched up to 8 kHz, where most references end."""

    name = "espeak"
    version = "1"
    sample_rate = 22_050
    max_chars = 600
    batch = 1
    seeded = False
    paced = True

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where it keeps what it reckons once."""
        self._bases = Bases(folder)
        self._matcher = lru_cache(maxsize=8)(self._match)

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

    def warm(self, language: str) -> None:
        """See :class:`vocasync.engines.base.WarmVoice`: what a voice is made and matched with."""
        spoken = _espeak_name(language)
        for base in BASES:
            for name in ("en-us", spoken):
                self._bases.of(f"{name}+{base}")
        self._bases.of(spoken)

    def toned(self, style: Style) -> Profile:
        """See :class:`vocasync.engines.base.TonedVoice`."""
        return Profile(style, None)

    def synthesize(self, request: SpeechRequest, voice: Profile | None, emotion: Profile | None = None) -> Speech:
        """Say it; text beyond ``max_chars`` in pieces, one after the other.

        ``voice`` None: a stock voice, its colour untreated; an emotion moves it like any other.
        Raises ``voice_unsupported`` for a language without a voice, ``stock_unknown``."""
        name = _espeak_name(request.language) + _variant(request.stock if voice is None else voice.base)
        texts = pieces(request.text, self.max_chars)
        said = [self._piece(replace(request, text=text), name, voice, emotion) for text in texts]
        return _joined(said) if said else _silence(_NOTHING, self.sample_rate)

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Profile | None, emotion: Profile | None = None
    ) -> list[Speech]:
        """One after the other."""
        return [self.synthesize(request, voice, emotion) for request in requests]

    def _piece(self, request: SpeechRequest, name: str, voice: Profile | None, emotion: Profile | None) -> Speech:
        rate = request.rate * _setting(request, "rate")
        if voice is None and emotion is None:
            return shared().synthesize(request.text, name, rate_wpm=_words_a_minute(rate))
        source = self._bases.of(name)
        own = source.style if voice is None else voice.style
        target = own
        if emotion is not None:
            target = style.blend(own, emotion.style, request.strength * _setting(request, "style_strength"))
        plain = shared().synthesize(request.text, name, rate_wpm=_words_a_minute(rate * target.pace / own.pace))
        frames = self._coloured(plain.audio, name, voice, _recipe(request))
        frames = replace(
            frames,
            f0=style.map_f0(frames.f0, source.style, target),
            energy=style.map_energy(frames.energy, source.style, target),
            envelope=style.add_tilt(frames.envelope, target.tilt - own.tilt),
        )
        return Speech(_fitted(world.resynthesise(frames), plain.audio), plain.marks)

    def _coloured(self, plain: Audio, name: str, voice: Profile | None, recipe: Recipe) -> world.Frames:
        """Frames in the colour of the voice; a stock voice has its own."""
        if voice is None:
            return world.analyse(plain, aperiodicity=True)
        return self._matcher(voice, name).apply(world.analyse(plain), recipe)

    def _match(self, voice: Profile, name: str) -> Matcher:
        if voice.colour is None:
            raise ValueError("an emotion reference has no colour to match")
        return Matcher(voice.colour, self._bases.of(name).colour)

    def _nearest_base(self, voice: Profile) -> str:
        """The variant whose English is nearest in colour; the language hardly changes which one that is."""
        if voice.colour is None:
            raise ValueError("an emotion reference has no colour to match")
        reference = voice.colour
        return min(BASES, key=lambda base: distance(reference, self._bases.of(f"en-us+{base}").colour))


def create(config: EngineConfig) -> EspeakVoice:
    """The engine; nothing to load before the first word."""
    return EspeakVoice(config.cache / "espeak")


def _espeak_name(code: str) -> str:
    row = language(code)
    if row.code not in espeak_languages():
        raise PipelineError("voice_unsupported", language=row.name, remedy="Choose another target language.")
    return row.espeak


def _variant(name: str) -> str:
    """The ending of a voice's name that chooses the variant."""
    if name and name not in BASES:
        raise PipelineError("stock_unknown", name=name)
    return f"+{name}" if name else ""


def _setting(request: SpeechRequest, name: str) -> float:
    return setting(SETTINGS, name, request.options)


def _recipe(request: SpeechRequest) -> Recipe:
    """As the clarity says where it is set, else as the request's match."""
    chosen = any(name == "clarity" for name, _ in request.options)
    return between(_setting(request, "clarity")) if chosen else RECIPES[request.match]


def _words_a_minute(rate: float) -> int:
    return int(np.clip(round(NATURAL_RATE * rate), _SLOWEST, _FASTEST))


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
