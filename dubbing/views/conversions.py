"""Voice to voice: the form, and hearing an engine's own voice before it is chosen."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits import limits_for
from dubbing import selectors
from dubbing.conversionforms import STOCK, ConversionForm
from dubbing.conversions import job_create_conversion
from dubbing.models import Job
from dubbing.views.answers import Refusal, refused, words
from engines.keys import config_for
from vocasync.engines.tts.corpus import sentences
from vocasync.errors import PipelineError
from vocasync.languages import language
from voices.services import preview_ask
from web.people import person, wants_json
from work.engines import EngineRow, engine_table


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: a redirect to the job, or the form again with what was wrong."""
    owner = person(request)
    table = engine_table(config_for(owner))
    if request.method != "POST":
        return _page(request, ConversionForm(engines=table, owner=owner, initial=_initial(request)), table)
    form = ConversionForm(request.POST, request.FILES, engines=table, owner=owner)
    job = _submit(request, form) if form.is_valid() else None
    if job is None:
        return refused(form) if wants_json(request) else _page(request, form, table, status=422)
    address = reverse("dubbing:job", args=[job.pk])
    return JsonResponse({"url": address}, status=201) if wants_json(request) else redirect(address)


def _submit(request: HttpRequest, form: ConversionForm) -> Job | None:
    """The job; None when the service refused, which the form then says."""
    try:
        return job_create_conversion(owner=person(request), **form.asked())
    except Refusal as error:
        form.refuse(error)
        return None


@login_required
@require_POST
def hear(request: HttpRequest) -> HttpResponse:
    """Have an engine's own voice say a sentence; the same one asked for again is there at once."""
    kind, _, rest = request.POST.get("speaker", "").partition(":")
    engine, _, name = rest.partition(":")
    try:
        spoken = language(request.POST.get("language", ""))
        if kind != STOCK:
            raise PipelineError("stock_unknown", name=rest)
        text = sentences(spoken.espeak)[0]
        line, errand = preview_ask(
            owner=person(request), voice=None, engine=engine, language=spoken.code, text=text, stock=name
        )
    except Refusal as error:
        return JsonResponse({"message": words(error)}, status=422)
    sound = reverse("voices:preview-sound", args=[line.pk])
    return JsonResponse({"sound": sound, "errand": str(errand.pk) if errand else None}, status=201)


def _page(request: HttpRequest, form: ConversionForm, table: list[EngineRow], status: int = 200) -> HttpResponse:
    limits = limits_for(person(request))
    context = {
        "form": form,
        "speakers": form.speakers(),
        "limits": limits,
        "more": form.more(),
        "settings_for_page": {
            "hear": reverse("dubbing:convert-hear"),
            "max_bytes": limits.upload_bytes,
            "max_seconds": limits.media_minutes * 60,
        },
    }
    return render(request, "dubbing/conversion/new.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The language of the person's last conversion; ``?voice=`` names a voice of the library."""
    last = selectors.jobs_of(request.user).filter(kind=Job.Kind.CONVERSION).first()
    voice = request.GET.get("voice", "")
    return {
        "source_language": last.dubbing.source_language if last is not None else "en",
        "speaker": f"voice:{voice}" if voice else "",
        "ways": "both",
        "match": "close",
    }
