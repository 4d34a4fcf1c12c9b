"""What can be set for lip sync by a network (light to import)."""

from __future__ import annotations

from vocasync.engines.base import SettingSpec

_PAD = "added to the face's box on this side, so that more of it is made anew; below zero less."

PAD_TOP = SettingSpec("pad_top", "Padding above", -100, 200, 0, f"Pixels {_PAD}")
PAD_BOTTOM = SettingSpec(
    "pad_bottom", "Padding below", -100, 200, 10, f"Pixels {_PAD} The chin needs room where the mouth opens wide."
)
PAD_LEFT = SettingSpec("pad_left", "Padding to the left", -100, 200, 0, f"Pixels {_PAD}")
PAD_RIGHT = SettingSpec("pad_right", "Padding to the right", -100, 200, 0, f"Pixels {_PAD}")
SMOOTHING = SettingSpec(
    "smoothing",
    "Steady box",
    1,
    25,
    5,
    "Frames that the face's place is averaged over, against trembling. 1 follows each frame by itself.",
)
BATCH = SettingSpec(
    "batch", "Batch", 1, 128, 8, "Frames that are made together. More are quicker on a GPU, and take more memory."
)
WAV2LIP_SETTINGS = (BATCH, SMOOTHING, PAD_TOP, PAD_BOTTOM, PAD_LEFT, PAD_RIGHT)
