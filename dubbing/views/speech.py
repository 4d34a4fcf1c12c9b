"""Speech: write, hear at once, and what was spoken before."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dubbing.models import Job
from dubbing.speeches import Speech, job_create_speech
from dubbing.speechforms import CLIP, SpeechForm
from dubbing.views.answers import Refusal, refused
from dubbing.views.kinds import WORDS
from dubbing.views.spoken import history, spoken
from engines.keys import config_for
from vocasync.engines.costs import CHARACTERS_A_SECOND
from voices.models import Utterance
from voices.selectors import utterance_of
from voices.services import utterance_ask, utterance_delete
from voices.services.speech import DECLARATION, is_long
from web.people import person, wants_json
from work.engines import EngineRow, engine_table

AGAIN = "again"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form with the history below it; what it sends is spoken, or becomes a job."""
    owner = person(request)
    table = engine_table(config_for(owner))
    if request.method != "POST":
        return _page(request, SpeechForm(engines=table, owner=owner, initial=_initial(request)), table)
    form = SpeechForm(request.POST, request.FILES, engines=table, owner=owner)
    made = _submit(request, form) if form.is_valid() else None
    if made is None:
        return refused(form) if wants_json(request) else _page(request, form, table, status=422)
    if isinstance(made, Job):
        address = reverse("dubbing:job", args=[made.pk])
        return JsonResponse({"job": address}, status=201) if wants_json(request) else redirect(address)
    if not wants_json(request):
        return redirect(f"{reverse('dubbing:speech')}#spoken-{made.pk}")
    body = {
        "card": reverse("dubbing:spoken", args=[made.pk]),
        "stream": reverse("api:utterance-stream", args=[made.pk]),
    }
    return JsonResponse(body, status=201)


def _submit(request: HttpRequest, form: SpeechForm) -> Utterance | Job | None:
    """What is going to be spoken; None when a service refused, which the form then says."""
    owner = person(request)
    try:
        asked = form.asked()
        if is_long(owner, asked):
            key: str = form.cleaned_data["submission_key"]
            return job_create_speech(owner=owner, speech=Speech.of(asked), submission_key=key)
        return utterance_ask(owner=owner, asked=asked)[0]
    except Refusal as error:
        form.refuse(error)
        return None


def _page(request: HttpRequest, form: SpeechForm, table: list[EngineRow], status: int = 200) -> HttpResponse:
    text = request.GET.get("find", "")
    context: dict[str, Any] = {
        "form": form,
        "groups": form.groups(),
        "panels": form.panels(),
        "page": history(person(request), text, request.GET.get("page")),
        "find": text,
        "query": f"find={text}" if text else "",
        "days": settings.SPEECH_DAYS,
        "declaration": DECLARATION,
        "clip": CLIP,
        "kinds": WORDS,
        "settings_for_page": {
            "hear": reverse("dubbing:convert-hear"),
            "at_once": settings.SPEECH_CHARS,
            "a_second": CHARACTERS_A_SECOND,
        },
    }
    return render(request, "dubbing/speech/page.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """As what ``?again=`` names was spoken, else in the language of the last one; ``?voice=`` names a voice."""
    again = request.GET.get(AGAIN, "")
    row = _own(request, again) if again else None
    if row is None:
        last = Utterance.objects.filter(owner=person(request)).first()
        voice = request.GET.get("voice", "")
        return {"language": last.language if last else "en", "speaker": f"voice:{voice}" if voice else ""}
    return {
        "text": row.text,
        "language": row.language,
        "engine": row.engine,
        "speaker": _speaker(row),
        "emotion": row.emotion_id,
        "strength": row.strength,
        "format": row.format,
        "settings": row.settings,
    }


def _speaker(row: Utterance) -> str:
    if row.voice_id:
        return f"voice:{row.voice_id}"
    if row.reference:
        return CLIP
    return f"stock:{row.engine}:{row.stock}" if row.stock else ""


def _own(request: HttpRequest, pk: uuid.UUID | str) -> Utterance | None:
    try:
        return utterance_of(request.user, pk)
    except Utterance.DoesNotExist:
        return None


@login_required
@require_safe
def card(request: HttpRequest, utterance_id: uuid.UUID) -> HttpResponse:
    """One entry of the history."""
    row = _own(request, utterance_id)
    if row is None:
        raise Http404
    return render(request, "dubbing/speech/spoken.html", {"entry": spoken([row])[0]})


@login_required
@require_POST
def delete(request: HttpRequest, utterance_id: uuid.UUID) -> HttpResponse:
    """Forget it; what is not spoken yet will not be."""
    row = _own(request, utterance_id)
    if row is None:
        raise Http404
    utterance_delete(utterance=row)
    if wants_json(request):
        return JsonResponse({})
    messages.success(request, "Deleted.")
    return redirect("dubbing:speech")
