"""Text to speech in one call: a text in, and with it a voice of the library, a clip or an engine's own; sound out."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, User
from vocasync.errors import PipelineError
from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, SOUND, UPLOADED, LibraryView, Throttled, send_sound
from voices.api.serializers import UtteranceAskSerializer, UtteranceSerializer
from voices.models import EmotionReference, Errand, Utterance, VoiceProfile
from voices.services.speech import Asked, errand_of, settled
from web.api.errors import problem, status_of
from web.people import person

WAIT = OpenApiParameter(
    "wait", float, description="Seconds to wait for the sound at most; 0 answers at once, with 202."
)
ACCEPT = OpenApiParameter(
    "Accept", str, OpenApiParameter.HEADER, description="`audio/wav` for the sound itself; else it comes inside JSON."
)
_QUICK, _SLOW = 0.1, 0.5  # seconds between two looks, at first and later
_OFTEN = 3.0  # seconds for which they are quick

Finish = Callable[[HttpRequest, uuid.UUID], HttpResponseBase]


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


class SpeechCreate(Throttled):
    """Have a text spoken."""

    scope = ApiKey.Scope.JOBS
    serializer_class = UtteranceSerializer
    throttle_scope = "speech"
    parser_classes = (MultiPartParser, FormParser, JSONParser)
    content_negotiation_class = JsonFirst

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The same view, after which the request waits, on no thread and in no transaction."""
        return _waiting(super().as_view(**initkwargs))

    @extend_schema(
        operation_id="speech_create",
        parameters=[WAIT, ACCEPT],
        request={"multipart/form-data": UtteranceAskSerializer, "application/json": UtteranceAskSerializer},
        responses={
            (200, "application/json"): UtteranceSerializer,
            (200, "audio/wav"): OpenApiTypes.BINARY,
            202: UtteranceSerializer,
            **UPLOADED,
        },
    )
    def post(self, request: Request) -> Response:
        """The sound, as base64 in ``audio``; or 202 where it takes longer: then ask the address in ``url`` again."""
        user = person(request)
        given = self.checked(UtteranceAskSerializer)
        _check_wait(request)
        asked = Asked(
            text=given["text"],
            language=given["language"],
            engine=given["engine"],
            voice=_voice(user, given["voice"]),
            reference=given.get("reference"),
            declared=given["i_may_use_this_voice"],
            stock=given["stock"],
            emotion=_emotion(user, given["emotion"]),
            strength=given["strength"],
            options=given.get("options") or None,  # a form without any has an empty one
        )
        utterance, _errand = services.utterance_ask(owner=user, asked=asked)
        body = UtteranceSerializer(utterance).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})


class SpeechDetail(UtteranceView):
    """A text that was spoken, or is going to be."""

    @extend_schema(
        operation_id="speech_retrieve", parameters=[ACCEPT], responses={200: UtteranceSerializer, **NOT_THERE}
    )
    def get(self, request: Request, utterance_id: uuid.UUID) -> HttpResponseBase:
        """With the sound in ``audio`` once it is there. Kept for a day."""
        return _answer(request._request, self.utterance())

    @extend_schema(operation_id="speech_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, utterance_id: uuid.UUID) -> Response:
        """Forget it; what is not spoken yet will not be."""
        services.utterance_delete(utterance=self.utterance())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SpeechAudio(UtteranceView):
    """Its sound."""

    @extend_schema(operation_id="speech_audio", parameters=[RANGES, DOWNLOAD], responses=SOUND)
    def get(self, request: Request, utterance_id: uuid.UUID) -> HttpResponseBase:
        """Not there before it is spoken."""
        utterance = self.utterance()
        return send_sound(request, files.speech_sound(utterance.pk), utterance.text[:40])


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
        if begun.status_code != status.HTTP_202_ACCEPTED or not isinstance(begun, Response):
            return begun
        wanted = uuid.UUID(begun.data["id"])
        try:
            if not await _settles(wanted, wait_of(request)):
                return begun
        except asyncio.CancelledError:  # the client hung up: nobody else knows of it
            await sync_to_async(_forget)(wanted)
            raise
        return await sync_to_async(_result)(request, wanted) or begun

    update_wrapper(view, ask)
    return csrf_exempt(view)


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
    sound = files.speech_sound(utterance.pk)
    body: dict[str, Any] = UtteranceSerializer(utterance).data
    if utterance.seconds is None or not sound.is_file():
        return JsonResponse(body)
    if request.get_preferred_type(["application/json", files.SOUND_MIME]) == files.SOUND_MIME:
        return HttpResponse(sound.read_bytes(), content_type=files.SOUND_MIME)
    return JsonResponse(body | {"audio": base64.b64encode(sound.read_bytes()).decode()})
