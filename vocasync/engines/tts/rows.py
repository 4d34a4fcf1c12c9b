"""The registry's rows of voices."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs
from vocasync.engines.tts.voices import SETTINGS as ESPEAK_SETTINGS

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="espeak",
        stage="tts",
        label="Matched voice (eSpeak NG)",
        path="vocasync.engines.tts.espeak:create",
        kind="embedded",
        quality=10,
        licence="GPL-3.0-or-later (eSpeak NG)",
        needs=Needs(packages=("espeakng_loader", "pyworld")),
        routes="vocasync.engines.tts.voices:espeak_languages",
        settings=ESPEAK_SETTINGS,
        stock="vocasync.engines.tts.voices:espeak_stock",
        about="Works offline in every listed language. The colour of the voice is matched; the speech stays "
        "recognisably synthetic.",
    ),
)
