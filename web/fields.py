"""Fields that several forms have."""

from __future__ import annotations

from typing import Any

from django import forms


class DroppedField(forms.FileField):
    """A file that is dropped on a page, or chosen. An empty one is for the service to refuse, in better words."""

    def __init__(self, label: str, accept: str, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            allow_empty_file=True,
            max_length=None,
            widget=forms.FileInput(attrs={"accept": accept}),
            **kwargs,
        )
