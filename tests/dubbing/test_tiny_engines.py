"""Neural voice engines through the whole site: uploaded, dubbed, shown, with tiny checkpoints of random weights made
through each engine's real library."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django import Settings

from dubbing import files, runner
from dubbing.models import Job, Take
from tests import people
from tests.dubbing.conftest import make_voice
from tests.dubbing.workers import holder, running
from tests.people import Person
from tests.vocasync.engines.tts.makers import MAKERS
from tests.vocasync.engines.tts.speech import talk as spoken
from tests.vocasync.pipelines.conftest import clock, subtitles, talk
from tests.waiting import until
from vocasync.engines import registry
from vocasync.engines.cache import ENGINES
from vocasync.weights import licences
from voices.files import conditioning_root, reference
from work.engines import engine_config

__all__ = ["subtitles", "talk"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Tiny:
    """An engine, and what it says here: a language, and three lines in it."""

    engine: str
    language: str
    lines: tuple[str, ...]


SPANISH = ("Buenos días.", "Los niños juegan en el jardín.", "Hasta mañana.")
ENGLISH = ("Good morning.", "The children are playing in the garden.", "See you tomorrow.")
XTTS = Tiny("xtts", "es", SPANISH)
DUBS = (
    XTTS,
    Tiny("yourtts", "fr", ("Bonjour.", "Les enfants jouent dans le jardin.", "À demain.")),
    Tiny("bark-small", "es", SPANISH),
    Tiny("neutts-air", "en", ENGLISH),
    Tiny("sv2tts", "en", ENGLISH),
)
SECONDS = 8.4
"""That the lines are spread over."""


@pytest.fixture
def alice() -> Person:
    return people.meet("alice")


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Callable[[str], Path]:
    """The site runs with an engine's tiny model, in a folder of its own; its path is given."""

    def run_with(engine: str) -> Path:
        config = MAKERS[engine](tmp_path / "cache")
        models = tmp_path / "models"
        shutil.copytree(config.models, models)
        settings.ENGINES = settings.ENGINES | {"models": str(models), "device": "cpu"}
        return models

    return run_with


@pytest.fixture(autouse=True)
def _forgotten() -> Any:
    """No model stays in memory for the rest of the tests."""
    yield
    ENGINES.clear()


