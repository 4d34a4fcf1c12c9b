"""Jobs in the admin: found, looked into, cancelled and tried again. What the runner writes is not edited by hand."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from dubbing import selectors
from dubbing.models import Artifact, Batch, DubbingJob, Job, JobEvent, PortraitJob, Segment, SpeechJob, WorkUnit
from dubbing.reported import HEARD
from dubbing.services import job_cancel, job_delete, job_retry
from vocasync.errors import PipelineError, message
from voices.admin.evidence import judges, note_listening
from voices.moderation.waiting import job_in_question
from web.downloads import send_private
from web.people import person
from web.readonly import ReadOnly

if TYPE_CHECKING:
    JobBase = admin.ModelAdmin[Job]
    SegmentBase = admin.ModelAdmin[Segment]
    EventBase = admin.ModelAdmin[JobEvent]
    UnitBase = admin.ModelAdmin[WorkUnit]
    DetailInline = admin.StackedInline[DubbingJob, Job]
    PortraitInlineBase = admin.StackedInline[PortraitJob, Job]
    SpeechInlineBase = admin.StackedInline[SpeechJob, Job]
    BatchBase = admin.ModelAdmin[Batch]
    SegmentInlineBase = admin.TabularInline[Segment, Job]
    EventInlineBase = admin.TabularInline[JobEvent, Job]
else:
    JobBase = SegmentBase = EventBase = UnitBase = BatchBase = admin.ModelAdmin
    DetailInline = PortraitInlineBase = SpeechInlineBase = admin.StackedInline
    SegmentInlineBase = EventInlineBase = admin.TabularInline


class Detail(ReadOnly, DetailInline):
    model = DubbingJob
    can_delete = False


class PortraitDetail(ReadOnly, PortraitInlineBase):
    model = PortraitJob
    can_delete = False


class SpeechDetail(ReadOnly, SpeechInlineBase):
    model = SpeechJob
    can_delete = False


class Segments(ReadOnly, SegmentInlineBase):
    model = Segment
    fields = ("index", "start", "end", "text", "translation", "confidence", "flags", "stale")
    ordering = ("index",)
    show_change_link = True


class Events(ReadOnly, EventInlineBase):
    model = JobEvent
    fields = ("seq", "at", "kind", "payload")
    ordering = ("seq",)


@require_safe
def sound(request: HttpRequest, job_id: uuid.UUID, track: str) -> HttpResponseBase:
    """A track of a result that was reported or taken down, for moderators; that they listened is written down."""
    user = person(request)
    if not judges(user) or track not in HEARD or not job_in_question(job_id):
        raise Http404("There is nothing of that kind to judge.")
    try:
        row = Artifact.objects.select_related("job").get(job=job_id, path=track)
        file = selectors.artifact_path(row)
    except Artifact.DoesNotExist as error:
        raise Http404("There is no such file.") from error
    note_listening(user, row.job)
    return send_private(request, file, filename=row.name, mime=row.mime)


@admin.register(Job)
class JobAdmin(JobBase):
    """Jobs, with cancel and retry."""

    list_display = ("title", "owner", "kind", "status", "stage", "percent", "error_code", "created_at", "finished_at")
    list_filter = ("status", "kind", "stage", "error_code", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "title", "owner__username", "owner__email", "dubbing__source_name", "portrait__face_name")
    date_hierarchy = "created_at"
    list_per_page = 50
    inlines = (Detail, Segments, Events)
    detail_inlines: ClassVar[dict[str, Any]] = {
        Job.DETAILS[Job.Kind.DUBBING.value]: Detail,
        Job.DETAILS[Job.Kind.PORTRAIT.value]: PortraitDetail,
        Job.DETAILS[Job.Kind.SPEECH.value]: SpeechDetail,
    }
    actions = ("cancel", "retry")
    readonly_fields = ("problem",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def get_inlines(self, request: HttpRequest, obj: Job | None = None) -> list[Any]:
        """The details of the job's own kind."""
        own = Detail if obj is None else self.detail_inlines[Job.DETAILS[obj.kind]]
        return [own, Segments, Events]

    @admin.display(description="progress", ordering="progress")
    def percent(self, job: Job) -> str:
        return f"{job.progress:.0%}"

    @admin.display(description="what went wrong")
    def problem(self, job: Job) -> str:
        return message(job.error_code, job.error_params) if job.error_code else ""

    @admin.action(description="Cancel the selected jobs", permissions=["delete"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._each(request, jobs, job_cancel, "cancelled")

    @admin.action(description="Try the selected jobs again", permissions=["delete"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._each(request, jobs, job_retry, "queued again")

    def _each(self, request: HttpRequest, jobs: QuerySet[Job], act: Any, done: str) -> None:
        count = 0
        for job in jobs.select_related("owner"):
            try:
                act(job=job)
                count += 1
            except (PipelineError, ValidationError) as error:
                self.message_user(request, f"{job}: {error}", messages.WARNING)
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        """With the tracks that moderators listen to."""
        heard = self.admin_site.admin_view(sound)
        return [path("<uuid:job_id>/sound/<str:track>", heard, name="dubbing_job_sound"), *super().get_urls()]

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        job_delete(job=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            job_delete(job=job)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A job takes its rows with it, though none of them may be deleted alone."""
        deleted, counts, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected


@admin.register(Batch)
class BatchAdmin(ReadOnly, BatchBase):
    """Jobs that were submitted as one."""

    list_display = ("title", "owner", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "title", "owner__username")
    list_per_page = 50


@admin.register(Segment)
class SegmentAdmin(ReadOnly, SegmentBase):
    """What was heard and translated."""

    list_display = ("job", "index", "start", "end", "text", "translation", "confidence", "stale")
    list_filter = ("stale", "text_edited", "translation_edited", "job__status")
    list_select_related = ("job",)
    search_fields = ("text", "translation", "job__title", "job__id")
    list_per_page = 50


@admin.register(JobEvent)
class JobEventAdmin(ReadOnly, EventBase):
    """The log of all jobs."""

    list_display = ("job", "seq", "at", "kind", "payload")
    list_filter = ("kind", "at")
    list_select_related = ("job",)
    search_fields = ("job__title", "job__id", "payload")
    ordering = ("-at",)
    list_per_page = 100


@admin.register(WorkUnit)
class WorkUnitAdmin(ReadOnly, UnitBase):
    """Shares of stages that are being worked on."""

    list_display = ("job", "stage", "name", "status", "progress", "attempt", "lease_until")
    list_filter = ("status", "stage")
    list_select_related = ("job",)
    search_fields = ("job__title", "job__id", "stage", "name")
