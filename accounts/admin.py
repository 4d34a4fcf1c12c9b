"""People and keys in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import ApiKey, User
from accounts.services import api_key_revoke

if TYPE_CHECKING:
    KeyAdmin = admin.ModelAdmin[ApiKey]
    PersonAdmin = BaseUserAdmin[User]
else:
    KeyAdmin = admin.ModelAdmin
    PersonAdmin = BaseUserAdmin


@admin.register(User)
class UserAdmin(PersonAdmin):
    """People, with their limits."""

    fieldsets = (
        *(BaseUserAdmin.fieldsets or ()),
        ("Limits", {"fields": ("max_media_minutes", "max_upload_mb", "max_active_jobs")}),
    )
    list_display = ("username", "email", "is_staff", "is_active", "date_joined", "last_login")


@admin.register(ApiKey)
class ApiKeyAdmin(KeyAdmin):
    """Keys can be seen and revoked here, never made or read: their owner alone sees a key, once."""

    list_display = ("name", "owner", "prefix", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix", "owner__username", "owner__email")
    readonly_fields = ("owner", "name", "prefix", "created_at", "last_used_at", "revoked_at")
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
