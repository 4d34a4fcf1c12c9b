"""People, jobs, and the small dub of text files."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django_q.models import OrmQ

from accounts.models import User
from dubbing.models import DubbingJob, Job
from voices.files import reference
from voices.models import VoiceProfile

DETAIL = ("review", "reviewed_at", "voice", "speaker_count", "emotion_reference", "voice_engine")
LINES = "\n".join(f"Sentence number {number}." for number in range(8))


@pytest.fixture
def text_dubs(settings: Any) -> None:
    """Jobs are done by :class:`tests.dubbing.textdub.TextDub`."""
    settings.PIPELINES = {"dubbing": "tests.dubbing.textdub:pipeline"}


def make_voice(owner: User, name: str = "Deep", **fields: Any) -> VoiceProfile:
    """A voice of the library that can be dubbed with: it has a reference, though no samples."""
    voice = VoiceProfile.objects.create(owner=owner, name=name, whose="own", fingerprint=f"{name}'s mark", **fields)
    path = reference(voice.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    return voice


def hints() -> list[tuple[str, Any]]:
    """(function, id) of what waits in the queue."""
    return [
        (task["func"].rsplit(".", 1)[-1], task["args"][0]) for task in (row.task for row in OrmQ.objects.order_by("pk"))
    ]


def make_job(owner: User, text: str = LINES, **fields: Any) -> Job:
    """A queued job with a text source."""
    detail = {name: fields.pop(name) for name in DETAIL if name in fields}
    job = Job.objects.create(owner=owner, kind=Job.Kind.DUBBING, title="A talk", **fields)
    row = DubbingJob(job=job, source_name="talk.mp4", source_language="en", target_language="es", **detail)
    row.source.save("talk.mp4", ContentFile(text.encode()), save=False)
    row.save(force_insert=True)
    return job
