"""Jobs, and their logs."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dubbing.api.costs import BillSerializer
from dubbing.api.serializers.details import DubbingSerializer, PortraitSerializer, SpeechSerializer
from dubbing.models import Job, VoiceUse
from engines.spending import Bill, bill_of_job
from vocasync.errors import message


class VoiceUseSerializer(serializers.ModelSerializer[VoiceUse]):
    """A voice of the library that a speaker of the result is heard in. ``ended_at``: its consent ended since, and
    ``ended_reason`` says why."""

    class Meta:
        model = VoiceUse
        fields = ("speaker", "voice_name", "consent", "ended_at", "ended_reason")
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a job failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job. ``progress`` and ``stage_progress`` run from 0 to 1. ``taken_down_at``: a moderator took its result down
    for ``takedown_reason``; it is served to nobody then. ``cost``: for its owner; null for others."""

    owner = serializers.CharField(source="owner.username", read_only=True)
    voices = VoiceUseSerializer(source="voice_uses", many=True, read_only=True)
    cost = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    dubbing = DubbingSerializer(read_only=True, allow_null=True, help_text="Of a dub, or of voice to voice.")
    portrait = PortraitSerializer(read_only=True, allow_null=True)
    speech = SpeechSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Job
        fields = (
            "id",
            "url",
            "owner",
            "kind",
            "title",
            "status",
            "stage",
            "stage_progress",
            "progress",
            "eta_seconds",
            "attempt",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "taken_down_at",
            "takedown_reason",
            "voices",
            "cost",
            "batch",
            "dubbing",
            "portrait",
            "speech",
        )
        read_only_fields = fields

    @extend_schema_field(ProblemSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "message": message(job.error_code, job.error_params)}

    def get_url(self, job: Job) -> str:
        return reverse("api:job", args=[job.pk])

    @extend_schema_field(BillSerializer(allow_null=True))
    def get_cost(self, job: Job) -> Any:
        """Looked up once for all jobs of a page."""
        if job.owner_id != self.context["request"].user.pk:
            return None
        bills: dict[uuid.UUID, Bill] = self.context.get("bills", {})
        return BillSerializer(bills[job.pk] if job.pk in bills else bill_of_job(job.pk)).data


class EventSerializer(serializers.Serializer[Any]):
    """An entry of a job's log."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    payload = serializers.DictField()


class EventsSerializer(serializers.Serializer[Any]):
    """Entries after the one asked for; ask again with ``after`` set to ``last``."""

    status = serializers.ChoiceField(choices=Job.Status.choices)
    last = serializers.IntegerField()
    events = EventSerializer(many=True)
