"""Rows into what a pipeline is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.db.models import Q
from django.db.models.fields.files import FieldFile

from dubbing import casting, provenance
from dubbing.files import job_root
from dubbing.kinds import kind_of
from dubbing.models import Job, PortraitJob, ScriptedJob, Speaker
from engines.keys import config_for
from vocasync.artifacts import Workspace
from vocasync.engines.auto import AUTO
from vocasync.engines.registry import dotted
from vocasync.media.sounds import WAV
from vocasync.pipelines.base import DubRequest, Outcome, Pipeline, SegmentEdit
from vocasync.stages.glossary import parse as parse_glossary
from vocasync.stages.ingest import Limits
from vocasync.stages.manuscript import form_of
from vocasync.types import Match, SpeakerInfo, SpeakerVoice, Take, Transcript, VoiceKind, Ways
from voices.files import emotion_conditioning
from voices.references import speaker_voice
from work.engines import watermark

if TYPE_CHECKING:
    from vocasync.pipelines.portrait import PortraitRequest
    from vocasync.pipelines.script import ScriptRequest

ACCEPTED = Limits(max_seconds=7 * 24 * 3600.0, max_bytes=2**44)
"""The person's limits were checked when the job was taken in; a limit that is changed later does not touch it."""


class JobPipeline(Pipeline, Protocol):
    """What the runner asks of a pipeline beside its stages."""

    def needs_review(self) -> bool:
        """Whether a person must see the words before they are spoken; valid after the stage ``translate``."""

    def transcript(self) -> Transcript | None:
        """Words and translation as far as they are there."""

    def speakers(self) -> tuple[SpeakerInfo, ...] | None:
        """Who speaks; None before the stage ``diarize``."""

    def takes(self) -> tuple[Take, ...]:
        """What was spoken so far."""

    def result(self) -> Outcome:
        """Valid after the last stage."""


def pipeline_for(job: Job) -> JobPipeline:
    """The pipeline of a job; ``settings.PIPELINES`` may name another for a kind."""
    other: dict[str, str] = getattr(settings, "PIPELINES", {})
    pipeline: JobPipeline = dotted(other.get(job.kind, kind_of(job).pipeline))(job)
    return pipeline


def dub_pipeline(job: Job) -> JobPipeline:
    """The dub of a video or recording."""
    from vocasync.pipelines.dub import DubPipeline  # here, so that the web process never loads it

    config = config_for(job.owner, job.dubbing.model_size)  # whoever looks on: a job runs with its owner's keys
    return DubPipeline(dub_request(job), Workspace(job_root(job.pk)), config)


def dub_request(job: Job) -> DubRequest:
    """What the rows of a job ask for."""
    detail = job.dubbing
    return DubRequest(
        source=Path(detail.source.path),
        source_name=detail.source_name,
        target_language=detail.target_language,
        source_language=detail.source_language,
        emotion=_path(detail.emotion),
        emotion_name=detail.emotion_name,
        emotion_strength=detail.emotion_strength,
        emotion_folder=emotion_conditioning(detail.emotion_reference_id) if detail.emotion_reference_id else None,
        subtitles=_path(detail.subtitles),
        subtitles_name=detail.subtitles_name,
        subtitles_are=detail.subtitles_are,
        transcript=detail.transcript,
        glossary=parse_glossary(detail.glossary),
        recognizer=detail.recognizer,
        model_size=detail.model_size,
        translator=detail.translator,
        voice_engine=detail.voice_engine,
        match=Match(detail.match),
        review=detail.review,
        reviewed=detail.reviewed_at is not None,
        edits={} if detail.recount else _edits(job),
        speaker_count=detail.speaker_count,
        voices=speaker_voices(job),
        lipsync=detail.lipsync,
        lipsync_options=tuple(sorted(detail.lip_options.items())),
        watermark=watermark(),
        origin=provenance.origin_of(job),
        limits=ACCEPTED,
        ways=Ways(detail.ways),
        converter=detail.converter,
    )


