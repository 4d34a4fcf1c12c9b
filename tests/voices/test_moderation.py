"""What people ask moderators for, what moderators decide, and how it is reversed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEntry, User
from tests.conftest import make_user
from tests.voices.rows import PDF, face_row, moderator, told, upload, verified_voice, voice_of
from vocasync.errors import PipelineError
from voices import consent, moderation, signals
from voices.consent import Purpose, may_clone
from voices.models import Appeal, ConsentRecord, Decision, PublicRequest, Report, VoiceProfile, VoiceShare

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona(db: None) -> User:
    return moderator()


@pytest.fixture
def sent() -> Iterator[list[tuple[str, Any]]]:
    """What other apps were told: name of the signal, and what it was about."""
    got: list[tuple[str, Any]] = []
    receivers = []
    for name, key in (
        ("consent_ended", "voice"),
        ("job_taken_down", "job_id"),
        ("job_restored", "job_id"),
        ("user_suspended", "user"),
    ):

        def receive(sender: Any, _name: str = name, _key: str = key, **given: Any) -> None:
            got.append((_name, getattr(given[_key], "pk", given[_key])))

        getattr(signals, name).connect(receive)
        receivers.append((name, receive))
    yield got
    for name, receive in receivers:
        getattr(signals, name).disconnect(receive)


def code(work: Callable[[], Any]) -> str:
    with pytest.raises(PipelineError) as caught:
        work()
    return caught.value.code


def last_entry() -> AuditEntry:
    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry is not None
    return entry


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


# --- publicity --------------------------------------------------------------------------------------------------------
def test_a_voice_becomes_public(alice: User, bob: User, mona: User) -> None:
    voice = verified_voice(alice)
    request = moderation.publish_request(voice=voice, by=alice, note=" For audio books. ")
    assert (request.status, request.note) == ("pending", "For audio books.")
    assert code(lambda: moderation.publish_request(voice=voice, by=alice)) == "public_waiting"
    moderation.publish_decide(request=request, moderator=mona, granted=True)
    assert fresh(voice).is_public
    assert may_clone(bob, voice, Purpose.JOB)
    entry = last_entry()
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        mona,
        "voice.publish",
        {"is_public": False, "request": "pending"},
        {"is_public": True, "request": "granted"},
    )
    assert told(alice) == ["The voice “Narrator” is public now."]
    assert code(lambda: moderation.publish_request(voice=voice, by=alice)) == "public_already"


def test_a_request_is_refused_with_a_reason(alice: User, mona: User) -> None:
    voice = verified_voice(alice)
    request = moderation.publish_request(voice=voice, by=alice)
    assert code(lambda: moderation.publish_decide(request=request, moderator=mona, granted=False)) == "reason_missing"
    moderation.publish_decide(request=request, moderator=mona, granted=False, reason="Too noisy.")
    decision = Decision.objects.get()
    assert (decision.kind, decision.user, decision.voice, decision.reason) == (
        "refuse_public",
        alice,
        voice,
        "Too noisy.",
    )
    assert not fresh(voice).is_public
    assert told(alice) == ["The voice was not made public (“Narrator”): Too noisy."]
    assert code(lambda: moderation.publish_decide(request=request, moderator=mona, granted=True)) == "decided_already"


def test_nobody_publishes_without_a_verified_consent(alice: User, bob: User, mona: User) -> None:
    assert code(lambda: moderation.publish_request(voice=voice_of(alice), by=alice)) == "consent_needed"
    assert code(lambda: moderation.publish_request(voice=verified_voice(alice), by=bob)) == "voice_not_shared"
    voice = verified_voice(alice)
    request = moderation.publish_request(voice=voice, by=alice)
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="none")
    assert code(lambda: moderation.publish_decide(request=request, moderator=mona, granted=True)) == "consent_needed"
    assert fresh(request).status == "pending"


def test_the_owner_takes_it_back(alice: User) -> None:
    voice = verified_voice(alice, is_public=True)
    moderation.publish_end(voice=voice, by=alice)
    assert not fresh(voice).is_public
    assert last_entry().action == "voice.unpublish"
    request = moderation.publish_request(voice=voice, by=alice)
    moderation.publish_end(voice=voice, by=alice)
    assert fresh(request).status == "dropped"
    count = AuditEntry.objects.count()
    moderation.publish_end(voice=voice, by=alice)
    assert AuditEntry.objects.count() == count, "nothing was left to take back"


# --- consents ---------------------------------------------------------------------------------------------------------
def statement(voice: VoiceProfile) -> ConsentRecord:
    return consent.statement_submit(likeness=voice, by=voice.owner, upload=upload(PDF, "a.pdf"), person_name="Ann")


def test_a_statement_is_accepted(alice: User, mona: User) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    record = statement(voice)
    moderation.consent_decide(record=record, moderator=mona, granted=True)
    assert (fresh(voice).consent, fresh(record).status, record.decided_by) == ("verified", "verified", mona)
    assert list(record.embedding) == list(voice.embedding), "what it was verified for"
    entry = last_entry()
    assert (entry.action, entry.before, entry.after) == (
        "consent.verify",
        {"consent": "pending"},
        {"consent": "verified"},
    )
    assert told(alice) == ["The consent for the voice “Narrator” was accepted."]


def test_a_statement_is_refused(alice: User, mona: User, sent: list[Any]) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    record = statement(voice)
    assert code(lambda: moderation.consent_decide(record=record, moderator=mona, granted=False)) == "reason_missing"
    moderation.consent_decide(record=record, moderator=mona, granted=False, reason="Not signed.")
    assert (fresh(voice).consent, fresh(record).status) == ("refused", "refused")
    assert not may_clone(alice, voice, Purpose.JOB)
    assert sent == [("consent_ended", voice.pk)]
    assert Decision.objects.get().kind == "refuse_consent"
    assert code(lambda: moderation.consent_decide(record=record, moderator=mona, granted=True)) == "decided_already"


def test_a_statement_for_a_voice_that_is_down_is_not_accepted(alice: User, mona: User) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    record = statement(voice)
    moderation.voice_takedown(voice=voice, moderator=mona, reason="Wait.")
    assert code(lambda: moderation.consent_decide(record=record, moderator=mona, granted=True)) == "voice_taken_down"
    assert fresh(record).status == "pending"


# --- takedowns --------------------------------------------------------------------------------------------------------
def test_a_voice_is_taken_down_and_restored(alice: User, bob: User, mona: User, sent: list[Any]) -> None:
    voice = verified_voice(alice, is_public=True)
    VoiceShare.objects.create(voice=voice, user=bob)
    report = moderation.report_create(reporter=bob, voice=voice, reason="abuse")
    assert code(lambda: moderation.voice_takedown(voice=voice, moderator=mona, reason="  ")) == "reason_missing"
    decision = moderation.voice_takedown(voice=voice, moderator=mona, reason="A stolen voice.")
    assert (fresh(voice).is_public, voice.takedown_reason, voice.consent) == (False, "A stolen voice.", "verified")
    assert not any(may_clone(user, voice, Purpose.JOB) for user in (alice, bob))
    assert sent == [("consent_ended", voice.pk)]
    entry = last_entry()
    assert (entry.action, entry.before["taken_down_at"], entry.after["is_public"]) == ("voice.takedown", None, False)
    assert (fresh(report).status, report.answer) == ("granted", "A stolen voice.")
    assert told(bob) == ["“Narrator”, which you reported, was taken down. Thank you."]
    assert told(alice) == ["The voice was taken down (“Narrator”): A stolen voice."]
    assert code(lambda: moderation.voice_takedown(voice=voice, moderator=mona, reason="Again")) == "decided_already"

    moderation.voice_restore(voice=voice, moderator=mona, reason="A mistake.")
    assert (fresh(voice).taken_down_at, voice.is_public, voice.takedown_reason) == (None, True, "")
    assert may_clone(bob, voice, Purpose.JOB)
    assert fresh(decision).reversed_at is not None
    assert told(alice)[-1] == "The voice “Narrator” was restored. A mistake."
    assert code(lambda: moderation.voice_restore(voice=voice, moderator=mona)) == "not_taken_down"


def test_what_was_not_public_is_not_public_after_it(alice: User, mona: User) -> None:
    private, lapsed = verified_voice(alice), verified_voice(alice, is_public=True)
    for voice in (private, lapsed):
        moderation.voice_takedown(voice=voice, moderator=mona, reason="Look.")
    VoiceProfile.objects.filter(pk=lapsed.pk).update(consent="none")
    for voice in (private, lapsed):
        moderation.voice_restore(voice=voice, moderator=mona)
        assert not fresh(voice).is_public


def test_a_result_is_taken_down_and_restored(alice: User, mona: User, sent: list[Any]) -> None:
    job = uuid.uuid4()
    about: dict[str, Any] = {"job_id": job, "name": "A talk", "owner": alice, "moderator": mona}
    decision = moderation.job_takedown(**about, reason="It threatens.")
    assert (decision.kind, decision.job_id, decision.user) == ("takedown_job", job, alice)
    entry = last_entry()
    assert (entry.object_type, entry.object_id, entry.object_name) == ("dubbing.job", str(job), "A talk")
    assert (entry.before, entry.after) == ({"taken_down": False}, {"taken_down": True})
    assert code(lambda: moderation.job_takedown(**about, reason="Again")) == "decided_already"
    moderation.job_restore(**about)
    assert sent == [("job_taken_down", job), ("job_restored", job)]
    assert fresh(decision).reversed_at is not None
    assert code(lambda: moderation.job_restore(**about)) == "not_taken_down"
    moderation.job_takedown(**about, reason="Once more.")


# --- people -----------------------------------------------------------------------------------------------------------
def test_somebody_is_suspended_and_restored(alice: User, bob: User, mona: User, sent: list[Any]) -> None:
    shared, public = verified_voice(alice), verified_voice(alice, is_public=True)
    verified_voice(alice)  # nobody else could use this one
    VoiceShare.objects.create(voice=shared, user=bob)
    VoiceShare.objects.create(voice=shared, user=mona)
    decision = moderation.user_suspend(user=alice, moderator=mona, reason="Spam.")
    assert fresh(alice).is_suspended
    assert sent[0] == ("user_suspended", alice.pk)
    assert sorted(sent[1:], key=str) == sorted([("consent_ended", shared.pk), ("consent_ended", public.pk)], key=str), (
        "once each"
    )
    assert told(alice) == ["The account was suspended: Spam."]
    assert code(lambda: moderation.user_suspend(user=alice, moderator=mona, reason="Spam.")) == "decided_already"
    moderation.user_restore(user=alice, moderator=mona)
    assert not fresh(alice).is_suspended
    assert fresh(decision).reversed_at is not None
    assert [row.action for row in AuditEntry.objects.order_by("pk")] == ["user.suspend", "user.restore"]
    assert code(lambda: moderation.user_restore(user=alice, moderator=mona)) == "not_suspended"


def test_moderators_are_not_suspended_by_moderators(mona: User, admin_user: User) -> None:
    other = moderator("max")
    assert code(lambda: moderation.user_suspend(user=other, moderator=mona, reason="Why not")) == "suspend_staff"
    assert code(lambda: moderation.user_suspend(user=admin_user, moderator=mona, reason="Why not")) == "suspend_staff"
    moderation.user_suspend(user=other, moderator=admin_user, reason="Asleep.")
    assert fresh(other).is_suspended


# --- reports ----------------------------------------------------------------------------------------------------------
def test_a_report_is_granted(alice: User, bob: User, charlie: User, mona: User, sent: list[Any]) -> None:
    voice = verified_voice(alice, is_public=True)
    first = moderation.report_create(reporter=bob, voice=voice, reason="no_consent", details=" It is my aunt. ")
    second = moderation.report_create(reporter=charlie, voice=voice, reason="other")
    assert (first.subject_name, first.subject_owner, first.details) == ("Narrator", alice, "It is my aunt.")
    assert code(lambda: moderation.report_decide(report=first, moderator=mona, granted=True)) == "reason_missing"
    moderation.report_decide(report=first, moderator=mona, granted=True, reason="No consent.")
    assert fresh(voice).taken_down_at is not None
    assert [fresh(row).status for row in (first, second)] == ["granted", "granted"]
    assert len(told(bob)) == len(told(charlie)) == 1
    assert sent == [("consent_ended", voice.pk)]
    assert code(lambda: moderation.report_decide(report=second, moderator=mona, granted=False, reason="x")) == (
        "decided_already"
    )


def test_a_report_of_a_result_is_granted(alice: User, bob: User, mona: User, sent: list[Any]) -> None:
    job = uuid.uuid4()
    report = moderation.report_create(
        reporter=bob, job_id=job, subject_name="A talk", subject_owner=alice, reason="abuse"
    )
    moderation.report_decide(report=report, moderator=mona, granted=True, reason="It threatens.")
    assert sent == [("job_taken_down", job)]
    assert Decision.objects.get().job_id == job


def test_a_report_comes_to_nothing(alice: User, bob: User, mona: User) -> None:
    voice = verified_voice(alice, is_public=True)
    report = moderation.report_create(reporter=bob, voice=voice, reason="other")
    moderation.report_decide(report=report, moderator=mona, granted=False, reason="It is a parrot.")
    assert fresh(voice).taken_down_at is None
    assert told(bob) == ["Your report of “Narrator” was looked at, and nothing was taken down: It is a parrot."]
    assert told(alice) == []
    assert not Decision.objects.exists()
    again = moderation.report_create(reporter=bob, voice=voice, reason="other")
    assert again.status == "pending", "it may be reported anew"


def test_a_report_of_what_is_gone_can_be_closed(alice: User, bob: User, mona: User) -> None:
    voice = verified_voice(alice, is_public=True)
    report = moderation.report_create(reporter=bob, voice=voice, reason="other")
    voice.delete()
    moderation.report_decide(report=fresh(report), moderator=mona, granted=True, reason="It is gone.")
    assert fresh(report).status == "granted"


def test_reports_that_are_refused(alice: User, bob: User, settings: Any) -> None:
    voice = verified_voice(alice, is_public=True)
    assert code(lambda: moderation.report_create(reporter=alice, voice=voice, reason="other")) == "report_own"
    moderation.report_create(reporter=bob, voice=voice, reason="other")
    assert code(lambda: moderation.report_create(reporter=bob, voice=voice, reason="abuse")) == "report_open"
    with pytest.raises(ValidationError) as caught:
        moderation.report_create(reporter=bob, voice=verified_voice(alice), reason="it is ugly")
    assert set(caught.value.message_dict) == {"reason"}
    settings.REPORTS_DAY = 1
    other = verified_voice(alice)
    assert code(lambda: moderation.report_create(reporter=bob, voice=other, reason="other")) == "too_many_reports"
    bob.suspended_at = timezone.now()
    assert code(lambda: moderation.report_create(reporter=bob, voice=other, reason="other")) == "suspended"


# --- appeals ----------------------------------------------------------------------------------------------------------
def against_a_voice(alice: User, mona: User) -> Decision:
    return moderation.voice_takedown(
        voice=verified_voice(alice, is_public=True), moderator=mona, reason="Looked stolen."
    )


def against_a_face(alice: User, mona: User) -> Decision:
    return moderation.face_takedown(face=face_row(alice), moderator=mona, reason="Looked stolen.")


def against_a_job(alice: User, mona: User) -> Decision:
    return moderation.job_takedown(job_id=uuid.uuid4(), name="A talk", owner=alice, moderator=mona, reason="Abuse.")


def against_a_request(alice: User, mona: User) -> Decision:
    request = moderation.publish_request(voice=verified_voice(alice), by=alice)
    moderation.publish_decide(request=request, moderator=mona, granted=False, reason="Noisy.")
    return Decision.objects.get()


def against_a_consent(alice: User, mona: User) -> Decision:
    record = statement(voice_of(alice, whose="other", person_name="Ann"))
    moderation.consent_decide(record=record, moderator=mona, granted=False, reason="Not signed.")
    return Decision.objects.get()


def against_somebody(alice: User, mona: User) -> Decision:
    return moderation.user_suspend(user=alice, moderator=mona, reason="Spam.")


def voice_is_back(decision: Decision) -> bool:
    voice = decision.voice
    return voice is not None and voice.taken_down_at is None and voice.is_public


def face_is_back(decision: Decision) -> bool:
    return decision.face is not None and decision.face.taken_down_at is None


def request_waits(_decision: Decision) -> bool:
    request = PublicRequest.objects.get()
    return (request.status, request.decided_by, request.answer) == ("pending", None, "")


def statement_waits(decision: Decision) -> bool:
    record = ConsentRecord.objects.get()
    assert decision.voice is not None
    return (record.status, decision.voice.consent, record.reason) == ("pending", "pending", "")


CASES: dict[str, tuple[Callable[[User, User], Decision], Callable[[Decision], bool]]] = {
    "voice": (against_a_voice, voice_is_back),
    "face": (against_a_face, face_is_back),
    "job": (against_a_job, lambda decision: AuditEntry.objects.filter(action="job.restore").exists()),
    "request": (against_a_request, request_waits),
    "consent": (against_a_consent, statement_waits),
    "user": (against_somebody, lambda decision: not decision.user.is_suspended),
}


def test_every_kind_of_decision_can_be_appealed_against() -> None:
    assert len(CASES) == len(Decision.Kind)


@pytest.mark.parametrize("kind", CASES)
def test_a_granted_appeal_reverses_the_decision(kind: str, alice: User, mona: User) -> None:
    decide, is_reversed = CASES[kind]
    decision = decide(alice, mona)
    assert not is_reversed(Decision.objects.get(pk=decision.pk))
    appeal = moderation.appeal_create(decision=decision, user=alice, text=" It is mine. ")
    assert (appeal.status, appeal.text) == ("pending", "It is mine.")
    moderation.appeal_decide(appeal=appeal, moderator=mona, granted=True, reason="You are right.")
    decision = Decision.objects.get(pk=decision.pk)
    assert is_reversed(decision)
    assert decision.reversed_at is not None
    assert fresh(appeal).status == "granted"
    assert told(alice)[-1].startswith("Your appeal was granted")
    granted = AuditEntry.objects.get(action="appeal.grant")
    assert (granted.actor, granted.before, granted.after) == (mona, {"status": "pending"}, {"status": "granted"})


@pytest.mark.parametrize("kind", CASES)
def test_a_refused_appeal_leaves_the_decision(kind: str, alice: User, mona: User) -> None:
    decide, is_reversed = CASES[kind]
    decision = decide(alice, mona)
    appeal = moderation.appeal_create(decision=decision, user=alice, text="It is mine.")
    assert code(lambda: moderation.appeal_decide(appeal=appeal, moderator=mona, granted=False)) == "reason_missing"
    moderation.appeal_decide(appeal=appeal, moderator=mona, granted=False, reason="It is not.")
    decision = Decision.objects.get(pk=decision.pk)
    assert decision.reversed_at is None
    assert not is_reversed(decision)
    assert told(alice)[-1].endswith("was refused: It is not.")
    assert code(lambda: moderation.appeal_decide(appeal=appeal, moderator=mona, granted=True)) == "decided_already"


def test_there_is_one_appeal_and_it_is_ones_own(alice: User, bob: User, mona: User) -> None:
    decision = against_a_voice(alice, mona)
    with pytest.raises(Decision.DoesNotExist):
        moderation.appeal_create(decision=decision, user=bob, text="Let her.")
    with pytest.raises(ValidationError):
        moderation.appeal_create(decision=decision, user=alice, text="  ")
    moderation.appeal_create(decision=decision, user=alice, text="Please.")
    assert code(lambda: moderation.appeal_create(decision=decision, user=alice, text="Pretty please.")) == "appeal_once"
    assert Appeal.objects.count() == 1


def test_a_restored_voice_needs_no_appeal(alice: User, mona: User) -> None:
    first = against_a_voice(alice, mona)
    assert first.voice is not None
    moderation.voice_restore(voice=first.voice, moderator=mona)
    assert code(lambda: moderation.appeal_create(decision=fresh(first), user=alice, text="?")) == "appeal_reversed"
    second = against_a_voice(alice, mona)
    appeal = moderation.appeal_create(decision=second, user=alice, text="Please.")
    assert second.voice is not None
    moderation.voice_restore(voice=second.voice, moderator=mona, reason="Seen.")
    assert (fresh(appeal).status, appeal.answer) == ("granted", "Seen."), "the appeal is answered by it"


def test_an_appeal_for_what_is_gone_can_be_granted(alice: User, mona: User) -> None:
    decision = against_a_voice(alice, mona)
    appeal = moderation.appeal_create(decision=decision, user=alice, text="Please.")
    assert decision.voice is not None
    decision.voice.delete()
    appeal = Appeal.objects.select_related("decision").get(pk=appeal.pk)
    moderation.appeal_decide(appeal=appeal, moderator=mona, granted=True)
    assert fresh(decision).reversed_at is not None


def test_what_the_owner_asked_anew_is_not_doubled(alice: User, mona: User) -> None:
    decision = against_a_request(alice, mona)
    assert decision.voice is not None
    appeal = moderation.appeal_create(decision=decision, user=alice, text="Please.")
    moderation.publish_request(voice=decision.voice, by=alice)
    moderation.appeal_decide(appeal=appeal, moderator=mona, granted=True)
    assert PublicRequest.objects.filter(status="pending").count() == 1


# --- oneself ----------------------------------------------------------------------------------------------------------
def test_moderators_do_not_decide_about_themselves(alice: User, bob: User, mona: User, admin_user: User) -> None:
    """An administrator may: there may be nobody else."""
    voice = verified_voice(mona)
    request = moderation.publish_request(voice=voice, by=mona)
    record = statement(voice_of(mona, whose="other", person_name="Ann"))
    report = moderation.report_create(reporter=bob, voice=voice, reason="other")
    down = against_a_voice(mona, admin_user)
    appeal = moderation.appeal_create(decision=down, user=mona, text="Please.")
    assert down.voice is not None
    work: list[Callable[[User], Any]] = [
        lambda who: moderation.publish_decide(request=request, moderator=who, granted=True),
        lambda who: moderation.consent_decide(record=record, moderator=who, granted=True),
        lambda who: moderation.report_decide(report=report, moderator=who, granted=False, reason="Fine."),
        lambda who: moderation.appeal_decide(appeal=appeal, moderator=who, granted=True),
        lambda who: moderation.voice_restore(voice=down.voice, moderator=who),
    ]
    for deed in work:
        assert code(lambda deed=deed: deed(mona)) == "own_case"
    for deed in work[:-1]:
        deed(admin_user)


# --- all together -----------------------------------------------------------------------------------------------------
def test_what_goes_against_somebody_is_told_and_written_down(alice: User, mona: User) -> None:
    """Every decision: one row, one notice with the way to appeal, and at least one entry with before and after."""
    for count, (decide, _) in enumerate(CASES.values()):
        user = make_user(f"person{count}")
        entries = AuditEntry.objects.count()
        Decision.objects.all().delete()
        decision = decide(user, mona)
        notice = user.notices.get()
        assert decision.reason in notice.text
        assert notice.link == f"/decisions/{decision.pk}/"
        new = AuditEntry.objects.order_by("pk")[entries:]
        assert any(row.actor == mona and row.before != row.after and row.reason == decision.reason for row in new)


def test_a_report_needs_an_owner_to_be_against(bob: User, mona: User) -> None:
    """The account that owned a result is gone: there is nothing left to take down."""
    report = Report.objects.create(reporter=bob, job_id=uuid.uuid4(), subject_name="A talk", reason="abuse")
    moderation.report_decide(report=report, moderator=mona, granted=True, reason="Gone.")
    assert not Decision.objects.exists()
