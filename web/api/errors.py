"""Errors as JSON of one shape: ``{"code", "message"}``, and ``field`` or ``fields`` where it is about some."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import connection, transaction
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from vocasync.errors import PipelineError, message
from web.problems import field_of
from web.uploads import UploadTooLarge

log = logging.getLogger(__name__)

STATUS = {
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "not_now": status.HTTP_409_CONFLICT,
    "suspended": status.HTTP_403_FORBIDDEN,
    "scope_missing": status.HTTP_403_FORBIDDEN,
    "too_many_jobs": status.HTTP_429_TOO_MANY_REQUESTS,
    "audio_limit": status.HTTP_429_TOO_MANY_REQUESTS,
    "spending_limit": status.HTTP_402_PAYMENT_REQUIRED,
    "spending_reached": status.HTTP_402_PAYMENT_REQUIRED,
    "consent_too_often": status.HTTP_429_TOO_MANY_REQUESTS,
    "too_many_reports": status.HTTP_429_TOO_MANY_REQUESTS,
    "storage_limit": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "voices_limit": status.HTTP_409_CONFLICT,
    "job_taken_down": status.HTTP_451_UNAVAILABLE_FOR_LEGAL_REASONS,
    "disk_full": status.HTTP_507_INSUFFICIENT_STORAGE,
    "internal": status.HTTP_500_INTERNAL_SERVER_ERROR,
    # Asked, answered or decided already.
    "consent_there": status.HTTP_409_CONFLICT,
    "consent_waiting": status.HTTP_409_CONFLICT,
    "consent_answered": status.HTTP_409_CONFLICT,
    "consent_ended_already": status.HTTP_409_CONFLICT,
    "public_already": status.HTTP_409_CONFLICT,
    "public_waiting": status.HTTP_409_CONFLICT,
    "report_open": status.HTTP_409_CONFLICT,
    "appeal_once": status.HTTP_409_CONFLICT,
    "appeal_reversed": status.HTTP_409_CONFLICT,
    "face_settled": status.HTTP_409_CONFLICT,
}
"""Codes that are not answered with 422."""


def problem(error: PipelineError) -> dict[str, Any]:
    """The body for a failure that a person is told about."""
    body = {"code": error.code, "message": str(error)}
    field = field_of(error)
    return {**body, "field": field} if field else body


def status_of(error: PipelineError) -> int:
    """The HTTP status for it."""
    return STATUS.get(error.code, status.HTTP_422_UNPROCESSABLE_ENTITY)


def handler(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error leaves as JSON of one shape."""
    _roll_back()
    if isinstance(exc, PipelineError):
        return Response(problem(exc), status=status_of(exc))
    if isinstance(exc, UploadTooLarge):
        return Response(problem(exc.problem), status=status_of(exc.problem))
    if isinstance(exc, ModelValidationError):
        exc = exceptions.ValidationError(as_serializer_error(exc))
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if isinstance(exc, exceptions.APIException):
        return _known(exc)
    return _unknown(exc)


def _known(exc: exceptions.APIException) -> Response:
    body: dict[str, Any] = {"code": str(exc.default_code), "message": str(exc.detail)}
    if isinstance(exc, exceptions.ValidationError):
        fields = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        body = {"code": "invalid", "message": _first(fields), "fields": fields}
    response = Response(body, status=exc.status_code)
    if header := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        response["Retry-After"] = f"{wait:.0f}"
    return response


def _first(fields: Any) -> str:
    """The first sentence of nested validation errors, with the field's name before it."""
    for name, errors in fields.items():
        first = errors[0] if isinstance(errors, list) and errors else errors
        text = _first(first) if isinstance(first, dict) else str(first)
        return text if name == "non_field_errors" else f"{name}: {text}"
    return ""


def _unknown(exc: Exception) -> Response:
    marker = uuid.uuid4().hex[:12]
    log.error("API error %s", marker, exc_info=exc)
    return Response(
        {"code": "internal", "message": message("internal", {"id": marker}), "id": marker},
        status=status.HTTP_500_INTERNAL_SERVER_ERROR,
    )


def _roll_back() -> None:
    """Inside a transaction that the request opened, an error leaves nothing half-done."""
    if connection.in_atomic_block and connection.settings_dict["ATOMIC_REQUESTS"]:
        transaction.set_rollback(True)
