"""Readings are checked by a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.voices.recordings import toned
from tests.voices.rows import upload, voice_of
from vocasync.pipelines.library import embed_clip
from vocasync.progress import Silent
from voices import consent, errands, files
from voices.models import ConsentAttempt, Errand
from work.engines import engine_config

pytestmark = pytest.mark.django_db(transaction=True)

LJ = {
    "LJ001-0004.flac": "produced the block books, which were the immediate predecessors of the true printed book,",
    "LJ001-0006.flac": "And it is worth mention in passing that, as an example of fine typography,",
}
KENNEDY = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."


def answered(user: User, sentence: str, content: bytes, settings: Any, **fields: Any) -> tuple[ConsentAttempt, Errand]:
    """A reading that was sent in, and the errand after a worker was at it."""
    settings.CONSENT_SENTENCES = [sentence]
    attempt = consent.attempt_issue(voice=voice_of(user, **fields), user=user)
    errand = consent.attempt_answer(attempt=attempt, upload=upload(content))
    errands.run(errand.pk)
    attempt.refresh_from_db()
    errand.refresh_from_db()
    return attempt, errand


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"Dear diary, this is no recording." * 40, "not_media"), (b"RIFF\x24\x00\x00\x00WAVEfmt ", "")],
)
def test_what_is_no_recording_fails_and_leaves_nothing(
    alice: User, settings: Any, content: bytes, problem: str
) -> None:
    attempt, errand = answered(alice, "Read this aloud.", content, settings)
    assert (errand.status, attempt.outcome) == ("failed", "failed")
    assert errand.error_code == problem or not problem
    assert not files.consent_root(attempt.pk).exists()
    assert attempt.voice.consent == "none"


def test_a_voice_that_lost_its_samples_meanwhile(alice: User, settings: Any) -> None:
    settings.CONSENT_SENTENCES = ["Read this aloud."]
    voice = voice_of(alice)
    attempt = consent.attempt_issue(voice=voice, user=alice)
    errand = consent.attempt_answer(attempt=attempt, upload=upload())
    voice.embedding = None
    voice.save()
    errands.run(errand.pk)
    errand.refresh_from_db()
    attempt.refresh_from_db()
    assert (errand.error_code, attempt.outcome) == ("consent_no_voice", "failed")


def test_a_voice_that_was_deleted_meanwhile(alice: User, settings: Any) -> None:
    settings.CONSENT_SENTENCES = ["Read this aloud."]
    attempt = consent.attempt_issue(voice=voice_of(alice), user=alice)
    errand = consent.attempt_answer(attempt=attempt, upload=upload())
    attempt.voice.delete()
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.error_code == ""


def test_an_errand_that_is_done_twice_says_the_same(alice: User, settings: Any) -> None:
    """A worker was lost after it had judged, before it could say so."""
    attempt, errand = answered(alice, "Read this aloud.", toned(2.0), settings)
    assert (errand.status, attempt.outcome) == ("done", "no_speech")
    first = errand.result
    assert (first["passed"], first["outcome"], first["attempt"]) == (False, "no_speech", str(attempt.pk))
    Errand.objects.filter(pk=errand.pk).update(status="queued", result={}, lease_until=None)
    errands.run(errand.pk)
    errand.refresh_from_db()
    assert errand.result == first


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sentence", "played", "outcome"),
    [
        (LJ["LJ001-0006.flac"], "TTS/LJ001-0006.flac", "passed"),
        (LJ["LJ001-0004.flac"], "TTS/LJ001-0006.flac", "wrong_words"),
        (KENNEDY, "whisper/jfk.flac", "wrong_speaker"),
    ],
)
def test_real_readings(
    alice: User, settings: Any, shared_media: Path, sentence: str, played: str, outcome: str
) -> None:
    """The voice is another recording of the reader of LJ Speech."""
    other = shared_media / "TTS" / ("LJ001-0006.flac" if "0004" in sentence else "LJ001-0004.flac")
    vector = embed_clip(other, other.name, engine_config(), Silent())
    content = (shared_media / played).read_bytes()
    attempt, errand = answered(alice, sentence, content, settings, embedding=vector)
    print(outcome, attempt.similarity, attempt.word_distance, attempt.heard)
    assert (errand.status, attempt.outcome) == ("done", outcome)
    attempt.voice.refresh_from_db()
    passed = outcome == "passed"
    assert attempt.voice.consent == ("verified" if passed else "none")
    assert files.consent_recording(attempt.pk).is_file() == passed
