"""Clips to search the library with."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import limits
from accounts.models import User
from voices import errands, files
from voices.models import Errand, SoundQuery
from voices.services import intake
from voices.services.intake import Upload

ACCEPTED = intake.bounds("clip", longest=120.0, shortest=1.0)
KEPT = timedelta(days=1)


def query_ask(*, owner: User, upload: Upload) -> tuple[SoundQuery, Errand]:
    """Take in a clip; a worker listens to it (errand ``query``), and then it is deleted: its embedding is kept a day.

    Raises PipelineError (what the file is, limits); then nothing is kept.
    """
    limits.require_active(owner)
    query = SoundQuery(owner=owner)
    with intake.taken_in(upload, files.query_clip(query.pk), "clip", ACCEPTED) as taken, transaction.atomic():
        limits.take_audio(owner, taken.seconds)
        query.name = taken.name
        query.full_clean(exclude=["owner", "embedding"])
        query.save(force_insert=True)
        return query, errands.start(owner=owner, kind="query", subject=query.pk)


def sweep() -> int:
    """Delete what was searched with more than a day ago; returns how many."""
    old = SoundQuery.objects.filter(created_at__lt=timezone.now() - KEPT)
    for pk in old.values_list("pk", flat=True):
        files.remove(files.query_root(pk))
    return old.delete()[0]
