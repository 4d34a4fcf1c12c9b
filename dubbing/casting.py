"""Who speaks in a job: what a pipeline found as rows, actors recognised, voices that a result was made with.

What a person chose (a name, a voice, who it is) is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from django.conf import settings
from django.db import transaction

from accounts.models import User
from dubbing.models import Job, PortraitJob, ScriptedJob, Segment, Speaker, VoiceUse
from engines.keys import config_for
from vocasync import types
from vocasync.engines.auto import choose
from vocasync.engines.base import StockVoice
from vocasync.engines.registry import stock_voices
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.pipelines.casting import pools
from vocasync.stages.portrait import report_of
from vocasync.types import Region, SpeakerInfo
from voices import actors
from voices.consent import Purpose, may_clone, snapshot
from voices.models import Actor, ActorAppearance, FaceProfile, VoiceProfile
from voices.references import reference_of
from voices.services import voice_used
from voices.services.profiles import SETTLED

MOST_SPEAKERS = 20
"""That a person may say there are in a recording."""

SAMPLE_SECONDS = 10.0
"""A speaker's sample is not longer, where it is taken from their longest segment."""

NAME_LENGTH = 120

Kind, State = Speaker.VoiceKind, Speaker.ActorState
CHOSEN = ("name", "voice_kind", "voice", "stock", "voice_chosen", "actor", "actor_similarity", "actor_state")
"""What may be a person's choice."""

MEASURED = ("seconds", "embedding", "style", "sample_start", "sample_end")


# --- speakers ---------------------------------------------------------------------------------------------------------
def speakers_found(job: Job, infos: Iterable[SpeakerInfo], *, anew: bool = False) -> None:
    """Rows for everybody who has a segment; those who have none any more go.

    infos: what was measured of them. anew: they were found and numbered anew, so choices follow voices, not numbers.
    """
    measured = {info.number: info for info in infos}
    spoken = regions_of(job)
    with transaction.atomic():
        old = list(Speaker.objects.filter(job=job).select_related("actor", "voice"))
        known = _followed(old, measured) if anew else {row.number: row for row in old}
        rows = [known.get(number) or Speaker(job=job, number=number) for number in sorted(spoken)]
        unheard = [row for row in rows if row.embedding is None]
        for row in rows:
            _measure(row, measured.get(row.number), spoken[row.number])
            if row.pk is None and not row.name:
                row.name = measured[row.number].name[:NAME_LENGTH] if row.number in measured else ""
        if not old:
            _give_voice(job, rows)
        recognise(job, unheard)
        _write(job, rows, anew=anew)


def _write(job: Job, rows: list[Speaker], *, anew: bool) -> None:
    gone = Speaker.objects.filter(job=job)
    (gone if anew else gone.exclude(number__in=[row.number for row in rows])).delete()
    Speaker.objects.bulk_update([row for row in rows if row.pk is not None], (*MEASURED, *CHOSEN))
    Speaker.objects.bulk_create([row for row in rows if row.pk is None])


def speaker_of_script(job: Job) -> Speaker:
    """The row of who speaks a script, with the voice that the job was submitted with; "their own" is that of the clip
    that was brought for it, and without any the engine's own speaks."""
    row = Speaker(job=job, number=0)
    if isinstance(job.detail, ScriptedJob) and not job.detail.reference:
        row.voice_kind = Kind.STOCK
    _give_voice(job, [row])
    row.save(force_insert=True)
    return row


def regions_of(job: Job) -> dict[int, list[Region]]:
    """When each speaker of the job speaks, by number."""
    found: dict[int, list[Region]] = {}
    for speaker, start, end in Segment.objects.filter(job=job).order_by("index").values_list("speaker", "start", "end"):
        found.setdefault(speaker, []).append(Region(start, end))
    return found


def own_voices(job: Job) -> dict[int, list[tuple[int, int]]]:
    """By speaker, which segments their own voice is cut from, as (index, who was heard in it).

    Another voice for somebody is another list here.
    """
    rows = Segment.objects.filter(job=job).order_by("index")
    pairs = [(_as_heard(row), replace(_as_heard(row), speaker=row.speaker)) for row in rows]
    return {number: [(one.index, one.speaker) for one in drawn_on] for number, drawn_on in pools(pairs).items()}


def _as_heard(row: Segment) -> types.Segment:
    return types.Segment(row.index, row.start, row.end, row.text, speaker=row.speaker_found)


def sample_of(spoken: Iterable[Region]) -> Region:
    """Where somebody can be heard when nothing better is known: the longest of what they say, or its beginning."""
    longest = max(spoken, key=lambda region: region.duration)
    return Region(longest.start, min(longest.end, longest.start + SAMPLE_SECONDS))


