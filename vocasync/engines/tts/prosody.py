"""The tone of an emotion reference laid over speech that is there already: melody, dynamics, pace, brightness.

For engines that cannot be told a tone: their sound is taken apart by WORLD, its style measured and moved towards the
reference's as :mod:`vocasync.engines.tts.style` does for the embedded voice, and put together again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vocasync.engines.tts import style, world
from vocasync.engines.tts.style import Style
from vocasync.media.audio import stretched
from vocasync.types import Audio, FloatArray

_SHORTEST = 0.05  # seconds: WORLD needs some frames
_SILENT = 1e-4


def lay(audio: Audio, tone: Style, strength: float) -> Audio:
    """``audio`` in the tone of ``tone``, at its own level and rate; strength 0 (as it is) to 1.

    Its length changes with the pace of the tone; silence and what is too short for melody come back as they are."""
    if strength <= 0 or audio.duration < _SHORTEST or np.abs(audio.samples).max() < _SILENT:
        return audio
    frames = world.analyse(audio, aperiodicity=True)
    own = style.measure(frames)
    target = style.blend(own, tone, min(strength, 1.0))
    moved = world.resynthesise(
        replace(
            frames,
            f0=style.map_f0(frames.f0, own, target),
            energy=style.map_energy(frames.energy, own, target),
            envelope=style.add_tilt(frames.envelope, target.tilt - own.tilt),
        )
    )
    levelled = at_level_of(moved[: len(audio.samples)], audio.samples)
    return stretched(Audio(levelled, audio.rate), own.pace / target.pace)


def at_level_of(samples: FloatArray, model: FloatArray) -> FloatArray:
    """The sound at the RMS of another, its peak below full scale."""
    gain = float(np.sqrt(np.mean(model**2)) / (np.sqrt(np.mean(samples**2)) + 1e-9))
    gain = min(gain, 0.98 / (float(np.abs(samples).max()) + 1e-9))
    found: FloatArray = (samples * gain).astype(np.float32)
    return found
