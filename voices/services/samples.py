"""Samples of a voice: brought, corrected, switched on and off, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import limits
from vocasync.errors import PipelineError
from vocasync.languages import language as known_language
from voices import errands, files
from voices.models import Errand, VoiceProfile, VoiceSample
from voices.services import intake
from voices.services.intake import Upload
from web.names import clean_name
from web.problems import about
from web.uploads import FILES_AT_ONCE

MAX_SAMPLES = 50
"""Of a voice."""

DISAGREEING = frozenset({"another_person", "disagrees"})
"""What is wrong with a sample only because of the others."""

Status = VoiceSample.Status
MAX_TRANSCRIPT = 20_000
RATE = 24_000
ACCEPTED = intake.bounds("sample", longest=600.0, shortest=1.5)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file of several that was not taken in. name: as it is shown."""

    name: str
    error: PipelineError


def samples_add(
    *, voice: VoiceProfile, uploads: Iterable[Upload], source: str = VoiceSample.Source.UPLOAD, language: str = ""
) -> tuple[list[VoiceSample], list[Refusal]]:
    """Take in several recordings: each whole, or not at all with the reason.

    Raises ``too_many_files`` beyond :data:`web.uploads.FILES_AT_ONCE`; then none is taken in.
    """
    brought = list(uploads)
    if len(brought) > FILES_AT_ONCE:
        raise PipelineError("too_many_files", limit=FILES_AT_ONCE, field="sample")
    added: list[VoiceSample] = []
    refused: list[Refusal] = []
    for upload in brought:
        try:
            added.append(sample_add(voice=voice, upload=upload, source=source, language=language))
        except PipelineError as error:
            refused.append(Refusal(clean_name(upload.name), error))
    return added, refused


def sample_add(
    *,
    voice: VoiceProfile,
    upload: Upload,
    source: str = VoiceSample.Source.UPLOAD,
    transcript: str = "",
    language: str = "",
) -> VoiceSample:
    """Take in a recording of the voice; a worker measures it (errand ``sample``). language: "" to find out.

    Raises PipelineError (what the file is, ``sample_known``, ``too_many_samples``, limits) and ValidationError; then
    nothing of it is kept.
    """
    limits.require_active(voice.owner)
    sample = VoiceSample(voice=voice, source=source, name=clean_name(upload.name), size=upload.size or 0)
    sample.language = _code(language)
    _set_transcript(sample, transcript)
    _check_count(sample)
    with intake.taken_in(upload, files.sample_original(sample), "sample", ACCEPTED) as taken, transaction.atomic():
        # Whoever adds to the same voice waits here.
        VoiceProfile.objects.select_for_update().get(pk=voice.pk)
        sample.sha256 = taken.sha256
        _check_count(sample)
        _check_new(sample)
        sample.size = intake.count(voice.owner, taken, RATE)
        sample.full_clean(exclude=["voice", "embedding"])
        sample.save(force_insert=True)
        errands.start(owner=voice.owner, kind="sample", subject=sample.pk)
    return sample


def _code(language: str) -> str:
    with about("language"):
        return known_language(language).code if language else ""


def _check_count(sample: VoiceSample) -> None:
    count = VoiceSample.objects.filter(voice=sample.voice).count()
    if count >= MAX_SAMPLES:
        raise PipelineError("too_many_samples", name=sample.name, count=count, limit=MAX_SAMPLES, field="sample")


def _check_new(sample: VoiceSample) -> None:
    other = VoiceSample.objects.filter(voice=sample.voice, sha256=sample.sha256).first()
    if other is not None:
        raise PipelineError("sample_known", name=sample.name, other=other.name, field="sample")


def sample_update(*, sample: VoiceSample, transcript: str | None = None, wanted: bool | None = None) -> VoiceSample:
    """Correct what is said in it, or switch its use on and off (then the voice's portrait is made anew)."""
    with transaction.atomic():
        if transcript is not None:
            _set_transcript(sample, transcript)
            sample.save(update_fields=["transcript", "transcript_edited"])
        if wanted is not None and wanted != sample.wanted:
            sample.wanted = wanted
            sample.save(update_fields=["wanted"])
            _changed(sample.voice)
    return sample


def _set_transcript(sample: VoiceSample, transcript: str) -> None:
    cleaned = transcript.strip()
    if len(cleaned) > MAX_TRANSCRIPT:
        raise ValidationError({"transcript": f"A transcript may have {MAX_TRANSCRIPT:,} characters at most."})
    sample.transcript_edited = cleaned != sample.transcript or sample.transcript_edited
    sample.transcript = cleaned


def sample_delete(*, sample: VoiceSample) -> None:
    """Delete it with its files; the voice's portrait is made anew from the others."""
    with transaction.atomic():
        errands.forget(sample.pk)
        VoiceSample.objects.filter(pk=sample.pk).delete()
        files.remove_on_commit(files.sample_root(sample))
        _changed(sample.voice)


def _changed(voice: VoiceProfile) -> None:
    """Others are used now: the portrait is made anew, and what did not agree with the old ones is heard again."""
    for other in VoiceSample.objects.filter(voice=voice, status__in=(Status.REFUSED, Status.FLAGGED)):
        if any(problem["code"] in DISAGREEING for problem in other.problems):
            VoiceSample.objects.filter(pk=other.pk).update(status=Status.MEASURING, chosen=False)
            errands.start(owner=voice.owner, kind="sample", subject=other.pk)
    portrait_ask(voice)


def portrait_ask(voice: VoiceProfile) -> Errand:
    """Have the voice's portrait made anew by a worker, unless that waits to be done already."""
    waiting = Errand.objects.filter(kind="portrait", subject=str(voice.pk), status=Errand.Status.QUEUED).first()
    return waiting or errands.start(owner=voice.owner, kind="portrait", subject=voice.pk)
