"""The forms of the library's pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from vocasync.engines.base import EngineSpec, SettingSpec
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from voices.consent import Purpose, clonable
from voices.models import EmotionReference, FaceProfile, VoiceProfile, VoiceSample
from voices.selectors import ORDERS, SCOPES, voices_offered
from web.fields import DroppedField
from web.problems import field_of

PICTURES = ".jpg,.jpeg,.png,.webp,.avif,.heic,.tif,.tiff,.bmp"
SOUND = "audio/*,video/*,.mp3,.wav,.m4a,.ogg,.opus,.flac,.aac,.mp4,.mov,.mkv,.webm"
LABELS = ("happy", "sad", "angry", "calm")
"""Tones that are offered; any other is the person's own words."""

OWN_WORDS = "other"
ORDER_NAMES = {
    "-updated_at": "Last changed",
    "-created_at": "Newest",
    "name": "Name",
    "-quality": "Best sound",
    "-uses": "Most used",
}


def language_choices(codes: Iterable[str] = LANGUAGES) -> list[tuple[str, str]]:
    """Code and both names of languages, by English name."""
    rows = sorted((LANGUAGES[code] for code in codes if code in LANGUAGES), key=lambda row: row.name)
    return [(row.code, row.name if row.name == row.native else f"{row.name} · {row.native}") for row in rows]


class PageForm(forms.Form):
    """A form that can say what a service refused, at the field that it is about."""

    def refuse(self, error: PipelineError | ValidationError) -> None:
        """Show it. What belongs to no field of this form is shown above it."""
        if isinstance(error, PipelineError):
            field = field_of(error)
            self.add_error(field if field in self.fields else None, str(error))
            return
        known = hasattr(error, "error_dict") and all(name in self.fields for name in error.error_dict)
        self.add_error(None, error if known else ValidationError(error.messages))

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Set what a choice field offers."""
        cast("forms.ChoiceField", self.fields[name]).choices = choices


class FilesInput(forms.ClearableFileInput):
    """An input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; cleaned to a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each as a file field cleans it."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        single = super().clean
        return [single(one, initial) for one in given]


# --- the library ------------------------------------------------------------------------------------------------------
class FilterForm(forms.Form):
    """What the library shows. Never refuses: what is not known is as if it were not given."""

    scope = forms.ChoiceField(choices=[(name, name) for name in SCOPES], required=False)
    text = forms.CharField(required=False, max_length=200, label="Search")
    language = forms.ChoiceField(required=False, label="Language")
    tag = forms.CharField(required=False, max_length=40, label="Tag")
    grade = forms.ChoiceField(
        required=False,
        label="Quality",
        choices=[("", "Any quality"), ("A", "A only"), ("B", "B or better"), ("C", "C or better")],
    )
    order = forms.ChoiceField(required=False, label="Order", choices=[(name, ORDER_NAMES[name]) for name in ORDERS])

    def __init__(self, *args: Any, languages: Iterable[str], tags: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["language"])
        field.choices = [("", "Any language"), *language_choices(languages)]
        self.tags = tags

    def values(self) -> dict[str, Any]:
        """What :func:`voices.selectors.library` takes, with its defaults for what is missing or not known."""
        self.full_clean()
        found = {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
        return found | {"scope": found["scope"] or SCOPES[0], "order": found["order"] or ORDERS[0]}

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out that the tab would hold."""
        return any(self.cleaned_data.get(name) for name in ("text", "language", "tag", "grade"))


class ClipForm(PageForm):
    """A clip to search with."""

    clip = DroppedField(
        "A clip",
        SOUND,
        error_messages={"required": "Choose a recording of somebody speaking.", "missing": "Choose the file again."},
    )


# --- a voice ----------------------------------------------------------------------------------------------------------
class VoiceForm(PageForm):
    """What a voice is called and whose it is."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the voice a name."},
    )
    whose = forms.ChoiceField(
        label="Whose voice is it?",
        choices=VoiceProfile.Whose.choices,
        error_messages={"required": "Say whose voice it is."},
    )
    person_name = forms.CharField(
        label="Name of the person",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    languages = forms.MultipleChoiceField(
        label="Languages that it speaks",
        required=False,
        choices=language_choices,
        help_text="Where it is one, what is said in the recordings is written down by itself.",
    )
    tags = forms.CharField(
        label="Tags",
        max_length=900,
        required=False,
        help_text="Words to find it by, with commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "warm, narrator, radio"}),
    )
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_tags(self) -> list[str]:
        """As words."""
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


class SamplesForm(PageForm):
    """Recordings of a voice."""

    sample = FilesField(
        label="Recordings",
        widget=FilesInput(attrs={"accept": SOUND}),
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Choose a recording, or record one.", "missing": "Choose the file again."},
    )
    source = forms.ChoiceField(
        choices=[(value, value) for value in (VoiceSample.Source.UPLOAD, VoiceSample.Source.RECORDING)],
        required=False,
        widget=forms.HiddenInput,
    )

    def clean_source(self) -> str:
        """Left empty it is an upload."""
        return str(self.cleaned_data["source"] or VoiceSample.Source.UPLOAD)


class NewVoiceForm(VoiceForm):
    """A new voice, with its first recordings where they come in the same request (without scripts)."""

    sample = FilesField(
        label="Recordings",
        required=False,
        widget=FilesInput(attrs={"accept": SOUND}),
        allow_empty_file=True,
        max_length=None,
    )


class SampleForm(PageForm):
    """A correction of a sample. What was not sent stays as it is."""

    transcript = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea)
    wanted = forms.TypedChoiceField(
        required=False, choices=[("on", "on"), ("off", "off")], coerce=lambda value: value == "on", empty_value=None
    )

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}


