"""Answers to what a page's form sent: as a page for people, as JSON for the page's scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.http import JsonResponse

from vocasync.errors import PipelineError
from voices.forms import PageForm

Result = TypeVar("Result")


def submitted(form: PageForm, work: Callable[[], Result]) -> Result | None:
    """What ``work`` gives for a valid form; None where the form or the service refused, which the form then says."""
    if not form.is_valid():
        return None
    try:
        return work()
    except (PipelineError, ValidationError) as error:
        form.refuse(error)
        return None


def refused(form: PageForm) -> JsonResponse:
    """What is wrong, by field."""
    fields = {name: list(errors) for name, errors in form.errors.items()}
    first = next(iter(fields.values()))[0]
    return JsonResponse({"code": "invalid", "message": first, "fields": fields}, status=422)
