"""People, jobs, and the small dub of text files."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django_q.models import OrmQ

from accounts.models import User
from dubbing.models import DubbingJob, Job

LINES = "\n".join(f"Sentence number {number}." for number in range(8))


@pytest.fixture
def text_dubs(settings: Any) -> None:
    """Jobs are done by :class:`tests.dubbing.textdub.TextDub`."""
    settings.PIPELINES = {"dubbing": "tests.dubbing.textdub:pipeline"}


def hints() -> list[tuple[str, Any]]:
    """(function, id) of what waits in the queue."""
    return [
        (task["func"].rsplit(".", 1)[-1], task["args"][0]) for task in (row.task for row in OrmQ.objects.order_by("pk"))
    ]


def make_job(owner: User, text: str = LINES, **fields: Any) -> Job:
    """A queued job with a text source."""
    detail = {name: fields.pop(name) for name in ("review", "reviewed_at") if name in fields}
    job = Job.objects.create(owner=owner, kind=Job.Kind.DUBBING, title="A talk", **fields)
    row = DubbingJob(job=job, source_name="talk.mp4", source_language="en", target_language="es", **detail)
    row.source.save("talk.mp4", ContentFile(text.encode()), save=False)
    row.save(force_insert=True)
    return job
