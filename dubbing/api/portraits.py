"""Talking portraits: submit one, and ask beforehand what it would be."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from dubbing import foreseen
from dubbing.api.costs import EstimateSerializer
from dubbing.api.serializers import EmotionField, JobSerializer, LipOptionsField
from dubbing.api.submissions import KEY, REFUSED, SubmitView
from dubbing.faces import face_for
from dubbing.intake import submitted
from dubbing.models import Job, JobDetail
from dubbing.portraits import FPS, MOST_BUFFER, Portrait, job_create_portrait
from dubbing.scripted import Said
from vocasync.engines.auto import AUTO
from vocasync.errors import PipelineError
from voices.api.actors import VoiceField
from voices.models import FaceProfile
from voices.services.speech import DECLARATION
from web.api.errors import problem
from web.api.parsers import JSONParser
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    OwnFaces = serializers.PrimaryKeyRelatedField[FaceProfile]
else:
    OwnFaces = serializers.PrimaryKeyRelatedField


@extend_schema_field(serializers.UUIDField())
class FaceField(OwnFaces):
    """One of the person's faces."""

    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": "You have no such face."}

    def get_queryset(self) -> QuerySet[FaceProfile]:
        return FaceProfile.objects.filter(owner=self.context["request"].user)


class SwitchField(serializers.BooleanField):
    """A boolean that has its default where a form leaves it out, not False."""

    default_empty_html = serializers.empty


class PictureSerializer(serializers.Serializer[Any]):
    """How portraits speak and move."""

    target_language = serializers.CharField(max_length=8, default="en", help_text="A code from /api/languages.")
    voice = VoiceField(required=False, help_text="A voice of the library that you may use.")
    stock = serializers.CharField(max_length=60, default="", allow_blank=True, help_text="Or one of the engine's own.")
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    match = serializers.ChoiceField(choices=JobDetail.Match.choices, default=JobDetail.Match.CLOSE.value)
    lipsync = serializers.CharField(max_length=32, default=AUTO, help_text="auto, or an engine of /api/engines.")
    lip_options = LipOptionsField(default=dict, help_text="Settings of that engine, by name.")
    fps = serializers.FloatField(min_value=FPS[0], max_value=FPS[1], default=25.0)
    buffer_frames = serializers.IntegerField(
        min_value=0, max_value=MOST_BUFFER, default=3, help_text="Beside the sound, so that it never outlasts them."
    )
    motion = SwitchField(default=True, help_text="Head, eyes and brows move too.")
    ai_mark = SwitchField(default=True, help_text="A visible mark says that a machine made it.")
    title = serializers.CharField(max_length=200, default="", allow_blank=True)


class PortraitCreateSerializer(PictureSerializer):
    """A new talking portrait: a ``face`` of your library or a ``picture``, and one of ``text``, ``script`` and
    ``sound``."""

    face = FaceField(required=False, allow_null=True, help_text="Of your library.")
    picture = serializers.FileField(
        required=False, allow_empty_file=True, help_text="A photo, which becomes a face of your library."
    )
    whose = serializers.ChoiceField(
        choices=FaceProfile.Whose.choices, default="", allow_blank=True, help_text="Needed with a ``picture``."
    )
    person_name = serializers.CharField(
        max_length=120, default="", allow_blank=True, help_text="Where it is another's."
    )
    chosen = serializers.IntegerField(
        min_value=0,
        required=False,
        allow_null=True,
        help_text="Which face of the picture speaks, where there are several.",
    )
    text = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
    script = serializers.FileField(required=False, allow_empty_file=True, help_text="TXT, MD or SRT, instead.")
    sound = serializers.FileField(required=False, allow_empty_file=True, help_text="A finished recording, instead.")
    reference = serializers.FileField(
        required=False, allow_empty_file=True, help_text="A clip of the voice, 1 to 120 s, instead of ``voice``."
    )
    i_may_use_this_voice = serializers.BooleanField(default=False, help_text=f"Of a clip. {DECLARATION}")
    emotion = serializers.FileField(
        required=False, allow_empty_file=True, help_text="Speech in the tone that is wanted."
    )
    emotion_reference = EmotionField(required=False, help_text="Of your library, instead of ``emotion``.")
    emotion_strength = serializers.FloatField(min_value=0.0, max_value=1.0, default=1.0)


