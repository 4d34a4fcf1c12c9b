"""The results of a batch as one archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dubbing import selectors
from dubbing.models import Artifact, Batch, Job
from vocasync.stages.products import safe_stem
from web.archives import own_names, zipped

LEFT_OUT = ("peaks", "archive")
"""Kinds of files that only pages read, or that hold the others again."""


def packed(batch: Batch) -> Iterator[bytes]:
    """A zip archive with a folder for each job that is done, made while it is read."""
    return zipped(list(_members(batch)))


def _members(batch: Batch) -> Iterator[tuple[Path, str]]:
    done = selectors.jobs_in(batch).filter(status=Job.Status.SUCCEEDED, taken_down_at=None)
    jobs = list(done.prefetch_related("artifacts"))
    folders = own_names(safe_stem(f"{job.title}.", "portrait") for job in jobs)
    for job, folder in zip(jobs, folders, strict=True):
        for row in job.artifacts.all():
            if row.kind in LEFT_OUT:
                continue
            try:
                yield selectors.artifact_path(row), f"{folder}/{row.name}"
            except Artifact.DoesNotExist:
                continue
