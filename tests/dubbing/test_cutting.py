"""A speaker's speech cut into the library, where it cannot be. How it goes well is in test_real_speakers."""

from __future__ import annotations

import pytest

from accounts.models import User
from dubbing import speakers
from dubbing.models import Job, Segment, Speaker
from tests.dubbing.conftest import make_job
from vocasync.errors import PipelineError
from voices import errands
from voices.models import Errand, VoiceProfile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(alice: User) -> Job:
    made = make_job(alice, status="succeeded")
    Segment.objects.create(job=made, index=0, start=0, end=2)
    Speaker.objects.create(job=made, number=0, seconds=2.0)
    return made


def cut(job: Job) -> tuple[VoiceProfile, Errand]:
    return speakers.speaker_to_library(speaker=Speaker.objects.get(job=job), name="Anna", whose="own")


def test_a_speaker_who_is_gone_leaves_no_empty_voice(job: Job) -> None:
    _, errand = cut(job)
    Speaker.objects.all().delete()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == ("failed", "speaker_gone")
    assert not VoiceProfile.objects.exists()


def test_a_job_that_is_gone_leaves_no_empty_voice(job: Job) -> None:
    _, errand = cut(job)
    job.delete()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.error_code == "speaker_gone"
    assert not VoiceProfile.objects.exists()


def test_a_voice_that_has_a_sample_by_now_stays(job: Job) -> None:
    voice, errand = cut(job)
    voice.samples.create(name="mine.wav", size=1, sha256="a" * 64)
    Speaker.objects.all().delete()
    errands.run(errand.pk)
    assert VoiceProfile.objects.get() == voice


def test_a_full_library_takes_no_more(job: Job, alice: User) -> None:
    alice.max_voices = 0
    alice.save()
    speaker = Speaker.objects.select_related("job__owner").get(job=job)
    with pytest.raises(PipelineError) as caught:
        speakers.speaker_to_library(speaker=speaker, name="Anna", whose="own")
    assert caught.value.code == "voices_limit"
    assert not Errand.objects.exists()
