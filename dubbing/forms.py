"""The forms of the site's pages."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import ApiKey, User
from dubbing import lipforms
from dubbing.casting import MOST_SPEAKERS
from dubbing.models import DubbingJob
from vocasync.engines.auto import AUTO
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, LANGUAGES
from voices.consent import Purpose, clonable
from voices.models import EmotionReference, VoiceProfile
from voices.selectors import emotions_of, voices_offered
from web.fields import DroppedField
from web.problems import field_of
from work.engines import EngineRow

SIZE_NOTES = {
    "tiny": "fastest, least exact",
    "base": "fast",
    "small": "balanced",
    "medium": "exact, slow",
    "large": "most exact, slowest",
    "turbo": "nearly as exact as large, faster",
}
MEDIA = "video/*,audio/*,.mkv,.mov,.mp4,.m4v,.webm,.mp3,.wav,.m4a,.ogg,.opus,.flac"


def language_choices() -> list[tuple[str, str]]:
    """Code and both names of every language, by English name."""
    rows = sorted(LANGUAGES.values(), key=lambda row: row.name)
    return [(row.code, row.name if row.name == row.native else f"{row.name} · {row.native}") for row in rows]


def engine_choices(table: list[EngineRow], stage: str) -> list[tuple[str, str]]:
    """The engines of a stage, for a list to choose from."""
    rows = [(row.name, row.shown if row.ready else f"{row.shown} (not ready)") for row in table if row.stage == stage]
    return [(AUTO, "Automatic: the best that is ready"), *rows]


def _size_choices(table: list[EngineRow]) -> list[tuple[str, str]]:
    sizes = list(dict.fromkeys(size for row in table if row.stage == "asr" for size in row.sizes))
    named = [(size, f"{size.capitalize()}: {SIZE_NOTES[size]}" if size in SIZE_NOTES else size) for size in sizes]
    return [("", "Automatic: the best one that is here"), *named]


class DubForm(forms.Form):
    """What ``services.job_create_dubbing`` takes. Also works without scripts, as a plain multipart form."""

    source = DroppedField(
        "Video or audio",
        MEDIA,
        error_messages={"required": "Choose the video or audio file to dub.", "missing": "Choose the file again."},
    )
    source_language = forms.ChoiceField(label="Spoken in")
    target_language = forms.ChoiceField(label="Dub into")
    match = forms.ChoiceField(label="Voice", choices=DubbingJob.Match.choices, initial=DubbingJob.Match.CLOSE)
    emotion = DroppedField("Emotion reference", MEDIA, required=False)
    emotion_strength = forms.FloatField(
        label="Strength",
        min_value=0.0,
        max_value=1.0,
        initial=1.0,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "min": "0", "max": "1", "step": "0.05"}),
    )
    subtitles = DroppedField(
        "Subtitles",
        ".srt,.vtt,text/vtt",
        required=False,
        help_text="SRT or VTT. Their times and words replace recognition; in the target language also the translation.",
    )
    subtitles_are = forms.ChoiceField(
        label="The subtitles are",
        choices=DubbingJob.SubtitlesAre.choices,
        initial=DubbingJob.SubtitlesAre.SOURCE,
        required=False,
    )
    transcript = forms.CharField(
        label="Transcript",
        required=False,
        help_text="The words as they are spoken, without times. They are placed on the sound.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    glossary = forms.CharField(
        label="Glossary",
        required=False,
        help_text="One term a line: “word = translation”, or a word alone that stays as it is. Rows of a CSV or TSV "
        "file do as well.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    recognizer = forms.ChoiceField(label="Recognition", required=False)
    model_size = forms.ChoiceField(
        label="Size of the recogniser's model",
        required=False,
        help_text="For Hindi, Telugu, Tamil, Urdu and other languages of India, medium or above is recommended.",
    )
    translator = forms.ChoiceField(label="Translation", required=False)
    voice_engine = forms.ChoiceField(label="Voice engine", required=False)
    voice = forms.ModelChoiceField(
        VoiceProfile.objects.none(),
        label="Voice of the main speaker",
        required=False,
        empty_label="Their own, cut from the recording",
        error_messages={"invalid_choice": "You may not use this voice, or no longer. Choose another one."},
    )
    speaker_count = forms.TypedChoiceField(
        label="How many people speak",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Find out"), *((str(count), str(count)) for count in range(1, MOST_SPEAKERS + 1))],
    )
    emotion_reference = forms.ModelChoiceField(
        EmotionReference.objects.none(), label="A tone of your library", required=False, empty_label="None"
    )
    lipsync = forms.ChoiceField(label="Lips of the dubbed video", required=False)
    review = forms.BooleanField(label="Let me review the words before anything is spoken", required=False)
    title = forms.CharField(label="Title", required=False, max_length=200)
    submission_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, engines: list[EngineRow], owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._library(owner)
        detect = [(DETECT, "Detect the language")]
        self._choices("source_language", detect + language_choices())
        self._choices("target_language", language_choices())
        self._choices("recognizer", engine_choices(engines, "asr"))
        self._choices("model_size", _size_choices(engines))
        self._choices("translator", engine_choices(engines, "translate"))
        self._choices("voice_engine", engine_choices(engines, "tts"))
        self._choices("lipsync", lipforms.engine_choices(engines, none="As they are"))
        lipforms.add_fields(self)
        self.initial.setdefault("submission_key", uuid.uuid4().hex)

    def _library(self, owner: User) -> None:
        """Any voice that the owner may use is taken; offered are theirs, those shared with them, and favourites."""
        voice = cast("forms.ModelChoiceField[VoiceProfile]", self.fields["voice"])
        voice.queryset = clonable(owner, Purpose.JOB).exclude(fingerprint="")
        offered = voices_offered(owner, chosen=self["voice"].value() or "")
        voice.choices = [("", voice.empty_label or ""), *((str(row.pk), row.name) for row in offered)]
        tone = cast("forms.ModelChoiceField[EmotionReference]", self.fields["emotion_reference"])
        tone.queryset = emotions_of(owner).filter(status=EmotionReference.Status.READY)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = choices

    def clean_emotion_strength(self) -> float:
        """Left empty it is the whole of it."""
        value: float | None = self.cleaned_data["emotion_strength"]
        return 1.0 if value is None else value

    def clean_subtitles_are(self) -> str:
        """Left empty they are in the language that is spoken."""
        return str(self.cleaned_data["subtitles_are"] or DubbingJob.SubtitlesAre.SOURCE)

    @property
    def lip_panels(self) -> list[lipforms.LipPanel]:
        """The sliders of the engines that move lips."""
        return lipforms.panels(self)

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        given = {name: value for name, value in self.cleaned_data.items() if not lipforms.is_setting(name)}
        return given | {"lip_options": lipforms.options_of(given["lipsync"], self.cleaned_data)}

    def refuse(self, error: PipelineError | ValidationError) -> None:
        """Show what the service refused, at the field that it is about."""
        if isinstance(error, ValidationError):
            known = hasattr(error, "error_dict") and all(name in self.fields for name in error.error_dict)
            self.add_error(None, error if known else ValidationError(error.messages))
            return
        field = field_of(error)
        self.add_error(field if field in self.fields else None, str(error))


class SegmentForm(forms.Form):
    """A correction of a segment. A field that was not sent is left as it is."""

    text = forms.CharField(required=False, strip=True)
    translation = forms.CharField(required=False, strip=True)

    def changes(self) -> dict[str, str]:
        """The fields that were sent."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}


class ApiKeyForm(forms.Form):
    """A new API key: its name, and what it may do."""

    name = forms.CharField(
        label="Name of the key",
        max_length=80,
        help_text="Where you will use it, such as “laptop” or “build server”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=ApiKey.Scope.choices,
        initial=[ApiKey.Scope.READ, ApiKey.Scope.JOBS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that the key may do."},
    )


class ProfileForm(forms.Form):
    """How a person is called."""

    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
