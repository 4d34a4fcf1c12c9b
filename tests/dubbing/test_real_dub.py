"""The real pipeline: through killed workers, and from the shell."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
from pathlib import Path

import pytest
import soundfile
from django.core.files import File
from django.core.management import CommandError, call_command

from accounts.models import User
from dubbing import files, runner, services
from dubbing.models import Artifact, DubbingJob, Job, Segment, Take
from tests.dubbing.workers import holder, running
from tests.waiting import until
from vocasync.languages import LANGUAGES
from vocasync.pipelines import sample
from work.engines import engine_config, engine_table


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> sample.Sample:
    return sample.make(tmp_path_factory.mktemp("sample"), engine_config())


def submit(owner: User, talk: sample.Sample) -> Job:
    with talk.talk.open("rb") as film, talk.subtitles.open("rb") as words, talk.emotion.open("rb") as tone:
        return services.job_create_dubbing(
            owner=owner,
            source=File(film, name="talk.mp4"),
            subtitles=File(words, name="talk.srt"),
            emotion=File(tone, name="cheerful.wav"),
            source_language="en",
            target_language="es",
        )


def sounds(job: Job) -> dict[str, str]:
    """Of the samples: each file says beside them which job it comes from."""
    return {path.name: _heard(path) for path in sorted(files.output_root(job.pk).glob("*.wav"))}


def _heard(path: Path) -> str:
    return hashlib.sha256(soundfile.read(path, dtype="int16")[0].tobytes()).hexdigest()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_a_dub_whose_workers_are_killed_sounds_the_same(alice: User, talk: sample.Sample, tmp_path: Path) -> None:
    undisturbed = submit(alice, talk)
    runner.advance(undisturbed.pk)
    undisturbed.refresh_from_db()
    assert undisturbed.status == "succeeded", undisturbed.error_params
    job = submit(alice, talk)
    with running(tmp_path, "tests.settings"):
        for stage in ("voice", "synthesize", "score"):
            os.kill(holder(job, stage), signal.SIGKILL)
        until(lambda: Job.objects.filter(pk=job.pk, status__in=Job.FINISHED).exists(), seconds=240)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error_params
    assert sounds(job) == sounds(undisturbed)
    assert set(sounds(job)) >= {"voice.wav", "emotion.wav"}
    for model in (Artifact, Segment):
        assert model.objects.filter(job=job).count() == model.objects.filter(job=undisturbed).count() > 0
    assert Take.objects.filter(segment__job=job).count() == 2 * Segment.objects.filter(job=job).count()
    detail = DubbingJob.objects.get(job=job)
    assert detail.scores == DubbingJob.objects.get(job=undisturbed).scores
    assert detail.engines["voice"].startswith("espeak")


def dub(*arguments: object) -> str:
    out = io.StringIO()
    call_command("dub", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_dub_from_the_shell(talk: sample.Sample, tmp_path: Path) -> None:
    asked = (talk.talk, "--from", "en", "--to", "es", "--subtitles", talk.subtitles, "--out", tmp_path / "out")
    asked = (*asked, "--speakers", 1)
    said = dub(*asked, "--workers", 1)
    assert "Telling the speakers apart" in said
    assert "Speaking" in said
    assert "voice speaker: 0." in said
    assert (tmp_path / "out" / "dubbed.mp4").stat().st_size > 10_000
    made = json.loads((tmp_path / "out" / "transcript.json").read_text())
    assert made
    first = (tmp_path / "out" / "voice.wav").read_bytes()
    (tmp_path / "out" / "voice.wav").unlink()
    takes = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / ".vocasync").rglob("takes/**/*.wav")}
    dub(*asked, "--workers", 1)
    assert (tmp_path / "out" / "voice.wav").read_bytes() == first
    assert takes
    assert {path: path.stat().st_mtime_ns for path in takes} == takes, "what was spoken is not spoken again"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_review_writes_the_words_down_and_says_how_to_go_on(talk: sample.Sample, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = (talk.talk, "--from", "en", "--to", "es", "--subtitles", talk.subtitles, "--out", out, "--workers", 1)
    with pytest.raises(CommandError, match="--subtitles") as caught:
        dub(*asked, "--review")
    assert caught.value.returncode == 1
    assert sample.SENTENCES[0] in (out / "talk.en.srt").read_text()
    assert "-->" in (out / "talk.es.srt").read_text()
    assert not list(out.rglob("takes/**/*.wav"))
    assert "Writing the files" in dub(*asked, "--review", "--yes")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--to", "xx"), "not a language"),
        (("--to", "ta"), "Nothing ready here translates"),
        (("--to", "es", "--strength", "2"), "0 to 1"),
        (("--to", "es", "--speakers", "0"), "1 to 20"),
        (("--to", "es", "--emotion", "missing.wav"), "no file missing.wav"),
        (("--to", "es", "--voice", "nobody"), "no engine named"),
        (("--to", "es", "--subtitles", "{srt}", "--transcript", "{srt}"), "not both"),
        (("--to", "es", "--subtitles", "{srt}", "--from", "auto"), "--from"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    talk: sample.Sample, tmp_path: Path, extra: tuple[str, ...], words: str
) -> None:
    given = [one.format(srt=talk.subtitles) for one in extra]
    with pytest.raises(CommandError, match=words) as caught:
        dub(talk.talk, "--from", "en", "--out", tmp_path / "out", *given)
    assert caught.value.returncode == 1
    assert not (tmp_path / "out").exists()


def test_what_is_no_media_is_said(tmp_path: Path) -> None:
    (tmp_path / "diary.mp4").write_text("Dear diary")
    with pytest.raises(CommandError, match="not a video or audio file"):
        dub(tmp_path / "diary.mp4", "--from", "en", "--to", "es", "--out", tmp_path / "out", "--workers", 1)


def test_the_sample_is_made_once(talk: sample.Sample, tmp_path: Path) -> None:
    made = talk.talk.stat().st_mtime_ns
    assert sample.make(talk.talk.parent, engine_config()) == talk
    assert talk.talk.stat().st_mtime_ns == made


def test_the_engine_table_says_what_is_ready_and_what_each_needs() -> None:
    table = {(row.stage, row.name): row for row in engine_table()}
    assert table["tts", "espeak"].ready
    assert set(table["tts", "espeak"].languages) >= {"en", "es", "fr", "de", "hi", "te", "ta", "ur"}
    for row in table.values():
        assert row.ready == (row.missing == "")
        assert set(row.languages) <= set(LANGUAGES)
    assert not table["translate", "google"].ready, "the tests have no network"
