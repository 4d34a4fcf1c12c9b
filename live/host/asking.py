"""What a client asks for, as a session of the engines takes it: its manner, whom its owner knows, their voices."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.conf import settings

from accounts import limits
from accounts.models import User
from engines import spending
from engines.keys import config_for, own_services
from live.messages import Message
from vocasync.engines.auto import AUTO, choose_live
from vocasync.engines.base import EngineConfig, EngineSpec, Stage
from vocasync.engines.costs import price_of
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.pipelines.live.request import Known, LiveRequest, Manner
from vocasync.types import SpeakerVoice, VoiceReference
from voices.consent import Purpose, may_clone
from voices.models import Actor, VoiceProfile
from voices.references import speaker_voice
from voices.selectors import voice_of
from web.problems import about
from work.engines import watermark

MANNER = {
    "target_language": "target_language",
    "source_language": "source_language",
    "preserve_voice": "preserve_voice",
    "similarity_threshold": "similarity",
    "voice_stability": "stability",
    "voice_clarity": "clarity",
    "partials": "partials",
    "sound": "sound",
}
"""Fields of messages, and of :class:`Manner`."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is to be done, and where. voices: of the library that may speak, for whom it is looked again and again
    whether they still may."""

    request: LiveRequest
    config: EngineConfig
    voices: frozenset[uuid.UUID]


def changed(manner: Manner, message: Message) -> Manner:
    """The manner with what a message names of it."""
    named: dict[str, Any] = {field: message[name] for name, field in MANNER.items() if name in message}
    return replace(manner, **named)


def manner_of(message: Message) -> Manner:
    """Of a session that begins; what is not named is as the site has it."""
    first = Manner(
        target_language=str(message["target_language"]),
        source_language=DETECT,
        similarity=settings.LIVE_VOICE_SIMILARITY_THRESHOLD,
        stability=settings.LIVE_VOICE_STABILITY,
        clarity=settings.LIVE_VOICE_CLARITY,
    )
    return changed(first, message)


def asked_of(owner: User, message: Message) -> Asked:
    """What ``start_dubbing`` asks for.

    Raises ``suspended``, ``live_spending``, what a voice's consent forbids, ``voice_empty``, and what
    :func:`choose_live` raises, with the field that it is about.
    """
    owner.refresh_from_db()
    limits.require_active(owner)
    manner, config = manner_of(message), config_for(owner)
    names = {name: str(message.get(name) or AUTO) for name in ("recognizer", "translator", "voice_engine")}
    plan, _, _ = choose_live(
        manner.source_language,
        manner.target_language,
        config,
        recognizer=names["recognizer"],
        translator=names["translator"],
        voice=names["voice_engine"],
    )
    stages: tuple[tuple[Stage, str], ...] = (
        ("asr", plan.recognizer),
        ("translate", plan.translator),
        ("tts", plan.voice),
    )
    check_spending(owner, [spec(stage, name) for stage, name in stages if name])
    everybody = _everybody(owner, str(message.get("voice", "")), plan.voice)
    known = _known(owner, plan.voice) if everybody is None and manner.preserve_voice else ()
    request = LiveRequest(
        manner,
        recognizer=names["recognizer"],
        translator=names["translator"],
        voice_engine=names["voice_engine"],
        stock=str(message.get("stock", "")),
        voice=everybody,
        known=known,
        watermark=watermark(),
    )
    return Asked(request, config, frozenset(_voices([everybody, *(one.voice for one in known)])))


def _voices(voices: list[SpeakerVoice | None]) -> list[uuid.UUID]:
    references: list[VoiceReference | None] = [voice.reference if voice else None for voice in voices]
    return [uuid.UUID(reference.of) for reference in references if reference and reference.of]


def _everybody(owner: User, voice_id: str, engine: str) -> SpeakerVoice | None:
    """The voice of the library that speaks for all, None where none was asked for."""
    if not voice_id:
        return None
    with about("voice"):
        try:
            voice = voice_of(owner, voice_id)
        except VoiceProfile.DoesNotExist:
            raise PipelineError("voice_not_shared", name=voice_id) from None
        may_clone(owner, voice, Purpose.JOB).require()
        return speaker_voice(voice, engine)


def _known(owner: User, engine: str) -> tuple[Known, ...]:
    """The owner's actors, each with the voice that was chosen for them where it may and can be used."""
    actors = Actor.objects.filter(owner=owner).exclude(embedding=None).select_related("voice__owner").order_by("pk")
    return tuple(
        Known(str(actor.pk), actor.name, np.asarray(actor.embedding, np.float32), _chosen(owner, actor, engine))
        for actor in actors
    )


def _chosen(owner: User, actor: Actor, engine: str) -> SpeakerVoice | None:
    if actor.voice is None or not may_clone(owner, actor.voice, Purpose.JOB):
        return None
    try:
        return speaker_voice(actor.voice, engine)
    except PipelineError:  # nothing in it that could be spoken with: their own, as it is heard
        return None


def check_spending(owner: User, rows: list[EngineSpec]) -> None:
    """Raise ``live_spending`` where one of the engines costs money of the site's and the person's limit is used up:
    how long somebody will speak nobody knows before."""
    limit = limits.limits_for(owner).usd_month
    own, prices = own_services(owner), spending.prices()
    paid = [row for row in rows if price_of(row, prices) is not None and row.needs.service not in own]
    if limit is not None and paid and spending.spent_on_site(owner) >= limit:
        raise PipelineError("live_spending", limit=limit)
