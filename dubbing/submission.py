"""What a dub is asked to be: cleaned, looked at, and laid down on disk, before there is a job."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File

from accounts.limits import Limits as UserLimits
from accounts.models import User
from dubbing import casting, files
from dubbing.files import Upload
from dubbing.models import DubbingJob, Job
from engines.keys import config_for
from engines.spending import prices
from vocasync.engines.auto import AUTO, plan_for
from vocasync.engines.base import Stage
from vocasync.engines.costs import Estimate, estimate
from vocasync.engines.registry import spec, specs
from vocasync.languages import DETECT, language
from vocasync.media import subtitles as subtitle_files
from vocasync.stages import glossary, ingest, transcribe
from vocasync.types import MediaInfo
from voices.files import emotion_sound
from voices.models import EmotionReference, VoiceProfile
from web.names import clean_name
from web.problems import about
from web.uploads import FIELD_BYTES

MAX_TRANSCRIPT = 1_000_000
"""Characters of a pasted transcript."""

EMOTION_LIMITS = ingest.Limits(max_seconds=600.0, min_seconds=1.0, max_bytes=FIELD_BYTES["emotion"])

STOCK_CHARACTERS = 400
"""What an engine's own voice says at most so that others can be moved to it."""

NOT_YET_THERE = ("job", "source", "emotion", "subtitles")
"""Fields of a detail row that are written after it was checked."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A submission as it came in. The fields are those of ``services.job_create_dubbing``."""

    owner: User
    source: Upload
    target_language: str
    source_language: str
    emotion: Upload | None
    subtitles: Upload | None
    subtitles_are: str
    transcript: str
    glossary: str
    recognizer: str
    model_size: str
    translator: str
    voice_engine: str
    match: str
    emotion_strength: float
    review: bool
    title: str
    submission_key: str
    speaker_count: int | None
    voice: VoiceProfile | None
    emotion_reference: EmotionReference | None
    kind: str = Job.Kind.DUBBING.value
    stock: str = ""
    lipsync: str = ""
    lip_options: dict[str, float] = field(default_factory=dict)
    ways: str = DubbingJob.Ways.SPEAK.value
    converter: str = AUTO


@contextmanager
def with_library_clip(draft: Draft) -> Iterator[Draft]:
    """The draft, with the clip of an emotion reference of the library as its own: the job gets a copy, so that it can
    be spoken again when the reference is gone. Raises ValidationError."""
    if draft.emotion_reference is None:
        yield draft
        return
    with library_clip(draft.owner, draft.emotion_reference) as clip:
        yield replace(draft, emotion=clip)


@contextmanager
def library_clip(owner: User, reference: EmotionReference) -> Iterator[Upload]:
    """The clip of an emotion reference, as if it were uploaded. Raises ValidationError."""
    if reference.owner_id != owner.pk or reference.status != EmotionReference.Status.READY:
        raise ValidationError({"emotion_reference": "Choose an emotion reference of yours that is measured and ready."})
    with emotion_sound(reference.pk).open("rb") as stream:
        name = re.sub(r"[/\\]", " ", reference.name)  # no folders to be cut off
        yield File(stream, name=f"{name}.wav")


def media_limits(limits: UserLimits) -> ingest.Limits:
    """A person's limits, as the pipeline takes them."""
    return ingest.Limits(max_seconds=limits.media_minutes * 60.0, max_bytes=limits.upload_bytes)


def check_text(draft: Draft) -> None:
    """Raise ValidationError for fields that cannot be meant together, PipelineError for an unreadable glossary."""
    glossary.parse(draft.glossary)
    problems: dict[str, str] = {}
    if draft.subtitles and draft.transcript.strip():
        problems["transcript"] = "Give either subtitles or a transcript, not both."
    if len(draft.transcript) > MAX_TRANSCRIPT:
        problems["transcript"] = f"A transcript may have {MAX_TRANSCRIPT:,} characters at most."
    own_words = draft.transcript.strip() or (draft.subtitles and draft.subtitles_are == "source")
    if own_words and draft.source_language == DETECT:
        problems["source_language"] = "Choose the language of the text that you gave."
    if not (math.isfinite(draft.emotion_strength) and 0.0 <= draft.emotion_strength <= 1.0):
        problems["emotion_strength"] = "The strength goes from 0 to 1."
    problems |= _check_people(draft)
    if problems:
        raise ValidationError(problems)


def _check_people(draft: Draft) -> dict[str, str]:
    problems = {}
    if draft.emotion and draft.emotion_reference:
        problems["emotion"] = "Give either a clip or an emotion reference of the library, not both."
    if draft.speaker_count is not None and not 1 <= draft.speaker_count <= casting.MOST_SPEAKERS:
        problems["speaker_count"] = f"Between 1 and {casting.MOST_SPEAKERS} people can be told apart."
    return problems


