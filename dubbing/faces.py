"""The face of a portrait: one of the library, or a photo that becomes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from dubbing.files import Upload
from voices import files
from voices.models import FaceProfile
from voices.services import face_create


@contextmanager
def face_for(
    owner: User, face: FaceProfile | None, picture: Upload | None, *, whose: str, person_name: str
) -> Iterator[FaceProfile]:
    """The face that was chosen, or a new one of the library, which goes again where what is done inside is refused.

    Raises ValidationError by field, and what :func:`voices.services.face_create` does.
    """
    if picture is None and face is not None:
        yield face
        return
    if picture is None or face is not None:
        raise ValidationError({"picture": "Choose a face of your library, or bring a photo: one of the two."})
    if not whose:
        raise ValidationError({"whose": "Say whose face it is."})
    with transaction.atomic():
        made = face_create(owner=owner, upload=picture, whose=whose, person_name=person_name)
        with files.undone(files.face_root(made.pk)):
            yield made
