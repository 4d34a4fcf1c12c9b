"""A job: its page through all of its states, and what can be done to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from dubbing import selectors, services
from dubbing.forms import SegmentForm
from dubbing.models import Job, JobEvent, Segment
from dubbing.views import results
from dubbing.views.answers import answered
from dubbing.views.cast import cast_of, speakers_data
from dubbing.views.engine_cards import better_engines, made_by
from dubbing.views.kinds import has_source, words_of
from dubbing.views.people import job_or_404, own_job_or_404
from dubbing.views.scores import comparison, scales
from dubbing.views.stages import stage_labels, steps_of
from engines.keys import config_for
from engines.spending import bill_of_job
from vocasync.errors import message
from voices.models import Decision
from voices.selectors import voices_offered
from web.people import person
from work.engines import engine_table

Status = Job.Status


@login_required
@require_safe
def detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The job as it is now: at work, waiting for review, done, or stopped."""
    job = job_or_404(request, job_id)
    context = _base(job, person(request))
    if job.taken_down_at is not None:
        context["decision"] = Decision.objects.filter(
            kind=Decision.Kind.TAKEDOWN_JOB, job_id=job.pk, user_id=job.owner_id, reversed_at=None
        ).first()
    elif job.status == Status.WAITING:
        context |= {"segments": results.segment_views(job)} | _cast(job, person(request))
    elif context["has_result"]:
        context |= _result(job, person(request)) | _cast(job, person(request))
    elif context["mine"] and not context["active"]:
        context |= _stopped(job)
    return render(request, "dubbing/job.html", context)


def _cast(job: Job, viewer: User) -> dict[str, Any]:
    cast = cast_of(job, viewer)
    colours = {view.row.number: view for view in cast.speakers}
    return {"cast": cast, "speaker_of": colours, "speakers_data": speakers_data(cast)}


def _stopped(job: Job) -> dict[str, Any]:
    """A job that has no result: its voices may be what stands in the way."""
    cast = _cast(job, job.owner)
    voice = job.detail.voice
    offered = voices_offered(job.owner) if voice and not cast["cast"] else []
    return cast | {"main_voice": voice, "voices_offered": offered}


def _base(job: Job, viewer: User) -> dict[str, Any]:
    mine = job.owner_id == viewer.pk
    newest = JobEvent.objects.filter(job=job).order_by("-seq").values_list("seq", flat=True).first()
    return {
        "job": job,
        "mine": mine,
        "bill": bill_of_job(job.pk) if mine else None,
        "editable": mine and job.status not in Job.ACTIVE and job.taken_down_at is None,
        "shares": selectors.people_of(job) if mine else (),
        "asked": job.detail,
        "words": words_of(job),
        "has_source": has_source(job),
        "spoken": results.spoken_language(job),
        "steps": steps_of(job),
        "active": job.status in Job.ACTIVE,
        "finished": job.status in Job.FINISHED,
        "error": message(job.error_code, job.error_params) if job.error_code else "",
        "has_result": job.artifacts.filter(kind__in=("video", "audio")).exists(),
        "live": {
            "job": str(job.pk),
            "status": job.status,
            "after": newest or 0,
            "eta": job.eta_seconds,
            "stages": stage_labels(),
            "page": reverse("dubbing:job", args=[job.pk]),
            "noun": words_of(job).noun,
        },
    }


def _result(job: Job, viewer: User) -> dict[str, Any]:
    segments = results.segment_views(job)
    player = results.player(job)
    groups = results.downloads(job)
    table, used = engine_table(config_for(viewer)), job.detail.engines or {}
    return {
        "segments": segments,
        "player": player,
        "scales": scales(job.detail.scores or {}, against_speaker=job.kind == Job.Kind.DUBBING),
        "compared": comparison(job.detail.scores or {}, words_of(job).tracks),
        "downloads": groups,
        "main_files": results.main_files(groups),
        "stale": sum(view.row.stale for view in segments),
        "made": made_by(table, used),
        "better": better_engines(table, used),
        "ended": job.voice_uses.exclude(ended_at=None).order_by("speaker"),
        "fits": [
            (track["label"], results.fits(segments, track["id"]))
            for track in player["tracks"]
            if track["id"] not in ("original", "converted") and has_source(job)
        ],
    }


def _act(request: HttpRequest, job_id: uuid.UUID, service: Callable[..., None], done: str) -> HttpResponse:
    """Do it, say so, and go back to the job's page. done: with ``{noun}`` for what the job is called."""
    job = own_job_or_404(request, job_id)

    def work() -> dict[str, Any]:
        service(job=job)
        return {"status": job.status}

    return answered(request, job, work, done.format(noun=words_of(job).noun))


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Stop the job."""
    return _act(request, job_id, services.job_cancel, "The {noun} was cancelled.")


@login_required
@require_POST
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Go on with a failed or cancelled job."""
    return _act(request, job_id, services.job_retry, "The {noun} goes on where it stopped.")


@login_required
@require_POST
def approve(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The words are right: speak them. What the form still holds is saved first."""
    job = own_job_or_404(request, job_id)

    def work() -> None:
        _save_all(request, job)
        services.job_approve(job=job)

    return answered(request, job, work, "Approved. The words are being spoken.")


def _save_all(request: HttpRequest, job: Job) -> None:
    """The fields ``text-<index>`` and ``translation-<index>`` of the review form, where they were changed."""
    for row in selectors.segments_of(job):
        sent = {name: request.POST.get(f"{name}-{row.index}") for name in ("text", "translation")}
        if any(value is not None for value in sent.values()):
            services.segment_edit(segment=row, **sent)


@login_required
@require_POST
def rerun(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Speak again what was edited."""
    return _act(request, job_id, services.job_rerun_stale, "The changed sentences are being spoken again.")


@login_required
@require_POST
def delete(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Delete the job and all its files."""
    job = own_job_or_404(request, job_id)
    services.job_delete(job=job)
    messages.success(request, f"“{job.title}” was deleted, with all its files.")
    return redirect("dubbing:dashboard")


@login_required
@require_POST
def segment(request: HttpRequest, job_id: uuid.UUID, index: int) -> HttpResponse:
    """Correct a segment."""
    job = own_job_or_404(request, job_id)
    row = Segment.objects.filter(job=job, index=index).first()
    if row is None:
        raise Http404("There is no such segment.")
    form = SegmentForm(request.POST)
    form.full_clean()

    def work() -> dict[str, Any]:
        edited = services.segment_edit(segment=row, **form.changes())
        stale = selectors.stale_count(job)
        return {"text": edited.text, "translation": edited.translation, "stale": edited.stale, "stale_count": stale}

    return answered(request, job, work, "", f"#segment-{row.index}")
