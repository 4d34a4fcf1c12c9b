"""The consent of one's voices, and their way to the public."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from voices import consent, moderation, selectors
from voices.models import ConsentAttempt, ConsentRecord, PublicRequest, VoiceProfile
from web.api.parsers import JSONParser
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    VoiceGeneric = GenericAPIView[Any]
else:
    VoiceGeneric = GenericAPIView

ERRORS = {400: ErrorSerializer, 404: ErrorSerializer, 422: ErrorSerializer}
ATTEMPTS_SHOWN = 10


class AttemptSerializer(serializers.ModelSerializer[ConsentAttempt]):
    """A sentence to read, and what came of it. ``similarity``: cosine to the voice's samples; ``word_distance``: word
    error rate, null where nothing here recognises the language."""

    seconds = serializers.SerializerMethodField(help_text="From when the sentence is shown to when time is up.")

    class Meta:
        model = ConsentAttempt
        fields = (
            "id",
            "sentence",
            "language",
            "outcome",
            "issued_at",
            "expires_at",
            "seconds",
            "heard",
            "word_distance",
            "similarity",
        )
        read_only_fields = fields

    def get_seconds(self, attempt: ConsentAttempt) -> int:
        return round((attempt.expires_at - attempt.issued_at).total_seconds())


class RecordSerializer(serializers.ModelSerializer[ConsentRecord]):
    """A consent. ``reason``: why it was refused or ended."""

    class Meta:
        model = ConsentRecord
        fields = ("id", "kind", "status", "person_name", "file_name", "created_at", "decided_at", "reason")
        read_only_fields = fields


class ConsentSerializer(serializers.Serializer[Any]):
    """How the consent of a voice stands."""

    status = serializers.ChoiceField(VoiceProfile.Consent.choices)
    whose = serializers.ChoiceField(VoiceProfile.Whose.choices)
    records = RecordSerializer(many=True)
    attempts = AttemptSerializer(many=True)


class RecordingSerializer(serializers.Serializer[Any]):
    """The sentence, read aloud."""

    recording = serializers.FileField(allow_empty_file=True, max_length=None)


class ErrandSentSerializer(serializers.Serializer[Any]):
    """The errand that checks it: see ``/api/errands/<id>``."""

    errand = serializers.UUIDField()


class StatementSerializer(serializers.Serializer[Any]):
    """Another person's statement: PDF, PNG, JPEG, plain text or a recording of 10 MB at most."""

    statement = serializers.FileField(allow_empty_file=True, max_length=None)
    person_name = serializers.CharField(max_length=120)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why, in one's own words."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class PublicSerializer(serializers.ModelSerializer[PublicRequest]):
    """A request for a voice to be public. ``answer``: why, as a moderator said."""

    class Meta:
        model = PublicRequest
        fields = ("status", "note", "answer", "created_at", "decided_at")
        read_only_fields = ("status", "answer", "created_at", "decided_at")


class OwnVoiceView(VoiceGeneric):
    """Of a voice that is the person's own; any other is not there for them (404)."""

    scope = "voices"

    def voice(self) -> VoiceProfile:
        """The voice of the address."""
        try:
            return selectors.own_voice(self.request.user, self.kwargs["voice_id"])
        except VoiceProfile.DoesNotExist as error:
            raise Http404 from error


class VoiceConsent(OwnVoiceView):
    """The consent of a voice."""

    serializer_class = ConsentSerializer

    @extend_schema(operation_id="voices_consent", responses={200: ConsentSerializer, 404: ErrorSerializer})
    def get(self, request: Request, voice_id: uuid.UUID) -> Response:
        voice = self.voice()
        body = {
            "status": voice.consent,
            "whose": voice.whose,
            "records": voice.consents.all(),
            "attempts": voice.attempts.all()[:ATTEMPTS_SHOWN],
        }
        return Response(ConsentSerializer(body).data)

    @extend_schema(operation_id="voices_consent_ask", request=None, responses={201: AttemptSerializer, **ERRORS})
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Get a sentence to read aloud. Send the recording to ``consent/<id>`` before the time is up."""
        attempt = consent.attempt_issue(voice=self.voice(), user=person(request))
        return Response(AttemptSerializer(attempt).data, status=status.HTTP_201_CREATED)


class VoiceConsentAttempt(OwnVoiceView):
    """A sentence that was given."""

    serializer_class = RecordingSerializer
    parser_classes = (MultiPartParser,)

    def attempt(self) -> ConsentAttempt:
        """The attempt of the address."""
        found = ConsentAttempt.objects.filter(voice=self.voice(), pk=self.kwargs["attempt_id"])
        attempt = found.select_related("voice", "user").first()
        if attempt is None:
            raise Http404
        return attempt

    @extend_schema(operation_id="voices_consent_attempt", responses={200: AttemptSerializer, 404: ErrorSerializer})
    def get(self, request: Request, voice_id: uuid.UUID, attempt_id: uuid.UUID) -> Response:
        return Response(AttemptSerializer(self.attempt()).data)

    @extend_schema(
        operation_id="voices_consent_answer",
        responses={202: ErrandSentSerializer, 413: ErrorSerializer, **ERRORS},
    )
    def post(self, request: Request, voice_id: uuid.UUID, attempt_id: uuid.UUID) -> Response:
        """Send the recording. What came of it is in the errand's result, and in this address."""
        attempt = self.attempt()
        serializer = RecordingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        errand = consent.attempt_answer(attempt=attempt, upload=serializer.validated_data["recording"])
        return Response({"errand": str(errand.pk)}, status=status.HTTP_202_ACCEPTED)


class VoiceStatement(OwnVoiceView):
    """Another person's statement."""

    serializer_class = StatementSerializer
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="voices_statement", responses={201: RecordSerializer, 413: ErrorSerializer, **ERRORS})
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Lay it before the moderators, and declare with it that the person agreed."""
        voice = self.voice()
        serializer = StatementSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        record = consent.statement_submit(
            likeness=voice, by=person(request), upload=given["statement"], person_name=given["person_name"]
        )
        return Response(RecordSerializer(record).data, status=status.HTTP_201_CREATED)


class VoiceWithdraw(OwnVoiceView):
    """The end of a consent."""

    serializer_class = ReasonSerializer

    @extend_schema(operation_id="voices_withdraw", responses={204: None, **ERRORS})
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Take the consent back: nobody can use the voice any more, jobs that wait with it stop."""
        voice = self.voice()
        serializer = ReasonSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        consent.withdraw(likeness=voice, by=person(request), reason=serializer.validated_data["reason"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class VoicePublish(OwnVoiceView):
    """Whether a voice is for everybody."""

    serializer_class = PublicSerializer
    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="voices_publish", responses={201: PublicSerializer, **ERRORS})
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Ask for it; a moderator decides."""
        voice = self.voice()
        serializer = PublicSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        note = serializer.validated_data.get("note", "")
        row = moderation.publish_request(voice=voice, by=person(request), note=note)
        return Response(PublicSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="voices_unpublish", responses={204: None, 404: ErrorSerializer})
    def delete(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Take it back, the publicity or the request."""
        moderation.publish_end(voice=self.voice(), by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
