"""What the page of a voice is made of, as plain values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg

from accounts.models import User
from engines.keys import config_for
from vocasync.engines.auto import speaks
from vocasync.engines.base import EngineSpec
from vocasync.engines.registry import readiness, spec, specs
from vocasync.errors import message
from voices import selectors
from voices.forms import LineForm, SettingsForm
from voices.models import EmotionReference, Errand, Preview, VoiceProfile, VoiceSample
from voices.services.settings import settings_of
from voices.views.reading import LINES
from web.scales import Placed, placed

PREVIEWS_SHOWN = 8
DEFAULT_LANGUAGE = "en"
CLOSENESS = (
    (10, "No closer than the engine’s own voice"),
    (35, "A little closer than the engine’s own voice"),
    (65, "About half-way to the voice"),
    (90, "Close to the voice"),
)
"""Up to which share of the way from the engine's own voice to the recordings, in per cent, it is said to be what."""

CLOSEST = "As close as the recordings are to each other"


# --- engines ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class EnginePanel:
    """An engine to try a voice with. languages: codes that it speaks; form: what can be set, None for nothing."""

    row: EngineSpec
    languages: tuple[str, ...]
    form: SettingsForm | None


def ready_engines(user: User) -> list[EngineSpec]:
    """The voice engines that the person can use now, best first."""
    config = config_for(user)
    return [row for row in specs("tts") if readiness(row, config).ready]


def engine_panels(user: User, voice: VoiceProfile, data: Mapping[str, Any] | None = None) -> list[EnginePanel]:
    """The ready ones, with the settings that are kept with the voice (or were sent)."""
    return [
        EnginePanel(row, tuple(code for code in LINES if speaks(row, code)), settings_form(voice, row, data))
        for row in ready_engines(user)
    ]


def settings_form(voice: VoiceProfile, row: EngineSpec, data: Mapping[str, Any] | None = None) -> SettingsForm | None:
    """The sliders of an engine; None where it has none."""
    return SettingsForm(data, engine=row, values=settings_of(voice, row)) if row.settings else None


# --- lines ------------------------------------------------------------------------------------------------------------
def line_form(
    user: User, voice: VoiceProfile | None, data: Mapping[str, Any] | None = None, emotion: str = ""
) -> LineForm:
    """The form, with a language that the voice has and a line in it to begin with."""
    engines = ready_engines(user)
    language = _first_language(voice, engines)
    initial = {
        "text": LINES[language],
        "language": language,
        "engines": [row.name for row in engines if row.price is None][:1],
        "emotion": emotion,
    }
    emotions = selectors.emotions_of(user).filter(status=EmotionReference.Status.READY)
    return LineForm(data, engines=engines, emotions=emotions, initial=initial)


def _first_language(voice: VoiceProfile | None, engines: Sequence[EngineSpec]) -> str:
    codes = [row.code for row in voice.language_rows.all()] if voice else []
    spoken = [code for code in codes if code in LINES and any(speaks(row, code) for row in engines)]
    return next(iter(spoken), DEFAULT_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike something that was spoken is to its voice. low: the engine's own voice, None where that was not
    measured; high: the voice's recordings among themselves, None for one alone. place: on the scale from one to the
    other; closeness: in words."""

    value: float
    low: float | None
    high: float | None
    place: Placed
    closeness: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A line that was asked for. errand: id of what speaks it, "" for none; problem: why it was not spoken.
    likeness: None where it was not measured.
    """

    row: Preview
    engine: str
    commercial: bool
    errand: str
    problem: str
    likeness: Likeness | None


def preview_views(rows: Sequence[Preview]) -> list[PreviewView]:
    """In the order given."""
    found = Errand.objects.filter(kind="preview", subject__in=[str(row.pk) for row in rows]).order_by("created_at")
    newest = {errand.subject: errand for errand in found}
    own = {row.voice_id: row.voice for row in rows if row.voice}
    high = {pk: self_likeness(voice) for pk, voice in own.items()}
    return [_preview_view(row, newest.get(str(row.pk)), high.get(row.voice_id)) for row in rows]


def self_likeness(voice: VoiceProfile) -> float | None:
    """How alike the samples that engines use are to each other, a cosine; None for one alone."""
    chosen = VoiceSample.objects.filter(voice=voice, chosen=True)
    value: float | None = chosen.aggregate(mean=Avg("agreement"))["mean"]
    return value


def _preview_view(row: Preview, errand: Errand | None, high: float | None) -> PreviewView:
    waits = row.seconds is None and errand is not None
    failed = waits and errand is not None and errand.status == Errand.Status.FAILED
    return PreviewView(
        row=row,
        engine=spec("tts", row.engine).label,
        commercial=spec("tts", row.engine).commercial,
        errand=str(errand.pk) if waits and not failed and errand else "",
        problem=message(errand.error_code, errand.error_params) if failed and errand else "",
        likeness=None if row.similarity is None else _likeness(row.similarity, row.untreated, high),
    )


def likeness(value: float, low: float | None, voice: VoiceProfile | None) -> Likeness:
    """voice: of the library, None for that of a clip."""
    return _likeness(value, low, self_likeness(voice) if voice is not None else None)


def _likeness(value: float, low: float | None, high: float | None) -> Likeness:
    place = placed(value, low, high)
    return Likeness(value, low, high, place, _closeness(place))


def _closeness(place: Placed) -> str:
    if place.share is None:
        return ""
    return next((words for limit, words in CLOSENESS if place.share < limit), CLOSEST)
