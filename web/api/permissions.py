"""Who may use an address of the REST interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts.models import ApiKey
from vocasync.errors import PipelineError

if TYPE_CHECKING:
    # They read the settings, which name these permissions.
    from rest_framework.request import Request
    from rest_framework.views import APIView

Scope = ApiKey.Scope


class HasScope(BasePermission):
    """An API key does what its scopes name: to read needs ``read``, to write the view's ``scope``.

    A view that writes and has no ``scope`` is for people alone. Whoever comes with a session is one.
    """

    message = "This is done by a person who is signed in, not with an API key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = request.method or ""
        if not isinstance(request.auth, ApiKey) or not hasattr(view, method.lower()):
            return True  # a method that the view does not have is answered with 405
        needed: str | None = Scope.READ if method in SAFE_METHODS else getattr(view, "scope", None)
        if needed is None:
            return False
        if not request.auth.opens(needed):
            raise PipelineError("scope_missing", scope=str(needed), meaning=Scope(needed).label)
        return True


class InPerson(BasePermission):
    """Not with an API key: a key that leaked must not make others that outlive it, nor put other people's in the place
    of its owner's."""

    message = "Keys are made, set and revoked by a person who is signed in, not with an API key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or not isinstance(request.auth, ApiKey)
