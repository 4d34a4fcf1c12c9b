"""Speaker embeddings in a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import models

from vocasync.types import FloatArray

DIMENSIONS = 256


class EmbeddingField(models.BinaryField):  # type: ignore[type-arg]
    """An L2-normalised speaker embedding: float32, shape (256,), little-endian bytes in the database, or None.

    Reads give a NumPy array; any array of that length can be written, and is normalised.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> FloatArray | None:
        return None if value is None else np.frombuffer(bytes(value), "<f4")

    def to_python(self, value: Any) -> FloatArray | None:
        return None if value is None else np.asarray(value, np.float32)

    def get_prep_value(self, value: Any) -> bytes | None:
        return None if value is None else packed(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else packed(value).hex()


def packed(vector: Any) -> bytes:
    """The bytes of a vector, normalised. Raises ValueError for another length, or nothing at all in it."""
    array = np.asarray(vector, "<f4")
    length = float(np.linalg.norm(array))
    if array.shape != (DIMENSIONS,) or not np.isfinite(length) or length == 0:
        raise ValueError(f"not an embedding: shape {array.shape}, length {length}")
    return (array / np.float32(length)).astype("<f4").tobytes()
