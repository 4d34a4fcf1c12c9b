"""The registry's rows of voice conversion."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs
from vocasync.engines.tts.coqui import PACKAGES as COQUI_PACKAGES

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="match",
        stage="convert",
        label="Voice matching",
        path="vocasync.engines.convert.match:create",
        kind="embedded",
        quality=10,
        licence="MIT (WORLD)",
        needs=Needs(packages=("pyworld",)),
        tried="Measured on real recordings: docs/similarity.md.",
        about="Moves the recording's own sound to the colour and the height of the voice. Timing and melody stay; so "
        "does some of whoever speaks. Works offline, in every language.",
    ),
    EngineSpec(
        name="yourtts",
        stage="convert",
        label="YourTTS voice conversion",
        path="vocasync.engines.convert.yourtts:create",
        kind="neural",
        quality=50,
        licence="CC BY-NC-ND 4.0 (non-commercial)",
        needs=Needs(packages=COQUI_PACKAGES, step="make engines", weights="your-tts"),
        commercial=False,
        tried="Not with published weights. Runs through its real library with tiny random ones, and gives what the "
        "library's own call gives.",
        about="Takes whoever speaks out of the recording's sound and puts the voice in, at 16 kHz. Timing and melody "
        "stay.",
    ),
)
