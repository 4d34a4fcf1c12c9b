"""How a consent comes into force, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEntry
from tests.voices.rows import PDF, WAV, told, upload, vector, verified_voice, voice_of
from vocasync.errors import PipelineError
from vocasync.pipelines.library import ConsentReport, Outcome
from voices import consent, files, signals
from voices.consent import ending, spoken, statements
from voices.consent.reading import compared
from voices.models import ConsentAttempt, ConsentRecord, Errand, PublicRequest, VoiceProfile, VoiceShare

pytestmark = pytest.mark.django_db

SENTENCE = "The quiet river carries seven green boats."


@pytest.fixture(autouse=True)
def _sentences(settings: Any) -> None:
    settings.CONSENT_SENTENCES = [SENTENCE]


@pytest.fixture
def heard() -> Any:
    """Voices whose consent the site was told to have ended, with the reason."""
    got: list[tuple[Any, str]] = []

    def receive(sender: Any, voice: VoiceProfile, reason: str, **_rest: Any) -> None:
        got.append((voice.pk, reason))

    signals.consent_ended.connect(receive)
    yield got
    signals.consent_ended.disconnect(receive)


def code(work: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        work()
    return caught.value.code


def issue(voice: VoiceProfile) -> ConsentAttempt:
    return consent.attempt_issue(voice=voice, user=voice.owner)


# --- the sentence -----------------------------------------------------------------------------------------------------
def test_a_sentence_is_given_for_a_while(alice: Any, settings: Any) -> None:
    settings.CONSENT_SECONDS = 45
    voice = voice_of(alice)
    voice.language_rows.create(code="de")
    voice.language_rows.create(code="en")
    attempt = issue(voice)
    assert (attempt.sentence, attempt.language, attempt.outcome) == (SENTENCE, "de", "issued")
    assert attempt.expires_at - attempt.issued_at == timedelta(seconds=45)


def test_a_new_sentence_ends_the_old_one(alice: Any) -> None:
    voice = voice_of(alice)
    first, second = issue(voice), issue(voice)
    first.refresh_from_db()
    assert (first.outcome, second.outcome) == ("late", "issued")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"whose": "other", "person_name": "Ann"}, "consent_not_own"),
        ({"embedding": None}, "consent_no_voice"),
        ({"consent": "verified"}, "consent_there"),
        ({"taken_down_at": timezone.now()}, "voice_taken_down"),
    ],
)
def test_some_voices_cannot_be_read_for(alice: Any, fields: dict[str, Any], problem: str) -> None:
    voice = voice_of(alice, **fields)
    assert code(lambda: issue(voice)) == problem
    assert not ConsentAttempt.objects.exists()


def test_somebody_suspended_gets_no_sentence(alice: Any) -> None:
    alice.suspended_at = timezone.now()
    alice.save()
    assert code(lambda: issue(voice_of(alice))) == "suspended"


def test_only_so_many_sentences_an_hour(alice: Any, bob: Any, settings: Any) -> None:
    settings.CONSENT_ATTEMPTS_HOUR = 2
    voice, other = voice_of(alice), voice_of(alice)
    first = issue(voice)
    issue(other)
    with pytest.raises(PipelineError, match="about 60 minutes"):
        issue(voice)
    issue(voice_of(bob))
    ConsentAttempt.objects.filter(pk=first.pk).update(issued_at=timezone.now() - timedelta(minutes=61))
    issue(voice)


# --- the reading ------------------------------------------------------------------------------------------------------
def test_a_reading_is_laid_down_and_checked_by_a_worker(alice: Any) -> None:
    attempt = issue(voice_of(alice))
    errand = consent.attempt_answer(attempt=attempt, upload=upload())
    assert (errand.kind, errand.subject, errand.owner) == ("consent", str(attempt.pk), alice)
    assert files.consent_brought(attempt.pk).read_bytes() == WAV
    assert attempt.outcome == "checking"
    assert attempt.answered_at is not None


def test_a_reading_that_comes_late_is_written_down(alice: Any, settings: Any) -> None:
    attempt = issue(voice_of(alice))
    limit = timedelta(seconds=settings.CONSENT_SECONDS + settings.CONSENT_UPLOAD_SECONDS)
    attempt.expires_at = timezone.now() - limit
    attempt.save()
    assert code(lambda: consent.attempt_answer(attempt=attempt, upload=upload())) == "consent_late"
    attempt.refresh_from_db()
    assert attempt.outcome == "late"
    assert not Errand.objects.exists()
    assert not files.consent_root(attempt.pk).exists()


def test_the_upload_may_take_a_moment_longer_than_the_reading(alice: Any) -> None:
    attempt = issue(voice_of(alice))
    attempt.expires_at = timezone.now() - timedelta(seconds=1)
    attempt.save()
    consent.attempt_answer(attempt=attempt, upload=upload())
    assert attempt.outcome == "checking"


def test_a_sentence_is_answered_once(alice: Any) -> None:
    attempt = issue(voice_of(alice))
    stale = ConsentAttempt.objects.select_related("voice", "user").get(pk=attempt.pk)
    consent.attempt_answer(attempt=attempt, upload=upload())
    again = upload(b"RIFF\x00\x00\x00\x00WAVEother")
    assert code(lambda: consent.attempt_answer(attempt=stale, upload=again)) == "consent_answered"
    assert files.consent_brought(attempt.pk).read_bytes() == WAV, "the first recording is the one that is checked"
    assert Errand.objects.count() == 1


@pytest.mark.parametrize(("content", "problem"), [(b"", "empty_file"), (b"x" * (20 * 2**20 + 1), "too_large")])
def test_what_cannot_be_a_reading_is_refused_and_may_be_sent_again(alice: Any, content: bytes, problem: str) -> None:
    attempt = issue(voice_of(alice))
    assert code(lambda: consent.attempt_answer(attempt=attempt, upload=upload(content))) == problem
    attempt.refresh_from_db()
    assert attempt.outcome == "issued"


# --- statements -------------------------------------------------------------------------------------------------------
KINDS = {
    "application/pdf": PDF,
    "image/png": b"\x89PNG\r\n\x1a\n....",
    "image/jpeg": b"\xff\xd8\xff\xe0....",
    "audio/wav": WAV,
    "audio/flac": b"fLaC....",
    "audio/ogg": b"OggS....",
    "audio/mpeg": b"ID3\x04....",
    "audio/mp4": b"\x00\x00\x00\x20ftypM4A ",
    "audio/webm": b"\x1a\x45\xdf\xa3....",
    "text/plain": "I agree. Ich stimme zu – Ä.\r\n".encode(),
}


@pytest.mark.parametrize("mime", KINDS)
def test_kinds_of_statements_are_known_by_their_bytes(mime: str) -> None:
    assert statements.kind_of(KINDS[mime]) == mime


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03",
        b"PK\x03\x04",
        b"\x7fELF",
        b"GIF89a\x01\x00",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"plain at first\x00then not",
        b"\xff\xfehalf a UTF-16",
        b"caf\xe9",
    ],
)
def test_anything_else_is_no_statement(alice: Any, content: bytes) -> None:
    assert statements.kind_of(content) is None
    voice = voice_of(alice, whose="other", person_name="Ann")
    bring = {"likeness": voice, "by": alice, "person_name": "Ann"}
    named = upload(content, "statement.pdf")
    assert code(lambda: consent.statement_submit(upload=named, **bring)) == "statement_kind"
    assert not ConsentRecord.objects.exists()


def submit(voice: VoiceProfile, content: bytes = PDF, name: str = "scan.pdf") -> ConsentRecord:
    return consent.statement_submit(likeness=voice, by=voice.owner, upload=upload(content, name), person_name="Ann Lee")


def test_a_statement_waits_for_review(alice: Any) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    record = submit(voice, name="../../../etc/evil.exe")
    voice.refresh_from_db()
    assert (record.status, record.kind, record.person_name, voice.consent) == (
        "pending",
        "statement",
        "Ann Lee",
        "pending",
    )
    assert record.file_name == "evil.pdf", "named by its content"
    assert "Ann Lee knows" in record.declaration
    path = files.consent_statement(record.pk)
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.before, entry.after["consent"]) == (
        "consent.submit",
        {"consent": "none"},
        "pending",
    )


def test_one_statement_at_a_time(alice: Any, media_root: Path) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    submit(voice)
    assert code(lambda: submit(voice)) == "consent_waiting"
    assert ConsentRecord.objects.count() == 1
    assert len(list((media_root / "consents").iterdir())) == 1


def test_a_statement_says_whose_voice_it_is_and_is_not_too_large(alice: Any) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann")
    with pytest.raises(ValidationError) as caught:
        consent.statement_submit(likeness=voice, by=alice, upload=upload(PDF), person_name="  ")
    assert set(caught.value.message_dict) == {"person_name"}
    assert code(lambda: submit(voice, b"%PDF-" + b"x" * (10 * 2**20))) == "too_large"
    assert code(lambda: submit(voice, b"")) == "empty_file"
    assert voice.consent == "none"


def test_a_statement_does_not_bring_back_what_a_moderator_ended(alice: Any) -> None:
    voice = voice_of(alice, whose="other", person_name="Ann", consent="refused")
    submit(voice)
    voice.refresh_from_db()
    assert voice.consent == "refused"


# --- the end ----------------------------------------------------------------------------------------------------------
def test_its_owner_withdraws_it(alice: Any, bob: Any, heard: Any) -> None:
    voice = verified_voice(alice, is_public=True)
    record = ConsentRecord.objects.create(voice=voice, kind="spoken", status="verified", created_by=alice)
    request = PublicRequest.objects.create(voice=voice)
    share = VoiceShare.objects.create(voice=voice, user=bob)
    consent.withdraw(likeness=voice, by=alice, reason="")
    for row in (voice, record, request, share):
        row.refresh_from_db()
    assert (voice.consent, voice.is_public, record.status, request.status) == (
        "withdrawn",
        False,
        "withdrawn",
        "dropped",
    )
    assert heard == [(voice.pk, ending.OWNER)]
    assert not consent.may_clone(alice, voice, consent.Purpose.JOB)
    assert not consent.may_clone(bob, voice, consent.Purpose.PREVIEW)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        alice,
        "consent.withdraw",
        {"consent": "verified", "is_public": True},
        {"consent": "withdrawn"},
    )
    assert code(lambda: consent.withdraw(likeness=voice, by=alice, reason="")) == "consent_ended_already"
    assert told(alice) == []


def test_what_engines_computed_of_it_goes_with_the_consent(alice: Any, django_capture_on_commit_callbacks: Any) -> None:
    voice = verified_voice(alice)
    kept = files.conditioning_root(voice.pk)
    kept.mkdir(parents=True)
    (kept / "engine-voice-1").write_bytes(b"latents")
    with django_capture_on_commit_callbacks(execute=True):
        consent.withdraw(likeness=voice, by=alice, reason="")
    assert not kept.exists()


def test_a_moderator_withdraws_it_for_the_person(alice: Any, bob: Any, heard: Any) -> None:
    voice = voice_of(alice)
    assert code(lambda: consent.withdraw(likeness=voice, by=bob, reason=" ")) == "reason_missing"
    consent.withdraw(likeness=voice, by=bob, reason="The person wrote to us.")
    voice.refresh_from_db()
    record = voice.consents.get()
    assert (voice.consent, record.status, record.decided_by) == ("withdrawn", "withdrawn", bob)
    assert heard == [(voice.pk, "The person wrote to us.")]
    assert told(alice) == ["A moderator ended the consent for your voice “Narrator”: The person wrote to us."]


def test_after_a_moderator_a_reading_is_not_enough(alice: Any, bob: Any) -> None:
    mine, theirs = voice_of(alice), voice_of(alice)
    consent.withdraw(likeness=mine, by=alice, reason="")
    consent.withdraw(likeness=theirs, by=bob, reason="Not hers.")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert issue(mine).outcome == "issued"
    assert code(lambda: issue(theirs)) == "consent_by_review"
    submit(theirs)


def test_deleting_the_voice_ends_it_with_its_evidence(
    alice: Any, heard: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from voices import services

    voice = voice_of(alice)
    attempt = issue(voice)
    consent.attempt_answer(attempt=attempt, upload=upload())
    pk = voice.pk
    with django_capture_on_commit_callbacks(execute=True):
        services.voice_delete(voice=voice)
    assert heard == [(pk, ending.DELETED)]
    assert not files.consent_root(attempt.pk).exists()
    assert not Errand.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.object_name) == ("voice.delete", str(pk), "Narrator")


def test_exchanged_samples_are_not_covered(alice: Any, heard: Any) -> None:
    voice = verified_voice(alice, is_public=True)
    record = ConsentRecord.objects.create(voice=voice, kind="spoken", status="verified", embedding=vector())
    assert ending.still_covers(voice)
    VoiceProfile.objects.filter(pk=voice.pk).update(embedding=vector(1) + 0.2 * vector(2))
    voice.refresh_from_db()
    assert ending.still_covers(voice), "the same person, a little different"
    assert heard == []
    VoiceProfile.objects.filter(pk=voice.pk).update(embedding=vector(2))
    voice.refresh_from_db()
    assert not ending.still_covers(voice)
    voice.refresh_from_db()
    record.refresh_from_db()
    assert (voice.consent, voice.is_public, record.status) == ("none", False, "withdrawn")
    assert heard == [(voice.pk, ending.EXCHANGED)]
    assert len(told(alice)) == 1
    assert issue(voice).outcome == "issued", "the owner may verify what it is now"


# --- what came of a reading -------------------------------------------------------------------------------------------
def answered(owner: Any) -> ConsentAttempt:
    attempt = issue(voice_of(owner))
    consent.attempt_answer(attempt=attempt, upload=upload())
    return attempt


def judged(attempt: ConsentAttempt, outcome: Outcome, **found: Any) -> ConsentAttempt:
    given: dict[str, Any] = {"heard": SENTENCE, "word_distance": 0.0, "similarity": 0.9} | found
    files.consent_recording(attempt.pk).write_bytes(WAV)
    return spoken.attempt_judged(attempt=attempt, report=ConsentReport(outcome=outcome, **given))


def test_a_pass_verifies_the_voice_and_keeps_the_evidence(alice: Any, django_capture_on_commit_callbacks: Any) -> None:
    attempt = answered(alice)
    with django_capture_on_commit_callbacks(execute=True):
        judged(attempt, Outcome.PASSED)
    voice = VoiceProfile.objects.get()
    record = ConsentRecord.objects.get()
    assert (voice.consent, attempt.outcome, attempt.similarity) == ("verified", "passed", 0.9)
    assert (record.kind, record.status, record.attempt, record.created_by) == ("spoken", "verified", attempt, alice)
    assert record.declaration == spoken.DECLARATION
    assert list(record.embedding) == list(voice.embedding)
    assert consent.snapshot(voice)["id"] == str(record.pk)
    assert sorted(path.name for path in files.consent_root(attempt.pk).iterdir()) == ["recording.wav"]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        alice,
        "consent.verify",
        {"consent": "none"},
        {"consent": "verified"},
    )


@pytest.mark.parametrize("outcome", [Outcome.WRONG_WORDS, Outcome.WRONG_SPEAKER, Outcome.NO_SPEECH])
def test_anything_else_is_written_down_and_its_recording_deleted(
    alice: Any, outcome: Outcome, django_capture_on_commit_callbacks: Any
) -> None:
    attempt = answered(alice)
    with django_capture_on_commit_callbacks(execute=True):
        judged(attempt, outcome, heard="something else", word_distance=1.5, similarity=0.3)
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.heard, attempt.word_distance, attempt.similarity) == (
        outcome,
        "something else",
        1.5,
        0.3,
    )
    assert not files.consent_root(attempt.pk).exists()
    assert not ConsentRecord.objects.exists()
    assert VoiceProfile.objects.get().consent == "none"
    assert issue(attempt.voice).outcome == "issued", "one may try again"


def test_a_moderator_who_was_quicker_is_not_overruled(alice: Any, bob: Any) -> None:
    attempt = answered(alice)
    consent.withdraw(likeness=attempt.voice, by=bob, reason="Not hers.")
    assert code(lambda: judged(attempt, Outcome.PASSED)) == "consent_by_review"
    assert VoiceProfile.objects.get().consent == "withdrawn"


def test_a_reading_is_judged_once(alice: Any) -> None:
    attempt = answered(alice)
    stale = ConsentAttempt.objects.get(pk=attempt.pk)
    judged(attempt, Outcome.WRONG_WORDS)
    assert code(lambda: judged(stale, Outcome.PASSED)) == "consent_answered"
    assert VoiceProfile.objects.get().consent == "none"


def test_a_pass_answers_the_statement_that_waits(alice: Any) -> None:
    attempt = answered(alice)
    record = submit(attempt.voice)
    judged(attempt, Outcome.PASSED)
    record.refresh_from_db()
    assert (record.status, record.reason) == ("withdrawn", ending.OTHERWISE)


def test_a_reading_that_cannot_be_checked_is_not_kept(alice: Any, django_capture_on_commit_callbacks: Any) -> None:
    attempt = answered(alice)
    with django_capture_on_commit_callbacks(execute=True):
        spoken.attempt_failed(attempt=attempt)
    attempt.refresh_from_db()
    assert attempt.outcome == "failed"
    assert not files.consent_root(attempt.pk).exists()


def test_words_beside_each_other() -> None:
    marks = [(mark.text, mark.kind) for mark in compared(SENTENCE, "the quiet liver carries green boats today", "en")]
    assert marks == [
        ("the", "same"),
        ("quiet", "same"),
        ("river", "missing"),
        ("liver", "extra"),
        ("carries", "same"),
        ("seven", "missing"),
        ("green", "same"),
        ("boats", "same"),
        ("today", "extra"),
    ]
    assert [mark.kind for mark in compared("పండుగ రోజున", "పండుగ రోజున.", "te")] == ["same", "same"]


def test_without_given_sentences_they_are_random(alice: Any, settings: Any) -> None:
    settings.CONSENT_SENTENCES = []
    settings.CONSENT_ATTEMPTS_HOUR = 30
    voice = voice_of(alice)
    assert len({issue(voice).sentence for _ in range(20)}) > 15


def test_samples_that_changed_during_the_check_are_not_proved(alice: Any) -> None:
    """Else one could exchange them for another person's between the comparison and its result."""
    attempt = answered(alice)
    attempt = ConsentAttempt.objects.select_related("voice", "user").get(pk=attempt.pk)
    assert attempt.voice.embedding is not None, "what the worker compares with"
    VoiceProfile.objects.filter(pk=attempt.voice_id).update(embedding=vector(2))
    assert code(lambda: judged(attempt, Outcome.PASSED)) == "consent_changed"
    assert VoiceProfile.objects.get().consent == "none"


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        (SENTENCE, True),
        (f"He said: {SENTENCE.upper()} And then he left.", True),
        ("The quiet river carries seven", True),
        ("The quiet evening was cold.", False),
        ("", False),
    ],
)
def test_the_site_does_not_speak_what_somebody_is_to_read(alice: Any, line: str, refused: bool) -> None:
    attempt = issue(voice_of(alice))
    if refused:
        assert code(lambda: spoken.check_not_asked(line)) == "sentence_asked"
    else:
        spoken.check_not_asked(line)
    ConsentAttempt.objects.filter(pk=attempt.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    spoken.check_not_asked(line)
