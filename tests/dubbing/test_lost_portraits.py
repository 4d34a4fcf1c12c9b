"""Workers lost over portraits and speech, and portraits that are called off: real engines in real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import soundfile
from django.core.files import File

from accounts.models import User
from dubbing import files, runner, services
from dubbing.models import Job, JobEvent, Take, WorkUnit
from dubbing.portraits import Portrait, job_create_portrait
from dubbing.scripted import Said
from dubbing.speeches import Speech, job_create_speech
from tests.dubbing.faces import make_face
from tests.dubbing.workers import Worker, holder, running
from tests.waiting import until
from vocasync.pipelines.kept import track_name
from vocasync.types import Track

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

SENTENCE = "The boat was on the big river, and nobody saw it. "


@pytest.fixture
def worker(tmp_path: Path, transactional_db: None, media_root: Path) -> Iterator[Worker]:
    with running(tmp_path, "tests.settings") as started:
        yield started


def spoken_portrait(owner: User, media: Path) -> Job:
    """Of more than one slice."""
    with (media / "derived" / "grid_id2_vcd_swwp2s.portrait.png").open("rb") as photo:
        said = Said("en", SENTENCE * 12, engine="espeak")
        asked = Portrait(said, make_face(owner), File(photo, name="photo.png"), lipsync="warp", fps=10.0)
        return job_create_portrait(owner=owner, portrait=asked)


def pieces(job: Job) -> list[Path]:
    """The slices that are drawn."""
    return [mark.with_suffix("") for mark in (files.job_root(job.pk) / "lipsync").glob("*.h264.mark")]


def slices_in_hand(job: Job) -> set[str]:
    """File names of those that somebody is at; a slice may be drawn and its worker not have said so yet."""
    held = WorkUnit.objects.filter(job=job, stage="lipsync").exclude(lease_token="")
    return {f"{int(name):07d}.h264" for name in held.values_list("name", flat=True) if name.isdigit()}


def times(job: Job) -> dict[Path, int]:
    """Of what was spoken and drawn so far; what is just being written has another name, with a dot before it."""
    takes = [path for path in files.job_root(job.pk).rglob("takes/**/*.wav") if not path.name.startswith(".")]
    return {path: path.stat().st_mtime_ns for path in [*takes, *pieces(job)]}


def finished(job: Job) -> bool:
    job.refresh_from_db()
    assert job.status not in ("failed", "cancelled"), job.error_params
    return job.status == "succeeded"


def check_once(job: Job, before: dict[Path, int]) -> None:
    """Nothing that was there was made again, and it ended once."""
    after = times(job)
    assert {path: after[path] for path in before} == before
    statuses = [event.payload["status"] for event in JobEvent.objects.filter(job=job, kind="status")]
    assert statuses.count("succeeded") == 1


def test_a_worker_killed_while_it_draws_costs_the_slice_in_hand(
    worker: Worker, alice: User, shared_media: Path
) -> None:
    job = spoken_portrait(alice, shared_media)
    process = holder(job, "lipsync", lambda: not finished(job) and bool(pieces(job)))
    in_hand = slices_in_hand(job)
    before = {path: made for path, made in times(job).items() if path.name not in in_hand}
    os.kill(process, signal.SIGKILL)
    sound = (files.job_root(job.pk) / track_name(Track.VOICE)).read_bytes()
    until(lambda: finished(job), seconds=120)
    check_once(job, before)
    assert (files.job_root(job.pk) / track_name(Track.VOICE)).read_bytes() == sound
    assert len(pieces(job)) > 1
    film = files.output_root(job.pk) / "portrait.mp4"
    assert soundfile.info(files.output_root(job.pk) / "voice.wav").duration > 30.0
    assert film.stat().st_size > 100_000


def drawing(worker: Worker) -> list[psutil.Process]:
    """The encoders at work."""
    return [one for one in worker.tree if works(one)]


def works(process: psutil.Process) -> bool:
    """Whether it is an encoder that has not ended."""
    try:
        return process.name() == "ffmpeg" and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_portrait_that_is_called_off_leaves_no_encoder(worker: Worker, alice: User, shared_media: Path) -> None:
    job = spoken_portrait(alice, shared_media)
    holder(job, "lipsync", lambda: not finished(job) and bool(drawing(worker)))
    services.job_cancel(job=job)
    until(lambda: not Job.objects.exclude(lease_token="").exists())
    until(lambda: not drawing(worker))  # whoever had a slice in hand, or was about to begin one, notices soon
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_worker_killed_while_it_speaks_a_script_costs_the_line_in_hand(alice: User, tmp_path: Path) -> None:
    lines = "\n\n".join(f"{SENTENCE}This was number {number}." for number in range(16))
    jobs = [job_create_speech(owner=alice, speech=Speech(Said("en", lines, engine="espeak"))) for _ in range(2)]
    undisturbed, job = jobs
    runner.advance(undisturbed.pk)
    assert finished(undisturbed)
    with running(tmp_path, "tests.settings"):
        process = holder(job, "synthesize", lambda: not finished(job) and bool(times(job)))
        before = times(job)
        os.kill(process, signal.SIGKILL)
        until(lambda: finished(job), seconds=120)
    check_once(job, before)
    heard = [soundfile.read(files.output_root(one.pk) / "voice.wav", dtype="int16")[0].tobytes() for one in jobs]
    assert heard[0] == heard[1]
    assert Take.objects.filter(segment__job=job).count() == Take.objects.filter(segment__job=undisturbed).count() > 16
