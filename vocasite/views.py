"""Answers to requests that no view got to see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.defaults import bad_request as plain_bad_request

from dubbing.uploads import UploadTooLarge


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asks: the REST interface, or a script that says so."""
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 with the reason for an upload that was stopped (also where the CSRF check read the body first)."""
    if not isinstance(exception, UploadTooLarge):
        if wants_json(request):
            body = {"code": "bad_request", "message": "The request could not be read."}
            return JsonResponse(body, status=HttpResponseBadRequest.status_code)
        return plain_bad_request(request, exception)
    return too_large(request, exception)


def too_large(request: HttpRequest, exception: UploadTooLarge) -> HttpResponse:
    """413 as JSON or as a page."""
    if wants_json(request):
        body = {"code": "too_large", "message": str(exception), "field": "source"}
        return JsonResponse(body, status=413)
    return HttpResponse(str(exception), status=413, content_type="text/plain; charset=utf-8")
