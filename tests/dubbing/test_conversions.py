"""Voice to voice comes in; what is refused is said at its field and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.exceptions import ValidationError
from django.core.files import File

from accounts.models import User
from dubbing.conversions import job_create_conversion
from dubbing.models import Job, Speaker
from dubbing.requests import dub_request
from dubbing.views.stages import steps_of
from tests import factory
from tests.dubbing.conftest import hints, make_voice
from vocasync.errors import PipelineError
from vocasync.types import VoiceKind, Ways
from voices.models import VoiceProfile
from web.problems import field_of

pytestmark = pytest.mark.django_db(transaction=True)

STOCK = {"stock": "f5", "voice_engine": "espeak"}

Submit = Callable[..., Job]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.speech(factory.ENGLISH, tmp_path_factory.mktemp("said") / "said.wav")


@pytest.fixture
def submit(alice: User, recording: Path) -> Iterator[Submit]:
    opened: list[Any] = []

    def go(source: Path = recording, **fields: Any) -> Job:
        opened.append(source.open("rb"))
        asked: dict[str, Any] = {"owner": alice, "source_language": "en"} | fields
        return job_create_conversion(source=File(opened[-1], name=source.name), **asked)

    yield go
    for stream in opened:
        stream.close()


def test_a_recording_comes_in_with_a_voice_of_the_library(submit: Submit, alice: User) -> None:
    voice = make_voice(alice)
    job = submit(voice=voice, review=True, title="My words")
    assert (job.kind, job.title, job.status) == ("conversion", "My words", "queued")
    assert (job.dubbing.source_language, job.dubbing.target_language) == ("en", "en")
    assert (job.dubbing.ways, job.dubbing.speaker_count, job.dubbing.review) == ("both", 1, True)
    speaker = Speaker.objects.get(job=job)
    assert (speaker.voice, speaker.voice_kind, speaker.voice_chosen) == (voice, "profile", True)
    assert [str(key) for _, key in hints()] == [str(job.pk)]
    asked = dub_request(job)
    assert (asked.ways, asked.converter, asked.voices[0].kind) == (Ways.BOTH, "auto", VoiceKind.PROFILE)


def test_an_engines_own_voice_and_the_sound_alone(submit: Submit) -> None:
    job = submit(ways="convert", **STOCK)
    asked = dub_request(job)
    assert (asked.ways, asked.voice_engine) == (Ways.CONVERT, "espeak")
    assert (asked.voices[0].kind, asked.voices[0].stock) == (VoiceKind.STOCK, "f5")
    assert [step.stage.name for step in steps_of(job)] == ["ingest", "convert", "stitch", "score", "mux"]


def test_it_may_be_translated_on_the_way(submit: Submit) -> None:
    job = submit(ways="speak", target_language="es", source_language="en", **STOCK)
    assert (job.dubbing.source_language, job.dubbing.target_language) == ("en", "es")
    assert "convert" not in {step.stage.name for step in steps_of(job)}


def test_the_same_submission_is_one_job(submit: Submit) -> None:
    assert submit(submission_key="one", **STOCK) == submit(submission_key="one", **STOCK)
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "voice"),
        ({"stock": "f5"}, "voice_engine"),
        ({**STOCK, "source_language": ""}, "source_language"),
        ({**STOCK, "ways": "convert", "target_language": "es"}, "target_language"),
        ({**STOCK, "ways": "sing"}, "ways"),
        ({"stock": "hindi-female-1", "voice_engine": "espeak"}, "stock"),
        ({"stock": "english-female", "voice_engine": "bark"}, "stock"),
        ({**STOCK, "voice_engine": "nobody"}, "stock"),
        ({**STOCK, "converter": "nobody"}, "converter"),
        ({**STOCK, "source_language": "hi"}, "source_language"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(submit: Submit, fields: dict[str, Any], field: str) -> None:
    with pytest.raises((PipelineError, ValidationError)) as told:
        submit(**fields)
    error = told.value
    found = set(error.message_dict) if isinstance(error, ValidationError) else {field_of(cast("PipelineError", error))}
    assert found == {field}
    assert not Job.objects.exists()


def test_a_voice_and_a_stock_voice_are_one_too_many(submit: Submit, alice: User) -> None:
    with pytest.raises(ValidationError) as told:
        submit(voice=make_voice(alice), **STOCK)
    assert set(told.value.message_dict) == {"stock"}


def test_a_voice_that_may_not_be_used_is_refused(submit: Submit, bob: User) -> None:
    with pytest.raises(PipelineError) as told:
        submit(voice=make_voice(bob))
    assert field_of(told.value) == "voice"
    assert not Job.objects.exists()


def test_a_consent_that_ended_stops_it(submit: Submit, alice: User) -> None:
    voice = make_voice(alice)
    job = submit(voice=voice)
    VoiceProfile.objects.filter(pk=voice.pk).delete()
    with pytest.raises(PipelineError) as told:
        dub_request(Job.objects.get(pk=job.pk))
    assert told.value.code == "voice_gone"


def test_recordings_of_nothing(submit: Submit, tmp_path: Path) -> None:
    for name, code in (("empty.wav", "empty_file"), ("blink.wav", "too_short")):
        path = tmp_path / name
        if code == "empty_file":
            path.touch()
        else:
            factory.silence(path, 0.2)
        with pytest.raises(PipelineError) as told:
            submit(path, **STOCK)
        assert (told.value.code, field_of(told.value)) == (code, "source")
    assert not Job.objects.exists()
