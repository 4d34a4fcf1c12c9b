"""A text is spoken."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction

from accounts.limits import require_active
from engines import spending
from engines.keys import config_for
from vocasync.artifacts import file_sha256
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.engines.terms import forbids
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.sounds import WAV, growing, sound_format
from vocasync.progress import Part, Progress
from vocasync.provenance.stamp import Stamp
from vocasync.types import Audio, SpeakerVoice, VoiceKind, VoiceReference
from voices import files, references
from voices.consent import Purpose, may_clone, snapshot
from voices.handlers.previews import tone
from voices.models import Errand, Utterance
from voices.origins import stamp_of, title_of
from voices.signals import utterance_spoken
from work.engines import watermark

if TYPE_CHECKING:
    from vocasync.pipelines.library import LineReport


def speak(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Speak the text, and compare it with the voice. A clip that was brought for it is deleted."""
    utterance = _utterance(errand)
    _check(utterance)
    root = files.speech_root(utterance.pk)
    root.mkdir(parents=True, exist_ok=True)
    _tidy(root)  # what a lost worker left
    with files.kept_with(utterance, root):
        try:
            found = _made(errand, utterance, root / f".{uuid.uuid4().hex[:8]}.wav", progress)
        except FileNotFoundError:
            _utterance(errand)  # its folder goes with it
            raise
        finally:
            _tidy(root)
        for path in (files.speech_reference, files.speech_whole, files.speech_label):
            files.remove(path(utterance.pk))
    return {"utterance": str(utterance.pk), **found}


def _made(errand: Errand, utterance: Utterance, scratch: Path, progress: Progress) -> dict[str, Any]:
    """Make its files and write down what they are."""
    config, mark = config_for(utterance.owner), watermark()
    engine = cast(VoiceEngine, registry.load("tts", utterance.engine, config))
    stamp = stamp_of(utterance, engine.version, mark)
    report = _spoken(utterance, scratch, config, mark, stamp, progress)
    _check(_utterance(errand))  # the voice's consent may have ended while it was spoken
    made = _delivered(utterance, scratch, report, stamp, progress)
    found = {"seconds": report.seconds, "similarity": report.similarity, "untreated": report.untreated}
    whole = files.speech_whole(utterance.pk)
    hashes = {name: file_sha256(path) for name, path in made.items()}
    with transaction.atomic():
        Utterance.objects.filter(pk=utterance.pk).update(
            sample_rate=report.rate,
            watermark=mark,
            peaks=list(report.peaks),
            size=sum(path.stat().st_size for path in made.values()),
            live_bytes=whole.stat().st_size if utterance.live else None,
            made_by=_made_by(utterance, report, hashes),
            **found,
        )
        utterance_spoken.send(Utterance, made={sound_format(name).mime: one for name, one in hashes.items()})
    return found


def _tidy(root: Path) -> None:
    for path in root.glob(".*"):
        files.remove(path)


def _delivered(
    utterance: Utterance, sound: Path, report: LineReport, stamp: Stamp, progress: Progress
) -> dict[str, Path]:
    """The finished files by format: WAV, and what was asked for; each with its provenance."""
    title = title_of(utterance)
    made: dict[str, Path] = {}
    for kind in {WAV.name: WAV, utterance.format: sound_format(utterance.format)}.values():
        scratch = sound.with_name(f"{sound.name}.{kind.name}")
        kind.write(scratch, sound, title, report.seconds, Part(progress, 1.0, 1.0), stamp.comment)
        stamp.seal(scratch, kind.mime, title)
        made[kind.name] = scratch.replace(files.speech_sound(utterance.pk, kind.name))
    return made


def failed(errand: Errand, error: PipelineError) -> None:
    """Nothing is kept of a clip that a text could not be spoken with, and of the text nothing but its words."""
    Utterance.objects.filter(pk=errand.subject).update(size=0)
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


def _spoken(
    utterance: Utterance, out: Path, config: EngineConfig, mark: str, stamp: Stamp, progress: Progress
) -> LineReport:
    from vocasync.pipelines.library import LineRequest, speak_line

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
    live = partial(_live, utterance, stamp) if utterance.live else None
    with spending.counted(utterance.owner):
        return speak_line(asked, _folder(utterance), out, config, Part(progress, 0.3, 1.0), live)


@contextmanager
def _live(utterance: Utterance, stamp: Stamp, rate: int) -> Iterator[Callable[[Audio], None]]:
    """Takes what is spoken into a file that listeners follow (:mod:`voices.following`)."""
    kind, live = sound_format(utterance.format), files.speech_live(utterance.pk)
    scratch = live.with_name(f".{uuid.uuid4().hex[:8]}.live")
    with growing(scratch, kind, rate, title_of(utterance), _label(utterance, stamp)) as give:
        scratch.replace(live)  # of a lost worker there may be one; who has it open sees that it is another
        yield lambda sound: give(sound.samples)
    live.replace(files.speech_whole(utterance.pk))


def _label(utterance: Utterance, stamp: Stamp) -> str:
    """The comment of what is sent, which is the same when another worker begins anew: who listens goes on where it
    was."""
    path = files.speech_label(utterance.pk)
    if not path.is_file():
        path.write_text(stamp.comment, encoding="utf-8")
    return path.read_text(encoding="utf-8")


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
    return clip_reference(
        files.speech_clip(utterance.pk),
        utterance.reference,
        files.speech_reference(utterance.pk) / "voice.wav",
        config,
        progress,
        transcript=utterance.reference_text,
        language=utterance.language,
    )


def _folder(utterance: Utterance) -> Path:
    """Where engines keep what they compute: with the voice, or only until the text is spoken."""
    if utterance.voice is not None:
        return files.conditioning_root(utterance.voice.pk)
    return files.speech_reference(utterance.pk) if utterance.reference else config_for(utterance.owner).cache / "voices"


def _made_by(utterance: Utterance, report: LineReport, hashes: dict[str, str]) -> dict[str, Any]:
    """What made the sound, kept as long as it is."""
    voice = utterance.voice
    return {
        "engine": utterance.engine,
        "version": report.version,
        "non_commercial": forbids("tts", utterance.engine),
        "sha256": hashes,
        "voice": str(voice.pk) if voice else None,
        "consent": snapshot(voice) if voice else None,
        "reference_sha256": utterance.reference_sha256,
    }
