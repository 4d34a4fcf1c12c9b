"""A conversation of three through the real pipeline: told apart, dubbed with three voices, recognised again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files import File

from accounts.models import User
from dubbing import casting, files, runner, services, speakers
from dubbing.models import DubbingJob, Job, Segment, Speaker, Take, VoiceUse
from voices import actors, errands
from voices.models import Errand, VoiceProfile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]

CUES = (
    ("00:00:01,800", "00:00:03,800", "And so it begins."),
    ("00:00:06,200", "00:00:11,000", "The crocodile sounds as if it were meditating in the water."),
    ("00:00:12,800", "00:00:17,900", "Ladies and gentlemen, fasten your seat belts, we are expecting some turbulence."),
)
SRT = "\n".join(f"{number}\n{start} --> {end}\n{text}\n" for number, (start, end, text) in enumerate(CUES, 1))


def submit(owner: User, recording: Path, **fields: object) -> Job:
    with recording.open("rb") as sound:
        return services.job_create_dubbing(
            owner=owner,
            source=File(sound, name="Three.wav"),
            subtitles=File(io.BytesIO(SRT.encode()), name="three.srt"),
            source_language="en",
            target_language="es",
            review=True,
            **fields,  # type: ignore[arg-type]
        )


def walked(job: Job, status: str) -> Job:
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == status, (job.error_code, job.error_params)
    return job


def do_errands() -> None:
    while waiting := Errand.objects.filter(status="queued").first():
        errands.run(waiting.pk)
    assert not Errand.objects.exclude(status="done").exists()


def speaker(job: Job, number: int) -> Speaker:
    return Speaker.objects.select_related("job__owner", "actor", "voice").get(job=job, number=number)


def cut_voice(job: Job, number: int) -> VoiceProfile:
    voice, _ = speakers.speaker_to_library(speaker=speaker(job, number), name=f"Voice {number}", whose="own")
    do_errands()
    voice.refresh_from_db()
    return voice


def test_three_people_three_voices_and_known_again(alice: User, shared_media: Path) -> None:
    recording = shared_media / "falcon" / "test.wav"
    job = walked(submit(alice, recording), "waiting")
    assert list(job.segments.order_by("index").values_list("speaker", flat=True)) == [0, 1, 2]
    assert all(row.embedding is not None and row.style for row in job.speakers.all())

    voice = cut_voice(job, 2)
    assert (voice.consent, voice.grade != "", voice.seconds > 3) == ("none", True, True)
    sample = voice.samples.get()
    assert (sample.source, sample.language) == ("dub", "en")
    stock = casting.stock_of(job)[0].name
    speakers.speaker_voice_set(speaker=speaker(job, 0), kind="stock", stock=stock)
    speakers.speaker_voice_set(speaker=speaker(job, 1), kind="profile", voice=voice)
    speakers.speaker_actor_set(speaker=speaker(job, 1), actor="Anna")
    services.job_approve(job=job)
    walked(job, "succeeded")

    spoken = {
        index: (files.job_root(job.pk) / "takes" / "voice" / f"{index:05d}.wav").read_bytes() for index in range(3)
    }
    assert len(set(spoken.values())) == 3
    scores = DubbingJob.objects.get(job=job).scores["speakers"]
    assert "speaker" not in scores["0"]["tracks"]["voice"], "a stock voice is compared with nobody"
    assert all(scores[number]["tracks"]["voice"]["speaker"] > 0.5 for number in "12")
    assert list(VoiceUse.objects.filter(job=job).values_list("speaker", "voice_id")) == [(1, voice.pk)]
    anna = actors.actors_of(alice).get(name="Anna")
    assert (anna.seconds, anna.style.keys()) == (
        pytest.approx(4.8, abs=0.5),
        {"f0_median", "f0_range", "pace", "energy", "tilt"},
    )

    # Another voice for one of them speaks that one again, and nobody else.
    before = dict(Take.objects.filter(segment__job=job).values_list("segment__index", "similarity"))
    speakers.speaker_voice_set(speaker=speaker(job, 2), kind="stock", stock=stock)
    assert list(Segment.objects.filter(job=job, stale=True).values_list("index", flat=True)) == [2]
    services.job_rerun_stale(job=job)
    walked(job, "succeeded")
    again = files.job_root(job.pk) / "takes" / "voice"
    assert [(again / f"{index:05d}.wav").read_bytes() == spoken[index] for index in range(3)] == [True, True, False]
    after = dict(Take.objects.filter(segment__job=job).values_list("segment__index", "similarity"))
    assert after[1] == before[1]

    # In the next recording she is known, and comes with her voice.
    actors.actor_update(actor=anna, voice=voice)
    other = walked(submit(alice, recording), "waiting")
    known = speaker(other, 1)
    assert (known.actor, known.actor_state, known.voice) == (anna, "sure", voice)
    assert {row.actor_state for row in other.speakers.exclude(number=1)} == {"none"}

    # Told that there are two, the pipeline finds two; whoever sounds like Anna stays Anna.
    speakers.speakers_recount(job=other, count=2)
    walked(other, "waiting")
    assert sorted(set(other.segments.values_list("speaker", flat=True))) == [0, 1]
    assert Speaker.objects.filter(job=other, actor=anna).count() <= 1
