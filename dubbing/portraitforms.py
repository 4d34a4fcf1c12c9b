"""The forms of talking portraits: one, or several at once."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from dubbing import lipforms
from dubbing.forms import MEDIA, engine_choices, language_choices
from dubbing.models import JobDetail
from dubbing.portraits import FPS, MOST_BUFFER, Portrait
from dubbing.scripted import Said
from vocasync.engines.auto import AUTO
from voices.consent import Purpose, clonable
from voices.forms import PageForm
from voices.models import EmotionReference, FaceProfile, VoiceProfile
from voices.selectors import emotions_of, voices_offered
from web.fields import DroppedField
from work.engines import EngineRow

SCRIPTS = ".txt,.md,.srt,.vtt,text/plain,text/markdown"
NO_FACE = {"invalid_choice": "You have no such face, or it cannot be used. Choose another one."}


class SpokenForm(PageForm):
    """How a portrait speaks and moves, whatever it says."""

    target_language = forms.ChoiceField(label="Language")
    voice = forms.ModelChoiceField(
        VoiceProfile.objects.none(),
        label="Voice",
        required=False,
        empty_label="The engine's own voice",
        error_messages={"invalid_choice": "You may not use this voice, or no longer. Choose another one."},
    )
    match = forms.ChoiceField(label="What matters more?", choices=JobDetail.Match.choices, required=False)
    voice_engine = forms.ChoiceField(label="Voice engine", required=False)
    lipsync = forms.ChoiceField(label="Lips", required=False)
    fps = forms.FloatField(label="Frames a second", min_value=FPS[0], max_value=FPS[1], initial=25, required=False)
    buffer_frames = forms.IntegerField(
        label="Frames after the sound", min_value=0, max_value=MOST_BUFFER, initial=3, required=False
    )
    motion = forms.BooleanField(label="Head, eyes and brows move", initial=True, required=False)
    ai_mark = forms.BooleanField(label="A visible “AI” mark", initial=True, required=False)
    title = forms.CharField(label="Title", required=False, max_length=200)
    submission_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, engines: list[EngineRow], owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        voice = cast("forms.ModelChoiceField[VoiceProfile]", self.fields["voice"])
        voice.queryset = clonable(owner, Purpose.JOB).exclude(fingerprint="")
        offered = voices_offered(owner, chosen=self["voice"].value() or "")
        voice.choices = [("", voice.empty_label or ""), *((str(row.pk), row.name) for row in offered)]
        self.offer("target_language", language_choices())
        self.offer("voice_engine", engine_choices(engines, "tts"))
        self.offer("lipsync", lipforms.engine_choices(engines))
        self.initial.setdefault("submission_key", uuid.uuid4().hex)
        lipforms.add_fields(self)

    def library(self) -> QuerySet[FaceProfile]:
        """The faces that can be chosen, newest first."""
        return FaceProfile.objects.filter(owner=self.owner).exclude(state=FaceProfile.State.REFUSED)

    @property
    def lip_panels(self) -> list[lipforms.LipPanel]:
        """The sliders, by engine."""
        return lipforms.panels(self)

    def moved(self) -> dict[str, Any]:
        """What of :class:`Portrait` all portraits of this form have in common."""
        given = self.cleaned_data
        engine = given["lipsync"] or AUTO
        fps, buffered = given["fps"], given["buffer_frames"]
        return {
            "lipsync": engine,
            "lip_options": lipforms.options_of(engine, given),
            "fps": 25.0 if fps is None else fps,
            "buffer_frames": 3 if buffered is None else buffered,
            "motion": given["motion"],
            "ai_mark": given["ai_mark"],
        }

    def spoken(self) -> dict[str, Any]:
        """The same of :class:`Said`."""
        given = self.cleaned_data
        return {
            "language": given["target_language"],
            "engine": given["voice_engine"] or AUTO,
            "voice": given["voice"],
            "match": given["match"] or JobDetail.Match.CLOSE.value,
        }


class PortraitForm(SpokenForm):
    """A talking portrait. Also works without scripts, as a plain multipart form."""

    face = forms.ModelChoiceField(
        FaceProfile.objects.none(), label="A face of your library", required=False, error_messages=NO_FACE
    )
    picture = DroppedField("A photo", "image/*", required=False)
    whose = forms.ChoiceField(label="Whose face is it?", choices=FaceProfile.Whose.choices, required=False)
    person_name = forms.CharField(label="Name of the person", required=False, max_length=120)
    declared = forms.BooleanField(required=False)
    chosen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    text = forms.CharField(label="What it says", required=False, widget=forms.Textarea(attrs={"rows": 6}))
    script = DroppedField("A file with the text", SCRIPTS, required=False)
    sound = DroppedField("A finished recording", MEDIA, required=False)
    reference = DroppedField("A clip of the voice", MEDIA, required=False)
    i_may_use_this_voice = forms.BooleanField(required=False)
    emotion = DroppedField("Emotion reference", MEDIA, required=False)
    emotion_reference = forms.ModelChoiceField(
        EmotionReference.objects.none(), label="A tone of your library", required=False, empty_label="None"
    )
    emotion_strength = forms.FloatField(
        label="Strength",
        min_value=0.0,
        max_value=1.0,
        initial=1.0,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "min": "0", "max": "1", "step": "0.05"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        face = cast("forms.ModelChoiceField[FaceProfile]", self.fields["face"])
        face.queryset = self.library()
        tone = cast("forms.ModelChoiceField[EmotionReference]", self.fields["emotion_reference"])
        tone.queryset = emotions_of(self.owner).filter(status=EmotionReference.Status.READY)

    def clean(self) -> dict[str, Any]:
        """Whose photo it is has to be declared."""
        given = super().clean() or self.cleaned_data
        if given.get("picture") and not given.get("declared"):
            self.add_error("declared", "Declare it first.")
        return given

    def said(self) -> Said:
        """What is to be said, and how."""
        given = self.cleaned_data
        strength = given["emotion_strength"]
        return Said(
            **self.spoken(),
            text=given["text"],
            script=given["script"],
            reference=given["reference"],
            declared=given["i_may_use_this_voice"],
            emotion=given["emotion"],
            emotion_reference=given["emotion_reference"],
            emotion_strength=1.0 if strength is None else strength,
        )

    def portrait(self, face: FaceProfile) -> Portrait:
        """What is asked for."""
        given = self.cleaned_data
        return Portrait(
            said=self.said(),
            face=face,
            picture=given["picture"],
            chosen=given["chosen"],
            sound=given["sound"],
            title=given["title"],
            **self.moved(),
        )


class SeveralForm(SpokenForm):
    """Several portraits as one submission: faces that say the same, or one that says several things."""

    faces = forms.ModelMultipleChoiceField(
        FaceProfile.objects.none(),
        label="Faces",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one face.", "invalid_choice": NO_FACE["invalid_choice"]},
    )
    text = forms.CharField(label="What they say", required=False, widget=forms.Textarea(attrs={"rows": 5}))
    scripts = DroppedField(
        "A table of scripts",
        ".csv,text/csv",
        required=False,
        help_text="CSV with a row of headings: title, text, and if you like language, voice and emotion. A portrait is "
        "made of each row.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = cast("forms.ModelMultipleChoiceField[FaceProfile]", self.fields["faces"])
        chosen.queryset = self.library()

    def portrait(self, face: FaceProfile) -> Portrait:
        """What all have in common, as of the first face."""
        said = Said(**self.spoken(), text=self.cleaned_data["text"])
        return Portrait(said=said, face=face, title=self.cleaned_data["title"], **self.moved())
