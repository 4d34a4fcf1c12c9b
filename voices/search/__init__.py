"""Voices by how alike they sound: exact, over everything that may be seen.

Two ways with the same answers: the database does it where it can (PostgreSQL with pgvector), else this process does, on
a matrix of all embeddings that it keeps and brings up to date.
"""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import QuerySet

from vocasync.types import FloatArray
from voices.models import VoiceProfile
from voices.search import matrix, vectors

Found = list[tuple[uuid.UUID, float]]


def nearest(queryset: QuerySet[VoiceProfile], vector: FloatArray, *, offset: int = 0, limit: int = 50) -> Found:
    """The voices of ``queryset`` that sound most like ``vector`` (L2-normalised, shape (256,)), with their cosines.

    Most alike first; equals in the order of their ids. Voices without an embedding are not there.
    """
    if connection.vendor == "postgresql" and vectors.available():
        return vectors.nearest(queryset, vector, offset, limit)
    return matrix.nearest(queryset, vector, offset, limit)
