"""A line is spoken, so that somebody can hear a voice."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines import spending
from engines.keys import config_for
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Progress
from vocasync.types import Region, SpeakerVoice, VoiceKind, VoiceReference
from voices import files, references
from voices.consent import Purpose, may_clone
from voices.models import EmotionReference, Errand, Preview, VoiceProfile
from work.engines import engine_config

if TYPE_CHECKING:
    from vocasync.pipelines.library import LineRequest


def speak(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Speak the line, and compare it with the voice."""
    from vocasync.pipelines.library import speak_line

    preview = _preview(errand)
    _check(preview)
    final = files.preview_sound(preview.pk)
    scratch = final.with_name(f".{uuid.uuid4().hex[:8]}.{final.name}")
    final.parent.mkdir(parents=True, exist_ok=True)
    config = config_for(preview.owner)
    progress.report(0.0, "Speaking")
    with files.kept_with(preview, final):
        try:
            with spending.counted(preview.owner):
                report = speak_line(_request(preview), _folder(preview.voice), scratch, config, progress)
            _check(_preview(errand))  # the voice may have changed, or its consent ended, while it was spoken
            scratch.replace(final)
        finally:
            scratch.unlink(missing_ok=True)
        found = {"seconds": report.seconds, "similarity": report.similarity, "untreated": report.untreated}
        Preview.objects.filter(pk=preview.pk).update(peaks=list(report.peaks), **found)
    return {"preview": str(preview.pk), **found}


def _preview(errand: Errand) -> Preview:
    related = ("owner", "voice__owner", "emotion")
    preview = Preview.objects.select_related(*related).filter(pk=errand.subject).first()
    if preview is None:
        raise Cancelled
    return preview


def _check(preview: Preview) -> None:
    """Raise where the voice may not be used any more, or is made from other samples than when it was asked for."""
    voice = preview.voice
    if voice is None:
        return
    may_clone(preview.owner, voice, Purpose.PREVIEW).require()
    if voice.fingerprint != preview.voice_mark:
        raise PipelineError("preview_stale", name=voice.name)


def _request(preview: Preview) -> LineRequest:
    from vocasync.pipelines.library import LineRequest

    return LineRequest(
        text=preview.text,
        language=preview.language,
        engine=preview.engine,
        voice=_voice(preview),
        emotion=tone(preview.emotion),
        strength=preview.strength,
        emotion_folder=files.emotion_conditioning(preview.emotion.pk) if preview.emotion else None,
    )


def _voice(preview: Preview) -> SpeakerVoice:
    options = tuple(sorted(preview.settings.items()))
    if preview.voice is None:
        return SpeakerVoice(VoiceKind.STOCK, stock=preview.stock, options=options)
    return SpeakerVoice(VoiceKind.PROFILE, references.reference_of(preview.voice), preview.voice_mark, options=options)


def tone(emotion: EmotionReference | None) -> VoiceReference | None:
    """The clip that shows a tone, as engines read it."""
    if emotion is None:
        return None
    return VoiceReference(files.emotion_sound(emotion.pk), tuple(Region(*region) for region in emotion.regions))


def _folder(voice: VoiceProfile | None) -> Path:
    """Where engines keep what they compute."""
    return engine_config().cache / "voices" if voice is None else files.conditioning_root(voice.pk)
