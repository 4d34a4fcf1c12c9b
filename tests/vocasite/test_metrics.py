"""Numbers for Prometheus: who may read them, and that they are what the workers counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from live.models import LiveSession, LiveWorker
from tests.people import Person, meet
from vocasync.pipelines.live.events import Delays
from vocasync.pipelines.live.numbers import Tally

pytestmark = pytest.mark.django_db

TOKEN = "a token of the operator's own"


@pytest.fixture
def alice() -> Person:
    return meet("alice")


def tally() -> Tally:
    found = Tally()
    for seconds in (0.1, 0.3, 4.0):
        found.delays(Delays(recognition=seconds, translation=0.01, synthesis=0.2))
    found.add(sound=20.0, heard=12.0, spoken=11.0, work=8.0, clauses=3.0)
    found.alike(0.75)
    found.error("chunks_lost", 2)
    found.drop("pauses", 1.5)
    return found


def read(settings: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    settings.METRICS_TOKEN = TOKEN
    answer = Client(headers={"Authorization": f"Bearer {TOKEN}"}).get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_what_the_workers_counted(settings: Any, alice: Person) -> None:
    LiveWorker.objects.create(name="one", address="unix:/one", room=3, sessions=2, numbers=tally().plain())
    LiveWorker.objects.create(name="new", address="unix:/new", room=3)
    LiveWorker.objects.create(name="dead", address="unix:/x", seen_at=timezone.now() - timedelta(minutes=1))
    LiveSession.objects.create(owner=alice.user, session_id="session-one", state="running")
    LiveSession.objects.create(owner=alice.user, session_id="session-two", state="lost", ended_at=timezone.now())
    found = read(settings)
    worker = ("worker", "one")

    def delay(bound: str) -> float:
        labels = (("component", "recognition"), ("le", bound), worker)
        return found["vocasync_live_delay_seconds_bucket", labels]

    assert [delay(bound) for bound in ("0.05", "0.1", "0.3", "3.0", "5.0", "+Inf")] == [0, 1, 2, 2, 3, 3]
    assert found["vocasync_live_delay_seconds_sum", (("component", "recognition"), worker)] == pytest.approx(4.4)
    assert found["vocasync_live_delay_seconds_count", (("component", "total"), worker)] == 3
    assert found["vocasync_live_sound_seconds_total", (worker,)] == 20
    assert found["vocasync_live_clauses_total", (worker,)] == 3
    assert found["vocasync_live_errors_total", (("code", "chunks_lost"), worker)] == 2
    assert found["vocasync_live_dropped_total", (("what", "pauses"), worker)] == 1.5
    assert found["vocasync_live_real_time_factor", (worker,)] == pytest.approx(0.4)
    assert found["vocasync_live_similarity", (worker,)] == pytest.approx(0.75)
    assert found["vocasync_live_worker_sessions", (worker,)] == 2
    assert found["vocasync_live_worker_room", (("worker", "new"),)] == 3
    assert found["vocasync_live_sessions", (("state", "running"),)] == 1
    assert not any(("worker", "dead") in labels for _name, labels in found)
    assert ("vocasync_live_similarity", (("worker", "new"),)) not in found  # it has compared nothing yet


def test_the_site_itself(settings: Any) -> None:
    found = read(settings)
    assert found["vocasync_component_ok", (("component", "database"),)] == 1
    assert found["vocasync_component_ok", (("component", "live"),)] == 0
    assert found["process_resident_memory_bytes", ()] > 1e6


def test_who_may_read_them(settings: Any, alice: Person) -> None:
    assert Client().get("/metrics").status_code == 401
    assert alice.browser.get("/metrics").status_code == 403
    assert alice.program.get("/metrics").status_code == 401  # a key of a person is no such token
    empty = Client(headers={"Authorization": "Bearer "})
    assert empty.get("/metrics").status_code == 401  # no token is set, and none is shown
    settings.METRICS_TOKEN = TOKEN
    assert Client(headers={"Authorization": f"Bearer {TOKEN}x"}).get("/metrics").status_code == 401
    assert Client(headers={"Authorization": "Bearer täst"}).get("/metrics").status_code == 401
    alice.user.is_staff = True
    alice.user.save()
    assert alice.browser.get("/metrics").status_code == 200
    assert Client(headers={"Authorization": f"Bearer {TOKEN}"}).post("/metrics").status_code == 405
