"""Somebody's voice laid on an engine's own voices: for models that speak in no voice but those that they bring.

The one of them that is nearest in pitch and colour speaks; its sound is taken apart by WORLD, moved to the colour and
the melody of the voice that is wanted as :mod:`vocasync.engines.tts.matching` does for the embedded voice, and put
together again. What is known of the engine's voices comes from a few seconds of each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from vocasync.engines.tts import profile, prosody, style, world
from vocasync.engines.tts.matching import RECIPES, Colour, Matcher, distance
from vocasync.engines.tts.neural import Arrays
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.style import Style
from vocasync.progress import Silent
from vocasync.types import Audio, FloatArray, Match, VoiceReference

_ALIKE = 3 * np.log(2) / 12  # three semitones: voices this much farther in pitch than the nearest are not considered
_FEWEST_FRAMES = 60  # active ones, for statistics
_SHORTEST = 0.05  # seconds: WORLD needs some frames
_SILENT = 1e-4


def arrays_of(reference: VoiceReference) -> Arrays:
    """What has to be known of a voice to lay it on another: for :meth:`vocasync.engines.tts.neural.Model.condition`.

    Raises ``reference_too_short``."""
    return profile.of_reference(reference, Silent(), colour=True).arrays()


def arrays_of_audio(audio: Audio) -> Arrays:
    """The same of sound that is at hand, such as some seconds of an engine's own voice."""
    return _profile(audio, aperiodicity=True).arrays()


def _profile(audio: Audio, *, aperiodicity: bool = False) -> Profile:
    frames = world.analyse(audio, aperiodicity=aperiodicity)
    return Profile(style.measure(frames), Colour.of(frames))


class Palette:
    """An engine's own voices as what other voices are laid on. heard: gives some seconds of a voice by its name."""

    def __init__(self, heard: Callable[[str], Audio]) -> None:
        self._own = lru_cache(maxsize=64)(lambda name: _profile(heard(name)))
        self._wanted = lru_cache(maxsize=8)(lambda key: Profile.of_arrays(key.arrays))
        self._matcher = lru_cache(maxsize=8)(_matcher)

    def nearest(self, voice: Arrays, names: Sequence[str]) -> str:
        """The one of these voices, at least one, that is nearest to what :func:`arrays_of` gave."""
        wanted = self._wanted(_Key(voice))
        apart = {name: abs(self._own(name).style.f0_mean - wanted.style.f0_mean) for name in names}
        near = [name for name in names if apart[name] <= min(apart.values()) + _ALIKE and _rich(self._own(name))]
        if not near:
            return min(names, key=lambda name: apart[name])
        return min(near, key=lambda name: distance(_colour(wanted), _colour(self._own(name))))

    def lay(self, audio: Audio, name: str, voice: Arrays, match: Match) -> Audio:
        """What the engine's voice ``name`` said, as the voice of these arrays would."""
        return self.lay_on(audio, self._own(name), voice, match)

    def lay_on(
        self, audio: Audio, spoken: Profile, voice: Arrays, match: Match, tone: tuple[Style, float] | None = None
    ) -> Audio:
        """The same for sound of any voice. spoken: what is known of it. tone: of an emotion reference, and how far the
        voice's own is moved towards it, 0 to 1.

        Sound that is silent or too short comes back as it is, and so does that of a voice of which too little is known.
        """
        if _empty(audio) or not _rich(spoken):
            return audio
        wanted = self._wanted(_Key(voice))
        target = wanted.style if tone is None else style.blend(wanted.style, *tone)
        frames = self._matcher(wanted, spoken).apply(world.analyse(audio), RECIPES[match])
        moved = world.resynthesise(
            replace(
                frames,
                f0=style.map_f0(frames.f0, spoken.style, target),
                energy=style.map_energy(frames.energy, spoken.style, target),
                envelope=style.add_tilt(frames.envelope, target.tilt - wanted.style.tilt),
            )
        )
        return Audio(_filled(prosody.at_level_of(moved, audio.samples), len(audio.samples)), audio.rate)


class _Key:
    """Arrays of a voice, equal to others that hold the same."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._mark = hashlib.sha256(np.ascontiguousarray(arrays["colour_envelope"]).data).digest()

    def __hash__(self) -> int:
        return hash(self._mark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._mark == self._mark


def _matcher(wanted: Profile, spoken: Profile) -> Matcher:
    return Matcher(_colour(wanted), _colour(spoken))


def _colour(found: Profile) -> Colour:
    if found.colour is None:
        raise ValueError("an emotion reference has no colour to match")
    return found.colour


def _rich(found: Profile) -> bool:
    return len(_colour(found).voiced) >= _FEWEST_FRAMES


def _empty(audio: Audio) -> bool:
    return audio.duration < _SHORTEST or float(np.abs(audio.samples).max()) < _SILENT


def _filled(samples: FloatArray, length: int) -> FloatArray:
    """The vocoder's sound, which ends at a frame, cut or filled to a length."""
    return np.pad(samples, (0, max(0, length - len(samples))))[:length]
