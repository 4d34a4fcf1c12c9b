"""Results that are shared: who they are shared with may look at them, play them, take them away and report them."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from accounts import notices
from accounts.limits import require_active
from accounts.models import User
from accounts.people import recipient
from dubbing import events, states
from dubbing.models import Job, JobShare
from vocasync.errors import PipelineError


def job_share(*, job: Job, name: str) -> JobShare:
    """Share a finished job's result with somebody, by username or e-mail address; they are told. Again: no change.

    Raises ``suspended``, ``job_taken_down``, ``share_nothing``, ``share_unknown``, ``share_self_job``.
    """
    require_active(job.owner)
    states.refuse_taken_down(job)
    if not job.artifacts.exists():
        raise PipelineError("share_nothing", name=job.title)
    user = recipient(name, owner=job.owner, refusal="share_self_job")
    with transaction.atomic():
        share, made = JobShare.objects.get_or_create(job=job, user=user)
        if made:
            text = f"{job.owner.get_username()} shares the dub “{job.title}” with you."
            notices.tell(user, text, reverse("dubbing:job", args=[job.pk]))
            events.wake(job)
    return share


def job_unshare(*, job: Job, user: User) -> bool:
    """Stop sharing; False when it was not shared with them."""
    with transaction.atomic():
        gone, _ = JobShare.objects.filter(job=job, user=user).delete()
        events.wake(job, user)
    return bool(gone)
