"""People, their keys and the audit trail in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts import audit
from accounts.limits import AMOUNTS, MIB, limits_for, uses_of
from accounts.models import ApiKey, AuditEntry, User
from accounts.services import api_key_revoke

if TYPE_CHECKING:
    KeyAdmin = admin.ModelAdmin[ApiKey]
    PersonAdmin = BaseUserAdmin[User]
    TrailAdmin = admin.ModelAdmin[AuditEntry]
else:
    KeyAdmin = TrailAdmin = admin.ModelAdmin
    PersonAdmin = BaseUserAdmin

ACTORS_SHOWN = 40
"""Actors that the trail can be filtered by: those who did most. Others are found by searching."""


@admin.register(User)
class UserAdmin(PersonAdmin):
    """People, with their limits and what they use of them. Suspending is a moderator's decision, with a reason."""

    fieldsets = (
        *(BaseUserAdmin.fieldsets or ()),
        ("Limits", {"fields": ("plan", *(f"max_{name}" for name in AMOUNTS), "used")}),
        ("Suspension", {"fields": ("suspended_at", "suspended_reason")}),
    )
    readonly_fields = ("used", "suspended_at", "suspended_reason", "last_login", "date_joined")
    list_display = ("username", "email", "plan", "suspended_at", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = (*BaseUserAdmin.list_filter, "plan", ("suspended_at", admin.EmptyFieldListFilter))

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "plan":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        plans = [(name, name.capitalize()) for name in settings.PLANS]
        default = f"The site's default ({settings.DEFAULT_PLAN})"
        return forms.ChoiceField(choices=[("", default), *plans], required=False)

    @admin.display(description="in use")
    def used(self, user: User) -> SafeString:
        """Each limit, with how much of it is used."""
        limits, uses = limits_for(user), uses_of(user)
        most = "any" if limits.usd_month is None else limits.usd_month
        rows = (
            (f"{uses.audio_seconds / 60:.1f} of {limits.audio_minutes_day} minutes of audio today (UTC)",),
            (f"{uses.storage_bytes / MIB:,.0f} of {limits.storage_mb:,} MB kept",),
            (f"{uses.active_jobs} of {limits.active_jobs} jobs queued or running",),
            (f"{uses.voices} of {limits.voices} voices, faces and emotion references",),
            (f"{uses.usd_month:.2f} of {most} US dollars this month (UTC)",),
        )
        return format_html_join("", "<div>{}</div>", rows)


@admin.register(ApiKey)
class ApiKeyAdmin(KeyAdmin):
    """Keys can be seen and revoked here, never made or read: their owner alone sees a key, once."""

    list_display = ("name", "owner", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix", "owner__username", "owner__email")
    readonly_fields = ("owner", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    exclude = ("digest",)
    list_select_related = ("owner",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Revoke the selected keys", permissions=("change",))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            api_key_revoke(key=key)
        self.message_user(request, f"{queryset.count()} keys were revoked.")


class ActorFilter(admin.SimpleListFilter):
    """By who did it, by the name that they had then."""

    title = "actor"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = AuditEntry.objects.order_by().values("actor_name").annotate(count=Count("pk")).order_by("-count")
        return [(row["actor_name"], row["actor_name"]) for row in names[:ACTORS_SHOWN]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(actor_name=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(TrailAdmin):
    """The audit trail, to be read. The database refuses to change it, whoever asks."""

    list_display = ("at", "actor_name", "action", "object_name", "difference")
    list_filter = ("at", ActorFilter, "action", "object_type")
    search_fields = ("actor_name", "action", "object_id", "object_name", "reason")
    list_per_page = 50
    show_full_result_count = False
    fields = ("at", "actor_name", "action", "object_type", "object_id", "object_name", "difference", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    @admin.display(description="before → after")
    def difference(self, entry: AuditEntry) -> SafeString:
        """What differs, a line each."""
        rows = ((name, _shown(old), _shown(new)) for name, old, new in audit.changes(entry))
        return format_html_join("", "<div>{}: <del>{}</del> → <ins>{}</ins></div>", rows)


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
