"""A new voice."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from vocasync.languages import LANGUAGES
from voices import selectors, services
from voices.forms import NewVoiceForm
from voices.models import VoiceProfile
from voices.services.samples import ACCEPTED, MAX_SAMPLES
from voices.views.answers import refused, submitted
from voices.views.reading import PASSAGES
from web.people import person, wants_json


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: the way to the voice, or the form again with what was wrong.

    With scripts the recordings follow one by one, to the voice that was made.
    """
    if request.method != "POST":
        return _page(request, NewVoiceForm(initial=_initial(person(request))))
    form = NewVoiceForm(request.POST, request.FILES)
    voice = submitted(form, partial(_create, person(request), form))
    if voice is None:
        return refused(form) if wants_json(request) else _page(request, form, status=422)
    address = reverse("voices:profile", args=[voice.pk])
    if wants_json(request):
        return JsonResponse({"url": address, "samples": reverse("voices:sample-add", args=[voice.pk])}, status=201)
    _add_all(request, voice, form)
    return redirect(address)


def _initial(user: User) -> dict[str, Any]:
    """The languages of the person's last voice: most people speak as they did before."""
    last = selectors.own_voices(user).order_by("-created_at").first()
    codes = [row.code for row in last.language_rows.all()] if last else []
    return {"whose": VoiceProfile.Whose.OWN, "languages": codes}


def _create(owner: User, form: NewVoiceForm) -> VoiceProfile:
    given = {name: value for name, value in form.cleaned_data.items() if name != "sample"}
    return services.voice_create(owner=owner, **given)


def _add_all(request: HttpRequest, voice: VoiceProfile, form: NewVoiceForm) -> None:
    """The voice is there: a recording that is refused says so, and does not take it away."""
    _, refusals = services.samples_add(voice=voice, uploads=form.cleaned_data["sample"])
    for refusal in refusals:
        messages.error(request, str(refusal.error))


def _page(request: HttpRequest, form: NewVoiceForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "passages": passages(), "limits_for_page": sample_limits()}
    return render(request, "voices/new.html", context, status=status)


def passages() -> list[tuple[str, str, tuple[str, ...]]]:
    """Code and name of a language, and what can be read aloud in it."""
    return [(code, LANGUAGES[code].native, texts) for code, texts in PASSAGES.items()]


def sample_limits() -> dict[str, float]:
    """What the page can say of a recording before it is sent."""
    return {
        "max_bytes": ACCEPTED.max_bytes,
        "max_seconds": ACCEPTED.max_seconds,
        "min_seconds": ACCEPTED.min_seconds,
        "max_count": MAX_SAMPLES,
    }
