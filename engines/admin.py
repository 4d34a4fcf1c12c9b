"""Keys for services and what was spent, in the admin: to be seen and taken away, never to be read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from accounts import audit
from engines.models import EngineKey, Spending

if TYPE_CHECKING:
    KeyAdmin = admin.ModelAdmin[EngineKey]
    SpendingAdminBase = admin.ModelAdmin[Spending]
else:
    KeyAdmin = SpendingAdminBase = admin.ModelAdmin


@admin.register(EngineKey)
class EngineKeyAdmin(KeyAdmin):
    """Whose keys there are. Deleting one is written to the audit trail."""

    list_display = ("service", "user", "hint", "set_at")
    list_filter = ("service",)
    search_fields = ("user__username", "user__email")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "service", "hint", "set_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EngineKey | None = None) -> bool:
        return False

    def log_deletions(self, request: HttpRequest, queryset: object) -> object:
        for row in queryset:  # type: ignore[attr-defined]
            audit.record(request.user, "engine_key.delete", row, before={"service": row.service, "hint": row.hint})  # type: ignore[arg-type]
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]


@admin.register(Spending)
class SpendingAdmin(SpendingAdminBase):
    """What people spent, by month."""

    list_display = ("month", "user", "engine", "amount", "unit", "usd", "own_key", "job")
    list_filter = ("month", "engine", "own_key")
    search_fields = ("user__username", "user__email", "job")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "month", "job", "stage", "engine", "unit", "own_key", "amount", "usd")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Spending | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Spending | None = None) -> bool:
        return False
