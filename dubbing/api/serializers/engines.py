"""Engines, languages, and what a dub would be."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dubbing.api.costs import EstimateSerializer
from vocasync.engines.auto import AUTO
from vocasync.languages import DETECT


class PriceSerializer(serializers.Serializer[Any]):
    """What a service asks: ``usd`` for every ``per`` units, by its price list of the month ``of``."""

    usd = serializers.FloatField()
    per = serializers.IntegerField()
    unit = serializers.ChoiceField(["characters", "seconds"])
    of = serializers.CharField()


class EngineSerializer(serializers.Serializer[Any]):
    """An engine, whether it is ready, and what is missing where it is not. No ``languages`` means any."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    stage = serializers.CharField()
    kind = serializers.CharField()
    ready = serializers.BooleanField()
    missing = serializers.CharField()
    licence = serializers.CharField()
    tried = serializers.CharField()
    about = serializers.CharField()
    quality = serializers.IntegerField()
    languages = serializers.ListField(child=serializers.CharField())
    sizes = serializers.ListField(child=serializers.CharField())
    commercial = serializers.BooleanField(help_text="Whether its licence allows commercial use.")
    weights = serializers.CharField(help_text="The model that it runs on; empty for none.")
    service = serializers.CharField(help_text="The service whose key it needs; empty for none.")
    price = PriceSerializer(allow_null=True, help_text="null: it costs nothing.")


class LanguageSerializer(serializers.Serializer[Any]):
    """A language that Vocasync knows."""

    code = serializers.CharField()
    name = serializers.CharField()
    native = serializers.CharField()
    rtl = serializers.BooleanField()


class CheckSerializer(serializers.Serializer[Any]):
    """The question: could this be dubbed?"""

    source = serializers.CharField(max_length=8, default=DETECT, help_text="Source language, or auto.")  # type: ignore[assignment]
    target = serializers.CharField(max_length=8, help_text="Target language.")
    recognizer = serializers.CharField(max_length=32, default=AUTO)
    model_size = serializers.CharField(max_length=16, default="", allow_blank=True)
    translator = serializers.CharField(max_length=32, default=AUTO)
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    has_text = serializers.BooleanField(default=False, help_text="The words are given, in the source language.")
    has_translation = serializers.BooleanField(default=False, help_text="The words are given, in the target language.")
    seconds = serializers.FloatField(
        required=False, min_value=0, max_value=10_000_000, help_text="Length of the recording, for the cost."
    )
    characters = serializers.IntegerField(
        required=False, min_value=0, max_value=100_000_000, help_text="Of the text, where you have it."
    )
    tracks = serializers.IntegerField(default=1, min_value=1, max_value=2, help_text="2 with an emotion reference.")


class PlanSerializer(serializers.Serializer[Any]):
    """Engines that would be used; empty where the step is not needed."""

    recognizer = serializers.CharField()
    translator = serializers.CharField()
    voice = serializers.CharField()
    watermark = serializers.CharField()


class ModelSizeSerializer(serializers.Serializer[Any]):
    """The size of the recogniser's model. ``recommended``: a better one for the language, empty where there is no need.
    ``available``: whether that one could run now. ``fetched_mb``: what is fetched before it runs, 0 for nothing.
    """

    size = serializers.CharField()
    recommended = serializers.CharField(allow_blank=True)
    available = serializers.BooleanField()
    fetched_mb = serializers.IntegerField()
    text = serializers.CharField()


class CheckedSerializer(serializers.Serializer[Any]):
    """The answer: the engines that would be used, or why not and the ways out."""

    ok = serializers.BooleanField()
    engines = PlanSerializer(allow_null=True)
    model = ModelSizeSerializer(allow_null=True, help_text="Null where the recogniser comes in one size.")
    cost = EstimateSerializer(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
