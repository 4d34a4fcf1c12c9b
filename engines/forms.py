"""The forms of the engines app."""

from __future__ import annotations

from typing import Any

from django import forms

from engines.formats import MOST_LINE, MOST_TEXT
from vocasync.engines.services import Service

_EXAMPLE = '{"type": "service_account", …}'


class EngineKeyForm(forms.Form):
    """A key for a service. What was typed is never sent back."""

    key = forms.CharField(strip=True)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{service.name}_%s"
        self.service = service
        field = self.fields["key"]
        field.label = service.key[:1].upper() + service.key[1:]
        field.error_messages["required"] = f"Give the {service.key} of {service.label}."
        hidden = {"autocomplete": "off", "spellcheck": "false"}
        field.widget = (
            _HiddenText(
                attrs=hidden | {"rows": 4, "maxlength": MOST_TEXT, "placeholder": '{"type": "service_account", …}'}
            )
            if service.lines
            else forms.PasswordInput(attrs=hidden | {"autocomplete": "new-password", "maxlength": MOST_LINE})
        )


class _HiddenText(forms.Textarea):
    """Several lines that are not sent back, as those of a password field are not."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)
