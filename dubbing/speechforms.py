"""The form of speech: a text, who speaks it, and how."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from dubbing.conversionforms import Choices, chosen_voice, voices_to_choose
from dubbing.forms import MEDIA, engine_choices, language_choices
from vocasync.engines.auto import AUTO
from vocasync.engines.base import EngineSpec
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from vocasync.media.sounds import FORMATS, MP3
from voices.forms import PageForm, SettingsForm
from voices.models import EmotionReference
from voices.selectors import emotions_of
from voices.services.settings import defaults
from voices.services.speech import Asked
from web.fields import DroppedField
from work.engines import EngineRow

CLIP = "clip"
"""The value of ``speaker`` for the voice of a clip."""

_FIELDS = {"voice": "speaker", "stock": "speaker", "target_language": "language", "voice_engine": "engine"}
"""Fields of the services, where this form has them."""


class SpeechForm(PageForm):
    """What ``voices.services.utterance_ask`` takes. Also works without scripts, as a plain multipart form."""

    text = forms.CharField(
        label="Text",
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
        strip=False,
        error_messages={"required": "Write what is to be spoken."},
    )
    language = forms.ChoiceField(label="Language")
    engine = forms.ChoiceField(label="Voice engine", required=False)
    speaker = forms.CharField(required=False, max_length=120)
    reference = DroppedField("A clip of the voice", MEDIA, required=False)
    reference_text = forms.CharField(
        label="What is said in it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="Some engines come closer to the voice when they know.",
    )
    i_may_use_this_voice = forms.BooleanField(required=False)
    emotion = forms.ModelChoiceField(
        EmotionReference.objects.none(), label="In the tone of", required=False, empty_label="Their own tone"
    )
    strength = forms.FloatField(
        label="Strength",
        min_value=0.0,
        max_value=1.0,
        initial=1.0,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "min": "0", "max": "1", "step": "0.05"}),
    )
    format = forms.ChoiceField(label="To download as", required=False)
    submission_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, engines: list[EngineRow], owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self._engines = engines
        self.offer("language", language_choices())
        self.offer("engine", engine_choices(engines, "tts"))
        self.offer("format", [(one.name, one.label) for one in FORMATS.values()])
        emotions: Any = self.fields["emotion"]
        emotions.queryset = emotions_of(owner).filter(status=EmotionReference.Status.READY)
        self.initial.setdefault("submission_key", uuid.uuid4().hex)
        self.initial.setdefault("format", MP3.name)

    def groups(self) -> list[Choices]:
        """The voices to choose from. None are open beside the one that is chosen: the engine's default will do."""
        chosen = str(self["speaker"].value() or "")
        groups = voices_to_choose(self.owner, self._engines, chosen)
        return [replace(group, open=any(one.value == chosen for one in group.voices)) for group in groups]

    def panels(self) -> list[SettingsForm]:
        """The sliders of each engine that is ready."""
        data: Mapping[str, Any] | None = self.data if self.is_bound else None
        ready = [spec("tts", row.name) for row in self._engines if row.stage == "tts" and row.ready]
        given: dict[str, float] = self.initial.get("settings", {})
        return [_panel(row, data, given) for row in ready if row.settings]

    def clean_speaker(self) -> dict[str, Any]:
        """The voice as the services take it; nothing for a clip, and for the engine's default."""
        value = str(self.cleaned_data["speaker"])
        return {} if value in ("", CLIP) else chosen_voice(self.owner, value)

    def clean_strength(self) -> float:
        """Left empty it is the whole of it."""
        value: float | None = self.cleaned_data["strength"]
        return 1.0 if value is None else value

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        clip = self["speaker"].value() == CLIP
        if clip and not given.get("reference") and "reference" not in self.errors:
            self.add_error("reference", "Choose a clip of the voice.")
        own = given.get("speaker", {}).get("voice_engine")
        if own and given.get("engine") not in (None, "", AUTO, own):
            self.add_error("engine", "This voice is another engine's. Leave the engine to be chosen automatically.")
        return given

    def asked(self) -> Asked:
        """What is to be spoken, and heard while it is. Raises ValidationError for settings that are none."""
        given = self.cleaned_data
        speaker: dict[str, Any] = given["speaker"]
        engine = speaker.get("voice_engine") or given["engine"] or AUTO
        clip = given["reference"] if self["speaker"].value() == CLIP else None
        return Asked(
            text=given["text"],
            language=given["language"],
            engine=engine,
            voice=speaker.get("voice"),
            reference=clip,
            declared=given["i_may_use_this_voice"],
            reference_text=given["reference_text"] if clip else "",
            stock=speaker.get("stock", ""),
            emotion=given["emotion"],
            strength=given["strength"],
            options=self._settings(engine),
            format=given["format"] or MP3.name,
            live=True,
        )

    def _settings(self, engine: str) -> dict[str, float] | None:
        """How the sliders of the engine that was chosen stand; None where none was, or none were sent."""
        row = None if engine == AUTO else spec("tts", engine)
        if row is None or not any(f"{engine}-{one.name}" in self.data for one in row.settings):
            return None
        panel = _panel(row, self.data, {})
        if not panel.is_valid():
            raise ValidationError([text for texts in panel.errors.values() for text in texts])
        return panel.values()

    def refuse(self, error: PipelineError | ValidationError) -> None:
        """Whatever is wrong is shown where this form has it."""
        if isinstance(error, PipelineError):
            field = str(error.params.get("field", ""))
            error.params["field"] = _FIELDS.get(field, field)
        elif hasattr(error, "error_dict"):
            error = ValidationError({_FIELDS.get(name, name): texts for name, texts in error.error_dict.items()})
        super().refuse(error)


def _panel(row: EngineSpec, data: Mapping[str, Any] | None, given: Mapping[str, float]) -> SettingsForm:
    return SettingsForm(data, engine=row, values=defaults(row) | dict(given))
