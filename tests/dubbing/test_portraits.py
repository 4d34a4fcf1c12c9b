"""Talking portraits as they come in, alone and several at once: what is refused, and what is kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from accounts.models import AuditEntry, User
from dubbing import batches, casting, portraits
from dubbing.models import Job, PortraitJob, Speaker
from dubbing.portraits import Portrait, job_create_portrait
from dubbing.scripted import Said
from tests import factory
from tests.dubbing.conftest import hints, make_voice
from tests.dubbing.faces import make_face
from vocasync.errors import PipelineError
from voices.models import FaceProfile


@pytest.fixture
def face(alice: User) -> FaceProfile:
    return make_face(alice)


def portrait(face: FaceProfile, text: str = "Good morning.", language: str = "en", **fields: Any) -> Portrait:
    said = {name: fields.pop(name) for name in list(fields) if name in Said.__dataclass_fields__}
    return Portrait(said=Said(language, text, **said), face=face, **fields)


def file(name: str, content: bytes) -> ContentFile[bytes]:
    return ContentFile(content, name=name)


def refusal(owner: User, asked: Portrait) -> tuple[str, str]:
    """The code, and the field that it is about."""
    with pytest.raises(PipelineError) as refused:
        job_create_portrait(owner=owner, portrait=asked)
    assert not Job.objects.exists()
    return refused.value.code, refused.value.params.get("field", "")


def problems(owner: User, asked: Portrait) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        job_create_portrait(owner=owner, portrait=asked)
    assert not Job.objects.exists()
    return refused.value.message_dict


def nothing_left(media_root: Path) -> bool:
    return not list((media_root / "jobs").glob("*")) if (media_root / "jobs").exists() else True


# --- one --------------------------------------------------------------------------------------------------------------
def test_a_script_is_taken_in_with_its_face_and_voice(
    alice: User, face: FaceProfile, django_capture_on_commit_callbacks: Any
) -> None:
    voice = make_voice(alice)
    asked = portrait(face, "", script=file("Speech.md", b"# Hello\n\nGood *morning*."), voice=voice, fps=30.0)
    with django_capture_on_commit_callbacks(execute=True):
        job = job_create_portrait(owner=alice, portrait=asked, submission_key="one")
    detail = job.portrait
    assert (job.kind, job.title, detail.script_name, detail.face_name) == ("portrait", "Speech", "Speech.md", "Ada")
    assert (detail.fps, detail.buffer_frames, detail.ai_mark, detail.chosen) == (30.0, 3, True, 0)
    assert Path(detail.picture.path).read_bytes().startswith(b"\x89PNG"), "a copy of its own"
    speaker = Speaker.objects.get(job=job)
    assert (speaker.voice, speaker.voice_kind) == (voice, Speaker.VoiceKind.PROFILE)
    assert hints() == [("advance_job", str(job.pk))]
    assert job_create_portrait(owner=alice, portrait=asked, submission_key="one") == job, "two clicks"


def test_a_clip_of_a_voice_is_declared_and_that_is_written_down(alice: User, face: FaceProfile, tmp_path: Path) -> None:
    clip = factory.speech("A clip of somebody who speaks.", tmp_path / "clip.wav").read_bytes()
    assert list(problems(alice, portrait(face, reference=file("clip.wav", clip)))) == ["i_may_use_this_voice"]
    job = job_create_portrait(owner=alice, portrait=portrait(face, reference=file("clip.wav", clip), declared=True))
    assert Speaker.objects.get(job=job).voice_kind == Speaker.VoiceKind.OWN
    entry = AuditEntry.objects.get(action="portrait.declared")
    assert (entry.object_id, entry.after["clip"]) == (str(job.pk), "clip.wav")


def test_a_finished_recording_needs_no_voice(alice: User, face: FaceProfile, tmp_path: Path) -> None:
    sound = factory.speech("The lips follow what is heard.", tmp_path / "said.wav").read_bytes()
    job = job_create_portrait(owner=alice, portrait=portrait(face, "", sound=file("said.wav", sound)))
    assert not Speaker.objects.filter(job=job).exists()
    assert job.portrait.media["duration"] > 1.0
    assert job.title == "said"


def test_right_to_left_text_is_fine(alice: User, face: FaceProfile) -> None:
    job = job_create_portrait(owner=alice, portrait=portrait(face, "صبح بخیر، آپ کیسے ہیں؟", "ur"))
    assert job.portrait.target_language == "ur"


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("😀 🎉 ❤️", "en", ("script_unspeakable", "text")),
        ("word " * 100_000, "en", ("script_long", "text")),
        ("Здравствуйте, друзья.", "en", ("script_writing", "text")),
        ("Hello.", "xx", ("unknown_language", "target_language")),
        ("नमस्ते दोस्तों।", "hi", ("voice_unsupported", "target_language")),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_field(
    text: str, language: str, found: tuple[str, str], alice: User, face: FaceProfile, media_root: Path
) -> None:
    engine = "yourtts" if language == "hi" else "espeak"
    if language == "hi":
        assert refusal(alice, portrait(face, text, language, engine=engine))[0] in ("engine_not_ready", found[0])
        return
    assert refusal(alice, portrait(face, text, language, engine=engine)) == found
    assert nothing_left(media_root)


def test_one_of_text_file_and_recording(alice: User, face: FaceProfile) -> None:
    assert list(problems(alice, portrait(face, "  "))) == ["text"]
    assert list(problems(alice, portrait(face, "Both.", script=file("a.txt", b"Both.")))) == ["script"]
    assert refusal(alice, portrait(face, "", script=file("a.txt", b"\x00\x01\x02\xff" * 40))) == (
        "script_not_text",
        "script",
    )
    assert refusal(alice, portrait(face, "", sound=file("a.wav", b"Dear diary " * 40))) == ("not_media", "sound")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"fps": 400.0}, "fps"),
        ({"buffer_frames": -1}, "buffer_frames"),
        ({"emotion_strength": float("nan")}, "emotion_strength"),
        ({"stock": "Nobody", "engine": "espeak"}, "stock"),
        ({"lipsync": "warp", "lip_options": {"magic": 1.0}}, "lip_options"),
    ],
)
def test_settings_out_of_range_are_refused(fields: dict[str, Any], field: str, alice: User, face: FaceProfile) -> None:
    assert list(problems(alice, portrait(face, **fields))) == [field]


def test_lip_engines_that_are_not_there(alice: User, face: FaceProfile) -> None:
    assert refusal(alice, portrait(face, lipsync="magic")) == ("engine_unknown", "lipsync")
    assert refusal(alice, portrait(face, lipsync="wav2lip")) == ("engine_not_ready", "lipsync")


def test_faces_that_may_not_speak(alice: User, bob: User, face: FaceProfile) -> None:
    FaceProfile.objects.filter(pk=face.pk).update(state="refused", report={"advice": "Nobody is in it."})
    face.refresh_from_db()
    assert refusal(alice, portrait(face)) == ("face_unfit", "face")
    withdrawn = make_face(alice, "Withdrawn", consent="withdrawn")
    assert refusal(alice, portrait(withdrawn))[1] == "face"
    assert refusal(alice, portrait(make_face(bob, "Bob's")))[1] == "face"


def test_a_consent_is_that_of_the_face_that_was_picked(alice: User) -> None:
    """Nobody else of the same picture speaks with it."""
    seen: dict[str, Any] = {"box": [0, 0, 1, 1], "landmarks": [], "problems": []}
    report = {"size": [9, 9], "faces": [seen, seen], "chosen": 0, "problems": [], "outlines": [], "notes": []}
    face = make_face(alice, report=report, consent="verified")
    assert refusal(alice, portrait(face, chosen=1)) == ("face_settled", "face")
    job = job_create_portrait(owner=alice, portrait=portrait(face, chosen=0))
    PortraitJob.objects.filter(job=job).update(chosen=1)
    with pytest.raises(PipelineError, match="no other can be picked"):
        casting.require_likenesses(job)
    job.delete()
    FaceProfile.objects.update(consent="none")
    face.refresh_from_db()
    assert refusal(alice, portrait(face, chosen=2)) == ("face_unknown", "face")
    assert job_create_portrait(owner=alice, portrait=portrait(face, chosen=1)).portrait.chosen == 1


# --- several ----------------------------------------------------------------------------------------------------------
def table(text: str) -> ContentFile[bytes]:
    return file("scripts.csv", text.encode())


def said(owner: User, like: Portrait, rows: str, *faces: FaceProfile) -> list[str]:
    """What is wrong with a table."""
    with pytest.raises(ValidationError) as refused:
        batches.batch_create(owner=owner, like=like, faces=faces or (like.face,), table=table(rows))
    assert not Job.objects.exists()
    return refused.value.message_dict["scripts"]


def test_a_table_of_scripts_is_as_many_portraits(alice: User, face: FaceProfile) -> None:
    voice = make_voice(alice, "Deep")
    rows = 'title;text;voice\nFirst;"Good; morning.";deep\n;;\nSecond;Good night.;\n'
    batch = batches.batch_create(
        owner=alice, like=portrait(face, ""), faces=(face,), table=table(rows), submission_key="k"
    )
    found = [(job.title, job.portrait.text, job.portrait.voice) for job in batch.jobs.order_by("created_at")]
    assert found == [("First", "Good; morning.", voice), ("Second", "Good night.", None)]
    again = batches.batch_create(owner=alice, like=portrait(face), faces=(face,), submission_key="k")
    assert again == batch, "two clicks"


def test_several_faces_say_the_same_and_count_as_one_job(alice: User) -> None:
    faces = [make_face(alice, f"Face {number}") for number in range(4)]
    alice.max_active_jobs = 1
    alice.save()
    batch = batches.batch_create(owner=alice, like=portrait(faces[0]), faces=faces)
    assert [job.title for job in batch.jobs.order_by("title")] == [f"Face {number}" for number in range(4)]
    assert refusal_of_another(alice, faces[0]) == "too_many_jobs"


def refusal_of_another(owner: User, face: FaceProfile) -> str:
    with pytest.raises(PipelineError) as refused:
        job_create_portrait(owner=owner, portrait=portrait(face))
    return refused.value.code


def test_each_wrong_row_is_named(alice: User, face: FaceProfile) -> None:
    like = portrait(face, "")
    rows = "title,text,language,voice\nA,Fine.,,\nB,😀,,\nC,Hello.,xx,\nD,Hello.,,Nobody\n"
    wrong = said(alice, like, rows)
    assert [line.partition(":")[0] for line in wrong] == ["Row 3", "Row 4", "Row 5"]
    assert "“Nobody”" in wrong[2]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("title,words\nA,Hello.\n", "“text” among them"),
        ("text,colour\nHello.,red\n", "colour"),
        ("text,text\nA,B\n", "twice"),
        ("text\n", "no rows"),
        ("text\nHello, you\n", "more cells"),
        ('text\n"Hello\n', "cannot be read"),
        ("text\n" + "Hello.\n" * 51, "51 portraits"),
    ],
)
def test_what_is_no_table_is_refused(rows: str, words: str, alice: User, face: FaceProfile) -> None:
    assert words in " ".join(said(alice, portrait(face, ""), rows))


def test_all_or_nothing(alice: User, face: FaceProfile, media_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk may be full at the third."""
    look, seen = portraits._look, []

    def full(*given: Any) -> Any:
        seen.append(given)
        if len(seen) == 3:
            raise PipelineError("disk_full", needed=1, free=0)
        return look(*given)

    monkeypatch.setattr(portraits, "_look", full)
    with pytest.raises(PipelineError, match="too little room"):
        batches.batch_create(owner=alice, like=portrait(face, ""), faces=(face,), table=table("text\nA.\nB.\nC.\n"))
    assert not Job.objects.exists()
    assert not alice.batches.exists()
    assert nothing_left(media_root)


