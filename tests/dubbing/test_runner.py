"""A job's way through its stages: results, failures, review, cancelling."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from dubbing import failures, files, runner, services
from dubbing.models import Artifact, DubbingJob, Job, JobEvent, Segment, Take, WorkUnit
from dubbing.reaper import reap
from tests.dubbing.conftest import LINES, hints, make_job
from tests.dubbing.textdub import logged
from tests.waiting import PATIENCE, until
from work import shutdown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("text_dubs")]

ALL_UNITS = sorted(
    [(stage, "whole") for stage in ("ingest", "diarize", "translate", "voice", "stitch", "score", "mux")]
    + [(stage, str(number)) for stage in ("transcribe", "synthesize") for number in range(3)]
)


def background(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def dub(job: Job) -> str:
    return (files.output_root(job.pk) / "dub.txt").read_text()


def expected(lines: str = LINES) -> str:
    return "\n".join(line[::-1] for line in lines.splitlines())


def test_a_job_goes_all_the_way(alice: User) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.progress, job.lease_token, job.error_code) == ("succeeded", 1.0, "", "")
    assert dub(job) == expected()
    assert logged(files.job_root(job.pk), "done") == ALL_UNITS
    assert Segment.objects.filter(job=job).count() == Take.objects.filter(segment__job=job).count() == 8
    assert Artifact.objects.get(job=job).name == "dub.txt"
    detail = DubbingJob.objects.get(job=job)
    assert (detail.detected_language, detail.engines, detail.notes) == ("en", {"asr": "text 1"}, ["A note."])
    assert detail.media["container"] == "text"
    assert not WorkUnit.objects.exists()
    assert job.finished_at is not None


def test_its_log_tells_the_stages_in_order(alice: User) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    log = list(JobEvent.objects.filter(job=job).order_by("seq"))
    assert [event.seq for event in log] == sorted({event.seq for event in log})
    stages = [event.payload["stage"] for event in log if event.kind == "status"]
    assert stages == [
        "ingest",
        "transcribe",
        "diarize",
        "translate",
        "review",
        "voice",
        "synthesize",
        "stitch",
        "score",
        "mux",
        "",
    ]
    assert [event.payload["name"] for event in log if event.kind == "artifact"] == ["dub.txt"]
    rising = [event.payload["progress"] for event in log if event.kind == "status"]
    assert rising == sorted(rising)


def test_several_workers_share_a_stage_and_one_walks_on(alice: User) -> None:
    lines = "!pause 0.4\n" + "\n".join(f"Line {number}" for number in range(12))
    job = make_job(alice, lines)
    first = background(lambda: runner.advance(job.pk))

    def helper() -> None:
        while Job.objects.get(pk=job.pk).status in Job.ACTIVE:
            for unit in WorkUnit.objects.filter(status="queued").values_list("pk", flat=True):
                runner.run_unit(unit)
            time.sleep(0.05)

    second = background(helper)
    first.join(30)
    second.join(30)
    job.refresh_from_db()
    assert job.status == "succeeded"
    done = logged(files.job_root(job.pk), "done")
    assert len(done) == len(set(done)), "nothing twice"
    assert Take.objects.filter(segment__job=job).count() == 12


def test_a_stage_is_hinted_at_unit_by_unit(alice: User) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    assert [name for name, _ in hints()] == ["run_unit"] * 6
    for name, unit in hints():
        assert name == "run_unit"
        runner.run_unit(unit)  # late, and for nothing
    assert logged(files.job_root(job.pk), "began") == ALL_UNITS


def test_progress_and_time_left_are_written_while_it_runs(alice: User) -> None:
    job = make_job(alice, "!pause 4\nOne line.")
    thread = background(lambda: runner.advance(job.pk))
    told = JobEvent.objects.filter(job=job, kind="progress").values_list("payload", flat=True)
    until(lambda: any(payload["eta_seconds"] for payload in told.all()))
    mid = Job.objects.get(pk=job.pk)
    assert 0 < mid.progress < 1
    assert mid.eta_seconds
    assert {payload["stage"] for payload in told.all()} == {"ingest"}
    services.job_cancel(job=mid)
    thread.join(PATIENCE)


def test_cancelling_stops_the_work_at_once_and_keeps_what_is_done(alice: User) -> None:
    job = make_job(alice, "!pause 10\nOne line.")
    thread = background(lambda: runner.advance(job.pk))
    until(lambda: logged(files.job_root(job.pk), "began", "transcribe"))
    services.job_cancel(job=job)
    thread.join(PATIENCE)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert logged(files.job_root(job.pk), "done") == [("ingest", "whole")]
    services.job_retry(job=job)
    source = DubbingJob.objects.get(job=job).source
    with source.open("wb") as stream:
        stream.write(b"One line.")
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert logged(files.job_root(job.pk), "done").count(("ingest", "whole")) == 1


def test_cancelling_reaches_the_units(alice: User) -> None:
    job = make_job(alice, "!pause 2\n" + LINES)
    thread = background(lambda: runner.advance(job.pk))
    until(lambda: logged(files.job_root(job.pk), "began", "transcribe"))
    services.job_cancel(job=job)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not WorkUnit.objects.exists()
    assert not logged(files.job_root(job.pk), "done", "transcribe")


def test_a_permanent_error_fails_the_job_with_its_words(alice: User) -> None:
    job = make_job(alice, "!fail translate no_speech 9\nOne line.")
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.stage, job.error_code) == ("failed", "translate", "no_speech")
    assert job.error_params["name"] == "x"
    assert len(logged(files.job_root(job.pk), "began", "translate")) == 1
    last = JobEvent.objects.filter(job=job, kind="status").last()
    assert last is not None
    assert last.payload["error"]["message"].startswith("No speech was found in “x”")


def test_a_permanent_error_in_a_unit_fails_the_job(alice: User) -> None:
    job = make_job(alice, "!fail synthesize no_speech 1\n" + LINES)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "no_speech")
    assert not WorkUnit.objects.exists()


@pytest.mark.parametrize("stage", ["translate", "synthesize"])
def test_what_may_pass_is_tried_again_with_pauses(alice: User, stage: str) -> None:
    job = make_job(alice, f"!fail {stage} voice_failed 2\n" + LINES)
    for _ in range(8):
        runner.advance(job.pk)
        for unit in WorkUnit.objects.filter(status="queued").values_list("pk", flat=True):
            runner.run_unit(unit)
        job.refresh_from_db()
        if job.status == "succeeded":
            break
        row: Job | WorkUnit = (
            job if job.status == "queued" else WorkUnit.objects.filter(status="queued").latest("attempt")
        )
        assert row.lease_until is not None
        assert row.lease_until > timezone.now() + timedelta(seconds=3)
        past = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(status="queued").update(lease_until=past)
        WorkUnit.objects.filter(status="queued").update(lease_until=past)
    assert job.status == "succeeded"
    assert dub(job) == expected()


def test_what_does_not_pass_fails_after_three_more_tries(alice: User) -> None:
    job = make_job(alice, "!fail translate voice_failed 99\nOne line.")
    for _ in range(10):
        runner.advance(job.pk)
        Job.objects.update(lease_until=None)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "voice_failed")
    assert len(logged(files.job_root(job.pk), "began", "translate")) == 4


def test_an_unknown_error_is_logged_under_the_id_that_the_person_sees(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    job = make_job(alice, "!crash voice\nOne line.")
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "internal")
    assert job.error_params["id"] in caplog.text
    assert "a bug" in caplog.text


@pytest.mark.parametrize("stage", ["stitch", "synthesize"])
def test_workers_lost_at_the_same_place_again_and_again_end_the_job(alice: User, stage: str) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    Job.objects.update(status="queued", stage=stage, attempt=failures.MAX_ATTEMPTS)
    if stage == "synthesize":
        Job.objects.update(status="running")
        unit = WorkUnit.objects.create(job=job, stage=stage, name="0", attempt=failures.MAX_ATTEMPTS)
        runner.run_unit(unit.pk)
    else:
        runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "lost_worker")
    assert job.error_params["attempts"] == failures.MAX_ATTEMPTS


def test_review_stops_before_anything_is_spoken_and_approval_goes_on(alice: User) -> None:
    job = make_job(alice, review=True)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.stage) == ("waiting", "review")
    assert Segment.objects.filter(job=job).count() == 8
    assert not logged(files.job_root(job.pk), "began", "synthesize")
    services.segment_edit(segment=Segment.objects.get(job=job, index=2), translation="Dicho por una persona.")
    services.job_approve(job=job)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert dub(job).splitlines()[2] == "Dicho por una persona."
    assert not Segment.objects.filter(stale=True).exists()


def test_an_edit_speaks_one_batch_again_and_is_never_overwritten(alice: User) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    segment = services.segment_edit(
        segment=Segment.objects.get(job=job, index=4), text="Corrected.", translation="Bien."
    )
    assert segment.stale
    assert segment.text_edited
    job.refresh_from_db()
    services.job_rerun_stale(job=job)
    assert Artifact.objects.filter(job=job).exists(), "the old result stays served"
    runner.advance(job.pk)
    job.refresh_from_db()
    segment.refresh_from_db()
    assert (job.status, segment.text, segment.translation, segment.stale) == ("succeeded", "Corrected.", "Bien.", False)
    done = logged(files.job_root(job.pk), "done")
    assert [done.count(("synthesize", unit)) for unit in "012"] == [1, 2, 1]
    assert done.count(("transcribe", "1")) == 1
    assert dub(job).splitlines()[4] == "Bien."


def test_a_job_deleted_under_the_workers_hands_leaves_nothing(alice: User) -> None:
    job = make_job(alice, "!pause 2\nOne line.")
    thread = background(lambda: runner.advance(job.pk))
    until(lambda: logged(files.job_root(job.pk), "began", "transcribe"))
    services.job_delete(job=job)
    thread.join(PATIENCE)
    assert not files.job_root(job.pk).exists()
    assert not JobEvent.objects.exists()


def test_a_worker_that_is_stopped_hands_its_job_back_without_a_mark(alice: User) -> None:
    job = make_job(alice, "!pause 3\nOne line.")
    thread = background(lambda: runner.advance(job.pk))
    until(lambda: logged(files.job_root(job.pk), "began", "transcribe"))
    shutdown.request()
    thread.join(PATIENCE)
    job.refresh_from_db()
    assert (job.status, job.lease_token, job.attempt) == ("queued", "", 0)
    assert job.error_code == ""


def test_the_last_unit_of_a_dead_worker_still_wakes_the_job(alice: User) -> None:
    job = make_job(alice)
    runner.advance(job.pk)
    Job.objects.update(status="running", stage="synthesize", finished_at=None)
    WorkUnit.objects.create(job=job, stage="synthesize", name="2", status="done")
    assert reap() == 1
    job.refresh_from_db()
    assert job.status == "queued"
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
