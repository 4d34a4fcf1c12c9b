"""The library: lists, search by words and by sound, favourites."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from vocasync.errors import message
from vocasync.types import FloatArray
from voices import selectors, services
from voices.forms import ClipForm, FilterForm
from voices.models import Errand, SoundQuery, VoiceProfile
from voices.views.answers import refused, submitted
from voices.views.cards import cards
from voices.views.drawing import ANOTHER
from voices.views.people import uuid_or_404, voice_or_404
from web.people import person, wants_json

VOICES_A_PAGE = 18
GONE = "The clip is no longer here. Send it again."
TABS = (
    ("all", "All"),
    ("mine", "Mine"),
    ("shared", "Shared with me"),
    ("public", "Public"),
    ("favourites", "Favourites"),
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What the list is ordered by: a clip that was sent, or another voice. vector: None while the clip is heard."""

    name: str
    vector: FloatArray | None
    voice: VoiceProfile | None = None
    errand: str = ""
    problem: str = ""


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """The voices that the person may look at, by tab, filter and likeness."""
    return _page(request, ClipForm())


def _page(request: HttpRequest, clip: ClipForm, status: int = 200) -> HttpResponse:
    user = person(request)
    languages, tags = selectors.offered_to(user)
    form = FilterForm(request.GET, languages=languages, tags=tags)
    filters = form.values()
    sought = _sought(request)
    vector = sought.vector if sought else None
    found = selectors.library(user, **filters, like=vector)
    counts = selectors.counts(user, **filters, like=vector)
    paginator = Paginator(found, VOICES_A_PAGE)
    paginator.count = counts[filters["scope"]]  # known already: it need not be counted again
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "tabs": _tabs(request, counts),
        "scope": filters["scope"],
        "filtered": form.is_filtered,
        "sought": sought,
        "page": page,
        "cards": cards(user, list(page)),
        "query": _query(request, "page"),
        "clip": clip,
        "same_from": settings.ACTOR_SIMILARITY,
        "another_below": ANOTHER,
    }
    return render(request, "voices/library.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the library. query: of its address."""

    name: str
    title: str
    count: int
    query: str


def _tabs(request: HttpRequest, counts: dict[str, int]) -> list[Tab]:
    """Each with how many voices it holds under the filters as they are."""
    rest = _query(request, "page", "scope")
    return [Tab(name, title, counts[name], f"scope={name}&{rest}".rstrip("&")) for name, title in TABS]


def _query(request: HttpRequest, *without: str) -> str:
    """The address's query, less these and what is empty."""
    kept = QueryDict(mutable=True)
    for name, value in request.GET.items():
        if value and name not in without:
            kept[name] = str(value)
    return kept.urlencode()


# --- by sound ---------------------------------------------------------------------------------------------------------
def _sought(request: HttpRequest) -> Sought | None:
    """From ``?voice=`` (one like this) or ``?clip=`` (like what was sent). 404 for what is not the person's to use."""
    if "voice" in request.GET:
        voice = voice_or_404(request, uuid_or_404(request.GET["voice"]))
        return Sought(voice.name, voice.embedding, voice=voice)
    if "clip" in request.GET:
        return _clip(request, uuid_or_404(request.GET["clip"]))
    return None


def _clip(request: HttpRequest, query_id: uuid.UUID) -> Sought:
    try:
        query = selectors.query_of(request.user, query_id)
    except SoundQuery.DoesNotExist as error:
        raise Http404("There is no such clip, or it was searched with more than a day ago.") from error
    if query.embedding is not None:
        return Sought(query.name, query.embedding)
    errand = Errand.objects.filter(kind="query", subject=str(query.pk)).first()
    if errand is None or errand.status == Errand.Status.FAILED:
        problem = message(errand.error_code, errand.error_params) if errand else GONE
        return Sought(query.name, None, problem=problem)
    return Sought(query.name, None, errand=str(errand.pk))


@login_required
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Take a clip to search with; the answer is a list that is ordered by it, once it was listened to."""
    form = ClipForm(request.POST, request.FILES)
    asked = submitted(form, lambda: services.query_ask(owner=person(request), upload=form.cleaned_data["clip"]))
    if asked is None:
        return refused(form) if wants_json(request) else _page(request, form, status=422)
    query, errand = asked
    address = f"{reverse('voices:library')}?scope=all&clip={query.pk}"
    if wants_json(request):
        return JsonResponse({"url": address, "errand": str(errand.pk)}, status=201)
    return redirect(address)


@login_required
@require_POST
def favourite(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Mark a voice (``on=1``), or take the mark away."""
    voice = voice_or_404(request, voice_id)
    on = request.POST.get("on") == "1"
    services.favourite_set(user=person(request), voice=voice, on=on)
    if wants_json(request):
        return JsonResponse({"on": on})
    back = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if inside else reverse("voices:library"))
