"""Whether the site is well: said to everybody, and why to whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from live.models import LiveWorker
from tests.people import Person, meet, program_of
from vocasite import health
from voices.models import Errand

pytestmark = pytest.mark.django_db


@pytest.fixture
def well(settings: Any, tmp_path: Path) -> LiveWorker:
    """A site of which every part is there."""
    settings.MEDIA_ROOT = tmp_path
    return LiveWorker.objects.create(name="one", address="unix:/one", room=3, sessions=1)


@pytest.fixture
def alice() -> Person:
    return meet("alice")


def parts(person: Person) -> dict[str, Any]:
    return {row["name"]: row for row in person.program.get("/api/health").json()["components"]}


def test_everybody_is_told_whether_and_not_why(client: Client, well: LiveWorker) -> None:
    for path in ("/api/health", "/api/health/"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    well.delete()
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "degraded"})


def test_whoever_is_signed_in_is_told_of_each_component_and_engine(alice: Person, well: LiveWorker) -> None:
    body = alice.browser.get("/api/health").json()
    assert [row["name"] for row in body["components"]] == list(health.LOOKS)
    assert all(row["ok"] for row in body["components"]), body["components"]
    speakers = {row["name"]: row for row in body["engines"]["tts"]}
    assert speakers["espeak"] == {"name": "espeak", "ready": True, "missing": ""}
    assert speakers["xtts"]["missing"]
    assert {"asr", "translate", "tts"} <= set(body["engines"])


def test_a_wrong_key_and_one_that_may_not_read(alice: Person, well: LiveWorker) -> None:
    assert Client(headers={"Authorization": "Bearer voca_no_such"}).get("/api/health").status_code == 401
    assert program_of(alice, ["jobs"]).get("/api/health").status_code == 403


def test_live_workers(alice: Person, well: LiveWorker, settings: Any) -> None:
    assert parts(alice)["live"]["detail"] == "1 workers, 1 sessions of 3."
    LiveWorker.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert parts(alice)["live"]["ok"] is False
    settings.LIVE_WORKERS = 0  # none is wanted
    assert parts(alice)["live"]["ok"] is True


def test_work_that_nobody_does(alice: Person, well: LiveWorker) -> None:
    errand = Errand.objects.create(owner=alice.user, kind="preview", subject="1")
    assert parts(alice)["queue"]["ok"] is True  # not for long yet
    Errand.objects.update(created_at=timezone.now() - timedelta(hours=1))
    found = parts(alice)["queue"]
    assert (found["ok"], "manage.py worker" in found["detail"]) == (False, True)
    busy = timezone.now() + timedelta(seconds=20)
    Errand.objects.create(owner=alice.user, kind="preview", subject="2", status="running", lease_until=busy)
    assert parts(alice)["queue"]["ok"] is True
    errand.delete()
    assert parts(alice)["queue"]["detail"] == "1 under way, 0 wait."


def test_no_room_on_the_disk(alice: Person, well: LiveWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)
    assert parts(alice)["disk"]["ok"] is False


def test_files_that_cannot_be_written(alice: Person, well: LiveWorker, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "not a folder"
    settings.MEDIA_ROOT.touch()
    assert parts(alice)["files"]["ok"] is False


def test_a_redis_that_is_not_there(alice: Person, well: LiveWorker, settings: Any) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": nowhere}}
    assert parts_anonymous()["cache"].ok is False


def parts_anonymous() -> dict[str, health.Component]:
    return {one.name: one for one in health.components()}


def gone(execute: Callable[..., Any], *asked: Any) -> Any:
    raise OperationalError("the server closed the connection unexpectedly")


def test_a_database_that_is_away(alice: Person, well: LiveWorker, caplog: pytest.LogCaptureFixture) -> None:
    with connection.execute_wrapper(gone):
        for client in (Client(), alice.browser):
            answer = client.get("/api/health")
            assert (answer.status_code, answer.json()) == (503, {"status": "degraded"})
        found = parts_anonymous()
    assert [name for name, one in found.items() if not one.ok] == ["database", "queue", "live"]
    assert "closed the connection" not in found["database"].detail
