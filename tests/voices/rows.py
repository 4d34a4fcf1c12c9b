"""Rows of the library for tests, without a worker having measured anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Notice, User
from tests.conftest import make_user
from voices.models import VoiceProfile

PDF = b"%PDF-1.7\n1 0 obj\n"
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
