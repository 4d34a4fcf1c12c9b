"""What people do about who speaks: names, voices, who is who, and wrong splits mended.

Each makes what depends on it stale, and is refused while a worker has the job (``not_now``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts.limits import require_active
from dubbing import casting, events, services, states
from dubbing.models import DubbingJob, Job, Segment, Speaker
from vocasync.languages import LANGUAGES
from voices import actors, errands
from voices.models import Actor, Errand, VoiceProfile
from voices.services import voice_create

Kind, State = Speaker.VoiceKind, Speaker.ActorState


# --- names and voices -------------------------------------------------------------------------------------------------
def speaker_rename(*, speaker: Speaker, name: str) -> Speaker:
    """Call a speaker by a name; "" for the actor's, or a number. Raises ValidationError for one that is too long."""
    cleaned = " ".join(name.split())
    return _change(speaker, name=cleaned) if cleaned != speaker.name else speaker


def speaker_voice_set(*, speaker: Speaker, kind: str, voice: VoiceProfile | None = None, stock: str = "") -> Speaker:
    """Choose what a speaker is dubbed with. kind: of ``Speaker.VoiceKind``; voice: the library's; stock: the engine's.

    Raises PipelineError where the job's owner may not use the voice, ValidationError for what is no voice.
    """
    fields = {"voice_kind": kind, "voice": voice, "stock": stock}
    if kind == Kind.PROFILE:
        _check_profile(speaker.job, voice)
        fields["stock"] = ""
    else:
        fields["voice"] = None
        fields["stock"] = _known_stock(speaker.job, stock) if kind == Kind.STOCK else ""
    if all(getattr(speaker, name) == value for name, value in fields.items()) and speaker.voice_chosen:
        return speaker
    with transaction.atomic():
        _change(speaker, **fields, voice_chosen=True)
        _stale(speaker.job, speaker=speaker.number)
    return speaker


def job_voice_set(*, job: Job, voice: VoiceProfile | None) -> None:
    """Choose the main speaker's voice while it is not known yet who speaks; None for everybody's own.

    Raises ValidationError once the speakers are known: each has a voice of their own then.
    """
    with transaction.atomic():
        states.at_rest(job.pk)
        if Speaker.objects.filter(job=job).exists():
            raise ValidationError({"voice": "Choose the voice of each speaker."})
        if voice is not None:
            casting.require_voice(job.owner, voice)
        DubbingJob.objects.filter(job=job).update(voice=voice)


def _check_profile(job: Job, voice: VoiceProfile | None) -> None:
    if voice is None:
        raise ValidationError({"voice": "Choose a voice of the library."})
    casting.require_voice(job.owner, voice)


def _known_stock(job: Job, name: str) -> str:
    if name not in {"", *(one.name for one in casting.stock_of(job))}:
        raise ValidationError({"stock": "The voice engine has no voice of that name."})
    return name


def _change(speaker: Speaker, **fields: Any) -> Speaker:
    for name, value in fields.items():
        setattr(speaker, name, value)
    speaker.clean_fields(exclude=["job", "embedding"])
    with transaction.atomic():
        states.at_rest(speaker.job_id)
        speaker.save(update_fields=list(fields))
    return speaker


def _stale(job: Job, **which: Any) -> None:
    """These segments are to be spoken again."""
    count = Segment.objects.filter(job=job, **which).update(stale=True)
    events.record(job, "segments", {"count": count})


# --- who is who -------------------------------------------------------------------------------------------------------
def speaker_actor_set(*, speaker: Speaker, actor: Actor | str | None) -> Speaker:
    """Say who a speaker is: an actor, the name of a new one, or None for somebody else than was asked about.

    The actor's voice is taken over unless a person chose another; from a finished job the actor's voice is learned.
    Raises ValidationError for an actor who is another speaker of the job already.
    """
    with transaction.atomic():
        job = states.at_rest(speaker.job_id)
        if isinstance(actor, str):
            actor = actors.actor_create(owner=speaker.job.owner, name=actor)
        before = (speaker.voice_kind, speaker.voice_id)
        if actor is None:
            _nobody(speaker)
        else:
            _somebody(speaker, actor)
        speaker.save(update_fields=casting.CHOSEN)
        if (speaker.voice_kind, speaker.voice_id) != before:
            _stale(speaker.job, speaker=speaker.number)
        _teach(job)
    return speaker


