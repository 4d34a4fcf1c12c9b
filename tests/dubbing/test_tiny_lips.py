"""Networks that move lips through the whole site: uploaded, drawn, shown, with tiny checkpoints of random weights."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from dubbing import files, runner
from dubbing.models import Job, Take
from tests import people
from tests.people import Person
from tests.tiny import tiny
from tests.vocasync.portraits import astronaut
from vocasync.engines import registry
from vocasync.engines.cache import ENGINES
from vocasync.media.frames import read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

FPS = 25.0
BUFFER = 3


@dataclass(frozen=True)
class Lips:
    """An engine, and what is set of it here."""

    engine: str
    options: dict[str, float]


WAV2LIP = Lips("wav2lip", {"batch": 16, "pad_bottom": 20})
DIFF2LIP = Lips("diff2lip", {"ddim_steps": 2, "batch": 4})


@pytest.fixture
def alice() -> Person:
    return people.meet("alice")


@pytest.fixture
def bob() -> Person:
    return people.meet("bob")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """No model stays in memory for the rest of the tests."""
    yield
    ENGINES.clear()


def place(settings: Settings, lips: Lips) -> None:
    """The site runs with the engine's tiny model."""
    settings.ENGINES = settings.ENGINES | {"models": str(tiny(lips.engine)), "device": "cpu"}


def upload(path: Path, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, path.read_bytes())


def made(owner: Person, address: str, sent: dict[str, Any], lips: Lips) -> Job:
    """A job with these lips, done."""
    asked = {"lipsync": lips.engine, "lip_options": json.dumps(lips.options)}
    answer = owner.program.post(address, sent | asked)
    assert answer.status_code == 201, answer.content
    job = Job.objects.get(pk=answer.json()["id"])
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error_code, job.error_params)
    return job


def streams(path: Path) -> dict[str, dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, Any]] = json.loads(subprocess.check_output(command))["streams"]
    return {one["codec_type"]: one for one in found}


def check_terms(owner: Person, job: Job, lips: Lips) -> None:
    """What a program and a page are told of the engine, and what may be done with the result."""
    row = registry.spec("lipsync", lips.engine)
    told = owner.program.get(f"/api/jobs/{job.pk}").json()
    engines = (told["portrait"] or told["dubbing"])["engines"]
    assert engines["lipsync"].startswith(f"{lips.engine} ")
    manifest = json.loads((files.output_root(job.pk) / "manifest.json").read_text())
    assert manifest["engines"] == engines
    assert manifest["non_commercial"] == {"lipsync": row.licence}
    page = owner.browser.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert row.label in page
    assert "Non-commercial" in page


def check_served(owner: Person, other: Person, job: Job) -> None:
    """Every file to its owner, none to anybody else."""
    listed = owner.program.get(f"/api/jobs/{job.pk}/artifacts").json()
    assert listed
    for one in listed:
        addresses = [reverse("dubbing:artifact", args=[job.pk, one["path"]]), one["url"]]
        for address, mine, theirs in zip(
            addresses, (owner.browser, owner.program), (other.browser, other.program), strict=True
        ):
            answer: Any = mine.get(address)
            assert (answer.status_code, len(b"".join(answer))) == (200, one["size"])
            assert theirs.get(address).status_code == 404


@pytest.mark.parametrize("lips", [WAV2LIP, DIFF2LIP], ids=lambda lips: lips.engine)
def test_a_photo_speaks(shared_media: Path, alice: Person, bob: Person, settings: Settings, lips: Lips) -> None:
    place(settings, lips)
    photo = upload(shared_media / "scikit-image" / "astronaut.png", "astronaut.png")
    person = {"picture": photo, "whose": "other", "person_name": "Eileen Collins"}
    sent = person | {"text": "Good.", "target_language": "en", "voice_engine": "espeak", "motion": "false"}
    job = made(alice, "/api/jobs/portrait", sent | {"ai_mark": "false"}, lips)

    film = files.output_root(job.pk) / "portrait.mp4"
    found = streams(film)
    sound, rate = soundfile.read(files.output_root(job.pk) / "voice.wav")
    assert found["video"]["avg_frame_rate"] == "25/1"
    assert int(found["video"]["nb_frames"]) == round(len(sound) / rate * FPS)
    spoken = Take.objects.get(segment__job=job).duration
    assert int(found["video"]["nb_frames"]) == math.ceil(round(spoken * FPS, 3)) + BUFFER
    seen = np.stack(list(read(film, FPS, "film"))).astype(int)
    changed = np.abs(seen - astronaut(shared_media)).max(axis=3).mean(axis=0)
    assert changed[150:200, 190:250].mean() > 8 * changed[300:].mean(), "the mouth, and nothing below the face"

    check_terms(alice, job, lips)
    check_served(alice, bob, job)


def test_a_dub_ends_with_lip_sync(shared_media: Path, alice: Person, bob: Person, settings: Settings) -> None:
    place(settings, WAV2LIP)
    words = b"1\n00:00:00,400 --> 00:00:02,600\nEl barco estaba en el gran r\xc3\xado.\n"
    sent = {
        "source": upload(shared_media / "LipNet" / "pwij3p.mpg", "pwij3p.mpg"),
        "subtitles": SimpleUploadedFile("words.srt", words),
        "subtitles_are": "target",
        "source_language": "en",
        "target_language": "es",
        "voice_engine": "espeak",
        "speaker_count": "1",
    }
    job = made(alice, "/api/jobs/dubbing", sent, WAV2LIP)

    out = files.output_root(job.pk)
    found = streams(out / "lipsync.voice.mp4")
    assert (found["video"]["width"], found["video"]["height"]) == (360, 288)
    sound = soundfile.info(out / "voice.wav").duration
    assert int(found["video"]["nb_frames"]) == math.ceil(round(sound * FPS, 3))
    before = np.stack(list(read(shared_media / "LipNet" / "pwij3p.mpg", FPS, "before"))[:70]).astype(int)
    after = np.stack(list(read(out / "lipsync.voice.mp4", FPS, "after"))[:70]).astype(int)
    changed = np.abs(after - before).max(axis=3).mean(axis=0)
    assert changed[180:230, 140:220].mean() > 4 * changed[:80, :250].mean(), "the mouth, and nothing above the face"

    check_terms(alice, job, WAV2LIP)
    check_served(alice, bob, job)
