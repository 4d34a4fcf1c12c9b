"""Voice to voice through the whole site: submitted, converted by a tiny YourTTS, shown, marked and told of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from dubbing import files, runner, verification
from dubbing.models import Job, VoiceUse
from dubbing.verification import Certainty
from tests import factory, people
from tests.dubbing.conftest import make_voice
from tests.vocasync.engines.tts.makers import MAKERS
from vocasync.engines import registry
from vocasync.engines.cache import ENGINES
from voices.files import conditioning_root, reference
from work.engines import engine_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def _yourtts(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """The site runs with YourTTS's tiny model, in a folder of its own."""
    models = tmp_path / "models"
    shutil.copytree(MAKERS["yourtts"](tmp_path / "cache").models, models)
    settings.ENGINES = settings.ENGINES | {"models": str(models), "device": "cpu"}
    yield
    ENGINES.clear()


@pytest.mark.usefixtures("_yourtts")
def test_sound_is_converted_into_a_voice_of_the_library(tmp_path: Path) -> None:
    alice = people.meet("alice")
    voice = make_voice(alice.user, "Deep")
    factory.speech(factory.ENGLISH, reference(voice.pk), "en+f4")
    said = factory.speech(factory.ENGLISH, tmp_path / "said.wav")
    answer = alice.program.post(
        "/api/jobs/conversion",
        {
            "source": SimpleUploadedFile("said.wav", said.read_bytes(), "audio/wav"),
            "source_language": "en",
            "voice": str(voice.pk),
            "ways": "convert",
            "converter": "yourtts",
        },
    )
    assert answer.status_code == 201, answer.content
    job = Job.objects.get(pk=answer.json()["id"])
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error_code, job.error_params)

    converted = files.output_root(job.pk) / "converted.wav"
    assert soundfile.info(converted).duration == pytest.approx(soundfile.info(said).duration, abs=0.05)
    row = registry.spec("convert", "yourtts")
    version = registry.load("convert", "yourtts", engine_config()).version
    told = alice.program.get(f"/api/jobs/{job.pk}").json()
    assert told["dubbing"]["engines"]["conversion"] == f"yourtts {version}"
    assert set(told["dubbing"]["scores"]["tracks"]["converted"]) == {"speaker", "original"}
    made = json.loads((files.output_root(job.pk) / "manifest.json").read_text())
    assert made["non_commercial"] == {"conversion": row.licence}
    assert [use.voice for use in VoiceUse.objects.filter(job=job)] == [voice]
    assert list(conditioning_root(voice.pk).glob("yourtts-voice-*")), "what was computed serves every job"
    page = alice.browser.get(reverse("dubbing:job", args=[job.pk])).content.decode()
    assert row.label in page
    assert "Non-commercial" in page
    assert verification.by_file(converted, "x.wav").certainty is Certainty.EXACT
