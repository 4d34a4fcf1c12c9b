"""What every part of the REST interface sends."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[Any]):
    """Every error. ``code`` is for programs and stays; ``message`` is for people and ends in what to do."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(required=False, help_text="The field that the error is about.")
    fields_ = serializers.DictField(required=False, help_text="Errors by field, of a request that is not well-formed.")
    id = serializers.CharField(required=False, help_text="The id under which an internal error was logged.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        fields["fields"] = fields.pop("fields_")  # ``fields`` itself is an attribute of every serializer
        return fields
