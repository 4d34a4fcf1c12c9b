"""Handlers of errands that are about nothing: for tests of the errands themselves."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from accounts.models import Notice
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from voices.models import Errand

KINDS = {name: f"tests.voices.workhands:{name}" for name in ("echo", "refuse", "stumble", "busy", "vanish")}


def echo(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Answers with what it was given."""
    progress.report(0.5, "Echoing")
    return dict(errand.params)


def refuse(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Fails as a handler does that has something to say."""
    raise PipelineError("too_short", name="a.wav", seconds=0.5, limit=1.5)


def stumble(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Fails as a handler does that has a fault."""
    raise RuntimeError("a fault")


def busy(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Finds the database locked."""
    raise OperationalError("database is locked")


def vanish(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Is deleted while it works."""
    Errand.objects.filter(pk=errand.pk).delete()
    return {}


def failed(errand: Errand, error: PipelineError) -> None:
    """Leaves word with whom it concerns."""
    Notice.objects.create(user=errand.owner, text=f"{errand.kind}: {error.code}")
