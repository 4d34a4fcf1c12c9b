"""The log of a job: one number an event, whoever writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from dubbing import events, pace, selectors
from dubbing.models import Job, JobEvent
from tests.dubbing.conftest import make_job
from tests.work.test_leases import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_writers_at_once_get_numbers_without_gaps_or_doubles(alice: User) -> None:
    job = make_job(alice)
    together(lambda: [events.record(job, "note", {"text": "x"}) for _ in range(10)], 6)
    assert list(JobEvent.objects.filter(job=job).values_list("seq", flat=True)) == list(range(1, 61))


def test_progress_is_throttled_whoever_it_comes_from(alice: User) -> None:
    job = make_job(alice)
    told = together(lambda: events.record(job, "progress", {"progress": 0.1}), 5)
    assert sum(event is not None for event in told) == 1
    JobEvent.objects.update(at=timezone.now() - timedelta(seconds=1))
    assert events.record(job, "progress", {"progress": 0.2}) is not None


def test_pruned_progress_never_takes_the_numbers_back(alice: User) -> None:
    job = make_job(alice)
    events.record(job, "status", {"status": "running", "stage": "ingest", "progress": 0.0})
    for number in range(3):
        events.record(job, "progress", {"progress": number / 10})
        JobEvent.objects.update(at=timezone.now() - timedelta(seconds=1))
    assert events.prune(job) == 2
    assert [row["seq"] for row in selectors.events_after(job.pk, 0)] == [1, 4]
    added = events.record(job, "note", {})
    assert added is not None
    assert added.seq == 5


def test_a_deleted_job_has_no_log(alice: User) -> None:
    job = make_job(alice)
    Job.objects.filter(pk=job.pk).delete()
    assert events.record(job, "note", {}) is None


def test_time_left_follows_the_measured_speed() -> None:
    start = timezone.now()

    def at(seconds: float) -> object:
        return start + timedelta(seconds=seconds)

    marks = [
        (at(0), "queued", 0.0),
        (at(50), "running", 0.0),  # 50 s in the queue do not count
        (at(60), "running", 0.1),  # 0.1 took 10 s
        (at(70), "waiting", 0.2),  # and again
        (at(500), "queued", 0.2),  # neither does a person's time
        (at(510), "running", 0.2),
    ]
    measured = pace.from_marks(marks)  # type: ignore[arg-type]
    assert (measured.past_seconds, measured.past_progress) == (pytest.approx(20), pytest.approx(0.2))
    assert measured.eta(measured.since, 0.2, 0.6) == 80
    # This stage turns out twice as slow: 0.1 in 20 s; it lasts to 0.6, the rest goes at the mean of 40 s for 0.3.
    assert measured.eta(measured.since + timedelta(seconds=20), 0.3, 0.6) == round(0.3 * 200 + 0.4 * 40 / 0.3)
    assert pace.Pace(start, 0.0).eta(start, 0.0, 0.1) is None
