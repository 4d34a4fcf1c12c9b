"""Who speaks in a job, as its page shows it: plain values for the template."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import User
from dubbing import casting, selectors
from dubbing.models import Job, ScriptedJob, Speaker
from dubbing.views.scores import Scale, speaker_scale
from vocasync.errors import PipelineError
from voices.actors import actors_of
from voices.models import Actor, VoiceProfile
from voices.selectors import voices_offered

COLOURS = 8
"""How many colours of speakers the design has; more speakers begin again."""

Kind, State = Speaker.VoiceKind, Speaker.ActorState
USUAL = "The engine's own voice"


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a list."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SpeakerView:
    """A speaker, with what the page says of them.

    colour: of the palette. sentences: how many they say. voice: in words. voices: what can be chosen, by group.
    asked: whether an answer is waited for. scale: how alike the dubbed voice is, None where that was not measured.
    """

    row: Speaker
    title: str
    colour: int
    sentences: int
    voice: str
    voices: tuple[tuple[str, tuple[Choice, ...]], ...]
    asked: bool
    known: bool
    scale: Scale | None


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who speaks. people: actors that a speaker may be. sure, ask: the thresholds of recognition."""

    speakers: tuple[SpeakerView, ...]
    people: tuple[Actor, ...]
    counts: tuple[int, ...]
    sure: float
    ask: float

    def __bool__(self) -> bool:
        return bool(self.speakers)

    @property
    def several(self) -> bool:
        """Whether there is anybody to tell apart."""
        return len(self.speakers) > 1

    @property
    def asked(self) -> int:
        """How many answers are waited for."""
        return sum(view.asked for view in self.speakers)


def cast_of(job: Job, viewer: User) -> Cast:
    """The speakers of a job, for its owner with everything that can be chosen, for others to look at."""
    mine = job.owner_id == viewer.pk
    rows = list(selectors.speakers_of(job))
    said = Counter(job.segments.values_list("speaker", flat=True))
    library = voices_offered(job.owner) if mine and rows else []
    stock = _stock(job) if mine and rows else []
    return Cast(
        speakers=tuple(
            _view(row, said[row.number], _own(job), library, stock, job.detail.scores or {}, mine=mine) for row in rows
        ),
        people=tuple(actors_of(job.owner)) if mine else (),
        counts=tuple(range(1, casting.MOST_SPEAKERS + 1)),
        sure=settings.ACTOR_SIMILARITY,
        ask=settings.ACTOR_ASK,
    )


def _stock(job: Job) -> list[tuple[str, str]]:
    """The engine's own voices, by name and label; none while no engine is ready."""
    try:
        return [(one.name, one.label) for one in casting.stock_of(job)]
    except PipelineError:
        return []


def _own(job: Job) -> str:
    """What the voice of what was brought is called; "" where no voice was."""
    detail = job.detail
    if not isinstance(detail, ScriptedJob):
        return "Their own voice"
    return f"The voice of “{detail.reference_name}”" if detail.reference else ""


def _view(
    row: Speaker,
    sentences: int,
    own: str,
    library: list[VoiceProfile],
    stock: list[tuple[str, str]],
    scores: dict[str, Any],
    *,
    mine: bool,
) -> SpeakerView:
    return SpeakerView(
        row=row,
        title=str(row) if mine else row.shared_title,
        colour=row.number % COLOURS,
        sentences=sentences,
        voice=_voice_words(row, own, dict(stock), mine=mine),
        voices=_voices(row, own, library, stock) if mine else (),
        asked=mine and row.actor_state == State.ASKED and row.actor is not None,
        known=mine and row.is_known,
        scale=speaker_scale(scores, row.number),
    )


def _voice_words(row: Speaker, own: str, stock: dict[str, str], *, mine: bool) -> str:
    if row.voice_kind == Kind.PROFILE:
        if not mine:
            return "A voice of the owner's library"
        return row.voice.name if row.voice else "A voice that was deleted"
    if row.voice_kind == Kind.STOCK:
        return stock.get(row.stock) or USUAL
    return own or USUAL


def voice_value(row: Speaker) -> str:
    """What a list of voices has for the speaker's: ``own``, ``stock:<name>``, ``profile:<id>``."""
    if row.voice_kind == Kind.PROFILE:
        return f"profile:{row.voice_id or ''}"
    return f"stock:{row.stock}" if row.voice_kind == Kind.STOCK else "own"


def _voices(
    row: Speaker, own: str, library: list[VoiceProfile], stock: list[tuple[str, str]]
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    chosen = voice_value(row)
    offered = {f"profile:{voice.pk}": voice.name for voice in library}
    if row.voice_kind == Kind.PROFILE:
        offered.setdefault(chosen, row.voice.name if row.voice else "A voice that was deleted")
    usual = {"stock:": USUAL} if chosen == "stock:" else {}
    groups = (
        ("From the recording", {"own": own} if own else {}),
        ("Your library", offered),
        ("The engine's own", usual | {f"stock:{name}": label for name, label in stock}),
    )
    return tuple(
        (title, tuple(Choice(value, label, value == chosen) for value, label in options.items()))
        for title, options in groups
        if options
    )


def speakers_data(cast: Cast) -> list[dict[str, Any]]:
    """For the page's scripts: whom a sentence can be given to."""
    return [{"number": view.row.number, "title": view.title, "colour": view.colour} for view in cast.speakers]
