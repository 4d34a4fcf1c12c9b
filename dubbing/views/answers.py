"""Answers to what the forms of a job's page send: back to the page with a word, or JSON for the page's scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from dubbing.models import Job
from vocasync.errors import PipelineError
from web.people import wants_json

Refusal = (PipelineError, ValidationError)


def words(error: PipelineError | ValidationError) -> str:
    """What a service refused, for a person."""
    return str(error) if isinstance(error, PipelineError) else " ".join(error.messages)


def refused(form: forms.BaseForm) -> JsonResponse:
    """A form that was refused, for the page's scripts: what is wrong, by field."""
    fields = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    first = next(iter(fields.values()))[0]
    return JsonResponse({"code": "invalid", "message": first, "fields": fields}, status=422)


def answered(
    request: HttpRequest, job: Job, work: Callable[[], dict[str, Any] | None], said: str, anchor: str = ""
) -> HttpResponse:
    """Do it and say so. What it returns is for scripts; what it refuses is said too, and changes nothing.

    anchor: of the page, where people without scripts go back to.
    """
    try:
        given = work() or {}
    except Refusal as error:
        if wants_json(request):
            status = 422 if isinstance(error, ValidationError) else 409
            return JsonResponse({"message": words(error)}, status=status)
        messages.error(request, words(error))
    else:
        if wants_json(request):
            return JsonResponse(given)
        if said:
            messages.success(request, said)
    if request.POST.get("back") == "voice-management":
        return redirect(f"{reverse('dubbing:voice-management')}?tab=speakers")
    return redirect(reverse("dubbing:job", args=[job.pk]) + anchor)
