"""The dashboard and the engines page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dubbing import selectors
from dubbing.models import Job
from dubbing.views.engine_cards import engine_groups
from dubbing.views.kinds import WORDS, KindWords
from dubbing.views.stages import stage_labels
from engines.keys import config_for
from work.engines import engine_table

JOBS_A_PAGE = 24


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """A person's jobs, newest first; with ``?tab=shared`` the results that others share with them; with ``?kind=``
    those of one kind."""
    shared = selectors.shared_jobs(request.user)
    shows_shared = request.GET.get("tab") == "shared"
    jobs = shared if shows_shared else selectors.jobs_of(request.user)
    counted = _by_kind(jobs)
    kind = request.GET.get("kind", "")
    kind = kind if kind in WORDS else ""
    chosen = {name: value for name, value in (("tab", "shared" if shows_shared else ""), ("kind", kind)) if value}
    context = {
        "page": Paginator(jobs.filter(kind=kind) if kind else jobs, JOBS_A_PAGE).get_page(request.GET.get("page")),
        "shows_shared": shows_shared,
        "shared_count": shared.count(),
        "stage_labels": stage_labels(),
        "kinds": WORDS,
        "kind": kind,
        "counted": counted if len(counted) > 1 or kind else [],
        "total": sum(count for _, _, count in counted),
        "query": urlencode(chosen),
    }
    return render(request, "dubbing/dashboard.html", context)


def _by_kind(jobs: QuerySet[Job]) -> list[tuple[str, KindWords, int]]:
    """The kinds that there are among the jobs, and how many there are of each."""
    counts = dict(jobs.order_by().values_list("kind").annotate(count=Count("pk")))
    return [(kind, words, counts[kind]) for kind, words in WORDS.items() if kind in counts]


@require_safe
def engines(request: HttpRequest) -> HttpResponse:
    """Which engines are ready here, and what each missing one needs. Open to everybody: it holds no secrets."""
    return render(request, "dubbing/engines.html", {"groups": engine_groups(engine_table(config_for(request.user)))})
