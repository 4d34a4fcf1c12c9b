"""A dub by a service that costs money, from the upload to the bill, with the real pipeline and a local service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from accounts.models import User
from dubbing import runner, services
from dubbing.models import DubbingJob, Job
from engines import clones, keys, spending
from engines.models import Clone
from tests import factory
from tests.vocasync.engines.local_http import Reply, serving
from tests.vocasync.engines.tts.elevenlabs_server import KEY, ElevenLabsServer
from vocasync import retries
from vocasync.engines.cache import ENGINES

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LINES = ("Nadie sabe adónde fue el dinero.", "Mi hermano compró un coche nuevo.")
SUBTITLES = "".join(
    f"{number}\n00:00:0{4 * number - 4},500 --> 00:00:0{4 * number - 1},500\n{line}\n\n"
    for number, line in enumerate(LINES, 1)
)


@pytest.fixture
def server(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ElevenLabsServer]:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with serving(ElevenLabsServer) as running:
        options = settings.ENGINES["options"] | {"elevenlabs_url": running.url}
        settings.ENGINES = settings.ENGINES | {"options": options, "network": True, "cache": str(tmp_path / "cache")}
        yield running
    ENGINES.clear()


@pytest.fixture
def job(alice: User, server: ElevenLabsServer, tmp_path: Path) -> Job:
    """Alice's dub, with her own key."""
    keys.key_set(user=alice, service="elevenlabs", key=KEY)
    sound = factory.speech(f"{factory.ENGLISH} {factory.ENGLISH}", tmp_path / "talk.wav")
    asked: dict[str, Any] = {
        "source": ContentFile(sound.read_bytes(), name="talk.wav"),
        "subtitles": ContentFile(SUBTITLES.encode(), name="talk.srt"),
    }
    return services.job_create_dubbing(
        owner=alice, subtitles_are="target", target_language="es", voice_engine="elevenlabs", **asked
    )


def test_a_dub_is_spoken_billed_and_its_copies_go_with_it(alice: User, job: Job, server: ElevenLabsServer) -> None:
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("succeeded", "")
    detail = DubbingJob.objects.get(job=job)
    assert detail.engines["voice"] == "elevenlabs eleven_multilingual_v2.1"
    assert sorted(asked.json["text"] for asked in server.spoken()) == sorted(LINES), "once each, and nothing to compare"
    [line] = spending.bill_of_job(job.pk).lines
    assert (line.amount, line.own_key) == (sum(map(len, LINES)), True)
    assert line.amount == server.characters
    assert len(server.copies) == 1
    assert [(row.user, row.job) for row in Clone.objects.all()] == [(alice, job.pk)]
    services.job_delete(job=job)
    clones.remove_ended()
    assert server.copies == {}


def test_a_key_that_is_revoked_meanwhile_is_told_and_the_job_goes_on_with_another(
    alice: User, job: Job, server: ElevenLabsServer
) -> None:
    server.keys.clear()
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "service_key")
    assert KEY not in str(job.error_params)
    assert not spending.bill_of_job(job.pk).lines
    server.keys.add(KEY[:-4] + "wxyz")
    keys.key_set(user=alice, service="elevenlabs", key=KEY[:-4] + "wxyz")
    services.job_retry(job=Job.objects.select_related("owner").get(pk=job.pk))
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"


def test_a_quota_that_is_used_up_is_told_and_what_was_paid_for_is_counted(
    alice: User, job: Job, server: ElevenLabsServer
) -> None:
    spent = Reply(401, {"detail": {"status": "quota_exceeded", "message": "You have 0 credits remaining."}})
    plain = server.answer

    def broke(asked: Any) -> Reply:
        return spent if server.characters and asked.path.startswith("/v1/text-to-speech") else plain(asked)

    server.answer = broke  # type: ignore[method-assign]
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "service_quota")
    assert spending.bill_of_job(job.pk).lines[0].amount == server.characters > 0