def _somebody(speaker: Speaker, actor: Actor) -> None:
    if actor.owner_id != speaker.job.owner_id:
        raise ValueError("an actor of somebody else")
    others = Speaker.objects.filter(job=speaker.job, actor=actor).exclude(pk=speaker.pk).select_related("actor")
    taken = next((row for row in others if row.is_known), None)
    if taken is not None:
        text = f"“{actor.name}” is another speaker of this recording already. Are they one person? Then merge the two."
        raise ValidationError({"actor": text})
    speaker.actor, speaker.actor_state = actor, State.CHOSEN
    speaker.actor_similarity = actors.similarity(actor, speaker.embedding)
    casting.take_over_voice(speaker.job, speaker, actor)


def _nobody(speaker: Speaker) -> None:
    """Not who was thought; a voice that came with that actor goes with them."""
    if speaker.actor is not None and speaker.voice_id == speaker.actor.voice_id and not speaker.voice_chosen:
        speaker.voice_kind, speaker.voice = Kind.OWN, None
    speaker.actor, speaker.actor_similarity, speaker.actor_state = None, None, State.DECLINED


# --- wrong splits -----------------------------------------------------------------------------------------------------
def speakers_merge(*, job: Job, into: Speaker, others: Iterable[Speaker]) -> Speaker:
    """They are one person: everything that ``others`` say is said by ``into``, who keeps name and voice."""
    gone = [row for row in others if row.pk != into.pk]
    if not gone:
        raise ValidationError({"others": "Choose at least one other speaker."})
    with transaction.atomic(), _moving(job.pk) as locked:
        heir = next((row for row in gone if row.is_known), None)
        if not into.is_known and heir is not None:
            into.actor, into.actor_state, into.actor_similarity = heir.actor, heir.actor_state, heir.actor_similarity
        into.embedding = _mean([into, *gone])
        into.save(update_fields=["actor", "actor_state", "actor_similarity", "embedding"])
        _move(locked, into.number, speaker__in=[row.number for row in gone])
    into.refresh_from_db()
    return into


def _mean(rows: list[Speaker]) -> Any:
    """The embedding of several who are one, weighted by seconds; None where none is known."""
    known = [row for row in rows if row.embedding is not None and row.seconds > 0]
    if not known:
        return None
    return np.average([row.embedding for row in known], axis=0, weights=[row.seconds for row in known])


def speaker_split(*, job: Job, speaker: Speaker, segments: Collection[int]) -> Speaker:
    """Some of what a speaker says is said by somebody else: a new speaker. segments: by index."""
    with transaction.atomic(), _moving(job.pk) as locked:
        said = set(Segment.objects.filter(job=locked, speaker=speaker.number).values_list("index", flat=True))
        chosen = set(segments)
        if not chosen or not chosen <= said:
            raise ValidationError({"segments": "Choose sentences of this speaker."})
        if chosen == said:
            raise ValidationError({"segments": "Leave at least one sentence with the speaker; rename them instead."})
        made = Speaker.objects.create(job=locked, number=_next_number(locked))
        _move(locked, made.number, index__in=chosen)
    made.refresh_from_db()
    return made


def _next_number(job: Job) -> int:
    rows, said = Speaker.objects.filter(job=job), Segment.objects.filter(job=job)
    numbers = [*rows.values_list("number", flat=True), *said.values_list("speaker", flat=True)]
    return max(numbers, default=-1) + 1


