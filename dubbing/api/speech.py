"""Text to speech in one call: a text in, and with it a voice of the library, a clip or an engine's own; sound out, at
once or while it is made. What is too long for that becomes a job."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial, update_wrapper
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, User
from dubbing.api.serializers import JobSerializer
from dubbing.api.streaming import Left, LiveResponse, first
from dubbing.api.submissions import submission_key
from dubbing.api.utterances import SpeechAskSerializer, UtteranceSerializer
from dubbing.speeches import Speech, job_create_speech
from vocasync.errors import PipelineError
from vocasync.media.sounds import FORMATS, WAV, sound_format
from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, SOUND, UPLOADED, LibraryView, Throttled
from voices.following import Broken, Following
from voices.models import EmotionReference, Errand, Utterance, VoiceProfile
from voices.origins import title_of
from voices.services.speech import Asked, errand_of, errands_of, is_long, settled
from web.api.errors import problem, status_of
from web.api.pages import Pages
from web.api.parsers import JSONParser
from web.downloads import send_private
from web.people import person

WAIT = OpenApiParameter(
    "wait", float, description="Seconds to wait for the sound at most; 0 answers at once, with 202."
)
ACCEPT = OpenApiParameter(
    *("Accept", str, OpenApiParameter.HEADER),
    description="`audio/wav`, `audio/mpeg` or `audio/ogg` for the sound itself; else it comes inside JSON.",
)
TEXT = OpenApiParameter("text", str, description="Only those with these words in them.")
FORMAT = OpenApiParameter("format", str, enum=list(FORMATS), description="`wav`, or the one that was asked for.")
MIMES = {one.mime: one for one in FORMATS.values()}
SPOKEN = {(200, mime): OpenApiTypes.BINARY for mime in MIMES}
_QUICK, _SLOW = 0.1, 0.5  # seconds between two looks, at first and later
_OFTEN = 3.0  # seconds for which they are quick


class Begun(Response):
    """A text that is going to be spoken, for which the client waits. live: sound is to be sent as it comes."""

    def __init__(self, utterance: Utterance, *, live: bool = False) -> None:
        body = UtteranceSerializer(utterance).data
        super().__init__(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})
        self.utterance, self.live = utterance, live


class JsonFirst(BaseContentNegotiation):
    """Everything but the sound itself is JSON, whatever the client would like."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((one for one in parsers if request.content_type.startswith(one.media_type)), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        first: BaseRenderer = renderers[0]
        return first, str(first.media_type)


class UtteranceView(LibraryView):
    """Of a text that the person who asks had spoken."""

    scope = ApiKey.Scope.JOBS
    serializer_class = UtteranceSerializer
    content_negotiation_class = JsonFirst

    def utterance(self) -> Utterance:
        """The one in the address."""
        wanted: uuid.UUID = self.kwargs["utterance_id"]
        try:
            return selectors.utterance_of(self.request.user, wanted)
        except Utterance.DoesNotExist as error:
            raise Http404 from error


class SpeechList(Throttled):
    """What you had spoken, and have something spoken."""

    scope = ApiKey.Scope.JOBS
    serializer_class = UtteranceSerializer
    throttle_scope = "speech"
    parser_classes = (MultiPartParser, FormParser, JSONParser)
    content_negotiation_class = JsonFirst
    pagination_class = Pages

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The same view, after which the request waits, on no thread and in no transaction."""
        return _waiting(super().as_view(**initkwargs))

    def get_queryset(self) -> QuerySet[Utterance]:
        return selectors.utterances_of(self.request.user, self.request.query_params.get("text", ""))

    @extend_schema(operation_id="speech_list", parameters=[TEXT], responses=UtteranceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Newest first. Kept for 30 days, or what the site allows, and counted as storage."""
        rows: Any = self.paginate_queryset(self.get_queryset())
        context = {"errands": errands_of(rows)}
        return self.get_paginated_response(UtteranceSerializer(rows, many=True, context=context).data)

    @extend_schema(
        operation_id="speech_create",
        parameters=[WAIT, ACCEPT],
        request={"multipart/form-data": SpeechAskSerializer, "application/json": SpeechAskSerializer},
        responses={(200, "application/json"): UtteranceSerializer, **SPOKEN, 202: UtteranceSerializer, **UPLOADED},
    )
    def post(self, request: Request) -> Response:
        """The sound, as base64 in ``audio`` or as ``Accept`` says; with ``stream`` while it is made. Or 202: what takes
        longer is asked for at the address in ``url`` again; what is longer, or wanted as one, is a job, with the
        address of that."""
        user = person(request)
        given = self.checked(SpeechAskSerializer)
        _check_wait(request)
        asked = Asked(
            text=given["text"],
            language=given["language"],
            engine=given["engine"],
            voice=_voice(user, given["voice"]),
            reference=given.get("reference"),
            declared=given["i_may_use_this_voice"],
            reference_text=given["reference_text"],
            stock=given["stock"],
            emotion=_emotion(user, given["emotion"]),
            strength=given["strength"],
            options=given.get("options") or None,  # a form without any has an empty one
            format=_format(request, given.get("format", "")),
            live=given["stream"],
        )
        if given["job"] or is_long(user, asked):
            return self._job(request, Speech.of(asked, title=given["title"]))
        utterance, _errand = services.utterance_ask(owner=user, asked=asked)
        return Begun(utterance, live=asked.live)

    def _job(self, request: Request, speech: Speech) -> Response:
        job = job_create_speech(owner=person(request), speech=speech, submission_key=submission_key(request))
        body = JobSerializer(job, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})


