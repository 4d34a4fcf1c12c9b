"""A text that a job is to speak, as it comes in: its words, its language, its voice and its tone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from accounts import audit
from accounts.models import User
from dubbing import casting, intake, submission
from dubbing.files import Upload
from dubbing.models import Job, JobDetail, ScriptedJob
from engines.spending import prices
from vocasync.engines.auto import AUTO
from vocasync.engines.base import EngineSpec
from vocasync.engines.costs import CHARACTERS_A_SECOND, Estimate, line_cost
from vocasync.errors import PipelineError
from vocasync.stages import ingest, manuscript
from vocasync.stages.manuscript import Form, Script
from voices.consent import spoken
from voices.models import EmotionReference, VoiceProfile
from voices.services.previews import stock_of
from voices.services.speech import DECLARATION, REFERENCE, check_voices, speaking_engine
from web.names import clean_name
from web.problems import about

TYPED = "your text"
"""What messages call a script that was typed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said, and how. text: typed; script: a file of text, instead. engine: ``auto`` for the best that is
    ready. Of voice, reference and stock at most one is there; with none of them the engine's default voice speaks.
    declared: that the person said the DECLARATION of the voice in ``reference``. emotion: a clip of the tone;
    emotion_reference: one of the library, instead. match: of ``JobDetail.Match``."""

    language: str
    text: str = ""
    script: Upload | None = None
    engine: str = AUTO
    voice: VoiceProfile | None = None
    reference: Upload | None = None
    declared: bool = False
    stock: str = ""
    emotion: Upload | None = None
    emotion_reference: EmotionReference | None = None
    emotion_strength: float = 1.0
    match: str = JobDetail.Match.CLOSE.value


@dataclass(frozen=True, slots=True)
class Words:
    """A script that was read. name: of its file, "" for a typed one. form: how it is written."""

    text: str
    name: str
    form: Form
    script: Script

    @property
    def characters(self) -> int:
        """That are spoken."""
        return sum(len(passage.text) for passage in self.script.passages)

    @property
    def seconds(self) -> float:
        """That it takes to speak them, about."""
        return self.characters / CHARACTERS_A_SECOND


# --- checks -----------------------------------------------------------------------------------------------------------
def read(said: Said) -> Words:
    """The words. Raises ``script_empty``, ``script_not_text``, ``script_unspeakable``, ``script_long``,
    ``script_large``, ``script_writing``, each about the field that they came in; ValidationError for both fields."""
    if said.script is None:
        with about("text"):
            return _words(said.text, "", Form.PLAIN, said.language)
    if said.text.strip():
        raise ValidationError({"script": "Give either a text or a file with one, not both."})
    with about("script"):
        name = clean_name(said.script.name)
        intake.check_size(said.script, manuscript.MOST_BYTES)
        said.script.seek(0)
        text, form = manuscript.script_text(said.script.read(), name)
        return _words(text, name, form, said.language)


def _words(text: str, name: str, form: Form, language: str) -> Words:
    script = manuscript.parse_script(text, form, name or TYPED)
    manuscript.require_writing(script, language)
    spoken.check_not_asked(text)
    return Words(text, name, form, script)


def check(owner: User, said: Said) -> EngineSpec:
    """The engine that speaks. Raises what a voice's consent forbids, ``voice_empty``, ``engine_unknown``,
    ``engine_not_ready``, ``voice_unsupported``, ``unknown_language``, and ValidationError by field."""
    check_voices(owner, said)
    if said.voice is not None:
        with about("voice"):
            casting.require_voice(owner, said.voice)
    _check_tone(said)
    cloned = said.voice is not None or said.reference is not None
    with _own_names():
        row, _code = speaking_engine(owner, said.engine, said.language, cloned=cloned)
    stock_of(owner, row, said.stock, said.voice)
    for field, most in (("emotion", submission.EMOTION_LIMITS), ("reference", REFERENCE)):
        upload: Upload | None = getattr(said, field)
        if upload:
            with about(field):
                intake.check_size(upload, most.max_bytes)
    return row


@contextmanager
def _own_names() -> Iterator[None]:
    """What is refused inside is about the fields of jobs, which have other names than those of lines."""
    try:
        yield
    except PipelineError as error:
        names = {"language": "target_language", "engine": "voice_engine"}
        field = str(error.params.get("field", ""))
        error.params["field"] = names.get(field, field)
        raise


def _check_tone(said: Said) -> None:
    if not (math.isfinite(said.emotion_strength) and 0.0 <= said.emotion_strength <= 1.0):
        raise ValidationError({"emotion_strength": "The strength goes from 0 to 1."})
    if said.emotion and said.emotion_reference:
        raise ValidationError({"emotion": "Give either a clip or an emotion reference of the library, not both."})


# --- rows and files ---------------------------------------------------------------------------------------------------
@contextmanager
def with_library_clip(owner: User, said: Said) -> Iterator[Said]:
    """The same with the clip of an emotion reference of the library as its own: the job gets a copy. Raises
    ValidationError."""
    if said.emotion_reference is None:
        yield said
        return
    with submission.library_clip(owner, said.emotion_reference) as clip:
        yield replace(said, emotion=clip)


def uploads_of(said: Said) -> dict[str, Upload]:
    """The files that are kept with the job, by field."""
    given = {"emotion": said.emotion, "reference": said.reference}
    return {name: one for name, one in given.items() if one}


def fields_of(said: Said, words: Words | None) -> dict[str, Any]:
    """Of a job's detail row. words: None where nothing is spoken."""
    return {
        "text": words.text if words else "",
        "script_name": words.name if words else "",
        "target_language": said.language,
        "voice_engine": said.engine,
        "voice": said.voice,
        "stock": said.stock,
        "reference_name": clean_name(said.reference.name) if said.reference else "",
        "emotion_name": clean_name(said.emotion.name) if said.emotion else "",
        "emotion_reference": said.emotion_reference,
        "emotion_strength": said.emotion_strength,
        "match": said.match,
    }


def inspect(detail: ScriptedJob) -> float:
    """Look at the clips that were laid down; the seconds of the one whose voice is to speak. Raises PipelineError."""
    if detail.emotion:
        with about("emotion"):
            ingest.inspect(Path(detail.emotion.path), detail.emotion_name, submission.EMOTION_LIMITS)
    if not detail.reference:
        return 0.0
    with about("reference"):
        return ingest.inspect(Path(detail.reference.path), detail.reference_name, REFERENCE).duration


def cost_of(row: EngineSpec, words: Words) -> Estimate:
    """What speaking it costs, about."""
    return line_cost(row, words.characters, prices())


def check_length(words: Words, most_seconds: float) -> None:
    """Raise ``too_long`` for a text that takes longer to speak than the person's media may last."""
    if words.seconds > most_seconds:
        name = words.name or TYPED
        field = "script" if words.name else "text"
        raise PipelineError("too_long", name=name, minutes=words.seconds / 60, limit=most_seconds / 60, field=field)


def taken_in(job: Job) -> None:
    """Write down who speaks, and who declared to be allowed to use somebody's voice. In the transaction of the job."""
    casting.speaker_of_script(job)
    detail = job.detail
    if isinstance(detail, ScriptedJob) and detail.reference:
        after = {"declaration": DECLARATION, "clip": detail.reference_name, "engine": detail.voice_engine}
        audit.record(job.owner, f"{job.kind}.declared", job, after=after)
