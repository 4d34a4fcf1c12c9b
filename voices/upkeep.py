"""What the library throws away by itself."""

from __future__ import annotations

from collections.abc import Callable

from engines import clones
from engines.models import Clone
from voices import errands, files
from voices.consent import Purpose, may_clone
from voices.models import VoiceProfile
from voices.services import queries, speech

_MORE: list[Callable[[], int]] = []


def register(sweep: Callable[[], int]) -> None:
    """What an app above throws away by itself; it returns how many things went."""
    _MORE.append(sweep)


def sweep() -> int:
    """Old errands, clips that were searched with, lines for programs, files without a row, and what apps above throw
    away; returns how many things went. Copies of voices at services for which there is no reason any more are left to
    a worker: services may be slow."""
    clones.end(rows=clones_without_reason())
    clones.remind()
    return errands.sweep() + queries.sweep() + speech.sweep() + files.sweep() + sum(more() for more in _MORE)


def clones_without_reason() -> list[int]:
    """Copies of voices that were deleted, or that the person may not use any more whose account they are on."""
    rows = Clone.objects.filter(ended_at=None, voice__isnull=False).select_related("user")
    voices = VoiceProfile.objects.in_bulk([row.voice for row in rows if row.voice])
    return [row.pk for row in rows if row.voice and not _allowed(row, voices.get(row.voice))]


def _allowed(row: Clone, voice: VoiceProfile | None) -> bool:
    if voice is None:
        return False
    return bool(may_clone(row.user or voice.owner, voice, Purpose.JOB))
