"""Engines and languages: what there is, what is ready, and whether a dub could be made."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from dubbing.api.serializers import (
    CheckedSerializer,
    CheckSerializer,
    EngineSerializer,
    LanguageSerializer,
    PlanSerializer,
)
from engines.keys import config_for
from engines.spending import prices
from vocasync.engines.asr.advice import advice
from vocasync.engines.auto import Plan, choose
from vocasync.engines.costs import estimate
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from web.api.errors import problem
from web.api.serializers import ErrorSerializer
from web.people import person
from work.engines import engine_table, watermark


class EngineList(APIView):
    """Every engine, by stage and best first: whether it is ready, and what it needs where it is not."""

    @extend_schema(operation_id="engines", responses={200: EngineSerializer(many=True)})
    def get(self, request: Request) -> Response:
        return Response(
            EngineSerializer([asdict(row) for row in engine_table(config_for(request.user))], many=True).data
        )


class LanguageList(APIView):
    """The languages that Vocasync knows."""

    @extend_schema(operation_id="languages", responses={200: LanguageSerializer(many=True)})
    def get(self, request: Request) -> Response:
        return Response(LanguageSerializer(LANGUAGES.values(), many=True).data)


class Check(APIView):
    """Whether a dub between two languages could be made now, and by which engines."""

    scope = ApiKey.Scope.READ  # a question, however it is asked

    @extend_schema(
        operation_id="check",
        parameters=[CheckSerializer],
        responses={200: CheckedSerializer, 400: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(check(request.query_params, person(request)))

    @extend_schema(
        operation_id="check_post",
        request=CheckSerializer,
        responses={200: CheckedSerializer, 400: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        return Response(check(request.data, person(request)))


def check(data: Any, user: User) -> dict[str, Any]:
    """The answer to a check: engines, or a refusal that names the ways out."""
    serializer = CheckSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    asked = serializer.validated_data
    config = config_for(user, asked["model_size"])
    try:
        plan = choose(
            asked["source"],
            asked["target"],
            config,
            recognizer=asked["recognizer"],
            translator=asked["translator"],
            voice=asked["voice_engine"],
            has_text=asked["has_text"],
            has_translation=asked["has_translation"],
        )
    except PipelineError as error:
        return {"ok": False, "engines": None, "model": None, "cost": None, "field": "", **problem(error)}
    advised = advice(plan.recognizer, asked["source"], config)
    return {
        "ok": True,
        "engines": PlanSerializer(replace(plan, watermark=watermark())).data,
        "model": asdict(advised) if advised else None,
        "cost": _cost(plan, asked),
        "code": "",
        "message": "",
        "field": "",
    }


def _cost(plan: Plan, asked: dict[str, Any]) -> dict[str, Any]:
    """What the plan is expected to cost: for the whole where its length is known, else for a minute."""
    seconds, characters = asked.get("seconds"), asked.get("characters")
    unknown = seconds is None and characters is None
    expected = estimate(
        plan,
        seconds=60.0 if unknown else seconds or 0.0,
        characters=characters,
        tracks=asked["tracks"],
        prices=prices(),
    )
    return {
        "usd": expected.usd,
        "per_minute": unknown,
        "basis": expected.basis,
        "lines": [asdict(line) for line in expected.lines],
    }
