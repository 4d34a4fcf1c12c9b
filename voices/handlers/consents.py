"""A sentence was read aloud: whether it was the sentence, and the voice."""

from __future__ import annotations

from typing import Any

from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.library import CONSENT_SIMILARITY, check_consent
from vocasync.progress import Progress
from voices import files
from voices.consent import spoken
from voices.models import ConsentAttempt, Errand
from work.engines import engine_config

Outcome = ConsentAttempt.Outcome
NAME = "your reading"
"""What the recording is called in what a person is told."""


def check(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Judge the recording, and verify the voice where it passes."""
    attempt = _attempt(errand)
    if attempt.outcome == Outcome.CHECKING:
        attempt = _judged(attempt, progress)
    return {
        "attempt": str(attempt.pk),
        "outcome": attempt.outcome,
        "passed": attempt.outcome == Outcome.PASSED,
        "heard": attempt.heard,
        "word_distance": attempt.word_distance,
        "similarity": attempt.similarity,
        "needed": CONSENT_SIMILARITY,
    }


def _attempt(errand: Errand) -> ConsentAttempt:
    attempt = ConsentAttempt.objects.select_related("voice", "user").filter(pk=errand.subject).first()
    if attempt is None:  # the voice was deleted meanwhile
        raise Cancelled
    return attempt


def _judged(attempt: ConsentAttempt, progress: Progress) -> ConsentAttempt:
    voice = attempt.voice
    if voice.embedding is None:
        raise PipelineError("consent_no_voice", name=voice.name)
    progress.report(0.0, "Listening to your reading")
    with files.kept_with(attempt, files.consent_root(attempt.pk)):
        report = check_consent(
            files.consent_brought(attempt.pk),
            NAME,
            attempt.sentence,
            attempt.language,
            voice.embedding,
            engine_config(),
            files.consent_recording(attempt.pk),
            progress,
        )
        return spoken.attempt_judged(attempt=attempt, report=report)


def failed(errand: Errand, error: PipelineError) -> None:
    """It could not be checked: the attempt says so, and nothing of the recording is kept."""
    attempt = ConsentAttempt.objects.filter(pk=errand.subject).first()
    if attempt is not None:
        spoken.attempt_failed(attempt=attempt)
