"""Voices by how alike they sound: exact, over everything that may be seen."""

from __future__ import annotations

import uuid

import numpy as np
from django.db.models import QuerySet

from vocasync.types import FloatArray
from voices.models import VoiceProfile


def nearest(
    queryset: QuerySet[VoiceProfile], vector: FloatArray, *, offset: int = 0, limit: int = 50
) -> list[tuple[uuid.UUID, float]]:
    """The voices of ``queryset`` that sound most like ``vector`` (L2-normalised, shape (256,)), with their cosines.

    Most alike first; equals in the order of their ids. Voices without an embedding are not there.
    """
    rows = list(queryset.exclude(embedding=None).order_by("pk").values_list("pk", "embedding"))
    if not rows:
        return []
    cosines = np.stack([embedding for _, embedding in rows]) @ vector
    order = np.argsort(-cosines, kind="stable")[offset : offset + limit]
    return [(rows[at][0], float(cosines[at])) for at in order]
