"""Faces of the library for tests, without a worker having looked at them."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from tests import factory
from voices.files import face_picture
from voices.models import FaceProfile


def make_face(owner: User, name: str = "Ada", **fields: Any) -> FaceProfile:
    """A face that can be made to speak, of the owner's own; its picture is a small PNG with nobody in it."""
    given: dict[str, Any] = {"whose": "own", "state": FaceProfile.State.READY, "file_name": f"{name}.jpg", "chosen": 0}
    face = FaceProfile.objects.create(owner=owner, name=name, **(given | fields))
    path = face_picture(face.pk)
    path.parent.mkdir(parents=True)
    factory.image(path)
    return face
