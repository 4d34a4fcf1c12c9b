"""The form of voice to voice: a recording, the voice it is to come out in, and how."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from dubbing.forms import MEDIA, engine_choices, language_choices
from dubbing.models import DubbingJob
from engines.keys import config_for
from vocasync.engines.base import EngineConfig, StockVoice
from vocasync.engines.registry import spec, stock_voices
from vocasync.languages import LANGUAGES
from voices.consent import Purpose, clonable
from voices.forms import PageForm
from voices.models import VoiceProfile
from voices.selectors import voices_offered
from web.fields import DroppedField
from work.engines import EngineRow

LIBRARY, STOCK = "voice", "stock"
SEXES = {"female": "Woman", "male": "Man"}
SAME_LANGUAGE = ("", "The language that is spoken")
CHOOSE = "Choose the voice that it is to come out in."
GONE = "You may not use this voice, or no longer. Choose another one."


@dataclass(frozen=True, slots=True)
class Choice:
    """A voice to choose. value: of the form's field ``speaker``. about: in a few words. sound: address of its speech,
    "" where it has to be spoken first. ready: whether it can be chosen now."""

    value: str
    label: str
    about: str
    sound: str = ""
    ready: bool = True


@dataclass(frozen=True, slots=True)
class Choices:
    """Voices that belong together. missing: why none of them can be chosen, "" where they can. open: whether they are
    shown from the start."""

    title: str
    voices: tuple[Choice, ...]
    missing: str = ""
    open: bool = False


class ConversionForm(PageForm):
    """What ``conversions.job_create_conversion`` takes. Also works without scripts, as a plain multipart form."""

    source = DroppedField(
        "Recording",
        MEDIA,
        error_messages={"required": "Record something, or choose a file.", "missing": "Choose the file again."},
    )
    source_language = forms.ChoiceField(label="Spoken in")
    speaker = forms.CharField(label="Voice", max_length=120, error_messages={"required": CHOOSE})
    ways = forms.ChoiceField(
        label="How",
        choices=DubbingJob.Ways.choices,
        initial=DubbingJob.Ways.BOTH,
        error_messages={"required": "Choose how it is to come into the voice."},
    )
    target_language = forms.ChoiceField(label="Spoken anew in", required=False)
    review = forms.BooleanField(label="Let me correct the words first", required=False)
    match = forms.ChoiceField(label="What matters more?", choices=DubbingJob.Match.choices, required=False)
    converter = forms.ChoiceField(label="Conversion", required=False)
    recognizer = forms.ChoiceField(label="Recognition", required=False)
    translator = forms.ChoiceField(label="Translation", required=False)
    voice_engine = forms.ChoiceField(
        label="Voice engine",
        required=False,
        help_text="Of a voice of your library; one that an engine brings is spoken by that engine.",
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    submission_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, engines: list[EngineRow], owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self._engines = engines
        self.offer("source_language", language_choices())
        self.offer("target_language", [SAME_LANGUAGE, *language_choices()])
        for name, stage in (
            ("converter", "convert"),
            ("recognizer", "asr"),
            ("translator", "translate"),
            ("voice_engine", "tts"),
        ):
            self.offer(name, engine_choices(engines, stage))
        self.initial.setdefault("submission_key", uuid.uuid4().hex)

    def speakers(self) -> list[Choices]:
        """The voices to choose from."""
        return voices_to_choose(self.owner, self._engines, str(self["speaker"].value() or ""))

    def more(self) -> list[EngineRow]:
        """Voice engines that bring voices of their own once they are ready."""
        config = config_for(self.owner)
        brings = [row for row in self._engines if row.stage == "tts" and not row.ready and spec("tts", row.name).stock]
        return [row for row in brings if not stock_voices(row.name, config)]

    def clean_speaker(self) -> dict[str, Any]:
        """The voice as the service takes it."""
        return chosen_voice(self.owner, str(self.cleaned_data["speaker"]))

    def asked(self) -> dict[str, Any]:
        """The arguments of the service."""
        given = dict(self.cleaned_data)
        speaker = given.pop("speaker")
        given["match"] = given["match"] or DubbingJob.Match.CLOSE.value
        given |= speaker
        return given

    def refuse(self, error: Any) -> None:
        """Whatever is wrong with the voice is shown where it is chosen."""
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            moved = {_FIELDS.get(name, name): errors for name, errors in error.error_dict.items()}
            error = ValidationError(moved)
        elif hasattr(error, "params") and error.params.get("field") in _FIELDS:
            error.params["field"] = _FIELDS[error.params["field"]]
        super().refuse(error)


_FIELDS = {"voice": "speaker", "stock": "speaker"}
"""Fields of the service, where this form has them."""


def voices_to_choose(owner: User, engines: list[EngineRow], chosen: str) -> list[Choices]:
    """The voices that somebody may choose from: the library's, then each engine's own. chosen: a value."""
    offered = voices_offered(owner, chosen=chosen.removeprefix(f"{LIBRARY}:"))
    library = tuple(_of_library(row) for row in offered)
    config = config_for(owner)
    rows = [row for row in engines if row.stage == "tts"]
    own = [group for row in sorted(rows, key=lambda row: not row.ready) for group in _own(row, config)]
    groups = [Choices("Your voices", library, open=True), *own]
    first = next((place for place, group in enumerate(groups) if group.voices and not group.missing), 0)
    return [
        replace(group, open=group.open or place == first or any(one.value == chosen for one in group.voices))
        for place, group in enumerate(groups)
    ]


def chosen_voice(owner: User, value: str) -> dict[str, Any]:
    """What was chosen of them, as services take it. Raises ValidationError."""
    kind, _, rest = value.partition(":")
    engine, _, name = rest.partition(":")
    if kind == STOCK and engine and name:
        return {"stock": name, "voice_engine": engine}
    if kind != LIBRARY:
        raise ValidationError(CHOOSE)
    voice = _voice(owner, rest)
    if voice is None:
        raise ValidationError(GONE)
    return {"voice": voice}


def _voice(owner: User, pk: str) -> VoiceProfile | None:
    try:
        return clonable(owner, Purpose.JOB).exclude(fingerprint="").filter(pk=uuid.UUID(pk)).first()
    except ValueError:
        return None


def _of_library(voice: VoiceProfile) -> Choice:
    whose = "Your own voice" if voice.whose == VoiceProfile.Whose.OWN else voice.person_name
    return Choice(f"{LIBRARY}:{voice.pk}", voice.name, whose, reverse("voices:sound", args=[voice.pk]))


def _own(row: EngineRow, config: EngineConfig) -> list[Choices]:
    """An engine's own voices, those with names that say who speaks apart from the others."""
    voices = stock_voices(row.name, config)
    named = [one for one in voices if one.same]
    rest = [one for one in voices if not one.same]
    parts = ((f"{row.label}: voices with names", named), (row.label, rest))
    return [Choices(title, tuple(_of_engine(row, one) for one in own), row.missing) for title, own in parts if own]


def _of_engine(row: EngineRow, voice: StockVoice) -> Choice:
    spoken = [LANGUAGES[code].name for code in sorted(voice.languages) if code in LANGUAGES]
    about = [SEXES.get(voice.sex, ""), ", ".join(spoken) if len(spoken) <= 2 else f"{len(spoken)} languages"]
    label = voice.label or voice.name
    return Choice(f"{STOCK}:{row.name}:{voice.name}", label, ", ".join(filter(None, about)), ready=row.ready)
