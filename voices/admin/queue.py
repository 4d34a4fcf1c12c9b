"""The moderators' pages in the admin: what waits, a voice with all that is known of it, and the buttons."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AuditEntry
from vocasync.errors import PipelineError
from voices.admin.cards import TITLES, Action, cards, decision_actions, likeness_actions, of_face, of_voice
from voices.admin.deciding import DEEDS
from voices.admin.evidence import judges
from voices.models import Decision, FaceProfile, Report, VoiceProfile
from voices.moderation.waiting import KINDS, Waiting, counts, kinds_for, row_of, voice_of, waiting
from web.people import person

CARDS_A_PAGE = 15
STANDING_SHOWN = 20
TRAIL_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Tab:
    """A kind of what waits. kind: "" for all."""

    kind: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that stands, with the button that reverses it."""

    row: Decision
    actions: tuple[Action, ...]


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first, and what was decided and still stands."""
    user = person(request)
    if not judges(user):
        raise PermissionDenied
    tabs = _tabs(counts(user))
    wanted = request.GET.get("kind", "")
    kinds = [wanted] if wanted in {tab.kind for tab in tabs if tab.kind} else kinds_for(user)
    page = Paginator(waiting(kinds), CARDS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Moderation queue",
        "tabs": tabs,
        "kind": kinds[0] if len(kinds) == 1 else "",
        "page": page,
        "cards": cards(user, [Waiting(kind, key) for _at, kind, key in page]),
        "standing": [Standing(row, actions) for row in _standing() if (actions := decision_actions(user, row))],
    }
    return _page(request, "admin/moderation/queue.html", context)


def _tabs(numbers: dict[str, int]) -> list[Tab]:
    return [Tab("", "Everything", sum(numbers.values())), *(Tab(kind, TITLES[kind], numbers[kind]) for kind in numbers)]


def _standing() -> list[Decision]:
    kinds = Decision.Kind
    lasting = (kinds.TAKEDOWN_VOICE, kinds.TAKEDOWN_FACE, kinds.TAKEDOWN_JOB, kinds.SUSPEND)
    related = ("user", "moderator", "voice", "face")
    rows = Decision.objects.filter(kind__in=lasting, reversed_at=None).select_related(*related)
    return list(rows[:STANDING_SHOWN])


@require_safe
def voice(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """A voice: what is known of it, what was decided about it, and what can be done."""
    user = person(request)
    if not (judges(user) and user.has_perm("voices.view_voiceprofile")):
        raise PermissionDenied
    try:
        row = voice_of(voice_id)
    except VoiceProfile.DoesNotExist as error:
        raise Http404("There is no such voice.") from error
    context = {
        "title": row.name,
        "card": {**of_voice(row), "kind": "voice", "key": str(row.pk), "owner": row.owner},
        "actions": likeness_actions(user, row),
        "records": row.consents.select_related("decided_by", "attempt"),
        "attempts": row.attempts.all()[:10],
        "reports": Report.objects.filter(voice=row).select_related("reporter", "decided_by"),
        "decisions": row.decisions.select_related("moderator"),
        "trail": AuditEntry.objects.filter(object_type="voices.voiceprofile", object_id=str(row.pk))[:TRAIL_SHOWN],
    }
    return _page(request, "admin/moderation/voice.html", context)


@require_safe
def face(request: HttpRequest, face_id: uuid.UUID) -> HttpResponse:
    """A face: what is known of it, what was decided about it, and what can be done."""
    user = person(request)
    if not (judges(user) and user.has_perm("voices.view_voiceprofile")):
        raise PermissionDenied
    row = get_object_or_404(FaceProfile.objects.select_related("owner"), pk=face_id)
    context = {
        "title": row.name,
        "card": {**of_face(row), "kind": "face", "key": str(row.pk), "owner": row.owner},
        "actions": likeness_actions(user, row),
        "records": row.consents.select_related("decided_by", "attempt"),
        "decisions": row.decisions.select_related("moderator"),
        "trail": AuditEntry.objects.filter(object_type="voices.faceprofile", object_id=str(row.pk))[:TRAIL_SHOWN],
    }
    return _page(request, "admin/moderation/voice.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


# --- the buttons ------------------------------------------------------------------------------------------------------
@require_POST
def decide(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Press a button: ``action`` by its name, with the ``reason`` that the person reads."""
    known = DEEDS.get((kind, request.POST.get("action", "")))
    if known is None:
        raise Http404("There is no such button.")
    action, deed = known
    user = person(request)
    if not user.has_perm(action.permission):
        raise PermissionDenied
    row = _row(kind, key)
    try:
        deed(row, user, request.POST.get("reason", ""))
    except (PipelineError, ValidationError) as error:
        text = str(error) if isinstance(error, PipelineError) else " ".join(error.messages)
        messages.error(request, text)
    else:
        messages.success(request, f"{action.label}: done, and written to the audit trail.")
    return redirect(_back(request))


def _row(kind: str, key: str) -> Any:
    loaders: dict[str, Callable[[], Any]] = {
        "voice": lambda: get_object_or_404(VoiceProfile.objects.select_related("owner"), pk=key),
        "face": lambda: get_object_or_404(FaceProfile.objects.select_related("owner"), pk=key),
        "decision": lambda: get_object_or_404(Decision.objects.select_related("user", "voice", "face"), pk=key),
        **{name: lambda: row_of(kind, key) for name in KINDS},
    }
    try:
        return loaders[kind]()
    except (LookupError, ValueError, ValidationError) as error:
        raise Http404("There is no such thing to decide.") from error


def _back(request: HttpRequest) -> str:
    back = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if inside else reverse("moderation:queue")