def retime(job: Job) -> None:
    """After a person moved segments between speakers: seconds and samples anew; who has no segment any more goes."""
    spoken = regions_of(job)
    with transaction.atomic():
        rows = list(Speaker.objects.filter(job=job, number__in=spoken))
        for row in rows:
            row.seconds = sum(region.duration for region in spoken[row.number])
            if not _heard_in(Region(row.sample_start, row.sample_end), spoken[row.number]):
                sample = sample_of(spoken[row.number])
                row.sample_start, row.sample_end = sample.start, sample.end
        Speaker.objects.bulk_update(rows, ("seconds", "sample_start", "sample_end"))
        Speaker.objects.filter(job=job).exclude(number__in=spoken).delete()


def _measure(row: Speaker, info: SpeakerInfo | None, spoken: list[Region]) -> None:
    row.seconds = sum(region.duration for region in spoken)
    sample = info.sample if info and _heard_in(info.sample, spoken) else sample_of(spoken)
    row.sample_start, row.sample_end = sample.start, sample.end
    row.embedding = np.asarray(info.embedding, np.float32) if info and info.embedding else None
    row.style = dict(info.style) if info else {}


def _heard_in(sample: Region, spoken: Iterable[Region]) -> bool:
    return any(min(sample.end, one.end) > max(sample.start, one.start) for one in spoken)


def _followed(old: list[Speaker], measured: Mapping[int, SpeakerInfo]) -> dict[int, Speaker]:
    """New rows with the choices made for whom each of the newly found sounds like. No two follow the same."""
    from scipy.optimize import linear_sum_assignment

    known = [row for row in old if row.embedding is not None]
    heard = [info for info in measured.values() if info.embedding]
    if not known or not heard:
        return {}
    likeness = np.stack([info.embedding for info in heard]) @ np.stack([row.embedding for row in known]).T
    pairs = zip(*linear_sum_assignment(likeness, maximize=True), strict=True)
    return {
        heard[new].number: _like(known[before], heard[new].number)
        for new, before in pairs
        if likeness[new, before] >= settings.ACTOR_ASK
    }


def _like(row: Speaker, number: int) -> Speaker:
    return Speaker(job_id=row.job_id, number=number, **{name: getattr(row, name) for name in CHOSEN})


def _give_voice(job: Job, rows: list[Speaker]) -> None:
    """The main speaker gets the voice that the job was submitted with."""
    asked = job.detail_rows.select_related("voice").get()
    if not rows or not (asked.voice or asked.stock):
        return
    main = max(rows, key=lambda row: row.seconds)
    main.voice_kind = Kind.PROFILE if asked.voice else Kind.STOCK
    main.voice, main.stock, main.voice_chosen = asked.voice, asked.stock, True


# --- actors -----------------------------------------------------------------------------------------------------------
def recognise(job: Job, rows: Iterable[Speaker]) -> None:
    """Say of speakers about whom nothing is known which actors they are, or may be. Saves nothing."""
    known = Speaker.objects.filter(job=job).exclude(actor=None).values_list("actor_id", flat=True)
    unknown = {
        row.number: row
        for row in rows
        if row.actor_id is None and row.actor_state == State.NONE and row.embedding is not None
    }
    carried = {row.actor_id for row in rows if row.actor_id is not None}
    voices = {number: row.embedding for number, row in unknown.items()}
    for number, found in actors.match_all(job.owner, voices, {*known, *carried}).items():
        row = unknown[number]
        row.actor, row.actor_similarity = found.actor, found.similarity
        row.actor_state = State.SURE if found.sure else State.ASKED
        if found.sure:
            take_over_voice(job, row, found.actor)


def take_over_voice(job: Job, row: Speaker, actor: Actor) -> bool:
    """Dub the speaker with the actor's voice, unless a person chose another or it may not be used. Saves nothing."""
    voice = actor.voice
    if row.voice_chosen or voice is None or row.voice_id == voice.pk or not may_clone(job.owner, voice, Purpose.JOB):
        return False
    row.voice_kind, row.voice, row.stock = Kind.PROFILE, voice, ""
    return True


def appearances(job: Job) -> None:
    """Teach the actors what was heard of them in this job; what was recorded of it before and does not hold goes."""
    tone = _tone(job)
    rows = {row.number: row for row in Speaker.objects.filter(job=job).select_related("actor") if row.is_known}
    heard = {number: row for number, row in rows.items() if row.embedding is not None}
    for number in ActorAppearance.objects.filter(job_id=job.pk).values_list("speaker", flat=True):
        if number not in heard:
            actors.appearance_forget(job_id=job.pk, speaker=number)
    for number, row in heard.items():
        if row.actor is not None:
            actors.appearance_record(
                actor=row.actor,
                job_id=job.pk,
                job_title=job.title,
                speaker=number,
                seconds=row.seconds,
                embedding=row.embedding,
                style=row.style,
                emotion={tone: row.seconds} if tone else {},
            )


