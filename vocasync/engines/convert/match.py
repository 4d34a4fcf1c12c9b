"""Voice matching laid on a recording: its own sound, moved to another voice's colour and height.

The sound is taken apart by WORLD. Envelopes are mapped as :mod:`vocasync.engines.tts.matching` does for the embedded
voice; ln F0 is shifted and scaled to the voice's level and range, which leaves the melody's contour as it is (the
voice's habits of melody, which the embedded voice takes on as well, would bend it). What is too quiet to be speech
keeps the room's own colour, and has no melody: trackers find one in any noise.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import profile, prosody, world
from vocasync.engines.tts.matching import Colour, Matcher, Recipe
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.style import Style
from vocasync.engines.tts.world import Doubles, Frames
from vocasync.media.audio import resample
from vocasync.progress import Progress
from vocasync.types import Audio, Match, VoiceReference

_RECIPES = {Match.CLEAR: Recipe(mix=0.0, boost=1.0, carry=0.5), Match.CLOSE: Recipe(mix=0.0, boost=1.0)}
"""Frames of the voice itself, which the embedded voice is mixed with, cost words here and bring no likeness: what is
said is less even than what eSpeak NG says (docs/similarity.md)."""

_RATE = 24_000  # Hz: WORLD's frames of 1024 samples hold three periods of the lowest voice up to here
_SHORTEST = 0.05  # seconds: WORLD needs some frames
_SILENT = 1e-4
_BLUR = 4.0  # frames over which speech goes over into the room
_NARROWEST, _WIDEST = 0.6, 1.7  # factor on the range of F0: beyond, one of the two was measured on too little
_LOWEST, _HIGHEST = 55.0, 600.0  # Hz


class MatchConverter:
    """A :class:`vocasync.engines.base.VoiceConverter`."""

    name = "match"
    version = "1"
    sample_rate = _RATE

    def __init__(self) -> None:
        self._matcher = lru_cache(maxsize=4)(_matcher)

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Measure a voice. Raises ``reference_too_short``."""
        profile.of_reference(reference, progress, colour=True).save(path)

    def load(self, path: Path) -> Profile:
        """Read what :meth:`prepare` wrote."""
        return Profile.load(path)

    def convert(
        self, audio: Audio, source: Profile, voice: Profile, progress: Progress, match: Match = Match.CLOSE
    ) -> Audio:
        """See the protocol. Silence, and what is too short for WORLD, comes back as it is."""
        sound = resample(audio, self.sample_rate)
        if sound.duration < _SHORTEST or float(np.abs(sound.samples).max()) < _SILENT:
            return sound
        progress.check()
        frames = world.analyse(sound, careful=True, aperiodicity=True)
        progress.check()
        moved = self._matcher(voice, source).apply(frames, _RECIPES[match])
        made = world.resynthesise(_in_the_room(_sung(frames, source.style, voice.style), moved))
        progress.report(1.0)
        filled = np.pad(made, (0, max(0, len(sound.samples) - len(made))))[: len(sound.samples)]
        return Audio(prosody.at_level_of(filled, sound.samples), sound.rate)


def _matcher(voice: Profile, source: Profile) -> Matcher:
    return Matcher(_colour(voice), _colour(source))


def _colour(found: Profile) -> Colour:
    if found.colour is None:
        raise ValueError("an emotion reference has no colour to match")
    return found.colour


def _sung(frames: Frames, source: Style, voice: Style) -> Frames:
    """The frames with their melody at the voice's height and in its range; none where nobody speaks."""
    voiced = frames.voiced & frames.active
    ratio = np.clip(voice.f0_spread / source.f0_spread, _NARROWEST, _WIDEST)
    f0: Doubles = np.zeros_like(frames.f0)
    f0[voiced] = np.exp(voice.f0_mean + ratio * (np.log(frames.f0[voiced]) - source.f0_mean))
    f0[voiced] = np.clip(f0[voiced], _LOWEST, _HIGHEST)
    return replace(frames, f0=f0)


def _in_the_room(frames: Frames, moved: Frames) -> Frames:
    """The moved colour where somebody speaks, the frames' own between."""
    share = gaussian_filter1d(frames.active.astype(np.float64), _BLUR)[:, None]
    return frames.with_envelope(
        share * moved.envelope + (1 - share) * frames.envelope,
        share * moved.aperiodicity + (1 - share) * frames.aperiodicity,
    )


def create(config: EngineConfig) -> MatchConverter:
    """The converter; it has nothing to load."""
    return MatchConverter()
