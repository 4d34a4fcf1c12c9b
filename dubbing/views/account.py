"""A person's account: how they are called, their API keys, their limits."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.limits import limits_for
from accounts.models import ApiKey
from dubbing.forms import ApiKeyForm, ProfileForm
from dubbing.models import Job
from web.people import person


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
    key, secret = services.api_key_create(owner=person(request), name=form.cleaned_data["name"])
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
    context = {
        "profile": profile or ProfileForm(initial=names),
        "key_form": key_form or ApiKeyForm(),
        "keys": ApiKey.objects.filter(owner=user).order_by("revoked_at", "-created_at"),
        "new_key": new_key,
        "secret": secret,
        "limits": limits_for(user),
        "active_jobs": Job.objects.filter(owner=user, status__in=Job.ACTIVE).count(),
    }
    return render(request, "dubbing/account.html", context, status=status)
