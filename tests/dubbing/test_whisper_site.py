"""Words that Whisper's weights are known to say, through the whole site: sent in, recognised by a worker, shown."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from dubbing import runner
from dubbing.models import Job, Segment
from tests import factory
from tests.tiny.faster_whisper import scripted_faster_whisper
from tests.tiny.whisper import scripted_whisper

ENGLISH = "We went to the market in the morning."
HINDI = "नमस्ते दोस्तों"


def weights(settings: Any, models: Path, family: str, text: str, language: str) -> None:
    """The site's only weights, which say ``text`` whatever is heard."""
    settings.ENGINES = settings.ENGINES | {"models": str(models)}
    if family == "whisper":
        (models / "whisper").mkdir(parents=True)
        scripted_whisper(models / "whisper" / "tiny.pt", text, language, 0.4, 1.8)
    else:
        scripted_faster_whisper(models / "faster-whisper-tiny", text, language, 0.4, 1.8)


def sent(client: Client, sound: Path, **fields: str) -> Job:
    """A recording of somebody who speaks for about two seconds, sent in through the page."""
    form = {"source": SimpleUploadedFile("talk.wav", sound.read_bytes(), "audio/wav"), "match": "close", **fields}
    response = client.post("/dubs/new/", form)
    assert response.status_code == 302, response.content.decode()[:2000]
    return Job.objects.get(pk=response.headers["Location"].rstrip("/").rpartition("/")[2])


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return factory.speech("Today we all went out to the old market together.", tmp_path / "talk.wav")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("family", ["whisper", "faster-whisper"])
def test_english_words_and_their_times(
    family: str, alice: User, client: Client, settings: Any, tmp_path: Path, sound: Path
) -> None:
    if not shutil.which("apertium"):
        pytest.skip("apertium is not installed")
    weights(settings, tmp_path / "models", family, ENGLISH, "en")
    client.force_login(alice)
    job = sent(client, sound, source_language="auto", target_language="es")
    shown(client, job, family, "en", ENGLISH)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_hindi_words_and_their_times(alice: User, client: Client, settings: Any, tmp_path: Path, sound: Path) -> None:
    weights(settings, tmp_path / "models", "whisper", HINDI, "hi")
    client.force_login(alice)
    job = sent(client, sound, source_language="hi", target_language="ur", model_size="tiny", recognizer="whisper")
    shown(client, job, "whisper tiny", "hi", HINDI)


def shown(client: Client, job: Job, engine: str, language: str, text: str) -> None:
    """Let a worker do the job; then the page and the programs' interface say what was heard, and when."""
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error_params
    assert job.dubbing.engines["recognition"] == engine
    assert (job.dubbing.detected_language or job.dubbing.source_language) == language
    page = client.get(f"/dubs/{job.pk}/").content.decode()
    assert text in " ".join(page.split())
    (row,) = client.get(f"/api/jobs/{job.pk}/segments").json()["results"]
    assert row["text"] == text
    assert [word["text"] for word in row["words"]] == text.split()
    assert f'data-start="{row["start"]:.3f}"' in page
    starts = [word["start"] for word in row["words"]]
    assert starts == sorted(starts)
    assert row["start"] == starts[0]
    assert row["end"] >= row["words"][-1]["end"]
    assert Segment.objects.get(job=job).translation
