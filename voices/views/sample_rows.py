"""Samples as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voices import errands
from voices.models import Errand, VoiceSample
from voices.views.cards import Mark
from web.icons import icon

Status = VoiceSample.Status

MARKS = {
    Status.MEASURING: Mark("Being measured", icon("loader-circle"), "info"),
    Status.GOOD: Mark("Good", icon("check"), "ok"),
    Status.FLAGGED: Mark("With reservations", icon("triangle-alert"), "warn"),
    Status.REFUSED: Mark("Not usable", icon("ban"), "danger"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured number. about: what it says, for the person."""

    label: str
    value: str
    about: str


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample on the page. errand: id of what measures it, "" for none."""

    row: VoiceSample
    mark: Mark
    measures: tuple[Measure, ...]
    problems: tuple[dict[str, Any], ...]
    errand: str


def sample_views(rows: Sequence[VoiceSample]) -> list[SampleView]:
    """In the order given."""
    open_ones = Errand.objects.filter(
        kind="sample", subject__in=[str(row.pk) for row in rows], status__in=errands.OPEN
    ).values_list("subject", "pk")
    measuring = {subject: str(pk) for subject, pk in open_ones}
    return [_view(row, measuring.get(str(row.pk), "")) for row in rows]


def _view(row: VoiceSample, errand: str) -> SampleView:
    return SampleView(
        row=row,
        mark=MARKS[Status(row.status)],
        measures=tuple(_measures(row)),
        problems=tuple(row.problems),
        errand=errand,
    )


def _measures(row: VoiceSample) -> list[Measure]:
    found = (
        _measure("Speech", row.speech_seconds, "{:.1f} s", "Seconds in which somebody speaks"),
        _measure(
            "Above noise", row.snr, "{:.0f} dB", "How far the voice stands above the noise: 30 dB is a quiet room"
        ),
        _measure("Clipped", _percent(row.clipping), "{:.2g} %", "Share of the sound that was too loud and is cut off"),
        _measure(
            "Bandwidth", _kilo(row.bandwidth), "{:.1f} kHz", "Up to which pitch there is sound; 4 is a telephone's"
        ),
        _measure("Speakers", row.speakers, "{:.0f}", "How many people speak"),
        _measure("Agrees", row.agreement, "{:.2f}", "How alike it is to the voice's other samples: 1.00 is the same"),
    )
    return [measure for measure in found if measure is not None]


def _measure(label: str, value: float | None, form: str, about: str) -> Measure | None:
    return None if value is None else Measure(label, form.format(value), about)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _kilo(value: float | None) -> float | None:
    return None if value is None else value / 1000
