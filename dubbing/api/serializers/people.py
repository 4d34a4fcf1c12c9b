"""The person who asks, and their keys."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import ApiKey


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret. ``scopes``: what it opens; all of them unless you choose."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.choices), allow_empty=False, default=ApiKey.Scope.values
    )

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
        read_only_fields = ("id", "prefix", "created_at", "last_used_at", "revoked_at")


class NewApiKeySerializer(ApiKeySerializer):
    """A key that was just made. ``key`` is shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]


class LimitsSerializer(serializers.Serializer[Any]):
    """What a person may use: their plan's limits, or their own. 1 MB is 2^20 bytes; a day is one of UTC."""

    plan = serializers.CharField()
    media_minutes = serializers.IntegerField(help_text="Longest media.")
    upload_mb = serializers.IntegerField(help_text="Largest file.")
    active_jobs = serializers.IntegerField(help_text="Jobs queued or running at once.")
    audio_minutes_day = serializers.IntegerField(help_text="Media taken in on a day.")
    storage_mb = serializers.IntegerField(help_text="Room for everything that you keep.")
    voices = serializers.IntegerField(help_text="Voices and emotion references in the library.")
    usd_month = serializers.IntegerField(
        allow_null=True, help_text="US dollars a month (UTC) on services that the site pays for; null for no limit."
    )


class UsesSerializer(serializers.Serializer[Any]):
    """What of the limits is used now."""

    audio_seconds = serializers.FloatField(help_text="Media taken in today (UTC).")
    storage_bytes = serializers.IntegerField()
    active_jobs = serializers.IntegerField()
    voices = serializers.IntegerField()
    usd_month = serializers.FloatField(help_text="US dollars this month (UTC), with the site's keys.")


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, with their limits and what of them is used. ``suspended``: nothing new can be made."""

    username = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    suspended = serializers.BooleanField()
    limits = LimitsSerializer()
    used = UsesSerializer()
    active_jobs = serializers.IntegerField()