@pytest.fixture(scope="session")
def cheerful(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip in another tone."""
    path = tmp_path_factory.mktemp("tone") / "cheerful.wav"
    soundfile.write(path, spoken("en-us+f5", 4.0, 16_000, pitch=80), 16_000)
    return path.read_bytes()


def words(tiny: Tiny) -> str:
    """What is to be said, as subtitles in the target language."""
    step = SECONDS / len(tiny.lines)
    return "\n".join(
        f"{number + 1}\n{clock(0.5 + number * step)} --> {clock(0.5 + (number + 0.8) * step)}\n{text}\n"
        for number, text in enumerate(tiny.lines)
    )


def form(tiny: Tiny, talk: Path, **fields: Any) -> dict[str, Any]:
    return {
        "source": SimpleUploadedFile("talk.mp4", talk.read_bytes(), "video/mp4"),
        "subtitles": SimpleUploadedFile("talk.srt", words(tiny).encode(), "text/plain"),
        "subtitles_are": "target",
        "source_language": "en",
        "target_language": tiny.language,
        "voice_engine": tiny.engine,
        **fields,
    }


def submitted(alice: Person, tiny: Tiny, talk: Path, **fields: Any) -> Job:
    answer = alice.program.post("/api/jobs/dubbing", form(tiny, talk, **fields))
    assert answer.status_code == 201, answer.content
    return Job.objects.get(pk=answer.json()["id"])


def dubbed(job: Job) -> Job:
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error_code, job.error_params)
    return job


@pytest.mark.parametrize("tiny", DUBS, ids=lambda tiny: tiny.engine)
def test_a_clip_is_dubbed(alice: Person, talk: Path, cheerful: bytes, place: Callable[[str], Path], tiny: Tiny) -> None:
    place(tiny.engine)
    tone = SimpleUploadedFile("cheerful.wav", cheerful, "audio/wav")
    job = dubbed(submitted(alice, tiny, talk, emotion=tone, emotion_strength="0.8"))
    check_takes(job)
    check_result(alice, job, tiny)


def check_takes(job: Job) -> None:
    """Three segments, each on both tracks; what random weights get wrong is told by its name."""
    takes = list(Take.objects.filter(segment__job=job))
    assert sorted((take.segment.index, take.track) for take in takes) == [
        (index, track) for index in range(3) for track in ("emotion", "voice")
    ]
    assert {problem for take in takes for problem in take.problems} <= {
        "silent", "clipped", "too_short", "too_long", "drifted",
    }  # fmt: skip
    audible = [take for take in takes if "silent" not in take.problems]
    assert audible
    assert all({"speaker", "emotion"} >= set(take.similarity) for take in audible)
    assert any(take.similarity for take in audible)
    sounds = [soundfile.read(files.output_root(job.pk) / f"{track}.wav")[0] for track in ("voice", "emotion")]
    assert all(np.abs(sound).max() > 0.01 for sound in sounds)
    assert not np.array_equal(*(sound[: min(map(len, sounds))] for sound in sounds))


def check_result(alice: Person, job: Job, tiny: Tiny) -> None:
    """What a program and a page are told of the engine, and what may be done with the result."""
    row = registry.spec("tts", tiny.engine)
    engine = registry.load("tts", tiny.engine, engine_config())
    told = alice.program.get(f"/api/jobs/{job.pk}").json()
    assert told["dubbing"]["engines"]["voice"] == f"{tiny.engine} {engine.version}"
    assert told["dubbing"]["scores"]["tracks"]["voice"]
    made = json.loads((files.output_root(job.pk) / "manifest.json").read_text())
    assert made["engines"]["voice"] == f"{tiny.engine} {engine.version}"
    assert made["non_commercial"] == ({} if row.commercial else {"voice": row.licence})
    page = alice.browser.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert row.label in page
    assert ("Non-commercial" in page) == (not row.commercial)


def test_an_engine_is_chosen_in_the_form(alice: Person, talk: Path, place: Callable[[str], Path]) -> None:
    models = place("xtts")
    page = alice.browser.get(reverse("dubbing:new")).content.decode()
    assert 'value="xtts"' in page
    answer = alice.browser.post(
        reverse("dubbing:new"),
        form(XTTS, talk, match="close", emotion_strength="1", submission_key="one"),
        headers={"accept": "application/json"},
    )
    assert answer.status_code == 201, answer.content
    assert Job.objects.get().dubbing.voice_engine == "xtts"
    shutil.rmtree(models)
    refused = alice.browser.post(
        reverse("dubbing:new"),
        form(XTTS, talk, match="close", emotion_strength="1", submission_key="two"),
        headers={"accept": "application/json"},
    )
    assert refused.status_code == 422
    assert "manage.py models fetch xtts-v2" in str(refused.json())


def test_what_is_computed_of_a_voice_serves_every_job(alice: Person, talk: Path, place: Callable[[str], Path]) -> None:
    place("xtts")
    voice = make_voice(alice.user)
    soundfile.write(reference(voice.pk), spoken("en-us+m3", 5.0, 24_000), 24_000)
    first = dubbed(submitted(alice, XTTS, talk, voice=str(voice.pk), speaker_count="1"))
    kept = {path.name: path.stat().st_mtime_ns for path in conditioning_root(voice.pk).iterdir()}
    assert [name for name in kept if not name.endswith(".mark")] == [
        next(name for name in kept if "xtts-voice" in name)
    ]
    second = dubbed(submitted(alice, XTTS, talk, voice=str(voice.pk), speaker_count="1"))
    assert {path.name: path.stat().st_mtime_ns for path in conditioning_root(voice.pk).iterdir()} == kept
    assert not list(files.job_root(second.pk).rglob("profile-*"))
    heard = [soundfile.read(files.output_root(job.pk) / "voice.wav")[0] for job in (first, second)]
    assert np.array_equal(*heard), "the same voice, words and seeds"


# --- what goes wrong --------------------------------------------------------------------------------------------------
def gone(models: Path) -> None:
    shutil.rmtree(models / "xtts-v2")


def not_accepted(models: Path) -> None:
    (models / licences.FILE).unlink()


def cut_off(models: Path) -> None:
    path = models / "xtts-v2" / "model.pth"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


class Code:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/this-must-not-run",)


def with_code(models: Path) -> None:
    torch.save({"model": Code()}, models / "xtts-v2" / "model.pth")


@pytest.mark.parametrize(
    ("spoil", "code", "remedy"),
    [
        (gone, "voice_unsupported", "The model “xtts-v2” is not here: run `manage.py models fetch xtts-v2`."),
        (not_accepted, "voice_unsupported", "have not been accepted: run `manage.py models fetch xtts-v2`"),
        (cut_off, "weights_damaged", "Run `manage.py models verify xtts-v2`"),
        (with_code, "weights_unsafe", "holds code that would run when it is loaded"),
    ],
)
def test_what_is_wrong_with_the_model_is_one_line_in_the_page_the_api_and_the_shell(
    alice: Person,
    talk: Path,
    place: Callable[[str], Path],
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
    remedy: str,
) -> None:
    models = place("xtts")
    job = submitted(alice, XTTS, talk)
    spoil(models)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", code)
    told = alice.program.get(f"/api/jobs/{job.pk}").json()["error"]["message"]
    assert remedy in told
    assert "\n" not in told
    page = alice.browser.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert remedy in page
    subtitles = tmp_path / "words.srt"
    subtitles.write_text(words(XTTS), "utf-8")
    asked = [talk, "--from", "en", "--to", "es", "--subtitles", subtitles, "--subtitles-are", "target"]
    with pytest.raises(CommandError) as caught:
        call_command(
            "dub",
            *map(str, [*asked, "--voice", "xtts", "--out", tmp_path / "out", "--workers", 1]),
            stdout=io.StringIO(),
        )
    assert str(caught.value).splitlines()[0] == told
    assert not Path("/tmp/this-must-not-run").exists()  # noqa: S108


def test_a_worker_killed_while_it_speaks_costs_its_unit(
    alice: Person, talk: Path, place: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOCASYNC_MODELS", str(place("xtts")))
    monkeypatch.setenv("VOCASYNC_DEVICE", "cpu")
    job = submitted(alice, replace(XTTS, lines=SPANISH * 5), talk)

    def now() -> Job:
        return Job.objects.get(pk=job.pk)

    def speaking() -> bool:
        assert now().status in Job.ACTIVE, now().error_params
        return now().stage == "synthesize"

    with running(tmp_path, "tests.settings"):
        until(speaking, seconds=300)
        os.kill(holder(job, "synthesize"), signal.SIGKILL)
        until(lambda: now().status in Job.FINISHED, seconds=400)
    assert now().status == "succeeded", now().error_params
    assert Take.objects.filter(segment__job=job).count() == 15
    assert (files.output_root(job.pk) / "voice.wav").stat().st_size > 10_000
