"""The search in PostgreSQL, with pgvector: a table of vectors beside the voices, brought up to date when it is asked.

Exact: no index that approximates. 10,000 voices are compared in milliseconds.
"""

from __future__ import annotations

import uuid
from functools import cache

from django.db import ProgrammingError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import FloatField, QuerySet
from django.db.models.expressions import RawSQL

from vocasync.types import FloatArray
from voices.models import VoiceProfile

TABLE = "voices_vector"
_CREATE = f"""
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS {TABLE} (
    voice_id uuid PRIMARY KEY,
    vector vector(256) NOT NULL,
    updated_at timestamptz NOT NULL
)
"""

_STALE = f"""
SELECT voice.id FROM voices_voiceprofile voice LEFT JOIN {TABLE} kept ON kept.voice_id = voice.id
WHERE voice.embedding IS NOT NULL AND kept.updated_at IS DISTINCT FROM voice.updated_at
"""  # noqa: S608 (no value from outside)
_KEEP = f"""
INSERT INTO {TABLE} (voice_id, vector, updated_at) VALUES (%s, %s::vector, %s)
ON CONFLICT (voice_id) DO UPDATE SET vector = excluded.vector, updated_at = excluded.updated_at
"""  # noqa: S608
_DROP = f"DELETE FROM {TABLE} kept WHERE NOT EXISTS (SELECT 1 FROM voices_voiceprofile v WHERE v.id = kept.voice_id)"  # noqa: S608
_COSINE = f"(SELECT 1 - (kept.vector <=> %s::vector) FROM {TABLE} kept WHERE kept.voice_id = voices_voiceprofile.id)"  # noqa: S608


def create(database: BaseDatabaseWrapper) -> bool:
    """Make the table, for a migration; False where the server has no pgvector, or the site's role may not load it."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
        if cursor.fetchone() is None:
            return False
        try:
            with transaction.atomic(using=database.alias):
                cursor.execute(_CREATE)
        except ProgrammingError:
            return False
    return True


@cache
def available() -> bool:
    """Whether the table is there: migrations make it where the server has the extension."""
    with connection.cursor() as cursor:
        return TABLE in connection.introspection.table_names(cursor)


def nearest(
    queryset: QuerySet[VoiceProfile], vector: FloatArray, offset: int, limit: int
) -> list[tuple[uuid.UUID, float]]:
    """See :func:`voices.search.nearest`."""
    catch_up()
    cosine = RawSQL(_COSINE, [_text(vector)], output_field=FloatField())  # noqa: S611 (the vector is a parameter)
    rows = queryset.filter(embedding__isnull=False).annotate(cosine=cosine).order_by("-cosine", "pk")
    return list(rows.values_list("pk", "cosine")[offset : offset + limit])


def catch_up() -> None:
    """Keep the vectors of voices that changed since they were last kept."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        stale = [row[0] for row in cursor.fetchall()]
        if stale:
            cursor.execute(_DROP)
        for first in range(0, len(stale), 500):
            rows = VoiceProfile.objects.filter(pk__in=stale[first : first + 500]).filter(embedding__isnull=False)
            cursor.executemany(_KEEP, [(row.pk, _text(row.embedding), row.updated_at) for row in rows.iterator()])


def _text(vector: FloatArray) -> str:
    return "[" + ",".join(repr(float(value)) for value in vector) + "]"
