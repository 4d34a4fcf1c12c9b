"""What is chosen on the live page. Its script reads it, and says it over the socket; nothing is posted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from accounts.models import User
from engines.keys import config_for
from vocasync.engines.auto import AUTO
from vocasync.engines.registry import spec, stock_voices
from vocasync.languages import DETECT
from voices.forms import PageForm, language_choices
from voices.selectors import voices_offered
from work.engines import EngineRow

LIBRARY, STOCK = "voice", "stock"
STEP = "0.05"

Group = tuple[str, list[tuple[str, str]]]


def _share(label: str, help_text: str) -> forms.FloatField:
    attributes = {"type": "range", "min": "0", "max": "1", "step": STEP}
    return forms.FloatField(label=label, help_text=help_text, widget=forms.NumberInput(attrs=attributes))


class LiveForm(PageForm):
    """speaker: ``voice:<id>`` of the library, ``stock:<engine>:<name>`` of an engine's own, or "" for its default."""

    source_language = forms.ChoiceField(label="Spoken in")
    target_language = forms.ChoiceField(label="Dub into")
    preserve_voice = forms.BooleanField(label="Everybody keeps their own voice", required=False)
    speaker = forms.ChoiceField(label="Who speaks instead", required=False)
    voice_stability = _share("Stability", "Low follows every change of the speaker’s melody; high speaks evenly.")
    voice_clarity = _share("Clarity", "Low is as alike as can be; high is as intelligible as can be.")
    similarity_threshold = _share(
        "How alike the same person sounds",
        "A voice that is less alike than this to everybody before is taken for somebody new.",
    )
    recognizer = forms.ChoiceField(label="Recognition", required=False)
    translator = forms.ChoiceField(label="Translation", required=False)
    voice_engine = forms.ChoiceField(label="Voice engine", required=False)

    def __init__(self, *args: Any, engines: list[EngineRow], owner: User, **kwargs: Any) -> None:
        kwargs["initial"] = {**_defaults(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.offer("source_language", [(DETECT, "Detect the language"), *language_choices()])
        self.offer("target_language", language_choices())
        groups: Any = [("", "The engine’s default voice"), *_speakers(owner, engines)]
        self.offer("speaker", groups)
        for name, stage in (("recognizer", "asr"), ("translator", "translate"), ("voice_engine", "tts")):
            self.offer(name, _engines(engines, stage))


def _defaults() -> dict[str, Any]:
    return {
        "source_language": DETECT,
        "target_language": "es",
        "preserve_voice": True,
        "voice_stability": settings.LIVE_VOICE_STABILITY,
        "voice_clarity": settings.LIVE_VOICE_CLARITY,
        "similarity_threshold": settings.LIVE_VOICE_SIMILARITY_THRESHOLD,
    }


def _engines(rows: list[EngineRow], stage: str) -> list[tuple[str, str]]:
    """Those that are ready; of recognisers the ones that hear speech as it is spoken."""
    ready = [row for row in rows if row.stage == stage and row.ready]
    able = [row for row in ready if row.stage != "asr" or spec("asr", row.name).streams]
    return [(AUTO, "Automatic: the best that keeps up"), *((row.name, row.shown) for row in able)]


def _speakers(owner: User, rows: list[EngineRow]) -> list[Group]:
    """The voices that one can have speak for everybody: of the library, then each ready engine's own."""
    own = [(f"{LIBRARY}:{voice.pk}", voice.name) for voice in voices_offered(owner)]
    groups = [("Your voices", own)] if own else []
    config = config_for(owner)
    for row in rows:
        voices = stock_voices(row.name, config) if row.stage == "tts" and row.ready else ()
        if voices:
            groups.append((row.label, [(f"{STOCK}:{row.name}:{one.name}", one.label or one.name) for one in voices]))
    return groups
