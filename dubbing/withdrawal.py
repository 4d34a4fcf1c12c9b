"""What happens to jobs when a consent ends, or a moderator steps in."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import notices
from accounts.models import User
from dubbing import states
from dubbing.models import Job, PortraitJob, Speaker, VoiceUse, WorkUnit
from engines import clones
from engines.models import Clone
from voices.consent import Purpose, may_clone
from voices.consent.ending import DELETED
from voices.models import FaceProfile, VoiceProfile

MOST_NAMED = 5
"""Jobs that a notice names one by one."""


def voice_withdrawn(*, voice: VoiceProfile, reason: str) -> None:
    """Nobody, or not everybody, may use the voice any more: what is to be made with it stops, what was is marked.

    Jobs of people who still may use it go on. Everybody else is told, once, what became of their jobs.
    """
    with transaction.atomic():
        stopped = [job for job in _speaking_with(voice) if _stop(job, voice, reason)]
        marked = [use.job for use in _made_with(voice) if _mark(use, voice, reason)]
        _tell(f"The voice “{voice.name}”", reason, stopped, marked)


def face_withdrawn(*, face: FaceProfile, reason: str) -> None:
    """Nobody may have the face speak any more: what is to be made of it stops, what was is marked. The owners are told,
    once."""
    with transaction.atomic():
        stopped = [job for job in _showing(face, Job.UNFINISHED) if _stop_for_face(job, face, reason)]
        marked = list(_showing(face, (Job.Status.SUCCEEDED,)).filter(portrait__face_ended_at=None))
        ended = {"face_ended_at": timezone.now(), "face_ended_reason": reason}
        PortraitJob.objects.filter(job__in=marked).update(**ended)
        _tell(f"The face “{face.name}”", reason, stopped, marked)


def _showing(face: FaceProfile, states: Iterable[str]) -> QuerySet[Job]:
    return Job.objects.filter(portrait__face=face, status__in=states).select_related("owner")


def _stop_for_face(job: Job, face: FaceProfile, reason: str) -> bool:
    code = may_clone(job.owner, face, Purpose.JOB).code or "face_gone"
    params = {"name": face.name, "reason": reason}
    WorkUnit.objects.filter(job=job).delete()
    return states.move(job.pk, Job.UNFINISHED, Job.Status.FAILED, error_code=code, error_params=params)


def _speaking_with(voice: VoiceProfile) -> QuerySet[Job]:
    """Jobs under way that use the voice or, before their speakers are known, are to."""
    chosen = Q(speakers__voice=voice, speakers__voice_kind=Speaker.VoiceKind.PROFILE)
    asked = [Q(**{f"{name}__voice": voice}) for name in set(Job.DETAILS.values())]
    wanted = reduce(or_, asked) & Q(speakers=None)
    return Job.objects.filter(chosen | wanted, status__in=Job.UNFINISHED).select_related("owner").distinct()


def _made_with(voice: VoiceProfile) -> QuerySet[VoiceUse]:
    return VoiceUse.objects.filter(voice=voice, ended_at=None).select_related("job__owner")


def _ended_for(user: User, voice: VoiceProfile, reason: str) -> str:
    """Why the person may not use the voice any more; "" where they still may."""
    if reason == DELETED:  # told while the voice is still there
        return "voice_deleted"
    return may_clone(user, voice, Purpose.JOB).code


def _stop(job: Job, voice: VoiceProfile, reason: str) -> bool:
    code = _ended_for(job.owner, voice, reason)
    if not code:
        return False
    params = {"name": voice.name, "reason": reason}
    WorkUnit.objects.filter(job=job).delete()
    return states.move(job.pk, Job.UNFINISHED, Job.Status.FAILED, error_code=code, error_params=params)


def _mark(use: VoiceUse, voice: VoiceProfile, reason: str) -> bool:
    if not _ended_for(use.job.owner, voice, reason):
        return False
    VoiceUse.objects.filter(pk=use.pk).update(ended_at=timezone.now(), ended_reason=reason)
    return True


def _tell(what: str, reason: str, stopped: Iterable[Job], marked: Iterable[Job]) -> None:
    """One notice a person, whatever it is about. what: ended, in words."""
    lines: dict[User, list[str]] = defaultdict(list)
    links: dict[User, set[uuid.UUID]] = defaultdict(set)
    for jobs, done in ((stopped, "stopped"), (marked, "marked: it was made with it")):
        for job in {job.pk: job for job in jobs}.values():
            lines[job.owner].append(f"“{job.title}” is {done}")
            links[job.owner].add(job.pk)
    for user, said in lines.items():
        shown = "; ".join(said[:MOST_NAMED]) + (
            f"; and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else ""
        )
        text = f"{what} cannot be used any more. {reason} {shown}."
        notices.tell(user, text, _link(links[user]))


def _link(jobs: set[uuid.UUID]) -> str:
    return reverse("dubbing:job", args=[next(iter(jobs))]) if len(jobs) == 1 else reverse("dubbing:dashboard")


def clones_of_gone_jobs() -> int:
    """Copies of voices at services that were made for jobs that are no more, however those went, are to be removed."""
    rows = Clone.objects.filter(ended_at=None, job__isnull=False).exclude(job__in=Job.objects.values("pk"))
    return clones.end(rows=list(rows.values_list("pk", flat=True)))


def job_taken_down(*, job_id: uuid.UUID, reason: str) -> None:
    """The result is served to nobody any more, and nothing more is made of it; its owner sees the reason."""
    with transaction.atomic():
        Job.objects.filter(pk=job_id).update(taken_down_at=timezone.now(), takedown_reason=reason)
        WorkUnit.objects.filter(job=job_id).delete()
        if not states.move(job_id, Job.UNFINISHED, Job.Status.CANCELLED):
            states.announce(job_id)


def job_restored(*, job_id: uuid.UUID) -> None:
    """The takedown was reversed."""
    with transaction.atomic():
        Job.objects.filter(pk=job_id).update(taken_down_at=None, takedown_reason="")
        states.announce(job_id)


def user_suspended(*, user: User, reason: str) -> None:
    """Nothing new is made for the person: what waits or is being made stops."""
    for job_id in Job.objects.filter(owner=user, status__in=Job.UNFINISHED).values_list("pk", flat=True):
        with transaction.atomic():
            WorkUnit.objects.filter(job=job_id).delete()
            params = {"reason": reason}
            states.move(job_id, Job.UNFINISHED, Job.Status.FAILED, error_code="suspended", error_params=params)