class ShareForm(PageForm):
    """Somebody to share with."""

    name = forms.CharField(
        label="Share with",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "User name or e-mail"}),
        error_messages={"required": "Give a user name or an e-mail address."},
    )


class ActorForm(PageForm):
    """Somebody who is followed from one recording to the next."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the actor a name."},
    )
    voice = forms.ModelChoiceField(
        VoiceProfile.objects.none(),
        label="Dubbed with",
        required=False,
        empty_label="Their own voice, from each recording",
        error_messages={"invalid_choice": "You may not use this voice, or no longer. Choose another one."},
    )
    notes = forms.CharField(label="Notes", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[VoiceProfile]", self.fields["voice"])
        field.queryset = clonable(owner, Purpose.JOB)
        offered = voices_offered(owner, chosen=str(self["voice"].value() or ""))
        field.choices = [("", field.empty_label or ""), *((str(row.pk), row.name) for row in offered)]


# --- listening --------------------------------------------------------------------------------------------------------
class SettingsForm(PageForm):
    """What can be set of an engine for a voice: one slider a setting, named ``<engine>-<setting>``."""

    def __init__(self, *args: Any, engine: EngineSpec, values: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": engine.name})
        self.engine = engine
        for setting in engine.settings:
            self.fields[setting.name] = _slider(setting, values.get(setting.name, setting.default))

    def values(self) -> dict[str, float]:
        """What was sent, by setting; what was left out is as it was."""
        return {
            name: self.fields[name].initial if value is None else value for name, value in self.cleaned_data.items()
        }


def _slider(setting: SettingSpec, value: float) -> forms.FloatField:
    step = (setting.high - setting.low) / 40
    attributes = {"type": "range", "min": f"{setting.low:g}", "max": f"{setting.high:g}", "step": f"{step:g}"}
    return forms.FloatField(
        label=setting.label,
        min_value=setting.low,
        max_value=setting.high,
        initial=value,
        required=False,
        help_text=setting.about,
        widget=forms.NumberInput(attrs=attributes),
    )


class LineForm(PageForm):
    """A line to hear in a voice, by one or several engines."""

    text = forms.CharField(
        label="Line",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": "500"}),
        error_messages={"required": "Type what is to be said."},
    )
    language = forms.ChoiceField(label="Language")
    engines = forms.MultipleChoiceField(
        label="Engines",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose an engine."},
    )
    beside = forms.BooleanField(label="Beside each engine's own voice", required=False)
    emotion = forms.ChoiceField(label="In the tone of", required=False)
    strength = forms.FloatField(
        label="Strength",
        min_value=0.0,
        max_value=1.0,
        initial=1.0,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "min": "0", "max": "1", "step": "0.05"}),
    )

    def __init__(
        self, *args: Any, engines: Iterable[EngineSpec], emotions: Iterable[EmotionReference], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("language", language_choices())
        self.offer("engines", [(row.name, row.label) for row in engines])
        self.offer("emotion", [("", "Their own tone"), *((str(row.pk), row.name) for row in emotions)])

    def clean_strength(self) -> float:
        """Left empty it is the whole of it."""
        value: float | None = self.cleaned_data["strength"]
        return 1.0 if value is None else value


class EmotionForm(PageForm):
    """A clip that shows a tone."""

    clip = DroppedField(
        "Recording",
        SOUND,
        error_messages={"required": "Choose a recording, or record one.", "missing": "Choose the file again."},
    )
    label = forms.ChoiceField(
        label="Tone",
        choices=[*((word, word.capitalize()) for word in LABELS), (OWN_WORDS, "Own words")],
        initial=LABELS[0],
        error_messages={"required": "Say which tone it shows."},
    )
    words = forms.CharField(
        label="In your own words",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "whispering, proud, in a hurry"}),
    )
    name = forms.CharField(
        label="Name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean(self) -> dict[str, Any]:
        """``label`` becomes the person's own words where they were chosen."""
        given = super().clean() or self.cleaned_data
        if given.get("label") == OWN_WORDS:
            if not given.get("words", "").strip():
                self.add_error("words", "Say the tone in your own words.")
            given["label"] = given.get("words", "").strip()
        return given


# --- faces ------------------------------------------------------------------------------------------------------------
class FaceForm(PageForm):
    """A photo, and whose face is on it. known: the photo is there already."""

    picture = DroppedField(
        "Photo",
        PICTURES,
        error_messages={"required": "Choose a photo, or take one.", "missing": "Choose the file again."},
    )
    whose = forms.ChoiceField(
        label="Whose face is it?",
        choices=FaceProfile.Whose.choices,
        initial=FaceProfile.Whose.OWN.value,
        error_messages={"required": "Say whose face it is."},
    )
    person_name = forms.CharField(
        label="Their name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label="Name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    declared = forms.BooleanField(error_messages={"required": "Declare it first."})

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["picture"], self.fields["declared"]
