"""A service's key that is revoked in the middle of a job: what a person reads, and how it goes on with another key."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files import File
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from dubbing import runner, services
from dubbing.models import Job, Segment
from engines.keys import key_set
from tests.vocasync.engines.local_http import Asked, Reply, serving
from tests.vocasync.engines.translate.servers import deepl
from tests.vocasync.pipelines.conftest import subtitles, talk
from vocasync.engines.cache import ENGINES

__all__ = ["subtitles", "talk"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]

REFUSED = "DeepL refuses the key: it is wrong, was revoked, or may not do this."
NEW = "f3a1c5d7-0b2e-4a68-9c3d-1e5f7a9b0c2d:fx"


class Revoking(deepl.DeepLServer):
    """``works``: the key that is good now."""

    works = deepl.KEY

    def answer(self, asked: Asked) -> Reply:
        given = asked.headers.get("authorization", "")
        if given != f"DeepL-Auth-Key {self.works}":
            return Reply(403, {"message": f"{given} was revoked."})
        asked.headers["authorization"] = f"DeepL-Auth-Key {deepl.KEY}"  # type: ignore[index]
        return super().answer(asked)


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Revoking]:
    with serving(Revoking) as server:
        given = settings.ENGINES
        settings.ENGINES = given | {"network": True, "options": given["options"] | {"deepl_url": server.url}}
        yield server
        ENGINES.clear()


def submit(owner: User, talk: Path, subtitles: Path, **fields: str) -> Job:
    with talk.open("rb") as film, subtitles.open("rb") as words:
        return services.job_create_dubbing(
            owner=owner,
            source=File(film, name="talk.mp4"),
            subtitles=File(words, name="talk.srt"),
            source_language="en",
            target_language="es",
            translator="deepl",
            **fields,
        )


def test_a_revoked_key_is_said_everywhere_and_another_one_goes_on(
    alice: User, client: Client, vendor: Revoking, talk: Path, subtitles: Path
) -> None:
    key_set(user=alice, service="deepl", key=deepl.KEY)
    job = submit(alice, talk, subtitles, glossary="garden = huerto\nchildren")
    vendor.works = NEW
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "service_key")
    client.force_login(alice)
    told = client.get(f"/api/jobs/{job.pk}").json()["error"]
    assert told["message"].startswith(REFUSED)
    assert REFUSED in client.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert deepl.KEY not in str([*job.events.values_list("payload"), told, job.error_params])
    key_set(user=alice, service="deepl", key=NEW)
    services.job_retry(job=job)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error_params
    made = [row.translation for row in Segment.objects.filter(job=job).order_by("index")]
    assert made == ["«ES» gOOD MORNING.", "«ES» tHE children ARE PLAYING IN THE huerto.", "«ES» sEE YOU TOMORROW."]
    assert job.dubbing.engines["translation"] == "deepl"


def test_the_shell_says_the_same(
    vendor: Revoking, talk: Path, subtitles: Path, tmp_path: Path, settings: Settings
) -> None:
    vendor.works = NEW
    settings.ENGINES = settings.ENGINES | {"keys": settings.ENGINES["keys"] | {"deepl": deepl.KEY}}
    words = tmp_path / "words.csv"
    words.write_text("garden,huerto\n", "utf-8")
    asked = [talk, "--from", "en", "--to", "es", "--subtitles", subtitles, "--out", tmp_path / "out"]
    asked += ["--translator", "deepl", "--glossary", words, "--workers", 1, "--yes"]
    with pytest.raises(CommandError) as caught:
        call_command("dub", *map(str, asked), stdout=io.StringIO())
    assert str(caught.value).startswith(REFUSED)
    assert deepl.KEY not in str(caught.value)
