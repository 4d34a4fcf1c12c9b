"""Forms of consent, publicity, reports and appeals."""

from __future__ import annotations

from django import forms

from voices.forms import PageForm
from voices.models import Report

STATEMENTS = ".pdf,.png,.jpg,.jpeg,.txt,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm"


def _words(label: str, limit: int, *, required: str = "", rows: int = 4, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        required=bool(required),
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required},
    )


class StatementForm(PageForm):
    """Another person's statement."""

    person_name = forms.CharField(
        label="Whose voice it is",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say whose voice it is."},
    )
    statement = forms.FileField(
        label="Their statement",
        widget=forms.FileInput(attrs={"accept": STATEMENTS}),
        allow_empty_file=True,
        max_length=None,
        help_text="PDF, PNG, JPEG, plain text or a recording; 10 MB at most.",
        error_messages={"required": "Choose the statement.", "missing": "Choose the file again."},
    )
    declared = forms.BooleanField(error_messages={"required": "Declare it first."})


class FaceStatementForm(StatementForm):
    """The same for a face."""

    person_name = forms.CharField(
        label="Whose face it is",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say whose face it is."},
    )


class PickForm(PageForm):
    """Which of several faces speaks."""

    number = forms.IntegerField(min_value=0, error_messages={"required": "Pick one of the faces."})


class WithdrawForm(PageForm):
    """The end of a consent."""

    reason = _words("Why (optional)", 2000, rows=2)


class PublishForm(PageForm):
    """A request for a voice to be public."""

    note = _words(
        "For the moderators", 2000, help_text="What the voice is for, and what may help them to decide. Optional."
    )


class ReportForm(PageForm):
    """Something of somebody else's that is wrong."""

    reason = forms.ChoiceField(
        label="What is wrong?",
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong."},
    )
    details = _words(
        "What should the moderators know?", 4000, help_text="Optional. Its owner does not see who reported it."
    )


class AppealForm(PageForm):
    """The one appeal against a decision."""

    text = _words("Why the decision is wrong", 4000, required="Say why the decision is wrong.")
