"""New dub."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.limits import limits_for
from dubbing import selectors, services
from dubbing.forms import DubForm
from dubbing.models import Job
from dubbing.views.answers import refused
from dubbing.views.engine_cards import sends
from engines.keys import config_for
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from web.people import person, wants_json
from work.engines import EngineRow, engine_table


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: a redirect to the job, or the form again with what was wrong."""
    table = engine_table(config_for(person(request)))
    if request.method != "POST":
        given = DubForm(engines=table, owner=person(request), initial=_initial(request, table))
        return _page(request, given, table)
    form = DubForm(request.POST, request.FILES, engines=table, owner=person(request))
    job = _submit(request, form) if form.is_valid() else None
    if job is None:
        return refused(form) if wants_json(request) else _page(request, form, table, status=422)
    address = reverse("dubbing:job", args=[job.pk])
    return JsonResponse({"url": address}, status=201) if wants_json(request) else redirect(address)


def _submit(request: HttpRequest, form: DubForm) -> Job | None:
    """The job; None when the service refused, which the form then says."""
    try:
        return services.job_create_dubbing(owner=person(request), **form.asked())
    except (PipelineError, ValidationError) as error:
        form.refuse(error)
        return None


def _page(request: HttpRequest, form: DubForm, table: list[EngineRow], status: int = 200) -> HttpResponse:
    limits = limits_for(person(request))
    context = {
        "form": form,
        "limits": limits,
        "engines": table,
        "settings_for_page": {
            "check": "/api/check",
            "lips": reverse("api:check-portrait"),
            "max_bytes": limits.upload_bytes,
            "max_seconds": limits.media_minutes * 60,
            "stages": {
                f"{row.stage}:{row.name}": {"label": row.label, "sends": sends(row), "commercial": row.commercial}
                for row in table
            },
        },
    }
    return render(request, "dubbing/new.html", context, status=status)


def _initial(request: HttpRequest, table: list[EngineRow]) -> dict[str, Any]:
    """The languages of the person's last dub; for the first one, what can be done with what is ready. ``?voice=`` names
    a voice of the library."""
    return _languages(request, table) | {"voice": request.GET.get("voice", "")}


def _languages(request: HttpRequest, table: list[EngineRow]) -> dict[str, Any]:
    last = selectors.jobs_of(request.user).filter(dubbing__isnull=False).first()
    if last is not None:
        return {"source_language": last.dubbing.source_language, "target_language": last.dubbing.target_language}
    detects = any(row.stage == "asr" and row.ready and not row.languages for row in table)
    return {"source_language": DETECT if detects else "en", "target_language": "es"}
