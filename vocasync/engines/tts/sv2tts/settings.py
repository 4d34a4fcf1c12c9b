"""What can be set for a voice of this engine (light to import)."""

from __future__ import annotations

from vocasync.engines.base import SettingSpec

VOCODER = SettingSpec(
    "vocoder",
    "Vocoder",
    0.0,
    1.0,
    1.0,
    "What makes the sound: 1 is WaveRNN, slower and better; 0 is Griffin-Lim, quick and tinny, for trying things out.",
)
SETTINGS = (VOCODER,)
