"""What a form asks about lips: the engine that moves them, and its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from vocasync.engines.auto import AUTO
from vocasync.engines.base import EngineSpec, SettingSpec
from vocasync.engines.registry import spec, specs
from work.engines import EngineRow

PREFIX = "lip"
STEPS = 100
"""Of a slider between numbers that are no whole ones."""


@dataclass(frozen=True, slots=True)
class LipPanel:
    """An engine with its sliders, as a page shows it."""

    engine: EngineSpec
    fields: tuple[BoundField, ...]


def engine_choices(table: Iterable[EngineRow], *, none: str = "") -> list[tuple[str, str]]:
    """The engines that move lips. none: what leaving them as they are is called, where that can be chosen."""
    rows = [row for row in table if row.stage == "lipsync"]
    named = [(row.name, row.shown if row.ready else f"{row.shown} (not ready)") for row in rows]
    return [*([("", none)] if none else []), (AUTO, "Automatic: the best that is ready"), *named]


def add_fields(form: forms.Form) -> None:
    """One slider for each setting of each engine; those of the engine that is chosen count."""
    for row in specs("lipsync"):
        for setting in row.settings:
            form.fields[field_name(row.name, setting.name)] = _slider(setting)


def panels(form: forms.Form) -> list[LipPanel]:
    """The engines that can be set, with their sliders."""
    return [
        LipPanel(row, tuple(form[field_name(row.name, setting.name)] for setting in row.settings))
        for row in specs("lipsync")
        if row.settings
    ]


def options_of(engine: str, cleaned: Mapping[str, Any]) -> dict[str, float]:
    """What was set otherwise than the engine has it by itself."""
    if engine in ("", AUTO):
        return {}
    given = {
        setting.name: cleaned.get(field_name(engine, setting.name)) for setting in spec("lipsync", engine).settings
    }
    usual = {setting.name: setting.default for setting in spec("lipsync", engine).settings}
    return {name: value for name, value in given.items() if value is not None and value != usual[name]}


def field_name(engine: str, setting: str) -> str:
    """Of the field of an engine's setting."""
    return f"{PREFIX}-{engine}-{setting}"


def is_setting(name: str) -> bool:
    """Whether a field is one of these."""
    return name.startswith(f"{PREFIX}-")


def _slider(setting: SettingSpec) -> forms.FloatField:
    whole = all(value == int(value) for value in (setting.low, setting.high, setting.default))
    step = 1.0 if whole and setting.high - setting.low > 1 else (setting.high - setting.low) / STEPS
    attributes = {"type": "range", "min": f"{setting.low:g}", "max": f"{setting.high:g}", "step": f"{step:g}"}
    return forms.FloatField(
        label=setting.label,
        min_value=setting.low,
        max_value=setting.high,
        initial=setting.default,
        required=False,
        help_text=setting.about,
        widget=forms.NumberInput(attrs=attributes),
    )
