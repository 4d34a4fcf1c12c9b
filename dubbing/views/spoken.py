"""The history of speech, as plain values for its templates: what was spoken at once, and the jobs of long texts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import CharField, QuerySet, Value

from accounts.models import User
from dubbing import selectors
from dubbing.models import Job
from vocasync.engines.registry import spec
from vocasync.errors import message
from vocasync.media.sounds import SoundFormat, sound_format
from voices.models import Errand, Utterance
from voices.selectors import utterances_of, words_of
from voices.services.speech import errands_of
from voices.views.panels import Likeness, likeness

PAGE = 10


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that was spoken at once. errand: id of what speaks it, "" for none. problem: why it was not spoken.
    likeness: None where it was not measured. until: when it is forgotten."""

    row: Utterance
    engine: str
    commercial: bool
    kind: SoundFormat
    errand: str
    problem: str
    likeness: Likeness | None
    until: datetime


def history(user: User, text: str, number: str | None) -> Page[Any]:
    """A page of what the person had spoken, newest first: of :class:`Spoken`, and of jobs. text: words to find."""
    utterances, jobs = utterances_of(user, text), _jobs(user, text)
    keys = _keys(utterances, "utterance").union(_keys(jobs, "job")).order_by("-created_at")
    page = Paginator(keys, PAGE).get_page(number)
    shown = [pk for pk, _, _ in page.object_list]
    found: dict[uuid.UUID, Spoken | Job] = {one.row.pk: one for one in spoken(utterances.filter(pk__in=shown))}
    found |= {job.pk: job for job in jobs.filter(pk__in=shown)}
    page.object_list = [found[pk] for pk in shown if pk in found]
    return page


def _jobs(user: User, text: str) -> QuerySet[Job]:
    rows = selectors.jobs_of(user).filter(kind=Job.Kind.SPEECH)
    for word in words_of(text):
        rows = rows.filter(speech__text__icontains=word)
    return rows


def _keys(rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
    kinds = Value(kind, output_field=CharField())
    keys: QuerySet[Any] = rows.select_related(None).order_by().annotate(entry=kinds)
    found: QuerySet[Any] = keys.values_list("pk", "created_at", "entry")
    return found


def spoken(rows: Iterable[Utterance]) -> list[Spoken]:
    """In the order given."""
    rows = list(rows)
    errands = errands_of(rows)
    return [_spoken(row, errands.get(str(row.pk))) for row in rows]


def _spoken(row: Utterance, errand: Errand | None) -> Spoken:
    failed = errand is not None and errand.status == Errand.Status.FAILED
    waits = row.seconds is None and errand is not None and not failed
    engine = spec("tts", row.engine)
    return Spoken(
        row=row,
        engine=engine.label,
        commercial=engine.commercial,
        kind=sound_format(row.format),
        errand=str(errand.pk) if waits and errand else "",
        problem=message(errand.error_code, errand.error_params) if failed and errand else "",
        likeness=None if row.similarity is None else likeness(row.similarity, row.untreated, row.voice),
        until=row.created_at + timedelta(days=settings.SPEECH_DAYS),
    )