def segment_reassign(*, segment: Segment, speaker: Speaker) -> Segment:
    """The segment is said by this speaker of the job."""
    if segment.job_id != speaker.job_id:
        raise ValueError("a speaker of another job")
    if segment.speaker == speaker.number:
        return segment
    with transaction.atomic(), _moving(segment.job_id) as job:
        _move(job, speaker.number, index=segment.index)
    segment.refresh_from_db()
    return segment


def segments_reassign(*, job: Job, segments: Collection[int], speaker: Speaker | None) -> Speaker:
    """These segments (by index) are said by this speaker of the job, whoever said them; None: by somebody new."""
    with transaction.atomic(), _moving(job.pk) as locked:
        known = set(Segment.objects.filter(job=locked, index__in=segments).values_list("index", flat=True))
        if not known or known != set(segments):
            raise ValidationError({"segments": "Choose sentences of this recording."})
        who = speaker or Speaker.objects.create(job=locked, number=_next_number(locked))
        _move(locked, who.number, index__in=known)
    who.refresh_from_db()
    return who


@contextmanager
def _moving(job_id: uuid.UUID) -> Iterator[Job]:
    """Segments change their speakers inside: what a voice is cut from may change with them, and is stale then."""
    job = states.at_rest(job_id)
    before = casting.own_voices(job)
    yield job
    after = casting.own_voices(job)
    others = Speaker.objects.filter(job=job).exclude(voice_kind=Kind.OWN).values_list("number", flat=True)
    changed = {number for number, drawn_on in after.items() if before.get(number) != drawn_on}
    _stale(job, speaker__in=changed - set(others))
    casting.retime(job)
    _teach(job)


def _move(job: Job, number: int, **which: Any) -> None:
    by_hand = ExpressionWrapper(~Q(speaker_found=number), output_field=BooleanField())
    Segment.objects.filter(job=job, **which).update(speaker=number, speaker_edited=by_hand, stale=True)


def _teach(job: Job) -> None:
    """Actors are learned from finished jobs alone."""
    if job.status == Job.Status.SUCCEEDED:
        casting.appearances(job)


def speakers_recount(*, job: Job, count: int | None) -> None:
    """Find anew who speaks, being told how many there are (None: find out), and speak all of it again.

    What was mended by hand goes; names, voices and corrected words stay with those whom they were given to.
    """
    if count is not None and not 1 <= count <= casting.MOST_SPEAKERS:
        raise ValidationError({"count": f"Between 1 and {casting.MOST_SPEAKERS} people can be told apart."})
    with transaction.atomic():
        states.at_rest(job.pk)
        services.job_speak_anew(job=job)
        Segment.objects.filter(job=job).update(speaker_edited=False, stale=True)
        detail = DubbingJob.objects.select_for_update().get(job=job)
        detail.speaker_count, detail.recount = count, True
        if detail.review:
            detail.reviewed_at = None  # who asked to look first looks at these too
        detail.save(update_fields=["speaker_count", "recount", "reviewed_at"])


# --- into the library -------------------------------------------------------------------------------------------------
def speaker_to_library(
    *, speaker: Speaker, name: str, whose: str, person_name: str = ""
) -> tuple[VoiceProfile, Errand]:
    """A voice of the library from what the speaker says in the recording; a worker cuts it (errand ``cut``).

    The consent stays unverified: until it is verified only the owner can use the voice.
    """
    job = speaker.job
    require_active(job.owner)
    with transaction.atomic():
        states.at_rest(job.pk)
        spoken = DubbingJob.objects.get(job=job).detected_language
        voice = voice_create(
            owner=job.owner,
            name=name,
            whose=whose,
            person_name=person_name,
            description=f"Cut from “{job.title}”.",
            languages=[spoken] if spoken in LANGUAGES else [],
        )
        params = {"job": str(job.pk), "speaker": speaker.number}
        errand = errands.start(owner=job.owner, kind="cut", subject=voice.pk, params=params)
    return voice, errand
