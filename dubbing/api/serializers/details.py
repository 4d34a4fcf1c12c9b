"""What each kind of job was asked to be, and what came of it."""

from __future__ import annotations

from rest_framework import serializers

from dubbing.models import DubbingJob, PortraitJob, SpeechJob

SCRIPTED = (
    "text",
    "script_name",
    "reference_name",
    "emotion_name",
    "emotion_strength",
    "target_language",
    "voice_engine",
    "stock",
    "match",
)

RESULTS = ("media", "engines", "scores", "notes")


class DubbingSerializer(serializers.ModelSerializer[DubbingJob]):
    """What a dub was asked to be, and what came of it."""

    class Meta:
        model = DubbingJob
        fields = (
            "source_name",
            "emotion_name",
            "subtitles_name",
            "subtitles_are",
            "source_language",
            "target_language",
            "speaker_count",
            "detected_language",
            "recognizer",
            "model_size",
            "translator",
            "voice_engine",
            "match",
            "emotion_strength",
            "review",
            "reviewed_at",
            "stock",
            "ways",
            "converter",
            "lipsync",
            "lip_options",
            "media",
            "engines",
            "confidence",
            "scores",
            "notes",
        )
        read_only_fields = fields


class SpeechSerializer(serializers.ModelSerializer[SpeechJob]):
    """What a text was asked to be spoken as, and what came of it."""

    class Meta:
        model = SpeechJob
        fields = (*SCRIPTED, "format", *RESULTS)
        read_only_fields = fields


class PortraitSerializer(serializers.ModelSerializer[PortraitJob]):
    """What a talking portrait was asked to be, and what came of it. ``face_consent``: as it was when it was made;
    ``face_ended_at``: it ended since, and ``face_ended_reason`` says why."""

    class Meta:
        model = PortraitJob
        fields = (
            *SCRIPTED,
            "sound_name",
            "picture_name",
            "face",
            "face_name",
            "chosen",
            "lipsync",
            "lip_options",
            "fps",
            "buffer_frames",
            "motion",
            "ai_mark",
            "face_consent",
            "face_ended_at",
            "face_ended_reason",
            *RESULTS,
        )
        read_only_fields = fields
