"""Who speaks in a job: names, voices, who is who, and wrong splits mended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from dubbing import selectors, speakers
from dubbing.api.base import CHANGED, NOT_THERE, JobView
from dubbing.api.filters import SpeakerFilter
from dubbing.api.serializers import JobSerializer
from dubbing.casting import MOST_SPEAKERS
from dubbing.models import Job, Speaker
from voices.api.actors import ActorField, VoiceField
from voices.api.serializers import ErrandSerializer
from voices.models import VoiceProfile
from web.api.pages import Pages

if TYPE_CHECKING:
    SpeakerModel = serializers.ModelSerializer[Speaker]
else:
    SpeakerModel = serializers.ModelSerializer


class NamedSerializer(serializers.Serializer[Any]):
    """A voice or an actor, by id and name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class SpeakerSerializer(SpeakerModel):
    """Somebody who speaks. ``number`` is what segments call them; ``title`` the name, else the actor's, else a number.

    ``sample_start`` and ``sample_end``: seconds into the source, where they are heard best. ``style``: ``f0_median``
    (Hz), ``f0_range`` (semitones), ``pace`` (peaks a second), ``energy`` (dB), ``tilt`` (dB an octave).
    ``actor_state``: ``asked`` waits for an answer: is it ``actor``? Voice and actor are told to the job's owner alone.
    """

    title = serializers.SerializerMethodField()
    voice = serializers.SerializerMethodField()
    actor = serializers.SerializerMethodField()
    style = serializers.DictField(child=serializers.FloatField(), read_only=True)  # type: ignore[assignment]

    class Meta:
        model = Speaker
        fields = (
            "id",
            "job",
            "number",
            "name",
            "title",
            "seconds",
            "sample_start",
            "sample_end",
            "style",
            "voice_kind",
            "voice",
            "stock",
            "voice_chosen",
            "actor",
            "actor_similarity",
            "actor_state",
        )
        read_only_fields = fields

    def get_title(self, speaker: Speaker) -> str:
        return str(speaker) if self._is_mine(speaker) else speaker.shared_title

    @extend_schema_field(NamedSerializer(allow_null=True))
    def get_voice(self, speaker: Speaker) -> dict[str, Any] | None:
        return self._named(speaker, speaker.voice)

    @extend_schema_field(NamedSerializer(allow_null=True))
    def get_actor(self, speaker: Speaker) -> dict[str, Any] | None:
        return self._named(speaker, speaker.actor)

    def _named(self, speaker: Speaker, row: Any) -> dict[str, Any] | None:
        return {"id": str(row.pk), "name": row.name} if row is not None and self._is_mine(speaker) else None

    def _is_mine(self, speaker: Speaker) -> bool:
        return bool(speaker.job.owner_id == self.context["request"].user.pk)


class SpeakerChangeSerializer(serializers.Serializer[Any]):
    """What to change of a speaker. ``actor``: who it is, null for somebody else than was asked about; ``new_actor``:
    the name of somebody to follow from now on."""

    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    voice_kind = serializers.ChoiceField(choices=Speaker.VoiceKind.choices, required=False)
    voice = VoiceField(required=False, allow_null=True, help_text="Of the library, with ``voice_kind`` ``profile``.")
    stock = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="Of the voice engine.")
    actor = ActorField(required=False, allow_null=True)
    new_actor = serializers.CharField(max_length=120, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if {"voice", "stock"} & attrs.keys() and "voice_kind" not in attrs:
            raise ValidationError({"voice_kind": ["Say which kind of voice it is."]})
        if {"actor", "new_actor"} <= attrs.keys():
            raise ValidationError({"new_actor": ["Give either an actor or a name for a new one."]})
        return attrs


class SpeakersMergeSerializer(serializers.Serializer[Any]):
    """Speakers who are one person, by number."""

    into = serializers.IntegerField(min_value=0)
    others = serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=1, max_length=100)


class SplitSerializer(serializers.Serializer[Any]):
    """Segments of a speaker, by index, that somebody else says."""

    speaker = serializers.IntegerField(min_value=0)
    segments = serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=1, max_length=10_000)


class RecountSerializer(serializers.Serializer[Any]):
    """How many people speak; null to find out."""

    count = serializers.IntegerField(min_value=1, max_value=MOST_SPEAKERS, allow_null=True)


class JobVoiceSerializer(serializers.Serializer[Any]):
    """A voice of the library for the main speaker; null for everybody's own."""

    voice = VoiceField(allow_null=True)


class ToLibrarySerializer(serializers.Serializer[Any]):
    """A new voice of the library from what a speaker says. ``person_name``: whose it is, when it is another's."""

    name = serializers.CharField(max_length=120)
    whose = serializers.ChoiceField(choices=VoiceProfile.Whose.choices)
    person_name = serializers.CharField(max_length=120, required=False, allow_blank=True)


