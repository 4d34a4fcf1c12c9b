"""A person's account: how they are called, their keys, their plan and what they use of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.limits import Limits, Uses, limits_for, uses_of
from accounts.models import ApiKey, User
from dubbing.forms import ApiKeyForm, ProfileForm
from engines import keys
from engines.forms import EngineKeyForm
from engines.keys import KeptKey
from engines.spending import bill_of_month
from vocasync.engines import services as known
from vocasync.engines.services import Service
from vocasync.errors import PipelineError
from web.people import person
from web.templatetags.ui import megabytes, usd


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


@login_required
@require_POST
@never_cache
@sensitive_post_parameters("key")
def engine_key_set(request: HttpRequest, service: str) -> HttpResponse:
    """Keep the person's own key for a service."""
    form = EngineKeyForm(request.POST, service=_service(service))
    if form.is_valid():
        try:
            kept = keys.key_set(user=person(request), service=service, key=form.cleaned_data["key"])
        except (PipelineError, ValidationError) as error:
            form.add_error("key", error.messages if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, f"Your key for {kept.service.label} is kept. Your dubs use it from now on.")
            return redirect(f"{reverse('dubbing:account')}#engine-keys")
    return _page(request, engine_key=form, status=422)


@login_required
@require_POST
def engine_key_delete(request: HttpRequest, service: str) -> HttpResponse:
    """Forget the person's key for a service."""
    label = _service(service).label
    if not keys.key_delete(user=person(request), service=service):
        raise Http404("There is no such key.")
    messages.success(request, f"Your key for {label} was deleted.")
    return redirect(f"{reverse('dubbing:account')}#engine-keys")


def _service(name: str) -> Service:
    try:
        return known.service(name)
    except KeyError as error:
        raise Http404("There is no such service.") from error


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A service with the person's key, and the form for another one. open: the form was sent, and refused."""

    kept: KeptKey
    form: EngineKeyForm
    open: bool


def _key_rows(user: User, sent: EngineKeyForm | None) -> list[KeyRow]:
    rows = []
    for kept in keys.keys_of(user):
        refused = sent is not None and sent.service == kept.service
        form = sent if sent is not None and refused else EngineKeyForm(service=kept.service)
        rows.append(KeyRow(kept, form, refused))
    return rows


def _page(
    request: HttpRequest,
    *,
    profile: ProfileForm | None = None,
    key_form: ApiKeyForm | None = None,
    engine_key: EngineKeyForm | None = None,
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
        "engine_keys": _key_rows(user, engine_key),
        "bill": bill_of_month(user),
        "limits": limits,
        "meters": _meters(limits, uses_of(user)),
    }
    return render(request, "dubbing/account.html", context, status=status)


def _meters(limits: Limits, uses: Uses) -> list[Meter]:
    minutes, most = uses.audio_seconds / 60, limits.usd_month
    audio = f"{minutes:,.0f} of {limits.audio_minutes_day:,} minutes"
    storage = f"{megabytes(uses.storage_bytes)} of {megabytes(limits.storage_bytes)}"
    rows = (
        ("Audio today", audio, minutes, limits.audio_minutes_day),
        ("Storage", storage, uses.storage_bytes, limits.storage_bytes),
        ("Dubs at once", f"{uses.active_jobs} of {limits.active_jobs}", uses.active_jobs, limits.active_jobs),
        ("Voices and emotion references", f"{uses.voices:,} of {limits.voices:,}", uses.voices, limits.voices),
        ("Paid services this month", f"{usd(uses.usd_month)} of ${most or 0:,}", uses.usd_month, most),
    )
    return [
        Meter(label, text, min(1.0, used / limit) if limit else 1.0)
        for label, text, used, limit in rows
        if limit is not None
    ]
