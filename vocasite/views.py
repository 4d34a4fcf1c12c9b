"""Answers to requests that no view got to see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.views.defaults import bad_request as plain_bad_request

from web.api.errors import problem
from web.uploads import UploadTooLarge


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
        return JsonResponse(problem(exception.problem), status=413)
    return render(request, "413.html", {"message": str(exception)}, status=413)