class SpeakerList(JobView):
    """Who speaks in the jobs that you may look at."""

    serializer_class = SpeakerSerializer
    filterset_class = SpeakerFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Speaker]:  # type: ignore[override]
        return selectors.visible_speakers(self.request.user)

    @extend_schema(operation_id="speakers_list", responses={200: SpeakerSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class SpeakerView(JobView):
    """A view of one speaker: to be read by whom the job is shared with, to be changed by its owner alone."""

    serializer_class: type[serializers.BaseSerializer[Any]] = SpeakerSerializer

    def speaker(self) -> Speaker:
        """The speaker in the address."""
        reads = self.request.method in SAFE_METHODS
        rows = (selectors.visible_speakers if reads else selectors.own_speakers)(self.request.user)
        speaker = rows.filter(pk=self.kwargs["speaker_id"]).first()
        if speaker is None:
            raise Http404
        return speaker

    def shown(self, speaker: Speaker) -> dict[str, Any]:
        """The speaker as it is now."""
        return dict(self.get_serializer(selectors.speakers_of(speaker.job).get(pk=speaker.pk)).data)


class SpeakerDetail(SpeakerView):
    """One speaker."""

    @extend_schema(operation_id="speakers_retrieve", responses={200: SpeakerSerializer, **NOT_THERE})
    def get(self, request: Request, speaker_id: int) -> Response:
        return Response(self.shown(self.speaker()))

    @extend_schema(
        operation_id="speakers_update",
        request=SpeakerChangeSerializer,
        responses={200: SpeakerSerializer, **CHANGED},
    )
    def patch(self, request: Request, speaker_id: int) -> Response:
        """Give a speaker a name or a voice, or say who it is. What they say is to be spoken again then (``rerun``)."""
        speaker = self.speaker()
        given = self.checked(SpeakerChangeSerializer)
        with transaction.atomic():
            if "name" in given:
                speakers.speaker_rename(speaker=speaker, name=given["name"])
            if {"actor", "new_actor"} & given.keys():
                speakers.speaker_actor_set(speaker=speaker, actor=given.get("new_actor", given.get("actor")))
            if "voice_kind" in given:
                voice = {name: given[name] for name in ("voice", "stock") if name in given}
                speakers.speaker_voice_set(speaker=speaker, kind=given["voice_kind"], **voice)
        return Response(self.shown(speaker))


class SpeakerLibrary(SpeakerView):
    """A speaker's voice for the library."""

    serializer_class = ErrandSerializer

    @extend_schema(
        operation_id="speakers_to_library",
        request=ToLibrarySerializer,
        responses={202: ErrandSerializer, **CHANGED},
    )
    def post(self, request: Request, speaker_id: int) -> Response:
        """Make a voice (the errand's ``subject``) from the speaker's clean speech. Its consent is not verified."""
        _, errand = speakers.speaker_to_library(speaker=self.speaker(), **self.checked(ToLibrarySerializer))
        return Response(ErrandSerializer(errand).data, status=status.HTTP_202_ACCEPTED)


class JobSpeakers(JobView):
    """What is mended of a job's speakers."""

    serializer_class: type[serializers.BaseSerializer[Any]] = SpeakerSerializer

    def numbered(self, job: Job, number: int, field: str) -> Speaker:
        """A speaker of the job. Raises ValidationError about the field."""
        speaker = selectors.speakers_of(job).filter(number=number).first()
        if speaker is None:
            raise ValidationError({field: [f"The recording has no speaker {number}."]})
        return speaker

    def all_of(self, job: Job) -> Response:
        """The speakers as they are now."""
        return Response(self.get_serializer(selectors.speakers_of(job), many=True).data)


class SpeakersMerge(JobSpeakers):
    """Several speakers who are one person."""

    @extend_schema(
        operation_id="jobs_speakers_merge",
        request=SpeakersMergeSerializer,
        responses={200: SpeakerSerializer(many=True), **CHANGED},
    )
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """What the others say is said by ``into``. Answers with all speakers."""
        job, given = self.job(), self.checked(SpeakersMergeSerializer)
        into = self.numbered(job, given["into"], "into")
        others = [self.numbered(job, number, "others") for number in given["others"]]
        speakers.speakers_merge(job=job, into=into, others=others)
        return self.all_of(job)


class SpeakersSplit(JobSpeakers):
    """One speaker who is two."""

    @extend_schema(
        operation_id="jobs_speakers_split",
        request=SplitSerializer,
        responses={200: SpeakerSerializer(many=True), **CHANGED},
    )
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """These segments are said by a new speaker. Answers with all speakers."""
        job, given = self.job(), self.checked(SplitSerializer)
        speaker = self.numbered(job, given["speaker"], "speaker")
        speakers.speaker_split(job=job, speaker=speaker, segments=given["segments"])
        return self.all_of(job)


class SpeakersRecount(JobSpeakers):
    """Who speaks, found anew."""

    serializer_class = JobSerializer

    @extend_schema(
        operation_id="jobs_speakers_recount", request=RecountSerializer, responses={200: JobSerializer, **CHANGED}
    )
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Tell the speakers apart once more, being told how many there are, and speak all of it again."""
        job = self.job()
        speakers.speakers_recount(job=job, **self.checked(RecountSerializer))
        return Response(JobSerializer(selectors.job_of(request.user, job.pk), context={"request": request}).data)


class JobVoice(JobView):
    """The voice that the main speaker of a job is to have."""

    serializer_class = JobSerializer

    @extend_schema(operation_id="jobs_voice", request=JobVoiceSerializer, responses={200: JobSerializer, **CHANGED})
    def put(self, request: Request, job_id: uuid.UUID) -> Response:
        """Choose it while it is not known yet who speaks, such as after a job failed for its voice was withdrawn."""
        job = self.job()
        speakers.job_voice_set(job=job, **self.checked(JobVoiceSerializer))
        return Response(JobSerializer(selectors.job_of(request.user, job.pk), context={"request": request}).data)