class SpeechDetail(UtteranceView):
    """A text that was spoken, or is going to be."""

    @extend_schema(
        operation_id="speech_retrieve", parameters=[ACCEPT], responses={200: UtteranceSerializer, **NOT_THERE}
    )
    def get(self, request: Request, utterance_id: uuid.UUID) -> HttpResponseBase:
        """With the sound in ``audio`` once it is there; with ``error`` where it could not be spoken to its end."""
        return _answer(request._request, self.utterance())

    @extend_schema(operation_id="speech_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, utterance_id: uuid.UUID) -> Response:
        """Forget it; what is not spoken yet will not be."""
        services.utterance_delete(utterance=self.utterance())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SpeechAudio(UtteranceView):
    """Its sound."""

    @extend_schema(operation_id="speech_audio", parameters=[RANGES, DOWNLOAD, FORMAT], responses=SOUND)
    def get(self, request: Request, utterance_id: uuid.UUID) -> HttpResponseBase:
        """Not there before it is spoken."""
        return _send(request, self.utterance(), request.query_params.get("format", ""))


class SpeechStream(UtteranceView):
    """Its sound while it is spoken."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The same view, after which the request follows what is spoken."""
        return _waiting(super().as_view(**initkwargs))

    @extend_schema(operation_id="speech_stream", responses=SPOKEN | NOT_THERE)
    def get(self, request: Request, utterance_id: uuid.UUID) -> HttpResponseBase:
        """From its beginning, however late somebody comes; from then on as it is made. Several may listen. Once it was
        spoken this is the finished file."""
        utterance = self.utterance()
        if utterance.seconds is not None:
            return _send(request, utterance, "")
        if not utterance.live:
            raise Http404
        return Begun(utterance, live=True)


def _send(request: Request, utterance: Utterance, kind: str) -> HttpResponseBase:
    """The finished file, in ranges."""
    if kind and kind not in FORMATS:
        raise ValidationError({"format": [f"One of {', '.join(FORMATS)}, please."]})
    found = sound_format(kind or utterance.format)
    name, attach = f"{title_of(utterance)}.{found.name}", "download" in request.query_params
    path = files.speech_sound(utterance.pk, found.name)
    return send_private(request._request, path, filename=name, mime=found.mime, attach=attach)


def _format(request: Request, given: str) -> str:
    """As is said, else as the client would rather have the sound itself."""
    wanted = _preferred(request._request)
    if given and wanted in MIMES and MIMES[wanted].name != given:
        raise ValidationError({"format": [f"`Accept` asks for {wanted}, which is another format."]})
    return given or (MIMES[wanted].name if wanted in MIMES else WAV.name)


def _preferred(request: HttpRequest) -> str:
    return request.get_preferred_type(["application/json", *MIMES]) or ""


def _voice(user: User, wanted: uuid.UUID | None) -> VoiceProfile | None:
    try:
        return selectors.voice_of(user, wanted) if wanted else None
    except VoiceProfile.DoesNotExist:
        raise ValidationError({"voice": ["There is no such voice that you may see."]}) from None


def _emotion(user: User, wanted: uuid.UUID | None) -> EmotionReference | None:
    try:
        return selectors.emotion_of(user, wanted) if wanted else None
    except EmotionReference.DoesNotExist:
        raise ValidationError({"emotion": ["You have no such emotion reference."]}) from None


def _check_wait(request: Request) -> None:
    try:
        wait_of(request._request)
    except ValueError:
        raise ValidationError({"wait": ["A number of seconds, please."]}) from None


def wait_of(request: HttpRequest) -> float:
    """Seconds that the request waits at most. Raises ValueError for what is no number."""
    return min(max(0.0, float(request.GET.get("wait", settings.SPEECH_WAIT))), settings.SPEECH_WAIT)


# --- waiting ----------------------------------------------------------------------------------------------------------
def _waiting(ask: Callable[..., HttpResponseBase]) -> Callable[..., Awaitable[HttpResponseBase]]:
    async def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        begun = await sync_to_async(ask)(request, *args, **kwargs)
        if not isinstance(begun, Begun):
            return begun
        left = partial(sync_to_async(_forget), begun.utterance.pk) if request.method == "POST" else None
        try:
            return await (_live(request, begun, left) if begun.live else _whole(request, begun))
        except asyncio.CancelledError:  # the client hung up: nobody else knows of it
            if left is not None:
                await left()
            raise

    update_wrapper(view, ask)
    return csrf_exempt(view)


async def _whole(request: HttpRequest, begun: Begun) -> HttpResponseBase:
    """The answer once it is spoken, or that it takes longer."""
    if not await _settles(begun.utterance.pk, wait_of(request)):
        return begun
    return await sync_to_async(_result)(request, begun.utterance.pk)


async def _live(request: HttpRequest, begun: Begun, left: Left | None) -> HttpResponseBase:
    """The sound as it comes, once there is some of it; or why there is none, or that it takes longer."""
    following = Following(begun.utterance.pk)
    try:
        sound = await first(following, wait_of(request))
    except Broken:
        return await sync_to_async(_result)(request, begun.utterance.pk)
    if not sound:
        following.close()
        return begun
    return LiveResponse(following, sound, sound_format(begun.utterance.format).mime, left)


async def _settles(wanted: uuid.UUID, seconds: float) -> bool:
    """Whether there is nothing left to wait for within so many seconds."""
    begun = time.monotonic()
    while (waited := time.monotonic() - begun) < seconds:
        if await sync_to_async(_looked)(wanted):
            return True
        await asyncio.sleep(min(_QUICK if waited < _OFTEN else _SLOW, seconds - waited))
    return False


def _looked(wanted: uuid.UUID) -> bool:
    """Whether it is settled. The connection is given back: many requests may wait, and each has a thread of its own."""
    found = settled(wanted)
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
    return found


def _forget(wanted: uuid.UUID) -> None:
    for utterance in Utterance.objects.filter(pk=wanted):
        services.utterance_delete(utterance=utterance)


# --- answering --------------------------------------------------------------------------------------------------------
def _result(request: HttpRequest, wanted: uuid.UUID) -> HttpResponseBase:
    """What came of it: the sound, or why there is none."""
    utterance = Utterance.objects.filter(pk=wanted).first()
    if utterance is None:  # its voice was deleted meanwhile, or somebody deleted it
        return JsonResponse({"code": "not_found", "message": "It was deleted meanwhile."}, status=404)
    errand = errand_of(wanted)
    if errand is not None and errand.status == Errand.Status.FAILED:
        error = PipelineError(errand.error_code, **errand.error_params)
        return JsonResponse(problem(error), status=status_of(error))
    return _answer(request, utterance)


def _answer(request: HttpRequest, utterance: Utterance) -> HttpResponseBase:
    """The sound itself where the client would rather have that, else JSON with the sound in it once it is there."""
    kind = sound_format(utterance.format)
    sound = files.speech_sound(utterance.pk, kind.name)
    body: dict[str, Any] = UtteranceSerializer(utterance).data
    if utterance.seconds is None or not sound.is_file():
        return JsonResponse(body)
    if request.get_preferred_type(["application/json", kind.mime]) == kind.mime:
        return HttpResponse(sound.read_bytes(), content_type=kind.mime)
    return JsonResponse(body | {"audio": base64.b64encode(sound.read_bytes()).decode()})
