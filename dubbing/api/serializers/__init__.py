"""What goes over the wire. Times of media are in seconds, times of day in ISO 8601."""

from dubbing.api.serializers.details import DubbingSerializer, PortraitSerializer, SpeechSerializer
from dubbing.api.serializers.engines import (
    CheckedSerializer,
    CheckSerializer,
    EngineSerializer,
    LanguageSerializer,
    ModelSizeSerializer,
    PlanSerializer,
    PriceSerializer,
)
from dubbing.api.serializers.jobs import (
    EventSerializer,
    EventsSerializer,
    JobSerializer,
    ProblemSerializer,
    VoiceUseSerializer,
)
from dubbing.api.serializers.people import (
    ApiKeySerializer,
    LimitsSerializer,
    MeSerializer,
    NewApiKeySerializer,
    UsesSerializer,
)
from dubbing.api.serializers.results import ArtifactSerializer, SegmentSerializer, TakeSerializer
from dubbing.api.serializers.submitting import DubbingCreateSerializer, EmotionField, LipOptionsField

__all__ = [
    "ApiKeySerializer",
    "ArtifactSerializer",
    "CheckSerializer",
    "CheckedSerializer",
    "DubbingCreateSerializer",
    "DubbingSerializer",
    "EmotionField",
    "EngineSerializer",
    "EventSerializer",
    "EventsSerializer",
    "JobSerializer",
    "LanguageSerializer",
    "LimitsSerializer",
    "LipOptionsField",
    "MeSerializer",
    "ModelSizeSerializer",
    "NewApiKeySerializer",
    "PlanSerializer",
    "PortraitSerializer",
    "PriceSerializer",
    "ProblemSerializer",
    "SegmentSerializer",
    "SpeechSerializer",
    "TakeSerializer",
    "UsesSerializer",
    "VoiceUseSerializer",
]
