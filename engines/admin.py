"""Keys for services and what was spent, in the admin: to be seen and taken away, never to be read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from engines.keys import key_delete
from engines.models import EngineKey, Spending
from web.people import person
from web.readonly import ReadOnly

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

    def delete_model(self, request: HttpRequest, obj: EngineKey) -> None:
        key_delete(user=obj.user, service=obj.service, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[EngineKey]) -> None:
        for row in queryset.select_related("user"):
            self.delete_model(request, row)


@admin.register(Spending)
class SpendingAdmin(ReadOnly, SpendingAdminBase):
    """What people spent, by month."""

    list_display = ("month", "user", "engine", "amount", "unit", "usd", "own_key", "job")
    list_filter = ("month", "engine", "own_key")
    search_fields = ("user__username", "user__email", "job")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "month", "job", "stage", "engine", "unit", "own_key", "amount", "usd")
