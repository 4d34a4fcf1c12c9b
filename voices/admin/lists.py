"""What was asked and decided, as lists: read, searched, never edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voices.models import (
    Appeal,
    ConsentAttempt,
    ConsentRecord,
    Decision,
    FaceProfile,
    PublicRequest,
    Report,
    VoiceProfile,
)
from web.readonly import ReadOnly

if TYPE_CHECKING:
    RequestBase = admin.ModelAdmin[PublicRequest]
    RecordBase = admin.ModelAdmin[ConsentRecord]
    AttemptBase = admin.ModelAdmin[ConsentAttempt]
    ReportBase = admin.ModelAdmin[Report]
    DecisionBase = admin.ModelAdmin[Decision]
    AppealBase = admin.ModelAdmin[Appeal]
    VoiceBase = admin.ModelAdmin[VoiceProfile]
    FaceBase = admin.ModelAdmin[FaceProfile]
else:
    RequestBase = RecordBase = AttemptBase = ReportBase = admin.ModelAdmin
    DecisionBase = AppealBase = VoiceBase = FaceBase = admin.ModelAdmin


class Written(ReadOnly):
    """Written by services alone."""

    list_per_page = 50


@admin.register(PublicRequest)
class PublicRequestAdmin(Written, RequestBase):
    """Voices that are to be public."""

    list_display = ("voice", "status", "created_at", "decided_by", "decided_at", "answer")
    list_filter = ("status", "created_at")
    list_select_related = ("voice", "decided_by")
    search_fields = ("voice__name", "voice__owner__username", "answer")


@admin.register(ConsentRecord)
class ConsentRecordAdmin(Written, RecordBase):
    """Who agreed to what."""

    list_display = ("likeness", "kind", "status", "person_name", "created_at", "decided_by", "decided_at", "reason")
    list_filter = ("status", "kind", "created_at")
    list_select_related = ("voice", "face", "decided_by")
    search_fields = (
        "id",
        "voice__name",
        "face__name",
        "voice__owner__username",
        "face__owner__username",
        "person_name",
    )
    exclude = ("embedding",)


@admin.register(ConsentAttempt)
class ConsentAttemptAdmin(Written, AttemptBase):
    """Sentences that were read, and what came of it."""

    list_display = ("voice", "user", "outcome", "similarity", "word_distance", "language", "issued_at")
    list_filter = ("outcome", "language", "issued_at")
    list_select_related = ("voice", "user")
    search_fields = ("voice__name", "user__username", "sentence", "heard")


@admin.register(Report)
class ReportAdmin(Written, ReportBase):
    """What people reported."""

    list_display = ("subject_name", "reason", "status", "reporter", "subject_owner", "created_at", "decided_by")
    list_filter = ("status", "reason", "created_at")
    list_select_related = ("reporter", "subject_owner", "decided_by")
    search_fields = ("subject_name", "details", "reporter__username", "subject_owner__username", "job_id")


@admin.register(Decision)
class DecisionAdmin(Written, DecisionBase):
    """What went against somebody."""

    list_display = ("subject_name", "kind", "user", "moderator", "at", "reversed_at", "reason")
    list_filter = ("kind", "at", ("reversed_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "moderator")
    search_fields = ("subject_name", "reason", "user__username", "moderator__username")


@admin.register(Appeal)
class AppealAdmin(Written, AppealBase):
    """What they answered."""

    list_display = ("decision", "status", "created_at", "decided_by", "decided_at", "answer")
    list_filter = ("status", "created_at")
    list_select_related = ("decision", "decided_by")
    search_fields = ("decision__subject_name", "decision__user__username", "text", "answer")


@admin.register(VoiceProfile)
class VoiceAdmin(Written, VoiceBase):
    """All voices: found by name or owner, and heard only where something about them is in question."""

    list_display = ("name", "owner", "whose", "consent", "is_public", "grade", "taken_down_at", "judge", "updated_at")
    list_filter = ("consent", "is_public", "whose", "grade", ("taken_down_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__username", "owner__email", "person_name")
    exclude = ("embedding", "peaks", "search_text")

    @admin.display(description="moderation")
    def judge(self, voice: VoiceProfile) -> SafeString:
        return format_html('<a href="{}">Look into it</a>', reverse("moderation:voice", args=[voice.pk]))


@admin.register(FaceProfile)
class FaceAdmin(Written, FaceBase):
    """All faces: found by name or owner, and seen only where something about them is in question."""

    list_display = ("name", "owner", "whose", "consent", "state", "taken_down_at", "judge", "updated_at")
    list_filter = ("consent", "state", "whose", ("taken_down_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__username", "owner__email", "person_name")
    exclude = ("report",)

    @admin.display(description="moderation")
    def judge(self, face: FaceProfile) -> SafeString:
        return format_html('<a href="{}">Look into it</a>', reverse("moderation:face", args=[face.pk]))
