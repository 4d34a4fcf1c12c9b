"""The browser extension: the page that says how it is installed, the zip, and the key that a browser is given."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.authentication import key_of
from accounts.models import ApiKey
from accounts.services import api_key_create, api_key_revoke
from live import extension
from vocasync.errors import PipelineError
from web.api.errors import problem, status_of
from web.people import person

KEY_NAME = "Browser extension"
"""What the key of a browser is called on its owner's account page."""


@require_safe
def install(request: HttpRequest) -> HttpResponse:
    """How the extension is installed, and the button that connects a browser. Everybody may read it."""
    return render(request, "live/extension.html", {"extension_id": extension.extension_id()})


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The zip for this site, at the address by which it is asked for."""
    site = f"{request.scheme}://{request.get_host()}"
    zipped = extension.archive(site)
    tag = extension.tag(zipped)
    response = get_conditional_response(request, etag=tag) or HttpResponse(zipped, content_type="application/zip")
    response["ETag"], response["Cache-Control"] = tag, "no-cache"
    response["Content-Disposition"] = f'attachment; filename="{extension.archive_name(site)}"'
    return response


@login_required
@require_POST
@never_cache
def connect(request: HttpRequest) -> HttpResponse:
    """Make a key that dubs live and does nothing else, for the browser whose person pressed the button."""
    try:
        _row, secret = api_key_create(owner=person(request), name=KEY_NAME, scopes=[ApiKey.Scope.LIVE])
    except PipelineError as error:
        return JsonResponse(problem(error), status=status_of(error))
    return JsonResponse({"key": secret}, status=201)


@csrf_exempt
@require_POST
@never_cache
@sensitive_post_parameters("key")
def revoke(request: HttpRequest) -> HttpResponse:
    """Close the key that is shown: whoever holds it may give it up, and nothing else can be done here.

    The extension asks this when it signs out; its origin may read the answer. A key that is none is none already.
    """
    key = key_of(request.POST.get("key", ""))
    if key is not None:
        api_key_revoke(key=key)
    return HttpResponse(status=204, headers={"Access-Control-Allow-Origin": extension.extension_origin()})
