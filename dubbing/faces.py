"""The face of a portrait: one of the library, or a picture that becomes one."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from accounts.models import User
from dubbing.files import Upload
from voices.models import FaceProfile
from web.problems import about


def face_of(owner: User, face: FaceProfile | None, picture: Upload | None, whose: str, person_name: str) -> FaceProfile:
    """The face that was chosen, or a new one of the library. Raises ValidationError by field, and what a picture that
    cannot be read raises, about ``picture``."""
    if face is not None and picture is None:
        return face
    if face is not None or picture is None:
        raise ValidationError({"picture": "Choose a face of your library, or bring a photo: one of the two."})
    with about("picture"):
        raise ValidationError({"picture": "Not there yet."})
