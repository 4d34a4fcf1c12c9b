"""Everything about voices on one page: actors, library, clone creation, speaker association."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from dubbing import selectors
from dubbing.models import Job, Speaker
from dubbing.views.cast import COLOURS
from voices import actors
from voices.models import VoiceProfile
from voices.selectors import own_voices
from voices.views.actors import actor_cards
from voices.views.cards import cards, consent_mark
from web.people import person

VOICES_SHOWN = 12
JOBS_SHOWN = 20
"""Jobs with speakers that wait for an answer; more come up as these are answered."""

UNKNOWN_SHOWN = 40
"""Speakers whom nobody has named, of the newest jobs."""


@dataclass(frozen=True, slots=True)
class Question:
    """A speaker who may be somebody. colour: of the palette."""

    row: Speaker
    colour: int


@dataclass(frozen=True, slots=True)
class JobQuestions:
    """A job with its open questions."""

    job: Job
    questions: tuple[Question, ...]


@login_required
@require_safe
def voice_management(request: HttpRequest) -> HttpResponse:
    """Four tabs: ``?tab=`` actors, library, create, speakers."""
    user = person(request)
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in TABS else "actors"
    waiting = selectors.unanswered_speakers(user).count()
    tabs = [
        {"name": name, "title": title, "count": waiting if name == "speakers" else 0}
        for name, (title, _) in TABS.items()
    ]
    context = {"tab": tab, "tabs": tabs, "sure": settings.ACTOR_SIMILARITY, "ask": settings.ACTOR_ASK}
    return render(request, "dubbing/voice_management.html", context | TABS[tab][1](user))


def _actors(user: User) -> dict[str, Any]:
    return {"cards": actor_cards(list(actors.actors_of(user)))}


def _library(user: User) -> dict[str, Any]:
    mine = own_voices(user)
    return {"cards": cards(user, list(mine[:VOICES_SHOWN])), "voice_count": mine.count()}


def _create(user: User) -> dict[str, Any]:
    """The ways to a clone, and the voices that still need a sample or a consent."""
    unfinished = own_voices(user).exclude(consent=VoiceProfile.Consent.VERIFIED, fingerprint__gt="")
    return {"unfinished": [(row, consent_mark(row)) for row in unfinished[:VOICES_SHOWN]]}


def _speakers(user: User) -> dict[str, Any]:
    asked = selectors.unanswered_speakers(user)
    unknown = selectors.unknown_speakers(user)[:UNKNOWN_SHOWN]
    return {
        "asked": _by_job(asked)[:JOBS_SHOWN],
        "unknown": _by_job(unknown),
        "people": list(actors.actors_of(user)),
    }


def _by_job(rows: Iterable[Speaker]) -> list[JobQuestions]:
    grouped = groupby(rows, key=lambda row: row.job)
    return [
        JobQuestions(job, tuple(Question(row, row.number % COLOURS) for row in speakers)) for job, speakers in grouped
    ]


TABS: dict[str, tuple[str, Callable[[User], dict[str, Any]]]] = {
    "actors": ("Actors", _actors),
    "library": ("Library", _library),
    "create": ("Clone creation", _create),
    "speakers": ("Speaker association", _speakers),
}
