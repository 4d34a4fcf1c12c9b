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

DDIM = SettingSpec(
    "ddim",
    "Quick denoising",
    0,
    1,
    1,
    "1 is DDIM, which leaves steps out and needs few. 0 takes the diffusion steps below, with chance in each: many "
    "times the work.",
)
DDIM_STEPS = SettingSpec(
    "ddim_steps",
    "Steps of quick denoising",
    2,
    250,
    25,
    "Each costs the same. 25 is what was published; fewer are rougher.",
)
DIFFUSION_STEPS = SettingSpec(
    "diffusion_steps",
    "Diffusion steps",
    50,
    1000,
    250,
    "Where quick denoising is off. 1,000 is what it was trained with.",
)
SEED = SettingSpec("seed", "Seed", 0, 999_999, 7, "Another one gives another take of what the sound leaves open.")
REFERENCE = SettingSpec(
    "reference",
    "Shown face",
    0,
    1,
    0,
    "0 shows the network each frame itself. 1 shows it the first frame of the shot: steadier where the mouth in the "
    "video says much, worse where the head turns.",
)
DIFF2LIP_SETTINGS = (
    *(DDIM, DDIM_STEPS, DIFFUSION_STEPS, SEED, REFERENCE),
    *(BATCH, SMOOTHING, PAD_TOP, PAD_BOTTOM, PAD_LEFT, PAD_RIGHT),
)
