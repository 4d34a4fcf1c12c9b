"""What watches over the site asks: whether it is well, and its numbers for Prometheus."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import bearer
from dubbing.models import Job
from engines.keys import config_for
from live.metrics import LiveCollector
from vocasite import health
from voices.models import Errand
from web.api.permissions import HasScope
from work.engines import engine_table


# --- whether it is well -----------------------------------------------------------------------------------------------
class ComponentSerializer(serializers.Serializer[Any]):
    """A part of the site. ``detail``: in words."""

    name = serializers.ChoiceField(list(health.LOOKS))
    ok = serializers.BooleanField()
    detail = serializers.CharField()


class EngineStateSerializer(serializers.Serializer[Any]):
    """Whether an engine can be used. ``missing``: what it needs, empty where it is ready."""

    name = serializers.CharField()
    ready = serializers.BooleanField()
    missing = serializers.CharField(allow_blank=True)


class HealthSerializer(serializers.Serializer[Any]):
    """``degraded``: some component is not well. The components, and the engines by stage, are told to whoever is signed
    in."""

    status = serializers.ChoiceField(["ok", "degraded"])
    components = ComponentSerializer(many=True, required=False)
    engines = serializers.DictField(child=EngineStateSerializer(many=True), required=False)


class Health(APIView):
    """Whether the site is well."""

    permission_classes = (AllowAny, HasScope)
    throttle_classes = ()

    def perform_authentication(self, request: Request) -> None:
        """Without a database nobody is signed in, which is no reason not to say that it is gone."""
        try:
            super().perform_authentication(request)
        except DatabaseError:
            request.user = AnonymousUser()

    @extend_schema(operation_id="health", responses={200: HealthSerializer, 503: HealthSerializer})
    def get(self, request: Request) -> Response:
        """200 where everything is well, 503 where something is not. Open to everybody; more to whoever is signed in."""
        found = health.components()
        well = all(one.ok for one in found)
        body: dict[str, Any] = {"status": "ok" if well else "degraded"}
        if request.user.is_authenticated:
            body |= {"components": health.plain(found), "engines": _engines(request)}
        return Response(
            body,
            status=status.HTTP_200_OK if well else status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Cache-Control": "no-store"},
        )


def _engines(request: Request) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in engine_table(config_for(request.user)):
        state = {"name": row.name, "ready": row.ready, "missing": row.missing}
        found.setdefault(row.stage, []).append(state)
    return found


# --- numbers ----------------------------------------------------------------------------------------------------------
class SiteCollector(Collector):
    """The components, and how much work is in which state."""

    def collect(self) -> Iterator[Metric]:
        well = GaugeMetricFamily("vocasync_component_ok", "Whether a component is well.", labels=["component"])
        for one in health.components():
            well.add_metric([one.name], float(one.ok))
        yield well
        for name, about, rows in (
            ("vocasync_jobs", "Jobs, by status.", Job),
            ("vocasync_errands", "Errands, by status.", Errand),
        ):
            found = GaugeMetricFamily(name, about, labels=["status"])
            counts = rows._default_manager.order_by().values_list("status").annotate(count=Count("pk"))
            for state, count in counts:
                found.add_metric([state], count)
            yield found


REGISTRY = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=REGISTRY)
REGISTRY.register(SiteCollector())
REGISTRY.register(LiveCollector())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers as Prometheus reads them: for who has the token, and for administrators."""
    if not _may_read(request):
        signed_in = request.user.is_authenticated
        headers = {} if signed_in else {"WWW-Authenticate": "Bearer"}
        return HttpResponse(
            "Show the token of VOCASYNC_METRICS_TOKEN.\n", "text/plain", 403 if signed_in else 401, headers=headers
        )
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    shown = bearer(request.headers.get("Authorization", "").encode("latin-1", "replace"))
    if shown is not None:
        token = settings.METRICS_TOKEN
        return bool(token) and hmac.compare_digest(shown.encode(), token.encode())
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))
