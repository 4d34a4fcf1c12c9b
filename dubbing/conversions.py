"""Voice to voice: a recording that comes out in another voice, spoken anew, converted, or both to compare."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from accounts.limits import limits_for, require_active
from accounts.models import User
from dubbing import casting, intake, submission, sync
from dubbing.files import Upload
from dubbing.intake import Looked
from dubbing.models import DubbingJob, Job
from dubbing.submission import Draft
from engines.keys import config_for
from vocasync.engines.auto import AUTO, choose_converter
from vocasync.engines.base import StockVoice
from vocasync.engines.registry import readiness, spec, stock_voices
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.stages import ingest
from voices.models import EmotionReference, VoiceProfile
from web.problems import about

Ways = DubbingJob.Ways


def job_create_conversion(
    *,
    owner: User,
    source: Upload,
    source_language: str,
    ways: str = Ways.BOTH.value,
    voice: VoiceProfile | None = None,
    stock: str = "",
    voice_engine: str = AUTO,
    converter: str = AUTO,
    target_language: str = "",
    review: bool = False,
    recognizer: str = AUTO,
    model_size: str = "",
    translator: str = AUTO,
    match: str = "close",
    emotion: Upload | None = None,
    emotion_reference: EmotionReference | None = None,
    emotion_strength: float = 1.0,
    title: str = "",
    submission_key: str = "",
) -> Job:
    """Take a recording of one person in: checked, laid down, queued. The same ``submission_key`` gives the same job.

    ways: of :class:`DubbingJob.Ways`. voice: of the library; or stock: one of the voices that ``voice_engine`` brings.
    target_language: "" for the one that is spoken. review: the words can be corrected before they are spoken.
    emotion, emotion_reference: a tone, for what is spoken anew.
    Raises as :func:`dubbing.services.job_create_dubbing` does; then nothing of it is left on disk or in the database.
    """
    draft = Draft(
        owner=owner,
        source=source,
        target_language=target_language or source_language,
        source_language=source_language or DETECT,
        emotion=emotion,
        subtitles=None,
        subtitles_are=DubbingJob.SubtitlesAre.SOURCE.value,
        transcript="",
        glossary="",
        recognizer=recognizer or AUTO,
        model_size=model_size,
        translator=translator or AUTO,
        voice_engine=voice_engine or AUTO,
        match=match,
        emotion_strength=emotion_strength,
        review=review,
        title=title,
        submission_key=submission_key,
        speaker_count=1,
        voice=voice,
        emotion_reference=emotion_reference,
        kind=Job.Kind.CONVERSION.value,
        stock=stock,
        ways=ways,
        converter=converter or AUTO,
    )
    known = intake.submitted(owner, submission_key)
    if known is not None:
        return known
    require_active(owner)
    _check_meant(draft, target_language)
    _check_languages(draft)
    _check_voice(draft)
    if draft.ways != Ways.SPEAK:
        with about("converter"):
            choose_converter(draft.converter, config_for(owner))
    submission.check_text(draft)
    submission.check_engines(draft)
    with submission.with_library_clip(draft) as whole:
        return _create(whole)


def _create(draft: Draft) -> Job:
    limits = limits_for(draft.owner)
    intake.check_size(draft.source, limits.upload_bytes)
    if draft.emotion:
        with about("emotion"):
            intake.check_size(draft.emotion, submission.EMOTION_LIMITS.max_bytes)
    uploads = submission.uploads_of(draft)
    intake.check_room(draft.owner, uploads)
    job, detail = submission.rows_of(draft)

    def look() -> Looked:
        info = submission.inspect(detail, submission.media_limits(limits))
        size = ingest.result_size(info, submission.sounds_of(detail))
        return Looked(sync.plain(info), info.duration, size, submission.expected_cost(draft.owner, detail, info))

    return intake.job_take_in(job=job, detail=detail, uploads=uploads, look=look, also=_spoken_by_one)


def _spoken_by_one(job: Job) -> None:
    """Who speaks is known before anything is heard: one person, who gets the voice."""
    casting.speaker_of_script(job)


# --- checks -----------------------------------------------------------------------------------------------------------
def _check_meant(draft: Draft, target: str) -> None:
    """Raise ValidationError for what cannot be meant."""
    problems = _of_words(draft, target) | _of_voice(draft)
    if draft.ways not in Ways.values:
        problems["ways"] = "Choose how it comes into the voice: spoken anew, converted, or both."
    if problems:
        raise ValidationError(problems)


def _check_languages(draft: Draft) -> None:
    """Raise ``unknown_language``, about the field that it is in."""
    if draft.source_language != DETECT:
        with about("source_language"):
            language(draft.source_language)
    with about("target_language"):
        language(draft.target_language)


def _of_words(draft: Draft, target: str) -> dict[str, str]:
    problems: dict[str, str] = {}
    only_sound = draft.ways == Ways.CONVERT
    if draft.source_language == DETECT and (only_sound or not target):
        problems["source_language"] = "Choose the language that is spoken."
    if only_sound and (draft.emotion or draft.emotion_reference):
        problems["emotion"] = "Only words that are spoken anew can have another tone."
    if only_sound and target not in ("", draft.source_language):
        problems["target_language"] = "Only words that are spoken anew can be translated."
    return problems


def _of_voice(draft: Draft) -> dict[str, str]:
    if draft.voice is None and not draft.stock:
        return {"voice": "Choose the voice that it is to come out in."}
    if draft.voice is not None and draft.stock:
        return {"stock": "Give either a voice of the library or one of an engine's own, not both."}
    if draft.stock and draft.voice_engine == AUTO:
        return {"voice_engine": "Say which engine brings the voice."}
    return {}


def _check_voice(draft: Draft) -> None:
    """Raise what stands against the voice: ``engine_not_ready``, its consent, a language that it does not speak."""
    if draft.voice is not None:
        with about("voice"):
            casting.require_voice(draft.owner, draft.voice)
        return
    config = config_for(draft.owner)
    with about("stock"):
        row = spec("tts", draft.voice_engine)
        state = readiness(row, config)
        if not state.ready:
            raise PipelineError("engine_not_ready", label=row.label, missing=state.missing)
        found = {one.name: one for one in stock_voices(row.name, config)}.get(draft.stock)
        if found is None:
            raise PipelineError("stock_unknown", name=draft.stock)
    if draft.ways != Ways.CONVERT:
        _check_speaks(found, language(draft.target_language).code)


def _check_speaks(voice: StockVoice, code: str) -> None:
    if voice.languages and code not in voice.languages:
        spoken = ", ".join(sorted(language(one).name for one in voice.languages))
        raise ValidationError(
            {
                "stock": f"“{voice.label}” speaks {spoken}, not {language(code).name}. Choose another voice, or have "
                "the sound converted only."
            }
        )
