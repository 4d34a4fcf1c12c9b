"""A person's account: how they are called, their API keys, their plan and what they use of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.limits import Limits, Uses, limits_for, uses_of
from accounts.models import ApiKey
from dubbing.forms import ApiKeyForm, ProfileForm
from vocasync.errors import PipelineError
from web.people import person
from web.templatetags.ui import megabytes


@dataclass(frozen=True, slots=True)
class Meter:
    """A limit, and how much of it is used. text: both, in words. share: of the limit, 1 for all of it."""

    label: str
    text: str
    share: float


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The account; a POST saves the name."""
    user = person(request)
    if request.method != "POST":
        return _page(request)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, profile=form, status=422)
    user.first_name, user.last_name = form.cleaned_data["first_name"], form.cleaned_data["last_name"]
    user.save(update_fields=["first_name", "last_name"])
    messages.success(request, "Saved.")
    return redirect("dubbing:account")


@login_required
@require_POST
@never_cache
def key_create(request: HttpRequest) -> HttpResponse:
    """Make a key, and show it this once."""
    form = ApiKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, key_form=form, status=422)
    try:
        key, secret = services.api_key_create(owner=person(request), **form.cleaned_data)
    except PipelineError as error:
        form.add_error(None, str(error))
        return _page(request, key_form=form, status=422)
    return _page(request, new_key=key, secret=secret)


@login_required
@require_POST
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Close a key."""
    key = get_object_or_404(ApiKey, pk=key_id, owner=person(request))
    services.api_key_revoke(key=key)
    messages.success(request, f"The key “{key.name}” opens nothing any more.")
    return redirect("dubbing:account")


def _page(
    request: HttpRequest,
    *,
    profile: ProfileForm | None = None,
    key_form: ApiKeyForm | None = None,
    new_key: ApiKey | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    limits = limits_for(user)
    context = {
        "profile": profile or ProfileForm(initial=names),
        "key_form": key_form or ApiKeyForm(),
        "keys": ApiKey.objects.filter(owner=user).order_by("revoked_at", "-created_at"),
        "new_key": new_key,
        "secret": secret,
        "limits": limits,
        "meters": _meters(limits, uses_of(user)),
    }
    return render(request, "dubbing/account.html", context, status=status)


def _meters(limits: Limits, uses: Uses) -> list[Meter]:
    minutes = uses.audio_seconds / 60
    audio = f"{minutes:,.0f} of {limits.audio_minutes_day:,} minutes"
    storage = f"{megabytes(uses.storage_bytes)} of {megabytes(limits.storage_bytes)}"
    rows = (
        ("Audio today", audio, minutes, limits.audio_minutes_day),
        ("Storage", storage, uses.storage_bytes, limits.storage_bytes),
        ("Dubs at once", f"{uses.active_jobs} of {limits.active_jobs}", uses.active_jobs, limits.active_jobs),
        ("Voices and emotion references", f"{uses.voices:,} of {limits.voices:,}", uses.voices, limits.voices),
    )
    return [Meter(label, text, min(1.0, used / limit) if limit else 1.0) for label, text, used, limit in rows]
