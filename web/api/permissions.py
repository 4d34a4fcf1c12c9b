"""Who may use an address of the REST interface."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey


class InPerson(BasePermission):
    """Not with an API key: a key that leaked must not make others that outlive it."""

    message = "API keys are made and revoked by a person who is signed in, not with another key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in ("GET", "HEAD", "OPTIONS") or not isinstance(request.auth, ApiKey)
