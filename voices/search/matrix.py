"""The search in this process: one matrix of every voice's embedding, 1 KB a voice."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from django.db.models import Count, Max, QuerySet
from numpy.typing import NDArray

from vocasync.types import FloatArray
from voices.models import VoiceProfile
from voices.models.vectors import DIMENSIONS

FEW = 400
"""A selection of up to so many voices is read whole; of a larger one, the most alike are looked up, block by block."""

_BLOCK, _LEAST_BLOCK = 400, 32


class Matrix:
    """Ids and embeddings of all voices, in the order of their ids. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: tuple[int, datetime | None] = (0, None)
        self.ids: NDArray[np.object_] = np.empty(0, object)
        self.vectors: FloatArray = np.empty((0, DIMENSIONS), np.float32)

    def refresh(self) -> tuple[NDArray[np.object_], FloatArray]:
        """Bring it up to date with the database; what did not change is not read again."""
        with self._lock:
            rows = VoiceProfile.objects.filter(embedding__isnull=False).order_by()
            found = rows.aggregate(count=Count("pk"), last=Max("updated_at"))
            stamp = (found["count"], found["last"])
            if stamp != self._stamp:
                self._catch_up(rows, stamp)
            return self.ids, self.vectors

    def _catch_up(self, rows: QuerySet[VoiceProfile], stamp: tuple[int, datetime | None]) -> None:
        _, last = self._stamp
        there = set(rows.values_list("pk", flat=True))
        known = {pk: vector for pk, vector in zip(self.ids, self.vectors, strict=True) if pk in there}
        changed = rows if last is None else rows.filter(updated_at__gte=last)
        known |= dict(changed.values_list("pk", "embedding"))
        missing = list(there - known.keys())
        for first in range(0, len(missing), _BLOCK):  # older than what was there, as after an import
            known |= dict(rows.filter(pk__in=missing[first : first + _BLOCK]).values_list("pk", "embedding"))
        ids = sorted(known)
        self.ids = np.array(ids, object)
        self.vectors = np.stack([known[pk] for pk in ids]) if ids else np.empty((0, DIMENSIONS), np.float32)
        self._stamp = (len(ids), stamp[1])


_MATRIX = Matrix()


def nearest(
    queryset: QuerySet[VoiceProfile], vector: FloatArray, offset: int, limit: int
) -> list[tuple[uuid.UUID, float]]:
    """See :func:`voices.search.nearest`."""
    ids, vectors = _MATRIX.refresh()
    cosines = vectors @ np.asarray(vector, np.float32)
    wanted = offset + limit
    order = _in_order(cosines, ids, queryset, wanted)
    found = [(ids[at], float(cosines[at])) for _, at in zip(range(wanted), order, strict=False)]
    return found[offset:]


def _in_order(
    cosines: FloatArray, ids: NDArray[np.object_], queryset: QuerySet[VoiceProfile], wanted: int
) -> Iterator[int]:
    """Places in the matrix of the queryset's voices, most alike first. wanted: how many will be asked for.

    A query that names hundreds of ids costs more to write than to answer: the first block is as large as is likely
    to do, each further one twice that.
    """
    few = set(queryset.order_by().values_list("pk", flat=True)[: FEW + 1])
    order = np.argsort(-cosines, kind="stable")
    if len(few) <= FEW:
        yield from (int(at) for at in order if ids[at] in few)
        return
    first, size = 0, min(_BLOCK, max(_LEAST_BLOCK, 4 * wanted))
    while first < len(order):
        block = order[first : first + size]
        first, size = first + size, min(_BLOCK, 2 * size)
        seen = set(queryset.filter(pk__in=list(ids[block])).order_by().values_list("pk", flat=True))
        yield from (int(at) for at in block if ids[at] in seen)