def _tone(job: Job) -> str:
    """The label of the emotion reference that the job was dubbed with; "" for none, or one that has no label."""
    reference = job.detail_rows.select_related("emotion_reference").get().emotion_reference
    return reference.label if reference else ""


# --- voices -----------------------------------------------------------------------------------------------------------
def voices_of(job: Job) -> list[tuple[Speaker | None, VoiceProfile | None]]:
    """The voices of the library that the job speaks with or, before its speakers are known, is to speak with.

    None for a voice that was deleted.
    """
    rows = list(Speaker.objects.filter(job=job).select_related("voice__owner", "actor"))
    if rows:
        return [(row, row.voice) for row in rows if row.voice_kind == Kind.PROFILE]
    voice = job.detail_rows.select_related("voice__owner").get().voice
    return [(None, voice)] if voice is not None else []


def require_voices(job: Job) -> None:
    """Raise PipelineError for a voice of the library that the job's owner may not use, or that is no more."""
    for row, voice in voices_of(job):
        if voice is None:
            raise PipelineError("voice_gone", speaker=str(row))
        require_voice(job.owner, voice)


def require_voice(user: User, voice: VoiceProfile) -> None:
    """Raise PipelineError where the person may not dub with the voice, or there is nothing in it yet to dub with."""
    may_clone(user, voice, Purpose.JOB).require()
    reference_of(voice)


def require_face(user: User, face: FaceProfile, chosen: int | None = None) -> None:
    """Raise PipelineError where the person may not have the face speak, or nothing could be made of its picture.

    chosen: the one of the picture's faces that is to speak, where it need not be the one that was picked. A consent is
    that of the person who was.
    """
    may_clone(user, face, Purpose.JOB).require()
    if chosen is not None and face.consent in SETTLED and chosen != face.chosen:
        raise PipelineError("face_settled", name=face.name)
    if chosen is not None and face.report:
        report_of(face.report).choosing(chosen)
    if face.state == FaceProfile.State.REFUSED:
        raise PipelineError("face_unfit", name=face.name, reason=str(face.report.get("advice", "")))


def require_likenesses(job: Job) -> None:
    """Raise PipelineError for a voice or a face that the job's owner may not use, or that is no more."""
    require_voices(job)
    if job.kind != Job.Kind.PORTRAIT:
        return
    detail = PortraitJob.objects.select_related("face__owner").get(job=job)
    if detail.face is None:
        raise PipelineError("face_gone", name=detail.face_name)
    require_face(job.owner, detail.face, detail.chosen)


def face_used(job: Job) -> None:
    """Write down under which consent the face of a portrait speaks. Raises as :func:`require_likenesses` does."""
    require_likenesses(job)
    detail = PortraitJob.objects.select_related("face").get(job=job)
    if detail.face is not None:
        PortraitJob.objects.filter(job=job).update(face_consent=snapshot(detail.face))


def voice_engine(job: Job) -> str:
    """The name of the engine that speaks in the job: as was asked for, else the best that is ready."""
    asked = job.detail_rows.get()
    plan = choose(
        DETECT,
        asked.target_language,
        config_for(job.owner),
        voice=asked.voice_engine,
        has_text=True,  # recognition and translation are no matter here
        has_translation=True,
    )
    return plan.voice


def stock_of(job: Job) -> list[StockVoice]:
    """The voices that the job's engine brings for the language that it speaks."""
    language = job.detail_rows.get().target_language
    voices = stock_voices(voice_engine(job), config_for(job.owner))
    return [one for one in voices if not one.languages or language in one.languages]


def voices_used(job: Job) -> None:
    """Write down which voices the result was made with, and under which consent."""
    used = {row.number: voice for row, voice in voices_of(job) if row is not None and voice is not None}
    before = set(VoiceUse.objects.filter(job=job).values_list("voice_id", flat=True))
    VoiceUse.objects.filter(job=job).delete()
    VoiceUse.objects.bulk_create(
        VoiceUse(job=job, speaker=number, voice=voice, voice_name=voice.name, consent=snapshot(voice))
        for number, voice in used.items()
    )
    for voice in {voice.pk: voice for voice in used.values() if voice.pk not in before}.values():
        voice_used(voice=voice)
