"""A text is spoken."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accounts.limits import require_active
from engines import spending
from engines.keys import config_for
from vocasync.artifacts import file_sha256
from vocasync.engines.base import EngineConfig
from vocasync.engines.terms import forbids
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Part, Progress
from vocasync.types import SpeakerVoice, VoiceKind, VoiceReference
from voices import files, references
from voices.consent import Purpose, may_clone, snapshot
from voices.handlers.previews import tone
from voices.models import Errand, Utterance
from work.engines import watermark

if TYPE_CHECKING:
    from vocasync.pipelines.library import LineReport


def speak(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Speak the text, and compare it with the voice. A clip that was brought for it is deleted."""
    utterance = _utterance(errand)
    _check(utterance)
    root = files.speech_root(utterance.pk)
    root.mkdir(parents=True, exist_ok=True)
    scratch = root / f".{uuid.uuid4().hex[:8]}.wav"
    with files.kept_with(utterance, root):
        try:
            report, mark = _spoken(utterance, scratch, progress)
            _check(_utterance(errand))  # the voice's consent may have ended while it was spoken
            made_by = _made_by(utterance, report, file_sha256(scratch))
            scratch.replace(files.speech_sound(utterance.pk))
        finally:
            scratch.unlink(missing_ok=True)
        found = {"seconds": report.seconds, "similarity": report.similarity, "untreated": report.untreated}
        Utterance.objects.filter(pk=utterance.pk).update(
            sample_rate=report.rate, watermark=mark, peaks=list(report.peaks), made_by=made_by, **found
        )
        files.remove(files.speech_reference(utterance.pk))
    return {"utterance": str(utterance.pk), **found}


def failed(errand: Errand, error: PipelineError) -> None:
    """Nothing is kept of a clip that a text could not be spoken with."""
    files.remove_on_commit(files.speech_root(uuid.UUID(errand.subject)))


def _utterance(errand: Errand) -> Utterance:
    related = ("owner", "voice__owner", "emotion")
    utterance = Utterance.objects.select_related(*related).filter(pk=errand.subject).first()
    if utterance is None:
        raise Cancelled
    return utterance


def _check(utterance: Utterance) -> None:
    """Raise where nothing may be made for the person any more, or not with this voice, or where it is made from other
    samples than when it was asked for."""
    require_active(utterance.owner)
    voice = utterance.voice
    if voice is None:
        return
    may_clone(utterance.owner, voice, Purpose.JOB).require()
    if voice.fingerprint != utterance.voice_mark:
        raise PipelineError("preview_stale", name=voice.name)


def _spoken(utterance: Utterance, out: Path, progress: Progress) -> tuple[LineReport, str]:
    """Also gives the name of the engine that marked the sound, "" for none."""
    from vocasync.pipelines.library import LineRequest, speak_line

    config, mark = config_for(utterance.owner), watermark()
    voice = _voice(utterance, config, Part(progress, 0.0, 0.3))
    progress.report(0.3, "Speaking")
    asked = LineRequest(
        text=utterance.text,
        language=utterance.language,
        engine=utterance.engine,
        voice=voice,
        emotion=tone(utterance.emotion),
        strength=utterance.strength,
        emotion_folder=files.emotion_conditioning(utterance.emotion.pk) if utterance.emotion else None,
        watermark=mark,
    )
    with spending.counted(utterance.owner):
        return speak_line(asked, _folder(utterance), out, config, Part(progress, 0.3, 1.0)), mark


def _voice(utterance: Utterance, config: EngineConfig, progress: Progress) -> SpeakerVoice:
    options = tuple(sorted(utterance.settings.items()))
    if utterance.reference:
        clip = _clip(utterance, config, progress)
        return SpeakerVoice(VoiceKind.PROFILE, clip, utterance.reference_sha256, options=options)
    if utterance.voice is None:
        return SpeakerVoice(VoiceKind.STOCK, stock=utterance.stock, options=options)
    reference = references.reference_of(utterance.voice)
    return SpeakerVoice(VoiceKind.PROFILE, reference, utterance.voice_mark, options=options)


def _clip(utterance: Utterance, config: EngineConfig, progress: Progress) -> VoiceReference:
    """The clip that was brought, measured. Raises ``reference_too_short``, ``reference_unusable``."""
    from vocasync.pipelines.library import clip_reference

    progress.report(0.0, "Listening to the clip")
    clip, out = files.speech_clip(utterance.pk), files.speech_reference(utterance.pk) / "voice.wav"
    return clip_reference(clip, utterance.reference, out, config, progress)


def _folder(utterance: Utterance) -> Path:
    """Where engines keep what they compute: with the voice, or only until the text is spoken."""
    if utterance.voice is not None:
        return files.conditioning_root(utterance.voice.pk)
    return files.speech_reference(utterance.pk) if utterance.reference else config_for(utterance.owner).cache / "voices"


def _made_by(utterance: Utterance, report: LineReport, sha256: str) -> dict[str, Any]:
    """What made the sound, kept as long as it is."""
    voice = utterance.voice
    return {
        "engine": utterance.engine,
        "version": report.version,
        "non_commercial": forbids("tts", utterance.engine),
        "sha256": sha256,
        "voice": str(voice.pk) if voice else None,
        "consent": snapshot(voice) if voice else None,
        "reference_sha256": utterance.reference_sha256,
    }
