"""Rows of the library for tests, without a worker having measured anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Notice, User
from tests.conftest import make_user
from voices.models import FaceProfile, VoiceProfile

PDF = b"%PDF-1.7\n1 0 obj\n"
SEEN: dict[str, Any] = {
    "size": [64, 64],
    "faces": [{"box": [8.0, 8.0, 56.0, 56.0], "landmarks": [[32.0, 32.0]] * 468, "problems": []}],
    "chosen": 0,
    "problems": [],
    "outlines": [[0, 1, 2]],
    "notes": [],
    "usable": True,
    "advice": "",
}
"""What was found on a photo."""

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


def vector(seed: int = 1) -> Any:
    """An embedding: two of different seeds are far from alike."""
    return np.random.default_rng(seed).standard_normal(256).astype(np.float32)


def voice_of(owner: User, **fields: Any) -> VoiceProfile:
    """A voice with a portrait; the owner's own, unless said otherwise."""
    given = {"owner": owner, "name": "Narrator", "whose": "own", "embedding": vector(), "grade": "A"}
    row = VoiceProfile.objects.create(**given | fields)
    return VoiceProfile.objects.select_related("owner").get(pk=row.pk)


def verified_voice(owner: User, **fields: Any) -> VoiceProfile:
    """The same, with a consent that holds."""
    return voice_of(owner, consent="verified", **fields)


def face_row(owner: User, **fields: Any) -> FaceProfile:
    """A face that can speak; the owner's own, unless said otherwise."""
    given = {
        "owner": owner, "name": "Passport", "whose": "own", "file_name": "me.jpg", "sha256": "d" * 64, "size": 9,
        "width": 64, "height": 64, "state": "ready", "chosen": 0, "report": SEEN,
    }  # fmt: skip
    return FaceProfile.objects.create(**given | fields)


def upload(content: bytes = WAV, name: str = "reading.wav") -> SimpleUploadedFile:
    """A file as a request brings it."""
    return SimpleUploadedFile(name, content)


def moderator(name: str = "mona", **fields: Any) -> User:
    """Staff in the group of moderators, and nothing else."""
    from django.contrib.auth.models import Group

    from voices.moderation.groups import MODERATORS

    user = make_user(name, is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=MODERATORS))
    return user


def told(user: User) -> list[str]:
    """What the person was told, oldest first."""
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("text", flat=True))
