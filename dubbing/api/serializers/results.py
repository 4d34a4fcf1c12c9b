"""What was said, and the files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse
from rest_framework import serializers

from dubbing.models import Artifact, Segment, Take


class TakeSerializer(serializers.ModelSerializer[Take]):
    """A segment as it was spoken on a track."""

    class Meta:
        model = Take
        fields = (
            "track",
            "start",
            "duration",
            "slot",
            "rate",
            "stretch",
            "borrowed",
            "overflow",
            "fit",
            "similarity",
            "problems",
        )
        read_only_fields = fields


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A sentence-like unit. ``text``, ``translation`` and ``speaker`` may be changed; what was spoken of it is then
    ``stale``."""

    takes = TakeSerializer(many=True, read_only=True)

    class Meta:
        model = Segment
        fields = (
            "index",
            "start",
            "end",
            "speaker",
            "text",
            "translation",
            "words",
            "confidence",
            "flags",
            "text_edited",
            "translation_edited",
            "speaker_edited",
            "stale",
            "takes",
        )
        read_only_fields = tuple(name for name in fields if name not in ("text", "translation", "speaker"))
        extra_kwargs: ClassVar[dict[str, dict[str, Any]]] = {
            "text": {"max_length": 5_000},
            "translation": {"max_length": 5_000},
        }


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    """A file of the result.

    ``path`` is the same in every job (``dubbed.mp4``, ``voice.wav``); ``name`` is what it is saved as; ``url`` is where
    it is (``?download`` to save it).
    """

    url = serializers.SerializerMethodField()

    class Meta:
        model = Artifact
        fields = ("path", "name", "kind", "mime", "size", "track", "language", "url")
        read_only_fields = fields

    def get_url(self, artifact: Artifact) -> str:
        return reverse("api:artifact", args=[artifact.job_id, artifact.path])
