"""What dubs cost, as it goes over the wire: in US dollars."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class CostLineSerializer(serializers.Serializer[Any]):
    """An engine that costs money. ``amount``: in ``unit``, which is characters or seconds."""

    stage = serializers.CharField()
    engine = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.FloatField()
    unit = serializers.CharField()
    usd = serializers.FloatField()


class EstimateSerializer(serializers.Serializer[Any]):
    """What a dub is expected to cost, in US dollars; ``basis`` says what the guess rests on. Without ``seconds`` and
    ``characters`` in the question it is for one minute (``per_minute``)."""

    usd = serializers.FloatField()
    per_minute = serializers.BooleanField()
    basis = serializers.CharField(allow_blank=True)
    lines = CostLineSerializer(many=True)


class SpentLineSerializer(CostLineSerializer):
    """What was spent on an engine. ``own_key``: with a key of your own."""

    own_key = serializers.BooleanField()


class BillSerializer(serializers.Serializer[Any]):
    """What a job cost so far, in US dollars, all its runs together."""

    usd = serializers.FloatField()
    lines = SpentLineSerializer(many=True)
