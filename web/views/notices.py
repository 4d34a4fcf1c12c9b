"""What a person was told."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.notices import mark_read, notices_of
from web.people import person

PAGE = 30


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """All notices, newest first, a page at a time."""
    page = Paginator(notices_of(person(request)), PAGE).get_page(request.GET.get("page"))
    return render(request, "web/notices.html", {"page": page})


@login_required
@require_POST
def read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one as read, and go where it leads (``open``) or back to the list."""
    user = person(request)
    notice = get_object_or_404(notices_of(user), pk=notice_id)
    mark_read(user=user, ids=[notice.pk])
    return redirect(notice.link if "open" in request.POST and notice.link else "web:notices")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    mark_read(user=person(request))
    return redirect("web:notices")
