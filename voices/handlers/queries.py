"""A clip to search with is listened to, and forgotten."""

from __future__ import annotations

from typing import Any

from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Progress
from voices import files
from voices.models import Errand, SoundQuery
from work.engines import engine_config


def listen(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Keep what the clip sounds like; the clip itself is deleted."""
    from vocasync.pipelines.library import embed_clip

    query = SoundQuery.objects.filter(pk=errand.subject).first()
    if query is None:
        raise Cancelled
    progress.report(0.0, "Listening to the clip")
    query.embedding = embed_clip(files.query_clip(query.pk), query.name, engine_config(), progress)
    query.save(update_fields=["embedding"])
    files.remove(files.query_root(query.pk))
    return {"query": str(query.pk)}


def failed(errand: Errand, error: PipelineError) -> None:
    """Nothing can be searched with this clip."""
    for query in SoundQuery.objects.filter(pk=errand.subject):
        files.remove_on_commit(files.query_root(query.pk))
