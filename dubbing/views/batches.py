"""A batch: its jobs, and all that came of them as one archive."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dubbing import selectors
from dubbing.models import Batch, Job
from dubbing.packing import packed
from dubbing.views.kinds import WORDS
from dubbing.views.stages import stage_labels
from web.downloads import send_made


def _batch_or_404(request: HttpRequest, batch_id: uuid.UUID) -> Batch:
    try:
        return selectors.batch_of(request.user, batch_id)
    except Batch.DoesNotExist as error:
        raise Http404("There is no such batch.") from error


@login_required
@require_safe
def detail(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Its jobs as they are now."""
    batch = _batch_or_404(request, batch_id)
    jobs = list(selectors.jobs_in(batch))
    context = {
        "batch": batch,
        "jobs": jobs,
        "done": sum(job.status == Job.Status.SUCCEEDED for job in jobs),
        "failed": sum(job.status in (Job.Status.FAILED, Job.Status.CANCELLED) for job in jobs),
        "stage_labels": stage_labels(),
        "kinds": WORDS,
    }
    return render(request, "dubbing/batch.html", context)


@login_required
@require_safe
def archive(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponseBase:
    """Everything that is done of it, made while it is sent."""
    batch = _batch_or_404(request, batch_id)
    return send_made(packed(batch), filename=f"{batch.title}.zip", mime="application/zip")