MOVED = ("lipsync", "lip_options", "fps", "buffer_frames", "motion", "ai_mark", "title")


def said_of(given: dict[str, Any]) -> Said:
    """What is to be said, of what was sent."""
    return Said(
        language=given["target_language"],
        text=given["text"],
        script=given.get("script"),
        engine=given["voice_engine"],
        voice=given.get("voice"),
        reference=given.get("reference"),
        declared=given.get("i_may_use_this_voice", False),
        stock=given["stock"],
        emotion=given.get("emotion"),
        emotion_reference=given.get("emotion_reference"),
        emotion_strength=given.get("emotion_strength", 1.0),
        match=given["match"],
    )


class PortraitCreate(SubmitView):
    """Submit a talking portrait."""

    serializer_class = PortraitCreateSerializer
    parser_classes = (MultiPartParser, FormParser, JSONParser)

    @extend_schema(
        operation_id="jobs_portrait_create",
        parameters=[KEY],
        responses={201: JobSerializer, 200: JobSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        # Sent again, it makes no second face of its photo.
        return self.submit(lambda owner, key: submitted(owner, key) or self._create(owner, key))

    def _create(self, owner: User, key: str) -> Job:
        given = self.checked(PortraitCreateSerializer)
        new = {name: given[name] for name in ("whose", "person_name")}
        with face_for(owner, given.get("face"), given.get("picture"), **new) as face:
            portrait = Portrait(
                said=said_of(given),
                face=face,
                picture=given.get("picture"),
                chosen=given.get("chosen"),
                sound=given.get("sound"),
                **{name: given[name] for name in MOVED},
            )
            return job_create_portrait(owner=owner, portrait=portrait, submission_key=key)


# --- beforehand -------------------------------------------------------------------------------------------------------
class CheckPortraitSerializer(serializers.Serializer[Any]):
    """The question: could this be made, and what would it take?"""

    language = serializers.CharField(max_length=8, default="en")
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    cloned = serializers.BooleanField(default=False, help_text="In a given voice, not the engine's own.")
    spoken = SwitchField(default=True, help_text="False where a finished recording is brought.")
    characters = serializers.IntegerField(required=False, min_value=0, max_value=100_000_000)
    seconds = serializers.FloatField(required=False, min_value=0, max_value=10_000_000, help_text="Of a recording.")
    lipsync = serializers.CharField(max_length=32, default=AUTO)
    lip_options = LipOptionsField(default=dict)
    fps = serializers.FloatField(min_value=FPS[0], max_value=FPS[1], default=25.0)


class ForeseenSerializer(serializers.Serializer[Any]):
    """The answer: the engines that would be used, or why not. ``seconds``: of the result, about. ``work_seconds``: that
    moving the lips takes here, about; null where it is not known."""

    ok = serializers.BooleanField()
    voice = serializers.CharField(allow_blank=True)
    lipsync = serializers.CharField(allow_blank=True)
    seconds = serializers.FloatField(allow_null=True)
    work_seconds = serializers.FloatField(allow_null=True)
    cost = EstimateSerializer(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)


class CheckPortrait(APIView):
    """Whether a portrait could be made now, by which engines, and what it would take."""

    scope = ApiKey.Scope.READ

    @extend_schema(
        operation_id="check_portrait",
        parameters=[CheckPortraitSerializer],
        responses={200: ForeseenSerializer, 400: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        given = CheckPortraitSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = foreseen.Question(**given.validated_data)
        try:
            found = foreseen.foresee(person(request), asked)
        except PipelineError as error:
            nothing = {"voice": "", "lipsync": "", "seconds": None, "work_seconds": None, "cost": None, "field": ""}
            return Response({"ok": False, **nothing, **problem(error)})
        cost = {
            "usd": found.cost.usd,
            "per_minute": False,
            "basis": found.cost.basis,
            "lines": [asdict(line) for line in found.cost.lines],
        }
        body = {
            "ok": True,
            "voice": found.voice,
            "lipsync": found.lipsync,
            "seconds": found.seconds,
            "work_seconds": found.work_seconds,
            "cost": cost,
            "code": "",
            "message": "",
            "field": "",
        }
        return Response(body)
