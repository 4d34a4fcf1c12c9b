"""How an engine is to speak with a voice."""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.core.exceptions import ValidationError

from vocasync.engines.base import EngineSpec
from vocasync.engines.registry import spec
from voices.models import EngineSettings, VoiceProfile
from web.problems import about


def engine_settings_set(*, voice: VoiceProfile, engine: str, values: Mapping[str, float]) -> dict[str, float]:
    """Keep these values, and the engine's defaults for all others; returns all.

    Raises ``engine_unknown``, and ValidationError by the setting's name.
    """
    with about("engine"):
        row = spec("tts", engine)
    kept = checked(row, values)
    rows = EngineSettings.objects.filter(voice=voice, engine=engine)
    if kept:
        EngineSettings.objects.update_or_create(voice=voice, engine=engine, defaults={"values": kept})
    else:
        rows.delete()
    return defaults(row) | kept


def checked(row: EngineSpec, values: Mapping[str, float]) -> dict[str, float]:
    """The values, each within what the engine allows. Raises ValidationError by the setting's name."""
    known = {setting.name: setting for setting in row.settings}
    problems: dict[str, str] = {}
    for name, value in values.items():
        if name not in known:
            problems[name] = f"{row.label} has no such setting."
        elif not (math.isfinite(value) and known[name].low <= value <= known[name].high):
            problems[name] = f"Between {known[name].low:g} and {known[name].high:g}, please."
    if problems:
        raise ValidationError(problems)
    return {name: float(value) for name, value in values.items()}


def defaults(row: EngineSpec) -> dict[str, float]:
    """The engine's own values."""
    return {setting.name: setting.default for setting in row.settings}


def settings_of(voice: VoiceProfile, row: EngineSpec) -> dict[str, float]:
    """All settings of an engine for a voice; what is kept of a setting that the engine no longer has is left out."""
    stored = EngineSettings.objects.filter(voice=voice, engine=row.name).first()
    known = defaults(row)
    return known | {name: value for name, value in (stored.values if stored else {}).items() if name in known}
