"""Live sessions and their workers in the admin: looked at, and stopped. What they are is written by the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import audit
from live.models import LiveSession, LiveUpload, LiveWorker
from live.services import session_stop
from web.people import person
from web.readonly import ReadOnly

if TYPE_CHECKING:
    SessionBase = admin.ModelAdmin[LiveSession]
    WorkerBase = admin.ModelAdmin[LiveWorker]
    UploadBase = admin.ModelAdmin[LiveUpload]
else:
    SessionBase = WorkerBase = UploadBase = admin.ModelAdmin


@admin.register(LiveSession)
class LiveSessionAdmin(ReadOnly, SessionBase):
    list_display = ("session_id", "owner", "state", "origin", "target_language", "worker", "clauses", "created_at")
    list_filter = ("state", "origin")
    search_fields = ("session_id", "owner__username", "worker")
    list_select_related = ("owner",)
    actions = ("stop",)

    @admin.action(description="Stop the chosen sessions", permissions=["stop"])
    def stop(self, request: HttpRequest, chosen: QuerySet[LiveSession]) -> None:
        open_ones = list(chosen.filter(ended_at=None))
        for session in open_ones:
            with transaction.atomic():
                audit.record(person(request), "live.stopped", session, before={"state": session.state})
                session_stop(session=session)
        many = f"{len(open_ones)} sessions are" if len(open_ones) != 1 else "1 session is"
        messages.success(request, f"{many} stopped within a few seconds.")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("live.change_livesession")


@admin.register(LiveWorker)
class LiveWorkerAdmin(ReadOnly, WorkerBase):
    list_display = ("name", "address", "sessions", "room", "started_at", "seen_at")


@admin.register(LiveUpload)
class LiveUploadAdmin(ReadOnly, UploadBase):
    list_display = ("name", "owner", "seconds", "size", "created_at", "expires_at")
    search_fields = ("name", "owner__username")
    list_select_related = ("owner",)
