"""The live page, and the list of the person's sessions below it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from engines.keys import config_for
from live.models import LiveSession
from live.selectors import sessions_of
from live.views.form import LiveForm
from vocasync.languages import LANGUAGES
from voices.services.speech import DECLARATION
from web.people import person
from work.engines import engine_table

RECENT = 8
"""Sessions that the page lists."""

CLIP_SECONDS = 30
"""Of a recording that a speaker is given a voice from, at most."""


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Listen to a microphone, a file or a tab, and hear and read it in another language."""
    owner = person(request)
    form = LiveForm(engines=engine_table(config_for(owner)), owner=owner, initial=_last(owner))
    context: dict[str, Any] = {
        "form": form,
        "sessions": recent(owner),
        "declaration": DECLARATION,
        "clip_seconds": CLIP_SECONDS,
        "settings_for_page": {
            "rate": settings.LIVE_SAMPLE_RATE,
            "chunk_size": settings.LIVE_CHUNK_SIZE,
            "clip_seconds": CLIP_SECONDS,
            "sessions": reverse("live:sessions"),
            "languages": {row.code: {"name": row.name, "rtl": row.rtl} for row in LANGUAGES.values()},
        },
    }
    return render(request, "live/live.html", context)


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The list alone, to be drawn anew when a session ended."""
    return render(request, "live/sessions.html", {"sessions": recent(person(request))})


def recent(owner: User) -> list[LiveSession]:
    """The person's latest sessions of which there is something to tell."""
    return list(sessions_of(owner).exclude(started_at=None)[:RECENT])


def _last(owner: User) -> dict[str, Any]:
    """The languages and the manner of the latest session: whoever comes back wants the same."""
    last = sessions_of(owner).exclude(target_language="").first()
    if last is None:
        return {}
    kept = ("preserve_voice", "source_language")
    manner = {name: last.manner[name] for name in kept if name in last.manner}
    return {"target_language": last.target_language, **manner}
