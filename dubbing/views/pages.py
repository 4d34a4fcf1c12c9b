"""The dashboard and the engines page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dubbing import selectors
from dubbing.views.engine_cards import engine_groups
from dubbing.views.stages import stage_labels
from engines.keys import config_for
from work.engines import engine_table

JOBS_A_PAGE = 24


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """A person's jobs, newest first; with ``?tab=shared`` the results that others share with them."""
    shared = selectors.shared_jobs(request.user)
    shows_shared = request.GET.get("tab") == "shared"
    jobs = shared if shows_shared else selectors.jobs_of(request.user)
    context = {
        "page": Paginator(jobs, JOBS_A_PAGE).get_page(request.GET.get("page")),
        "shows_shared": shows_shared,
        "shared_count": shared.count(),
        "stage_labels": stage_labels(),
    }
    return render(request, "dubbing/dashboard.html", context)


@require_safe
def engines(request: HttpRequest) -> HttpResponse:
    """Which engines are ready here, and what each missing one needs. Open to everybody: it holds no secrets."""
    return render(request, "dubbing/engines.html", {"groups": engine_groups(engine_table(config_for(request.user)))})