def check_engines(draft: Draft) -> None:
    """Raise PipelineError when nothing ready can do this, or for a name that no engine has (needed or not)."""
    asked: tuple[tuple[Stage, str], ...] = (
        ("asr", draft.recognizer),
        ("translate", draft.translator),
        ("tts", draft.voice_engine),
        ("convert", draft.converter),
    )
    for stage, name in asked:
        if name != AUTO:
            spec(stage, name)
    sizes = {size for row in specs("asr") if draft.recognizer in (AUTO, row.name) for size in row.sizes}
    if draft.model_size and draft.model_size not in sizes:
        raise ValidationError({"model_size": "This recogniser does not come in that size."})
    plan_for(draft, config_for(draft.owner, draft.model_size))


def uploads_of(draft: Draft) -> dict[str, Upload]:
    """The files of a submission, by field."""
    given = {"source": draft.source, "emotion": draft.emotion, "subtitles": draft.subtitles}
    return {name: one for name, one in given.items() if one}


def rows_of(draft: Draft) -> tuple[Job, DubbingJob]:
    """The rows of a draft, not saved, no files in them yet."""
    name = clean_name(draft.source.name)
    title = " ".join(draft.title.split()) or Path(name).stem or name
    job = Job(owner=draft.owner, kind=draft.kind, title=title[:200], submission_key=draft.submission_key)
    source = draft.source_language if draft.source_language == DETECT else language(draft.source_language).code
    detail = DubbingJob(
        job=job,
        source_name=name,
        emotion_name=clean_name(draft.emotion.name) if draft.emotion else "",
        subtitles_name=clean_name(draft.subtitles.name) if draft.subtitles else "",
        subtitles_are=draft.subtitles_are,
        transcript=draft.transcript,
        glossary=draft.glossary,
        source_language=source,
        target_language=language(draft.target_language).code,
        recognizer=draft.recognizer,
        model_size=draft.model_size,
        translator=draft.translator,
        voice_engine=draft.voice_engine,
        match=draft.match,
        emotion_strength=draft.emotion_strength,
        review=draft.review,
        speaker_count=draft.speaker_count,
        voice=draft.voice,
        emotion_reference=draft.emotion_reference,
        stock=draft.stock,
        lipsync=draft.lipsync,
        lip_options=draft.lip_options,
        ways=draft.ways,
        converter=draft.converter,
    )
    job.full_clean(validate_unique=False, validate_constraints=False)
    detail.full_clean(
        exclude=["job", "source", "emotion", "subtitles", "voice", "emotion_reference"], validate_unique=False
    )
    return job, detail


def inspect(detail: DubbingJob, limits: ingest.Limits) -> MediaInfo:
    """Look at what was laid down: media, emotion clip, subtitles, room on disk. Raises PipelineError."""
    info = ingest.inspect(Path(detail.source.path), detail.source_name, limits)
    if detail.emotion:
        with about("emotion"):
            ingest.inspect(Path(detail.emotion.path), detail.emotion_name, EMOTION_LIMITS)
    if detail.subtitles:
        spoken = detail.target_language if detail.subtitles_are == "target" else detail.source_language
        parsed = subtitle_files.parse(Path(detail.subtitles.path), detail.subtitles_name)
        transcribe.from_cues(parsed.cues, language=spoken, duration=info.duration, name=detail.subtitles_name)
    ingest.check_room(files.job_root(detail.job_id), ingest.room_needed(info, sounds_of(detail)))
    return info


def expected_cost(owner: User, detail: DubbingJob, info: MediaInfo) -> Estimate:
    """What the dub will cost, about."""
    plan = plan_for(detail, config_for(owner, detail.model_size))
    characters = _characters(detail)
    return estimate(plan, seconds=info.duration, characters=characters, tracks=tracks_of(detail), prices=prices())


def _characters(detail: DubbingJob) -> int | None:
    """Of the text that was given; None where it is to be heard first. Where only sound is converted, an engine's own
    voice says some sentences."""
    if detail.ways == DubbingJob.Ways.CONVERT:
        return STOCK_CHARACTERS
    if detail.subtitles:
        parsed = subtitle_files.parse(Path(detail.subtitles.path), detail.subtitles_name)
        return sum(len(cue.text) for cue in parsed.cues)
    return len(detail.transcript.strip()) or None


def tracks_of(detail: DubbingJob) -> int:
    """How many tracks are spoken of it."""
    return 2 if detail.emotion or detail.emotion_reference_id else 1


def sounds_of(detail: DubbingJob) -> int:
    """How many tracks are made of it: what is spoken, and what is converted."""
    spoken = 0 if detail.ways == DubbingJob.Ways.CONVERT else tracks_of(detail)
    return spoken + (detail.ways != DubbingJob.Ways.SPEAK)
