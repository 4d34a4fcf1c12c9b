"""What people do with jobs; what is refused leaves nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone

from accounts.limits import audio_used, limits_for, storage_used
from accounts.models import Usage, User
from dubbing import files, services
from dubbing.models import DubbingJob, Job, Segment, WorkUnit
from dubbing.requests import dub_request
from tests import factory
from tests.dubbing.conftest import hints, make_job, make_voice
from tests.work.test_leases import together
from vocasync.errors import PipelineError
from vocasync.stages import ingest
from vocasync.stages.glossary import Term
from voices.files import emotion_sound
from voices.models import EmotionReference
from voices.services import emotion_delete
from web.problems import field_of

pytestmark = pytest.mark.django_db(transaction=True)

SRT = "1\n00:00:00,200 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,800 --> 00:00:03,000\nHow are you?\n"

Submit = Callable[..., Job]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return factory.video(folder / "talk.mp4", factory.speech(factory.ENGLISH, folder / "talk.wav"), 4.0)


@pytest.fixture
def submit(alice: User, clip: Path) -> Iterator[Submit]:
    opened: list[Any] = []

    def upload(path: Path, name: str | None = None) -> File[bytes]:
        opened.append(path.open("rb"))
        return File(opened[-1], name=name or path.name)

    def go(source: Path = clip, *, name: str | None = None, **fields: Any) -> Job:
        for field in ("emotion", "subtitles"):
            if isinstance(fields.get(field), Path):
                fields[field] = upload(fields[field])
        asked = {"owner": alice, "source_language": "en", "target_language": "es"} | fields
        return services.job_create_dubbing(source=upload(source, name), **asked)

    yield go
    for stream in opened:
        stream.close()


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    path = tmp_path / "talk.srt"
    path.write_text(SRT)
    return path


def tone(owner: User, clip: Path, **fields: Any) -> EmotionReference:
    """An emotion reference of the library, with its sound."""
    given = {"name": "Joy/ful", "label": "happy", "file_name": "a.wav", "size": 1, "status": "ready"} | fields
    reference = EmotionReference.objects.create(owner=owner, sha256=str(len(given["name"])), **given)
    path = emotion_sound(reference.pk)
    path.parent.mkdir(parents=True)
    shutil.copy(clip, path)
    return reference


def nothing_is_left(media_root: Path) -> bool:
    left = [path for path in media_root.rglob("*") if path.is_file()]
    return not Job.objects.exists() and left == [] and hints() == []


def test_a_submission_becomes_a_queued_job(submit: Submit, alice: User, clip: Path) -> None:
    job = submit()
    assert (job.owner, job.status, job.title) == (alice, "queued", "talk")
    detail = DubbingJob.objects.get(job=job)
    assert Path(detail.source.path).read_bytes() == clip.read_bytes()
    assert Path(detail.source.path).is_relative_to(files.job_root(job.pk))
    assert detail.media["duration"] == pytest.approx(4.0, abs=0.2)
    assert hints() == [("advance_job", str(job.pk))]
    assert [event.payload["status"] for event in job.events.all()] == ["queued"]


def test_subtitles_and_emotion_are_kept_with_it(submit: Submit, subtitles: Path, clip: Path) -> None:
    job = submit(subtitles=subtitles, emotion=clip, emotion_strength=0.5)
    detail = DubbingJob.objects.get(job=job)
    assert (detail.subtitles_name, detail.emotion_name) == ("talk.srt", "talk.mp4")
    assert Path(detail.subtitles.path).read_text() == SRT


def test_voice_speakers_and_a_tone_of_the_library_are_kept_with_it(submit: Submit, alice: User, clip: Path) -> None:
    voice, joy = make_voice(alice), tone(alice, clip)
    job = submit(voice=voice, emotion_reference=joy, speaker_count=3)
    detail = DubbingJob.objects.get(job=job)
    assert (detail.voice, detail.emotion_reference, detail.speaker_count) == (voice, joy, 3)
    assert detail.emotion_name == "Joy ful.wav"
    copy = Path(detail.emotion.path)
    assert copy.is_relative_to(files.job_root(job.pk))
    assert copy.read_bytes() == clip.read_bytes()
    emotion_delete(emotion=joy)
    detail.refresh_from_db()
    assert detail.emotion_reference is None
    assert Path(detail.emotion.path) == copy, "it can be spoken again"
    assert job.upload_bytes == 2 * clip.stat().st_size


def test_a_voice_that_may_not_be_used_is_refused_at_its_field(
    submit: Submit, alice: User, bob: User, media_root: Path
) -> None:
    for voice, code in (
        (make_voice(bob, consent="verified"), "voice_not_shared"),
        (make_voice(alice, consent="withdrawn"), "voice_withdrawn"),
    ):
        with pytest.raises(PipelineError) as caught:
            submit(voice=voice)
        assert (caught.value.code, caught.value.params["field"]) == (code, "voice")
    assert not Job.objects.exists()
    assert not files.jobs_root().exists()


def test_a_tone_that_is_not_ready_or_not_ones_own_is_refused(
    submit: Submit, alice: User, bob: User, clip: Path
) -> None:
    for fields in (
        {"emotion_reference": tone(alice, clip, status="measuring")},
        {"emotion_reference": tone(bob, clip)},
        {"emotion_reference": tone(alice, clip, name="Sad"), "emotion": clip},
    ):
        with pytest.raises(ValidationError) as caught:
            submit(**fields)
        assert set(caught.value.message_dict) <= {"emotion_reference", "emotion"}
    assert not Job.objects.exists()
    assert not files.jobs_root().exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\"b'c.mp4", "a\"b'c.mp4"),
        ("two\nlines\x00.mp4", "two lines .mp4"),
        ("नमस्ते.mp4", "नमस्ते.mp4"),
        ("x" * 400 + ".mp4", "x" * 251 + ".mp4"),
        ("..", ".."),
    ],
)
def test_file_names_stay_names(submit: Submit, media_root: Path, name: str, kept: str) -> None:
    job = submit(name=name)
    detail = DubbingJob.objects.get(job=job)
    assert detail.source_name == kept
    path = Path(detail.source.path).resolve()
    assert path.is_relative_to(media_root.resolve())
    assert path.stem.isalnum()


def test_the_same_key_is_the_same_job(submit: Submit) -> None:
    first = submit(submission_key="a")
    assert submit(submission_key="a") == first
    assert submit(submission_key="b") != first
    assert len(list(files.jobs_root().iterdir())) == 2


def test_two_clicks_at_once_are_one_job(alice: User, clip: Path) -> None:
    def click() -> Job:
        with clip.open("rb") as stream:
            return services.job_create_dubbing(
                owner=User.objects.get(pk=alice.pk),
                source=File(stream, name="talk.mp4"),
                source_language="en",
                target_language="es",
                submission_key="click",
            )

    jobs = together(click, 4)
    assert len({job.pk for job in jobs if isinstance(job, Job)}) == 1
    assert Job.objects.count() == 1
    assert [folder.name for folder in files.jobs_root().iterdir()] == [str(Job.objects.get().pk)]
    assert len(hints()) == 1


def test_another_persons_key_is_another_job(submit: Submit, charlie: User) -> None:
    assert submit(submission_key="a") != submit(submission_key="a", owner=charlie)


def refused(submit: Submit, media_root: Path, code: str, *args: Any, **fields: Any) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        submit(*args, **fields)
    assert caught.value.code == code
    assert nothing_is_left(media_root)
    return caught.value


def test_what_is_no_media_is_refused(submit: Submit, media_root: Path, tmp_path: Path) -> None:
    refused(submit, media_root, "not_media", factory.text_as(tmp_path / "diary.mp4"))
    empty = tmp_path / "empty.mp4"
    empty.touch()
    refused(submit, media_root, "empty_file", empty)
    mute = factory.video(tmp_path / "mute.mp4", None, 2.0)
    refused(submit, media_root, "no_audio", mute)


def test_an_emotion_clip_that_is_none_is_refused(submit: Submit, media_root: Path, tmp_path: Path) -> None:
    error = refused(submit, media_root, "not_media", emotion=factory.text_as(tmp_path / "happy.wav"))
    assert "happy.wav" in str(error)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x00\x01\x02", "subtitles_unreadable"),
        (b"1\n00:00:00,000 --> 00:00:01,000\n\n", "subtitles_empty"),
        (b"1\n01:00:00,000 --> 01:00:01,000\nLate.\n", "subtitles_beyond"),
    ],
)
def test_subtitles_that_do_not_fit_are_refused(
    submit: Submit, media_root: Path, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "bad.srt"
    path.write_bytes(content)
    refused(submit, media_root, code, subtitles=path)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"target_language": "xx"}, "unknown_language"),
        ({"source_language": "zz"}, "unknown_language"),
        ({"source_language": "ja", "target_language": "hi"}, "recognition_unsupported"),
        ({"target_language": "ta"}, "pair_unsupported"),
        ({"recognizer": "nobody"}, "engine_unknown"),
        ({"voice_engine": "nobody"}, "engine_unknown"),
    ],
)
def test_what_nothing_here_can_do_is_refused_before_the_job(
    submit: Submit, media_root: Path, fields: dict[str, str], code: str
) -> None:
    refused(submit, media_root, code, **fields)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"emotion_strength": 1.5}, "emotion_strength"),
        ({"emotion_strength": float("nan")}, "emotion_strength"),
        ({"match": "odd"}, "match"),
        ({"model_size": "enormous"}, "model_size"),
        ({"transcript": "Hello.", "source_language": "auto"}, "source_language"),
        ({"transcript": "x" * 1_000_001}, "transcript"),
        ({"submission_key": "k" * 65}, "submission_key"),
        ({"speaker_count": 0}, "speaker_count"),
        ({"speaker_count": 21}, "speaker_count"),
    ],
)
def test_fields_that_make_no_sense_are_refused(
    submit: Submit, media_root: Path, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        submit(**fields)
    assert field in caught.value.message_dict
    assert nothing_is_left(media_root)


def test_a_person_has_limits(submit: Submit, alice: User, media_root: Path, tmp_path: Path) -> None:
    alice.max_upload_mb, alice.max_media_minutes = 0, None
    alice.save()
    refused(submit, media_root, "too_large", owner=alice)
    alice.max_upload_mb, alice.max_media_minutes = None, 0
    alice.save()
    refused(submit, media_root, "too_long", owner=alice)


def test_a_full_queue_takes_no_more(submit: Submit, alice: User) -> None:
    alice.max_active_jobs = 2
    alice.save()
    jobs = [submit(), submit()]
    with pytest.raises(PipelineError, match="2 is your limit"):
        submit()
    assert Job.objects.count() == 2
    services.job_cancel(job=jobs[0])
    submit()
    with pytest.raises(PipelineError, match="2 is your limit"):
        services.job_retry(job=jobs[0])


def test_at_once_a_queue_takes_no_more_than_fit(alice: User, clip: Path) -> None:
    alice.max_active_jobs = 1
    alice.save()

    def go() -> str:
        with clip.open("rb") as stream:
            try:
                services.job_create_dubbing(
                    owner=User.objects.get(pk=alice.pk),
                    source=File(stream, name="a.mp4"),
                    source_language="en",
                    target_language="es",
                )
            except PipelineError as error:
                return error.code
            return "taken"

    assert sorted(str(one) for one in together(go, 3)) == ["taken", "too_many_jobs", "too_many_jobs"]
    assert Job.objects.count() == len(list(files.jobs_root().iterdir())) == 1


def test_too_little_room_is_said_before_the_job(
    submit: Submit, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=10_000))
    refused(submit, media_root, "disk_full")


def test_a_browser_upload_moves_instead_of_being_copied(alice: User, clip: Path) -> None:
    upload = TemporaryUploadedFile("talk.mp4", "video/mp4", clip.stat().st_size, None)
    upload.write(clip.read_bytes())
    upload.seek(0)
    temporary = Path(upload.temporary_file_path())
    services.job_create_dubbing(owner=alice, source=upload, source_language="en", target_language="es")
    assert not temporary.exists()
    upload.close()


# --- what comes after -------------------------------------------------------------------------------------------
TRANSITIONS = {
    services.job_cancel: {"queued", "running", "waiting"},
    services.job_retry: {"failed", "cancelled"},
    services.job_approve: {"waiting"},
}


@pytest.mark.parametrize("status", Job.Status.values)
@pytest.mark.parametrize("act", TRANSITIONS)
def test_what_may_be_done_when(alice: User, act: Callable[..., None], status: str) -> None:
    job = make_job(alice, status=status, error_code="no_speech", progress=0.4)
    WorkUnit.objects.create(job=job, stage="synthesize", name="0")
    if status in TRANSITIONS[act]:
        act(job=job)
        assert job.status == ("cancelled" if act is services.job_cancel else "queued")
        assert not WorkUnit.objects.exists()
    else:
        with pytest.raises(PipelineError) as caught:
            act(job=job)
        assert caught.value.code == "not_now"
        assert job.status == status
        assert WorkUnit.objects.exists()


def test_a_retry_starts_clean_and_approval_keeps_the_progress(alice: User) -> None:
    failed = make_job(
        alice, status="failed", error_code="no_speech", error_params={"name": "x"}, progress=0.4, attempt=5
    )
    services.job_retry(job=failed)
    assert (failed.error_code, failed.error_params, failed.progress, failed.attempt) == ("", {}, 0.0, 0)
    waiting = make_job(alice, status="waiting", stage="review", progress=0.4)
    services.job_approve(job=waiting)
    assert (waiting.stage, waiting.progress) == ("review", 0.4)
    assert DubbingJob.objects.get(job=waiting).reviewed_at is not None


def test_of_two_who_cancel_one_does(alice: User) -> None:
    job = make_job(alice)

    def cancel() -> bool:
        try:
            services.job_cancel(job=Job.objects.get(pk=job.pk))
        except PipelineError:
            return False
        return True

    assert sorted(bool(one) for one in together(cancel, 4)) == [False, False, False, True]
    assert [event.payload["status"] for event in job.events.all()] == ["cancelled"]


def test_deleting_takes_the_files(alice: User) -> None:
    job, other = make_job(alice), make_job(alice)
    services.job_delete(job=job)
    assert not files.job_root(job.pk).exists()
    assert files.job_root(other.pk).exists()
    assert Job.objects.get() == other


def test_edits_are_kept_marked_and_recorded(alice: User) -> None:
    job = make_job(alice, status="succeeded")
    segment = Segment.objects.create(job=job, index=3, start=0, end=1, text="Helo.", translation="Hola.")
    same = services.segment_edit(segment=segment, text="Helo.", translation=None)
    assert not same.stale
    services.segment_edit(segment=segment, text="  Hello\n there. ")
    assert (segment.text, segment.text_edited, segment.translation_edited, segment.stale) == (
        "Hello there.",
        True,
        False,
        True,
    )
    assert job.events.get(kind="segments").payload == {"count": 1, "edited": [3]}
    services.job_rerun_stale(job=job)
    assert job.status == "queued"
    with pytest.raises(PipelineError):
        services.segment_edit(segment=segment, translation="No.")


def test_edits_have_limits_and_an_unedited_job_is_not_run_again(alice: User) -> None:
    job = make_job(alice, status="succeeded")
    segment = Segment.objects.create(job=job, index=0, start=0, end=1, text="Hi.", translation="Hola.")
    with pytest.raises(ValidationError):
        services.segment_edit(segment=segment, translation="x" * 5_001)
    with pytest.raises(ValidationError):
        services.job_rerun_stale(job=job)
    segment.refresh_from_db()
    assert segment.translation == "Hola."


# --- limits -----------------------------------------------------------------------------------------------------
def suspend(user: User) -> None:
    user.suspended_at, user.suspended_reason = timezone.now(), "Somebody else's voice."
    user.save()


def test_who_is_suspended_starts_nothing(submit: Submit, alice: User, media_root: Path) -> None:
    jobs = [make_job(alice, status=status) for status in ("failed", "waiting", "succeeded")]
    Segment.objects.create(job=jobs[2], index=0, start=0, end=1, stale=True)
    suspend(alice)
    acts = (services.job_retry, services.job_approve, services.job_rerun_stale)
    for act, job in zip(acts, jobs, strict=True):
        with pytest.raises(PipelineError, match=r"Somebody else's voice\.") as caught:
            act(job=job)
        assert caught.value.code == "suspended"
    assert not Job.objects.filter(status="queued").exists()
    assert not Usage.objects.exists()
    Job.objects.all().delete()
    shutil.rmtree(media_root)
    refused(submit, media_root, "suspended")
    running = make_job(alice, status="running")
    services.job_cancel(job=running)
    assert running.status == "cancelled"


def test_audio_is_counted_once_for_what_is_taken_in(submit: Submit, alice: User, media_root: Path) -> None:
    alice.max_audio_minutes_day = 0
    alice.save()
    error = refused(submit, media_root, "audio_limit")
    assert field_of(error) == "source"
    assert not Usage.objects.exists()
    alice.max_audio_minutes_day = None
    alice.save()
    job = submit(submission_key="a")
    assert submit(submission_key="a") == job
    seconds = DubbingJob.objects.get(job=job).media["duration"]
    assert audio_used(alice) == pytest.approx(seconds)
    services.job_cancel(job=job)
    services.job_retry(job=job)
    assert audio_used(alice) == pytest.approx(seconds)


def test_what_is_spoken_again_counts(alice: User) -> None:
    job = make_job(alice, status="succeeded")
    for index, stale in enumerate((True, False, True)):
        Segment.objects.create(job=job, index=index, start=10 * index, end=10 * index + 4, stale=stale)
    services.job_rerun_stale(job=job)
    assert audio_used(alice) == pytest.approx(8.0)
    with pytest.raises(PipelineError, match="while the job is queued"):
        services.job_rerun_stale(job=job)
    assert audio_used(alice) == pytest.approx(8.0)


def test_what_does_not_fit_is_refused_with_the_room_of_its_result(submit: Submit, alice: User, clip: Path) -> None:
    first = submit()
    size = clip.stat().st_size
    assert first.upload_bytes == size
    assert first.expected_bytes == room(first) > 2 * size
    assert storage_used(alice) == first.upload_bytes + first.expected_bytes
    for free in (size - 1, size + first.expected_bytes - 1):
        leave_free(alice, free)
        with pytest.raises(PipelineError) as caught:
            submit()
        assert caught.value.code == "storage_limit"
    assert [folder.name for folder in files.jobs_root().iterdir()] == [str(first.pk)]
    leave_free(alice, size + first.expected_bytes)
    submit()


def leave_free(user: User, count: int) -> None:
    """Fill the person's storage up to the last ``count`` bytes with an old result."""
    Job.objects.filter(owner=user, title="ballast").delete()
    kept = limits_for(user).storage_bytes - storage_used(user) - count
    Job.objects.create(owner=user, kind=Job.Kind.DUBBING, title="ballast", status="succeeded", result_bytes=kept)


