"""Faces: brought, looked at by a worker, picked, and whose they are."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from PIL import Image

from accounts.models import AuditEntry, User
from tests.voices.rows import PDF, SEEN, face_row, moderator, told, upload, voice_of
from vocasync.errors import PipelineError
from voices import consent, errands, files, moderation, services, signals
from voices.consent.rules import Purpose, may_clone, snapshot
from voices.models import ConsentRecord, Decision, Errand, FaceProfile
from voices.services.profiles import count_of, storage_of

transactional = pytest.mark.django_db(transaction=True)
"""For tests in which a worker is at it: what keeps its lease has a connection of its own."""


def photo(width: int = 200, height: int = 160, kind: str = "PNG", **options: Any) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), (180, 150, 130)).save(held, kind, **options)
    return held.getvalue()


def brought(owner: User, content: bytes | None = None, name: str = "me.png", **fields: Any) -> FaceProfile:
    given = {"whose": "own"} | fields
    return services.face_create(owner=owner, upload=upload(content or photo(), name), **given)


def looked_at(face: FaceProfile) -> FaceProfile:
    """By a worker."""
    errand = Errand.objects.get(kind="face", subject=str(face.pk))
    errands.run(errand.pk)
    face.refresh_from_db()
    return face


def two(owner: User, **fields: Any) -> FaceProfile:
    """A photo of two people, neither of whom was picked yet."""
    problem = {"code": "several_faces", "severity": "refuse", "text": "Two.", "advice": "Pick."}
    closed = {"code": "eyes_closed", "severity": "refuse", "text": "The eyes are closed.", "advice": "Open them."}
    fine = SEEN["faces"][0]
    report = {**SEEN, "faces": [fine, {**fine, "problems": [closed]}], "chosen": None, "problems": [problem]}
    return face_row(owner, report=report, chosen=None, state="refused", **fields)


def code(work: Callable[[], object]) -> str:
    with pytest.raises(PipelineError) as refused:
        work()
    return refused.value.code


def ended(sent: list[tuple[str, str]]) -> Callable[..., None]:
    def receive(face: FaceProfile, reason: str, **_: Any) -> None:
        sent.append((face.name, reason))

    signals.face_ended.connect(receive, weak=False)
    return receive


# --- bringing one -----------------------------------------------------------------------------------------------------
def test_a_photo_is_taken_in_and_waits_for_a_worker(alice: User) -> None:
    face = brought(alice, name="holiday.png", whose="other", person_name=" Ann  Lee ")
    assert (face.state, face.name, face.person_name, face.consent) == ("checking", "Ann Lee", "Ann Lee", "none")
    assert files.face_original(face.pk).read_bytes() == photo()
    assert Errand.objects.get().kind == "face"
    assert (count_of(alice), storage_of(alice)) == (1, len(photo()))


@pytest.mark.slow
@transactional
def test_a_worker_finds_the_face_and_keeps_nothing_but_the_picture(alice: User, shared_media: Path) -> None:
    with Image.open(shared_media / "scikit-image/astronaut.png") as image:
        held, exif = io.BytesIO(), Image.Exif()
        exif[0x010F] = "Secretcam"
        image.convert("RGB").save(held, "JPEG", quality=95, exif=exif)
    face = looked_at(brought(alice, held.getvalue(), "me.jpg"))
    assert (face.state, face.chosen, face.width, face.height) == ("ready", 0, 512, 512)
    assert len(face.report["faces"][0]["landmarks"]) == 468
    assert not files.face_original(face.pk).exists()
    kept = files.face_picture(face.pk)
    assert b"Secretcam" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert storage_of(alice) == face.size == kept.stat().st_size


@transactional
def test_a_photo_without_a_face_is_refused_with_advice(alice: User) -> None:
    face = looked_at(brought(alice))
    assert (face.state, face.chosen, face.report["faces"]) == ("refused", None, [])
    assert "from the front" in face.report["advice"]


@transactional
def test_a_photo_that_cannot_be_read_to_its_end_is_refused_by_the_worker(alice: User) -> None:
    noise = Image.effect_noise((300, 300), 90)
    held = io.BytesIO()
    noise.save(held, "PNG")
    face = looked_at(brought(alice, held.getvalue()[:9000]))
    assert face.state == "refused"
    assert face.report["problems"][0]["code"] == "picture_damaged"
    assert "“me.png” is damaged" in face.report["advice"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "empty_file"),
        (b"Dear diary", "picture_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_drawing"),
        (photo(20, 20), "picture_tiny"),
    ],
)
def test_what_is_no_photo_is_refused_at_once_and_nothing_is_kept(alice: User, content: bytes, wanted: str) -> None:
    with pytest.raises(PipelineError) as refused:
        services.face_create(owner=alice, upload=upload(content, "me.png"), whose="own")
    assert (refused.value.code, refused.value.params["field"]) == (wanted, "picture")
    assert not FaceProfile.objects.exists()
    assert not list(files.face_root(alice.pk).parent.glob("*"))


def test_limits_of_the_person_hold(alice: User) -> None:
    alice.suspended_at = alice.date_joined
    assert code(lambda: brought(alice)) == "suspended"
    alice.suspended_at = None
    alice.max_storage_mb = 1
    alice.save()
    FaceProfile.objects.filter(pk=face_row(alice).pk).update(size=2**20)
    assert code(lambda: brought(alice)) == "storage_limit"
    alice.max_voices = 1
    alice.save()
    assert code(lambda: brought(alice)) == "voices_limit"
    assert FaceProfile.objects.count() == 1


def test_whose_face_it_is_has_to_be_said(alice: User) -> None:
    with pytest.raises(ValidationError) as refused:
        brought(alice, whose="other", person_name=" ")
    assert set(refused.value.message_dict) == {"person_name"}
    with pytest.raises(ValidationError) as refused:
        brought(alice, whose="nobody")
    assert set(refused.value.message_dict) == {"whose"}


# --- picking, naming, deleting ----------------------------------------------------------------------------------------
def test_one_of_several_is_picked(alice: User) -> None:
    face = services.face_choose(face=two(alice), number=0)
    assert (face.state, face.chosen, face.report["problems"]) == ("ready", 0, [])
    other = services.face_choose(face=face, number=1)
    assert (other.state, other.chosen) == ("refused", 1)
    assert other.report["advice"] == "The eyes are closed. Open them."
    assert code(lambda: services.face_choose(face=face, number=2)) == "face_unknown"
    assert code(lambda: services.face_choose(face=brought(alice), number=0)) == "face_unread"


def test_under_a_consent_the_face_stays_the_same_persons(alice: User) -> None:
    face = two(alice, whose="other", person_name="Ann", consent="verified")
    FaceProfile.objects.filter(pk=face.pk).update(chosen=0)
    assert code(lambda: services.face_choose(face=face, number=1)) == "face_settled"
    with pytest.raises(ValidationError):
        services.face_update(face=face, person_name="Berta")
    assert services.face_update(face=face, name="Ann at the sea").name == "Ann at the sea"


def test_a_face_goes_with_its_files_its_consents_and_whoever_waits_is_told(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, str]] = []
    receiver = ended(sent)
    face = brought(alice)
    FaceProfile.objects.filter(pk=face.pk).update(chosen=0)
    face.refresh_from_db()
    record = consent.statement_submit(likeness=face, by=alice, upload=upload(PDF, "a.pdf"), person_name="Alice")
    with django_capture_on_commit_callbacks(execute=True):
        services.face_delete(face=face)
    signals.face_ended.disconnect(receiver)
    assert sent == [("me", "Its owner deleted the face.")]
    assert not files.face_root(face.pk).exists()
    assert not files.consent_root(record.pk).exists()
    assert not Errand.objects.exists()
    assert AuditEntry.objects.filter(action="face.delete", object_id=str(face.pk)).exists()


def test_what_belongs_to_no_face_is_swept_away(alice: User) -> None:
    face = brought(alice)
    FaceProfile.objects.all().delete()
    files.sweep(older_than=-1)
    assert not files.face_root(face.pk).exists()


# --- consent: the same rules as for voices ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, ""),
        ({"consent": "pending"}, ""),
        ({"consent": "verified"}, ""),
        ({"consent": "withdrawn"}, "face_withdrawn"),
        ({"consent": "refused"}, "face_refused"),
        ({"taken_down_at": "2026-01-01T00:00:00Z"}, "face_taken_down"),
    ],
)
def test_who_may_have_a_face_speak(alice: User, bob: User, fields: dict[str, Any], wanted: str) -> None:
    face = FaceProfile.objects.select_related("owner").get(pk=face_row(alice, **fields).pk)
    verdict = may_clone(alice, face, Purpose.JOB)
    assert (bool(verdict), verdict.code) == (not wanted, wanted)
    assert may_clone(bob, face, Purpose.JOB).code in (wanted or "face_not_shared", "face_not_shared")
    assert not may_clone(bob, face, Purpose.JOB)
    if wanted:
        assert "“Passport”" in verdict.words


def test_a_suspended_owner_has_no_face_speak(alice: User) -> None:
    face = face_row(alice)
    alice.suspended_at = alice.date_joined
    assert may_clone(alice, face, Purpose.JOB).code == "suspended"


def test_a_statement_is_reviewed_and_the_snapshot_says_so(alice: User) -> None:
    face = face_row(alice, whose="other", person_name="Ann")
    assert snapshot(face)["status"] == "none"
    record = consent.statement_submit(likeness=face, by=alice, upload=upload(PDF, "a.pdf"), person_name="Ann")
    assert (face.consent, record.likeness) == ("pending", face)
    assert record.declaration.startswith("Ann knows that Vocasync makes their picture speak")
    twice = lambda: consent.statement_submit(  # noqa: E731
        likeness=face, by=alice, upload=upload(PDF, "a.pdf"), person_name="Ann"
    )
    assert code(twice) == "consent_waiting"
    moderation.consent_decide(record=record, moderator=moderator(), granted=True)
    face.refresh_from_db()
    assert (face.consent, told(alice)) == ("verified", ["The consent for the face “Passport” was accepted."])
    assert snapshot(face) | {"since": ""} == {
        "id": str(record.pk), "kind": "statement", "status": "verified", "whose": "other", "since": "",
    }  # fmt: skip


def test_a_refused_statement_ends_the_use_and_can_be_appealed(alice: User) -> None:
    sent: list[tuple[str, str]] = []
    receiver = ended(sent)
    face = face_row(alice, whose="other", person_name="Ann")
    record = consent.statement_submit(likeness=face, by=alice, upload=upload(PDF, "a.pdf"), person_name="Ann")
    moderation.consent_decide(record=record, moderator=moderator(), granted=False, reason="Not signed.")
    signals.face_ended.disconnect(receiver)
    face.refresh_from_db()
    assert (face.consent, sent) == ("refused", [("Passport", "The consent was not accepted: Not signed.")])
    decision = Decision.objects.get(face=face)
    appeal = moderation.appeal_create(decision=decision, user=alice, text="It is signed on the back.")
    moderation.appeal_decide(appeal=appeal, moderator=moderator("max"), granted=True, reason="So it is.")
    face.refresh_from_db()
    assert face.consent == "pending"


def test_a_consent_is_withdrawn_by_the_owner_and_by_a_moderator(alice: User) -> None:
    sent: list[tuple[str, str]] = []
    receiver = ended(sent)
    mine, theirs = face_row(alice, name="Mine"), face_row(alice, name="Theirs")
    consent.withdraw(likeness=mine, by=alice)
    assert code(lambda: consent.withdraw(likeness=theirs, by=moderator())) == "reason_missing"
    consent.withdraw(likeness=theirs, by=moderator("max"), reason="The person wrote to us.")
    signals.face_ended.disconnect(receiver)
    assert sent == [("Mine", "Its owner withdrew the consent."), ("Theirs", "The person wrote to us.")]
    assert set(FaceProfile.objects.values_list("consent", flat=True)) == {"withdrawn"}
    assert told(alice) == ["A moderator ended the consent for your face “Theirs”: The person wrote to us."]
    assert ConsentRecord.objects.filter(face__in=(mine, theirs), status="withdrawn").count() == 2


def test_a_face_is_taken_down_and_restored(alice: User) -> None:
    sent: list[tuple[str, str]] = []
    receiver = ended(sent)
    face, mona = face_row(alice), moderator()
    moderation.face_takedown(face=face, moderator=mona, reason="A child.")
    signals.face_ended.disconnect(receiver)
    face.refresh_from_db()
    assert may_clone(alice, face, Purpose.JOB).code == "face_taken_down"
    assert sent == [("Passport", "A moderator took the face down: A child.")]
    assert code(lambda: moderation.face_takedown(face=face, moderator=mona, reason="Again.")) == "decided_already"
    moderation.face_restore(face=face, moderator=mona)
    face.refresh_from_db()
    assert may_clone(alice, face, Purpose.JOB)
    assert code(lambda: moderation.face_restore(face=face, moderator=mona)) == "not_taken_down"


def test_a_consent_is_of_a_voice_or_of_a_face(alice: User) -> None:
    for fields in ({}, {"voice": voice_of(alice), "face": face_row(alice)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentRecord.objects.create(kind="statement", status="pending", declaration="", **fields)
