"""Actors: people who are followed from one content to the next."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from voices import actors
from voices.consent import Purpose, clonable
from voices.models import Actor, ActorAppearance, VoiceProfile
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    ActorGeneric = GenericAPIView[Any]
    UsableVoice = serializers.PrimaryKeyRelatedField[VoiceProfile]
    OwnActors = serializers.PrimaryKeyRelatedField[Actor]
else:
    ActorGeneric = GenericAPIView
    UsableVoice = OwnActors = serializers.PrimaryKeyRelatedField

ERRORS = {400: ErrorSerializer, 404: ErrorSerializer, 422: ErrorSerializer}
MANY = 100


@extend_schema_field(serializers.UUIDField())
class VoiceField(UsableVoice):
    """A voice that the person who asks may dub with."""

    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": "There is no such voice that you may use."}

    def get_queryset(self) -> QuerySet[VoiceProfile]:
        return clonable(self.context["request"].user, Purpose.JOB)


@extend_schema_field(serializers.UUIDField())
class ActorField(OwnActors):
    """One of the person's actors."""

    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": "You have no such actor."}

    def get_queryset(self) -> QuerySet[Actor]:
        return actors.actors_of(self.context["request"].user)


class ActorSerializer(serializers.ModelSerializer[Actor]):
    """An actor. ``style`` holds means over the appearances: ``f0_median`` (Hz), ``f0_range`` (semitones), ``pace``
    (peaks a second), ``energy`` (dB), ``tilt`` (dB an octave); ``emotion`` seconds dubbed in a tone, by its label.
    ``voice`` is what they are dubbed with, null for their own."""

    voice = VoiceField(required=False, allow_null=True)
    appearances = serializers.IntegerField(source="appearance_count", read_only=True)

    class Meta:
        model = Actor
        fields = (
            "id",
            "name",
            "notes",
            "voice",
            "seconds",
            "appearances",
            "style",
            "emotion",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "seconds", "style", "emotion", "created_at", "updated_at")


class AppearanceSerializer(serializers.ModelSerializer[ActorAppearance]):
    """An actor in a job. ``similarity`` is the cosine to what was known of the actor before; ``job_gone``: the job was
    deleted since."""

    job = serializers.UUIDField(source="job_id", read_only=True)

    class Meta:
        model = ActorAppearance
        fields = ("job", "job_title", "job_gone", "speaker", "seconds", "similarity", "style", "emotion", "at")
        read_only_fields = fields


class ActorsMergeSerializer(serializers.Serializer[Any]):
    """Actors who are the same person as the one in the address; they become that one."""

    others = serializers.ListField(child=ActorField(), min_length=1, max_length=MANY)


class ActorFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?search=anna&voice=<uuid>&order=-seconds``."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    voice = django_filters.UUIDFilter(field_name="voice_id")
    order = django_filters.OrderingFilter(
        fields=(
            ("name", "name"),
            ("seconds", "seconds"),
            ("appearance_count", "appearances"),
            ("updated_at", "updated_at"),
            ("created_at", "created_at"),
        )
    )

    class Meta:
        model = Actor
        fields = ()


class ActorView(ActorGeneric):
    """Of the actors of the person who asks. Another person's actor is not there for them (404)."""

    scope = "voices"
    serializer_class: type[serializers.BaseSerializer[Any]] = ActorSerializer

    def get_queryset(self) -> QuerySet[Actor]:
        return actors.actors_of(self.request.user)

    def actor(self) -> Actor:
        """The actor in the address."""
        wanted: uuid.UUID = self.kwargs["actor_id"]
        try:
            return actors.actor_of(self.request.user, wanted)
        except Actor.DoesNotExist as error:
            raise Http404 from error

    def checked(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """What was sent, checked."""
        given = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        return fields

    def shown(self, actor: Actor) -> dict[str, Any]:
        """The actor as it is now."""
        return dict(ActorSerializer(actors.actor_of(self.request.user, actor.pk)).data)


class ActorList(ActorView):
    """Your actors."""

    filterset_class = ActorFilter
    pagination_class = Pages

    @extend_schema(operation_id="actors_list", responses={200: ActorSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ActorSerializer(rows, many=True).data)

    @extend_schema(operation_id="actors_create", responses={201: ActorSerializer, **ERRORS})
    def post(self, request: Request) -> Response:
        """Somebody to follow; they are recognised once a speaker of a job was named as them."""
        made = actors.actor_create(owner=person(request), **self.checked(ActorSerializer))
        return Response(self.shown(made), status=status.HTTP_201_CREATED)


class ActorDetail(ActorView):
    """One actor."""

    @extend_schema(operation_id="actors_retrieve", responses={200: ActorSerializer, 404: ErrorSerializer})
    def get(self, request: Request, actor_id: uuid.UUID) -> Response:
        return Response(ActorSerializer(self.actor()).data)

    @extend_schema(operation_id="actors_update", responses={200: ActorSerializer, **ERRORS})
    def patch(self, request: Request, actor_id: uuid.UUID) -> Response:
        """Change name, notes or voice."""
        actor = self.actor()
        actors.actor_update(actor=actor, **self.checked(ActorSerializer, partial=True))
        return Response(self.shown(actor))

    @extend_schema(operation_id="actors_destroy", responses={204: None, 404: ErrorSerializer})
    def delete(self, request: Request, actor_id: uuid.UUID) -> Response:
        """Forget the actor, with everything that was learned of their voice."""
        actors.actor_delete(actor=self.actor())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ActorAppearances(ActorView):
    """Where the actor speaks, newest first."""

    serializer_class = AppearanceSerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="actors_appearances", responses={200: AppearanceSerializer(many=True), 404: ErrorSerializer}
    )
    def get(self, request: Request, actor_id: uuid.UUID) -> Response:
        rows: Any = self.paginate_queryset(actors.appearances_of(self.actor()))
        return self.get_paginated_response(AppearanceSerializer(rows, many=True).data)


class ActorMerge(ActorView):
    """Several actors who are one person."""

    serializer_class = ActorsMergeSerializer

    @extend_schema(operation_id="actors_merge", responses={200: ActorSerializer, **ERRORS})
    def post(self, request: Request, actor_id: uuid.UUID) -> Response:
        """The others become the actor in the address, who keeps name and voice."""
        actor = self.actor()
        actors.actor_merge(into=actor, others=self.checked(ActorsMergeSerializer)["others"])
        return Response(self.shown(actor))
