"""Who speaks: found, recognised, named, given voices, mended by hand, and found anew."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from dubbing import casting, files, runner, services, speakers
from dubbing.models import DubbingJob, Job, Segment, Speaker, VoiceUse
from tests.dubbing.conftest import make_job, make_voice
from tests.dubbing.textdub import logged, spoken_with
from vocasync.errors import PipelineError
from voices import actors
from voices.models import Actor, ActorAppearance, EmotionReference

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("text_dubs")]

TALK = "\n".join(
    ["Good morning. / 1| Good morning, Anna.", "0| How are you?", "1| Fine. / 2| So am I.", "0| Good.", "1| Bye."]
)
SAID = ["Good morning.", "Good morning, Anna.", "How are you?", "Fine.", "So am I.", "Good.", "Bye."]
SPEAKERS = [0, 1, 0, 1, 2, 0, 1]


def dubbed(owner: User, text: str = TALK, **fields: Any) -> Job:
    job = make_job(owner, text, **fields)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status in ("succeeded", "waiting"), (job.error_code, job.error_params)
    return job


def again(job: Job) -> Job:
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error_code, job.error_params)
    return job


def speaker(job: Job, number: int) -> Speaker:
    return Speaker.objects.get(job=job, number=number)


def said_by(job: Job) -> list[int]:
    return list(job.segments.order_by("index").values_list("speaker", flat=True))


def stale(job: Job) -> list[int]:
    return list(job.segments.filter(stale=True).order_by("index").values_list("index", flat=True))


def axis(number: int) -> np.ndarray[Any, Any]:
    one = np.zeros(256, np.float32)
    one[number] = 1
    return one


def known(owner: User, name: str, number: int, **fields: Any) -> Actor:
    """An actor who sounds like speaker ``number`` of the talk."""
    actor = actors.actor_create(owner=owner, name=name, **fields)
    actors.appearance_record(
        actor=actor,
        job_id=uuid.uuid4(),
        job_title="Before",
        speaker=0,
        seconds=20.0,
        embedding=axis(number),
        style={},
    )
    return actor


# --- found ------------------------------------------------------------------------------------------------------------
def test_everybody_who_speaks_gets_a_row(alice: User) -> None:
    job = dubbed(alice)
    assert list(job.segments.order_by("index").values_list("text", flat=True)) == SAID
    assert said_by(job) == SPEAKERS
    rows = list(job.speakers.order_by("number"))
    assert [str(row) for row in rows] == ["Speaker 1", "Speaker 2", "Speaker 3"]
    assert [row.seconds for row in rows] == [pytest.approx(2.0), pytest.approx(1.6), pytest.approx(0.4)]
    assert (rows[2].sample_start, rows[2].sample_end) == (pytest.approx(2.4), pytest.approx(2.8))
    assert np.allclose(rows[1].embedding, axis(1))
    assert rows[1].style == {"pace": 5.0}
    assert spoken_with(files.job_root(job.pk)) == ["own"] * 7
    assert {(row.actor_state, row.voice_kind, row.voice_chosen) for row in rows} == {("none", "own", False)}


def test_the_number_of_speakers_can_be_said(alice: User) -> None:
    job = dubbed(alice, speaker_count=1)
    assert said_by(job) == [0] * 5
    assert [row.number for row in job.speakers.all()] == [0]


def test_the_main_speaker_gets_the_voice_that_was_asked_for(alice: User) -> None:
    voice = make_voice(alice)
    job = dubbed(alice, voice=voice)
    main = speaker(job, 0)
    assert (main.voice_kind, main.voice, main.voice_chosen) == ("profile", voice, True)
    expected = ["profile:Deep's mark" if number == 0 else "own" for number in SPEAKERS]
    assert spoken_with(files.job_root(job.pk)) == expected
    use = VoiceUse.objects.get(job=job)
    assert (use.speaker, use.voice, use.voice_name, use.consent["status"]) == (0, voice, "Deep", "none")
    voice.refresh_from_db()
    assert voice.uses == 1


def test_a_job_counts_once_as_a_use_however_often_it_is_spoken(alice: User) -> None:
    voice = make_voice(alice)
    job = dubbed(alice, voice=voice)
    services.segment_edit(segment=Segment.objects.get(job=job, index=0), translation="Otra vez.")
    services.job_rerun_stale(job=job)
    again(job)
    voice.refresh_from_db()
    assert (voice.uses, VoiceUse.objects.filter(job=job).count()) == (1, 1)


# --- recognised -------------------------------------------------------------------------------------------------------
def test_a_sure_actor_is_taken_over_with_the_voice(alice: User) -> None:
    voice = make_voice(alice)
    anna = known(alice, "Anna", 1, voice=voice)
    job = dubbed(alice, "!sounds 1 1 0.93\n" + TALK)
    row = speaker(job, 1)
    assert (row.actor, row.actor_state, str(row), row.voice) == (anna, "sure", "Anna", voice)
    assert row.actor_similarity == pytest.approx(0.93, abs=1e-4)
    assert not row.voice_chosen
    assert spoken_with(files.job_root(job.pk))[1] == "profile:Deep's mark"
    anna.refresh_from_db()
    assert anna.appearances.count() == 2
    assert anna.seconds == pytest.approx(21.6)
    newest = actors.appearances_of(anna)[0]
    assert (newest.job_id, newest.job_title, newest.speaker, newest.style) == (job.pk, "A talk", 1, {"pace": 5.0})
    assert newest.similarity == pytest.approx(0.93, abs=1e-4)


def test_an_unsure_one_is_asked_about_and_changes_nothing_yet(alice: User) -> None:
    anna = known(alice, "Anna", 1, voice=make_voice(alice))
    job = dubbed(alice, "!sounds 1 1 0.74\n" + TALK)
    row = speaker(job, 1)
    assert (row.actor, row.actor_state, str(row), row.voice_kind) == (anna, "asked", "Speaker 2", "own")
    assert set(spoken_with(files.job_root(job.pk))) == {"own"}
    assert anna.appearances.count() == 1


def test_an_actors_voice_that_may_not_be_used_any_more_is_not_taken_over(alice: User) -> None:
    voice = make_voice(alice)
    known(alice, "Anna", 1, voice=voice)
    voice.consent = "withdrawn"
    voice.save()
    row = speaker(dubbed(alice), 1)
    assert (row.actor_state, row.voice_kind) == ("sure", "own")


def test_other_peoples_actors_are_not_recognised(alice: User, bob: User) -> None:
    known(bob, "Anna", 1)
    assert {row.actor_state for row in dubbed(alice).speakers.all()} == {"none"}


def test_what_an_actor_was_dubbed_in_the_tone_of_is_kept(alice: User) -> None:
    anna = known(alice, "Anna", 0)
    tone = EmotionReference.objects.create(owner=alice, name="Joy", label="happy", file_name="a.wav", size=1)
    dubbed(alice, emotion_reference=tone)
    anna.refresh_from_db()
    assert anna.emotion == {"happy": pytest.approx(2.0)}


def test_a_run_again_asks_nothing_anew(alice: User) -> None:
    job = dubbed(alice)
    known(alice, "Anna", 1, voice=make_voice(alice))
    services.segment_edit(segment=Segment.objects.get(job=job, index=0), translation="Otra vez.")
    services.job_rerun_stale(job=job)
    row = speaker(again(job), 1)
    assert (row.actor_state, row.voice_kind) == ("none", "own")


# --- who is who -------------------------------------------------------------------------------------------------------
def test_yes_it_is_anna(alice: User) -> None:
    voice = make_voice(alice)
    anna = known(alice, "Anna", 1, voice=voice)
    job = dubbed(alice, "!sounds 1 1 0.74\n" + TALK)
    row = speakers.speaker_actor_set(speaker=speaker(job, 1), actor=anna)
    assert (row.actor_state, row.voice, str(row)) == ("chosen", voice, "Anna")
    assert stale(job) == [1, 3, 6]
    assert anna.appearances.count() == 2, "a finished job teaches at once"
    services.job_rerun_stale(job=job)
    again(job)
    assert spoken_with(files.job_root(job.pk))[1] == "profile:Deep's mark"
    assert logged(files.job_root(job.pk), "done").count(("diarize", "whole")) == 1
    assert anna.appearances.count() == 2


def test_no_it_is_somebody_else(alice: User) -> None:
    anna = known(alice, "Anna", 1, voice=make_voice(alice))
    job = dubbed(alice)
    assert speaker(job, 1).actor == anna
    row = speakers.speaker_actor_set(speaker=speaker(job, 1), actor=None)
    assert (row.actor, row.actor_state, row.voice_kind, row.voice) == (None, "declined", "own", None)
    assert stale(job) == [1, 3, 6], "the voice came with Anna and goes with her"
    assert anna.appearances.count() == 1, "what was learned of her here goes too"
    services.job_rerun_stale(job=job)
    assert speaker(again(job), 1).actor_state == "declined"


def test_it_is_somebody_new(alice: User) -> None:
    job = dubbed(alice)
    row = speakers.speaker_actor_set(speaker=speaker(job, 2), actor="Carla")
    carla = Actor.objects.get(owner=alice, name="Carla")
    assert (row.actor, row.actor_state) == (carla, "chosen")
    assert stale(job) == []
    found = actors.match(alice, axis(2))
    assert found is not None
    assert (found.actor, found.sure) == (carla, True)
    assert speaker(dubbed(alice), 2).actor == carla
    with pytest.raises(ValidationError):
        speakers.speaker_actor_set(speaker=speaker(job, 1), actor="carla")


def test_a_person_chose_the_voice_so_the_actors_does_not_come(alice: User) -> None:
    anna = known(alice, "Anna", 5, voice=make_voice(alice, "Anna's"))
    job = dubbed(alice, voice=make_voice(alice, "Chosen"))
    row = speakers.speaker_actor_set(speaker=speaker(job, 0), actor=anna)
    assert row.voice is not None
    assert row.voice.name == "Chosen"
    assert stale(job) == []


def test_two_speakers_are_not_one_actor(alice: User, bob: User) -> None:
    anna = known(alice, "Anna", 1)
    job = dubbed(alice)
    with pytest.raises(ValueError):
        speakers.speaker_actor_set(speaker=speaker(job, 0), actor=actors.actor_create(owner=bob, name="Ben"))
    with pytest.raises(ValidationError, match="merge"):
        speakers.speaker_actor_set(speaker=speaker(job, 0), actor=anna)
    assert speaker(job, 0).actor is None


# --- names and voices -------------------------------------------------------------------------------------------------
def test_a_name_stays(alice: User) -> None:
    known(alice, "Anna", 1)
    job = dubbed(alice)
    row = speakers.speaker_rename(speaker=speaker(job, 1), name="  The\n guest ")
    assert str(row) == "The guest"
    assert stale(job) == []
    services.segment_edit(segment=Segment.objects.get(job=job, index=0), translation="Otra vez.")
    services.job_rerun_stale(job=job)
    assert str(speaker(again(job), 1)) == "The guest"
    assert str(speakers.speaker_rename(speaker=speaker(job, 1), name="")) == "Anna"
    with pytest.raises(ValidationError):
        speakers.speaker_rename(speaker=speaker(job, 1), name="x" * 121)


def test_a_voice_makes_what_the_speaker_says_stale_and_nothing_else(alice: User) -> None:
    job = dubbed(alice)
    voice = make_voice(alice)
    speakers.speaker_voice_set(speaker=speaker(job, 2), kind="profile", voice=voice)
    assert stale(job) == [4]
    services.job_rerun_stale(job=job)
    again(job)
    assert stale(job) == []
    voices = spoken_with(files.job_root(job.pk))
    assert [place for place, one in enumerate(voices) if one == "profile:Deep's mark"] == [4]
    done = logged(files.job_root(job.pk), "done")
    assert [done.count(("synthesize", unit)) for unit in "012"] == [1, 2, 1], "only what holds the segment"
    speakers.speaker_voice_set(speaker=speaker(job, 2), kind="profile", voice=voice)
    assert stale(job) == [], "the same again is nothing"
    speakers.speaker_voice_set(speaker=speaker(job, 2), kind="own")
    assert (speaker(job, 2).voice, stale(job)) == (None, [4])


def test_a_stock_voice_is_one_that_the_engine_has(alice: User) -> None:
    job = dubbed(alice)
    names = [one.name for one in casting.stock_of(job)]
    assert names
    speakers.speaker_voice_set(speaker=speaker(job, 2), kind="stock", stock=names[-1])
    services.job_rerun_stale(job=job)
    again(job)
    assert spoken_with(files.job_root(job.pk))[4] == f"stock:{names[-1]}"
    with pytest.raises(ValidationError) as caught:
        speakers.speaker_voice_set(speaker=speaker(job, 2), kind="stock", stock="nobody")
    assert "stock" in caught.value.message_dict
    with pytest.raises(ValidationError):
        speakers.speaker_voice_set(speaker=speaker(job, 2), kind="odd")


def test_a_voice_that_may_not_be_used_is_refused(alice: User, bob: User) -> None:
    job = dubbed(alice)
    for voice, code in (
        (make_voice(bob, consent="verified"), "voice_not_shared"),
        (make_voice(alice, "Mine", consent="withdrawn"), "voice_withdrawn"),
        (make_voice(alice, "Down", taken_down_at=alice.date_joined), "voice_taken_down"),
    ):
        with pytest.raises(PipelineError) as caught:
            speakers.speaker_voice_set(speaker=speaker(job, 1), kind="profile", voice=voice)
        assert caught.value.code == code
    empty = make_voice(alice, "Empty")
    empty.fingerprint = ""
    empty.save()
    with pytest.raises(PipelineError):
        speakers.speaker_voice_set(speaker=speaker(job, 1), kind="profile", voice=empty)
    with pytest.raises(ValidationError):
        speakers.speaker_voice_set(speaker=speaker(job, 1), kind="profile")
    assert stale(job) == []


# --- wrong splits -----------------------------------------------------------------------------------------------------
def test_two_speakers_are_one(alice: User) -> None:
    anna = known(alice, "Anna", 2)
    job = dubbed(alice)
    speakers.speakers_merge(job=job, into=speaker(job, 0), others=[speaker(job, 2)])
    assert said_by(job) == [0, 1, 0, 1, 0, 0, 1]
    assert stale(job) == [0, 2, 4, 5], "their voice is cut from what both said"
    assert [row.number for row in job.speakers.order_by("number")] == [0, 1]
    merged = speaker(job, 0)
    assert (merged.actor, merged.seconds) == (anna, pytest.approx(2.4))
    services.job_rerun_stale(job=job)
    again(job)
    assert said_by(job) == [0, 1, 0, 1, 0, 0, 1]
    assert [row.number for row in job.speakers.order_by("number")] == [0, 1]
    assert ActorAppearance.objects.get(job_id=job.pk).speaker == 0
    with pytest.raises(ValidationError):
        speakers.speakers_merge(job=job, into=speaker(job, 0), others=[speaker(job, 0)])


def test_one_speaker_is_two(alice: User) -> None:
    job = dubbed(alice)
    made = speakers.speaker_split(job=job, speaker=speaker(job, 1), segments=[3, 6])
    assert (made.number, made.seconds, made.voice_kind) == (3, pytest.approx(1.2), "own")
    assert (made.sample_start, made.sample_end) == (pytest.approx(4.0), pytest.approx(4.8))
    assert said_by(job) == [0, 1, 0, 3, 2, 0, 3]
    assert stale(job) == [1, 3, 6], "who was taken for one with somebody else has another voice alone"
    services.job_rerun_stale(job=job)
    again(job)
    assert said_by(job) == [0, 1, 0, 3, 2, 0, 3]
    assert speaker(job, 3).embedding is not None
    for wrong in ([], [0], [1], [99]):
        with pytest.raises(ValidationError) as caught:
            speakers.speaker_split(job=job, speaker=speaker(job, 1), segments=wrong)
        assert "segments" in caught.value.message_dict


def test_a_segment_is_somebody_elses(alice: User) -> None:
    job = dubbed(alice)
    segment = Segment.objects.get(job=job, index=1)
    speakers.segment_reassign(segment=segment, speaker=speaker(job, 2))
    assert said_by(job) == [0, 2, 0, 1, 2, 0, 1]
    assert stale(job) == [1], "one segment more or less is no other voice"
    assert segment.speaker_edited
    services.job_rerun_stale(job=job)
    assert said_by(again(job)) == [0, 2, 0, 1, 2, 0, 1]
    speakers.segment_reassign(segment=segment, speaker=speaker(job, 1))
    assert (segment.speaker_edited, said_by(job)) == (False, SPEAKERS)
    with pytest.raises(ValueError):
        speakers.segment_reassign(segment=segment, speaker=speaker(dubbed(alice), 0))


def test_whoever_has_nothing_left_to_say_is_not_there(alice: User) -> None:
    job = dubbed(alice)
    speakers.speaker_voice_set(speaker=speaker(job, 1), kind="stock")
    Segment.objects.filter(job=job).update(stale=False)
    speakers.segment_reassign(segment=Segment.objects.get(job=job, index=4), speaker=speaker(job, 1))
    assert not Speaker.objects.filter(job=job, number=2).exists()
    assert stale(job) == [4], "a stock voice is cut from nothing"


@pytest.mark.parametrize("status", ["queued", "running"])
def test_nothing_is_changed_while_a_worker_has_the_job(alice: User, status: str) -> None:
    job = dubbed(alice)
    Job.objects.filter(pk=job.pk).update(status=status)
    one, other = speaker(job, 0), speaker(job, 1)
    segment = Segment.objects.get(job=job, index=0)
    acts = [
        lambda: speakers.speaker_rename(speaker=one, name="Anna"),
        lambda: speakers.speaker_voice_set(speaker=one, kind="stock"),
        lambda: speakers.speaker_actor_set(speaker=one, actor="Anna"),
        lambda: speakers.speakers_merge(job=job, into=one, others=[other]),
        lambda: speakers.speaker_split(job=job, speaker=one, segments=[0]),
        lambda: speakers.segment_reassign(segment=segment, speaker=other),
        lambda: speakers.speakers_recount(job=job, count=2),
        lambda: speakers.speaker_to_library(speaker=one, name="Anna", whose="own"),
        lambda: speakers.job_voice_set(job=job, voice=None),
    ]
    for act in acts:
        with pytest.raises(PipelineError) as caught:
            act()
        assert caught.value.code == "not_now"
    assert said_by(job) == SPEAKERS
    assert not Actor.objects.exists()
    assert str(speaker(job, 0)) == "Speaker 1"


# --- found anew -------------------------------------------------------------------------------------------------------
def test_told_how_many_there_are_the_speakers_are_found_anew(alice: User) -> None:
    job = dubbed(alice)
    speakers.speaker_rename(speaker=speaker(job, 0), name="Anna")
    speakers.speaker_rename(speaker=speaker(job, 2), name="Gone")
    speakers.segment_reassign(segment=Segment.objects.get(job=job, index=1), speaker=speaker(job, 0))
    services.segment_edit(segment=Segment.objects.get(job=job, index=5), text="Very good.", translation="Muy bien.")
    services.segment_edit(segment=Segment.objects.get(job=job, index=3), text="Fine, thanks.")
    speakers.speakers_recount(job=job, count=1)
    assert job.status == "queued"
    again(job)
    detail = DubbingJob.objects.get(job=job)
    assert (detail.speaker_count, detail.recount) == (1, False)
    texts = ["Good morning. Good morning, Anna.", "How are you?", "Fine. So am I.", "Very good.", "Bye."]
    assert list(job.segments.order_by("index").values_list("text", flat=True)) == texts
    assert Segment.objects.get(job=job, index=3).translation == "Muy bien."
    assert said_by(job) == [0] * 5
    assert [str(row) for row in job.speakers.all()] == ["Anna"]
    note = job.events.filter(kind="note", payload__text__startswith="1 of your corrections").count()
    assert note == 1, "the sentence that is one with another now"
    assert (files.output_root(job.pk) / "dub.txt").read_text().splitlines()[3] == "Muy bien."


def test_names_follow_voices_not_numbers(alice: User) -> None:
    job = dubbed(alice, "0| One.\n1| Two.")
    speakers.speaker_rename(speaker=speaker(job, 1), name="Ben")
    source = DubbingJob.objects.get(job=job).source
    with source.open("wb") as stream:
        stream.write(b"!sounds 0 1 1\n!sounds 1 0 1\n0| One.\n1| Two.")
    speakers.speakers_recount(job=job, count=2)
    again(job)
    assert [str(row) for row in job.speakers.order_by("number")] == ["Ben", "Speaker 2"]


def test_whoever_asked_to_look_first_looks_again(alice: User) -> None:
    job = dubbed(alice, review=True)
    assert (job.status, job.speakers.count()) == ("waiting", 3)
    speakers.speaker_rename(speaker=speaker(job, 0), name="Anna")
    services.job_approve(job=job)
    again(job)
    speakers.speakers_recount(job=job, count=2)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.speakers.count(), str(speaker(job, 0))) == ("waiting", 2, "Anna")


@pytest.mark.parametrize("count", [0, -1, 21])
def test_a_number_that_makes_no_sense_is_refused(alice: User, count: int) -> None:
    job = dubbed(alice)
    with pytest.raises(ValidationError):
        speakers.speakers_recount(job=job, count=count)
    job.refresh_from_db()
    assert job.status == "succeeded"


def test_the_main_voice_is_changed_before_anybody_is_known(alice: User) -> None:
    voice = make_voice(alice)
    job = make_job(alice, TALK, voice=voice, status="failed")
    speakers.job_voice_set(job=job, voice=None)
    services.job_retry(job=job)
    again(job)
    assert set(spoken_with(files.job_root(job.pk))) == {"own"}
    with pytest.raises(ValidationError):
        speakers.job_voice_set(job=job, voice=voice)


def test_deleting_a_job_keeps_what_was_learned(alice: User) -> None:
    job = dubbed(alice)
    speakers.speaker_actor_set(speaker=speaker(job, 0), actor="Anna")
    services.job_delete(job=job)
    row = ActorAppearance.objects.get()
    assert row.job_gone
    assert actors.match(alice, axis(0)) is not None
