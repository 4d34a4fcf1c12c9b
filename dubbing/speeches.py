"""Speech as a job: texts that are too long to be spoken while somebody waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from accounts.limits import limits_for, require_active
from accounts.models import User
from dubbing import intake, scripted
from dubbing.intake import Looked
from dubbing.models import Job, SpeechJob
from dubbing.scripted import Said, Words
from vocasync.engines.base import EngineSpec
from vocasync.media.sounds import WAV, sound_format
from voices.services.previews import options_of
from voices.services.speech import Asked

TITLE = 60
"""Characters of a title that is made of a text's first words."""

BYTES_A_SECOND = 220_000
"""Of a result: WAV at 48 kHz, alone and in the archive, and what is smaller."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What is asked for. options: engine settings; None for those kept with the voice. format: beside WAV, of
    :mod:`vocasync.media.sounds`."""

    said: Said
    options: Mapping[str, float] | None = None
    format: str = WAV.name
    title: str = ""
    reference_text: str = ""

    @classmethod
    def of(cls, asked: Asked, title: str = "") -> Speech:
        """What was asked to be spoken at once, as a job."""
        said = Said(
            language=asked.language,
            text=asked.text,
            engine=asked.engine,
            voice=asked.voice,
            reference=asked.reference,
            declared=asked.declared,
            stock=asked.stock,
            emotion_reference=asked.emotion,
            emotion_strength=asked.strength,
        )
        return cls(said, asked.options, asked.format, title, asked.reference_text)


def job_create_speech(*, owner: User, speech: Speech, submission_key: str = "") -> Job:
    """Take a text in: checked, laid down, queued. The same ``submission_key`` gives the same job.

    Raises PipelineError (script, clips, language, format, engine, limits, a voice that may not be used) and
    ValidationError (fields, by name); then nothing of it is left on disk or in the database.
    """
    known = intake.submitted(owner, submission_key)
    if known is not None:
        return known
    require_active(owner)
    sound_format(speech.format)
    row = scripted.check(owner, speech.said)
    words = scripted.read(speech.said)
    scripted.check_length(words, limits_for(owner).media_minutes * 60.0)
    with scripted.with_library_clip(owner, speech.said) as said:
        uploads = scripted.uploads_of(said)
        intake.check_room(owner, uploads)
        job, detail = _rows(owner, speech, said, words, row, submission_key)
        look = partial(_look, detail, words, row)
        return intake.job_take_in(job=job, detail=detail, uploads=uploads, look=look, also=scripted.taken_in)


def _rows(
    owner: User, speech: Speech, said: Said, words: Words, row: EngineSpec, submission_key: str
) -> tuple[Job, SpeechJob]:
    job = Job(owner=owner, kind=Job.Kind.SPEECH, title=_title(speech, words), submission_key=submission_key)
    detail = SpeechJob(
        job=job,
        **scripted.fields_of(said, words),
        format=speech.format,
        options=options_of(row, said.voice, speech.options),
        reference_text=speech.reference_text,
    )
    job.full_clean(exclude=["batch"], validate_unique=False, validate_constraints=False)
    left = ["job", "emotion", "reference", "voice", "emotion_reference"]
    detail.full_clean(exclude=left, validate_unique=False)
    return job, detail


def _title(speech: Speech, words: Words) -> str:
    given = " ".join(speech.title.split()) or Path(words.name).stem
    if given:
        return given[:200]
    text = " ".join(words.text.split())
    return text if len(text) <= TITLE else f"{text[:TITLE].rsplit(' ', 1)[0]}…"


def _look(detail: SpeechJob, words: Words, row: EngineSpec) -> Looked:
    """Look at the clips that were laid down. Raises PipelineError."""
    clip = scripted.inspect(detail)
    return Looked({}, words.seconds + clip, round(words.seconds * BYTES_A_SECOND), scripted.cost_of(row, words))