def room(job: Job) -> int:
    detail = DubbingJob.objects.get(job=job)
    return ingest.result_size(ingest.inspect(Path(detail.source.path), "talk.mp4", ingest.Limits()), 1)


def test_room_is_given_back_where_a_job_ends_without_a_result(submit: Submit, alice: User, clip: Path) -> None:
    job = submit()
    services.job_cancel(job=job)
    assert storage_used(alice) == clip.stat().st_size
    alice.max_storage_mb = 0
    alice.save()
    with pytest.raises(PipelineError) as caught:
        services.job_retry(job=Job.objects.get(pk=job.pk))
    assert caught.value.code == "storage_limit"
    Job.objects.filter(pk=job.pk).update(status="failed", result_bytes=5)
    assert storage_used(alice) == clip.stat().st_size + 5
    services.job_retry(job=Job.objects.get(pk=job.pk))  # its result is replaced by one of about the same size
    services.job_delete(job=job)
    assert storage_used(alice) == 0


def test_subtitles_and_emotion_take_room_too(submit: Submit, clip: Path, subtitles: Path) -> None:
    assert submit(subtitles=subtitles, emotion=clip).upload_bytes == 2 * clip.stat().st_size + len(SRT)


def test_a_glossary_is_kept_with_it(submit: Submit) -> None:
    job = submit(glossary="train = tren\nVocasync")
    assert dub_request(job).glossary == (Term("train", "tren"), Term("Vocasync", "Vocasync"))


def test_a_glossary_that_cannot_be_read_is_refused(submit: Submit, media_root: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        submit(glossary="train = tren\nplane =")
    assert (caught.value.code, field_of(caught.value)) == ("glossary_line", "glossary")
    assert "Line 2" in str(caught.value)
    assert nothing_is_left(media_root)