def test_an_archive_is_made_while_it_is_read(alice: User, face: FaceProfile) -> None:
    import zipfile

    from dubbing.files import output_root
    from dubbing.models import Artifact
    from dubbing.packing import packed

    batch = batches.batch_create(owner=alice, like=portrait(face, ""), faces=(face,), table=table("text\nA.\nB.\nA.\n"))
    Job.objects.filter(batch=batch).update(status=Job.Status.SUCCEEDED)
    for number, job in enumerate(batch.jobs.order_by("created_at")):
        out = output_root(job.pk)
        out.mkdir(parents=True)
        for name, kind in (("portrait.mp4", "video"), ("voice.peaks.json", "peaks"), ("everything.zip", "archive")):
            (out / name).write_bytes(b"%d" % number * 300_000)
            Artifact.objects.create(job=job, path=name, name=f"Ada.{name}", kind=kind, mime="video/mp4", size=300_000)
    (output_root(batch.jobs.order_by("created_at")[1].pk) / "portrait.mp4").unlink()
    blocks = list(packed(batch))
    assert max(map(len, blocks)) < 300_000
    with zipfile.ZipFile(io.BytesIO(b"".join(blocks))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["A/Ada.portrait.mp4", "A (2)/Ada.portrait.mp4"]
        assert archive.read("A (2)/Ada.portrait.mp4") == b"2" * 300_000