def script_pipeline(job: Job) -> JobPipeline:
    """The speech of a text."""
    from vocasync.pipelines.script import ScriptPipeline

    request = script_request(job, job.speech)
    request = replace(request, formats=tuple(dict.fromkeys((WAV.name, job.speech.format))))
    return ScriptPipeline(request, Workspace(job_root(job.pk)), config_for(job.owner))


def script_request(job: Job, detail: ScriptedJob) -> ScriptRequest:
    """What the rows of a job ask for that speaks a text. detail: the job's."""
    from vocasync.pipelines.script import ScriptRequest

    voice = speaker_voices(job).get(0, SpeakerVoice(VoiceKind.STOCK))
    own = job.speakers.filter(number=0, voice_kind=Speaker.VoiceKind.OWN).exists()
    options = dict(voice.options) | {name: float(value) for name, value in detail.options.items()}
    return ScriptRequest(
        text=detail.text,
        language=detail.target_language,
        name=detail.script_name or job.title,
        form=form_of(detail.script_name),
        voice=replace(voice, options=tuple(sorted(options.items()))),
        reference=_path(detail.reference) if own else None,
        reference_name=detail.reference_name,
        reference_text=detail.reference_text,
        voice_engine=detail.voice_engine,
        emotion=_path(detail.emotion),
        emotion_name=detail.emotion_name,
        emotion_strength=detail.emotion_strength,
        emotion_folder=emotion_conditioning(detail.emotion_reference_id) if detail.emotion_reference_id else None,
        match=Match(detail.match),
        edits=_edits(job),
        watermark=watermark(),
        origin=provenance.origin_of(job),
        limits=ACCEPTED,
    )


def portrait_pipeline(job: Job) -> JobPipeline:
    """A still that says a text, or what is heard in a recording."""
    from vocasync.pipelines.portrait import PortraitPipeline

    return PortraitPipeline(portrait_request(job), Workspace(job_root(job.pk)), config_for(job.owner))


def portrait_request(job: Job) -> PortraitRequest:
    """What the rows of a portrait ask for. Under which consent its face speaks is written down.

    Raises as :func:`dubbing.casting.require_likenesses` does: a consent may have ended since the job was queued.
    """
    from vocasync.pipelines.portrait import PortraitRequest

    casting.face_used(job)
    detail = PortraitJob.objects.select_related("emotion_reference").get(job=job)
    script = script_request(job, detail)
    return PortraitRequest(
        script=replace(script, sound=_path(detail.sound), sound_name=detail.sound_name),
        picture=Path(detail.picture.path),
        picture_name=detail.picture_name,
        face=detail.chosen,
        lipsync=detail.lipsync or AUTO,
        options=tuple(sorted(detail.lip_options.items())),
        fps=detail.fps,
        buffer_frames=detail.buffer_frames,
        motion=detail.motion,
        ai_mark=detail.ai_mark,
        tone=detail.emotion_reference.label if detail.emotion_reference else "",
    )


def _path(field: FieldFile) -> Path | None:
    return Path(field.path) if field else None


def _edits(job: Job) -> dict[int, SegmentEdit]:
    edited = job.segments.filter(Q(text_edited=True) | Q(translation_edited=True) | Q(speaker_edited=True))
    return {
        row.index: SegmentEdit(
            text=row.text if row.text_edited else None,
            translation=row.translation if row.translation_edited else None,
            speaker=row.speaker if row.speaker_edited else None,
        )
        for row in edited
    }


# --- voices -----------------------------------------------------------------------------------------------------------
def speaker_voices(job: Job) -> dict[int, SpeakerVoice]:
    """By speaker, what they are dubbed with where that is not their own voice.

    Raises as :func:`dubbing.casting.require_voices` does: a consent may have ended since the job was queued.
    """
    casting.require_voices(job)
    rows = Speaker.objects.filter(job=job).exclude(voice_kind=Speaker.VoiceKind.OWN).select_related("voice")
    return {row.number: _voice(row, job) for row in rows}


def _voice(row: Speaker, job: Job) -> SpeakerVoice:
    if row.voice is None:
        return SpeakerVoice(VoiceKind.STOCK, stock=row.stock)
    return speaker_voice(row.voice, casting.voice_engine(job))
