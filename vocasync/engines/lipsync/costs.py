"""How long lip sync will take, said before somebody asks for it (light to import).

Per frame: what one core of an AMD EPYC was measured to take, with random weights of the published sizes. What a GPU
takes has not been measured: it is reckoned from the networks' operations (8 and, a step, 151 billion), at ten trillion
a second, which graphics cards of the middle class reach in half precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vocasync.engines.devices import AUTO
from vocasync.engines.lipsync.settings import DDIM, DDIM_STEPS, DIFFUSION_STEPS
from vocasync.engines.registry import spec

Settings = Iterable[tuple[str, float]]

_DRIVER = Path("/dev/nvidiactl")  # there where an NVIDIA driver is; asked without loading PyTorch

_ON_CPU = {"warp": 0.03, "wav2lip": 0.08, "diff2lip": 1.1}
_ON_GPU = {"warp": 0.03, "wav2lip": 0.004, "diff2lip": 0.016}
"""Seconds a frame, and a step of denoising where there are any. Whatever the network, a frame has to be cut and mixed,
which is in the first figures. Of ``warp`` that is for pictures of 1,024 pixels; smaller ones are quicker."""

_LONGEST = 10.0
"""Seconds a frame: a minute of video then takes four hours."""


def expected(name: str, settings: Settings, frames: int, device: str) -> float:
    """Seconds that an engine is likely to take for so many frames. settings: by name. device: as in ``EngineConfig``.

    Raises ``engine_unknown``."""
    figures = _ON_GPU if on_gpu(device) else _ON_CPU
    row = spec("lipsync", name)
    return max(0, frames) * figures[row.name] * (steps(settings) if row.name == "diff2lip" else 1)


def steps(settings: Settings) -> int:
    """How many steps of denoising these settings ask for."""
    given = tuple(settings)
    return round((DDIM_STEPS if DDIM.value(given) >= 0.5 else DIFFUSION_STEPS).value(given))


def told(name: str, settings: Settings, frames: int, device: str) -> str:
    """The same in words, for the person who is about to ask for it. Raises ``engine_unknown``."""
    where = "a GPU (not measured, reckoned)" if on_gpu(device) else "one core of a CPU"
    return f"About {words(expected(name, settings, frames, device))} on {where}."


def words(seconds: float) -> str:
    """A length of time, roughly."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            return f"{round(seconds / size)} {unit}s"
    return f"{max(1, round(seconds))} second{'s' if seconds >= 1.5 else ''}"


def on_gpu(device: str) -> bool:
    """Whether models run on an NVIDIA GPU there."""
    return device.startswith("cuda") or (device == AUTO and _DRIVER.exists())


def ends(name: str, device: str) -> bool:
    """Whether an engine's work comes to an end there that somebody would wait for who did not choose it. Raises
    ``engine_unknown``."""
    return expected(name, (), 1, device) <= _LONGEST
