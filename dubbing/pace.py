"""How long it will still take, from how fast the stages of this run went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils import timezone

from dubbing.models import Job, JobEvent

MIN_PROGRESS = 0.01
"""Less progress than this says nothing about speed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Where the present stage began, and seconds and progress of the stages before it in this run."""

    since: datetime
    progress: float
    past_seconds: float = 0.0
    past_progress: float = 0.0

    def eta(self, now: datetime, progress: float, stage_end: float) -> int | None:
        """Seconds left at ``progress`` (0 to 1), or None when nothing was measured yet.

        The rest of this stage goes at this stage's speed; what comes after at the mean speed of all so far.
        """
        here_seconds, here_progress = (now - self.since).total_seconds(), progress - self.progress
        seconds, done = self.past_seconds + here_seconds, self.past_progress + here_progress
        if done < MIN_PROGRESS:
            return None
        mean = seconds / done
        present = here_seconds / here_progress if here_progress >= MIN_PROGRESS else mean
        left = max(0.0, stage_end - progress) * present + max(0.0, 1.0 - max(stage_end, progress)) * mean
        return round(left)


def measured(job: Job) -> Pace:
    """From the job's log: a stage's time runs from its ``status`` event to the next one."""
    rows = JobEvent.objects.filter(job=job, kind="status").order_by("-seq").values_list("at", "payload")[:60]
    return from_marks([(at, payload["status"], payload["progress"]) for at, payload in reversed(rows)])


def from_marks(marks: Sequence[tuple[datetime, str, float]]) -> Pace:
    """From (time, status, progress) in order of time; waiting for people and workers is not counted."""
    if not marks:
        return Pace(timezone.now(), 0.0)
    seconds = done = 0.0
    for (began, status, low), (ended, _, high) in pairwise(marks):
        if status == Job.Status.RUNNING and high > low:
            seconds += (ended - began).total_seconds()
            done += high - low
    return Pace(marks[-1][0], marks[-1][2], seconds, done)
