"""Texts that people have spoken: in a voice of the library, in that of a clip, or in one of an engine's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit, limits
from accounts.models import User
from engines import spending
from engines.keys import config_for
from vocasync.engines.auto import AUTO, choose
from vocasync.engines.base import EngineSpec, Readiness
from vocasync.engines.costs import CHARACTERS_A_SECOND, line_cost
from vocasync.engines.registry import readiness
from vocasync.errors import PipelineError
from voices import errands, files
from voices.consent import Purpose, may_clone, spoken
from voices.models import EmotionReference, Errand, Utterance, VoiceProfile
from voices.services import intake
from voices.services.intake import Taken, Upload
from voices.services.previews import check_emotion, engine_of, options_of, stock_of
from web.problems import about

KIND = "speech"
MAX_OPEN = 20
"""Texts that a person may have waiting at once."""

KEPT = timedelta(days=1)
"""How long what was spoken can be fetched again."""

REFERENCE = intake.bounds("reference", longest=120.0, shortest=1.0)

DECLARATION = "I may use this voice: it is my own, or the person whose voice it is has allowed me to have it imitated."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be spoken. engine: ``auto`` for the best that is ready. Of voice, reference and stock at most one is
    there; with none of them the engine's default voice speaks. declared: that the person said the DECLARATION of the
    voice in ``reference``. options: engine settings; None for those kept with the voice."""

    text: str
    language: str
    engine: str = AUTO
    voice: VoiceProfile | None = None
    reference: Upload | None = None
    declared: bool = False
    stock: str = ""
    emotion: EmotionReference | None = None
    strength: float = 1.0
    options: Mapping[str, float] | None = None


def utterance_ask(*, owner: User, asked: Asked) -> tuple[Utterance, Errand]:
    """Have a text spoken (errand ``speech``).

    Raises ``suspended``, what the voice's consent forbids, ``voice_empty``, ``sentence_asked``, ``emotion_unusable``,
    ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``, ``unknown_language``, what the clip is,
    ``audio_limit``, ``spending_limit``, ``too_many_previews``, and ValidationError by field. Then nothing is kept.
    """
    limits.require_active(owner)
    _check_voices(owner, asked)
    spoken.check_not_asked(asked.text)
    check_emotion(asked.emotion, asked.strength)
    row, code = _engine(owner, asked)
    text = _text(asked.text, row)
    spending.check_limit(owner, line_cost(row, len(text), spending.prices()))
    utterance = Utterance(
        owner=owner,
        text=text,
        language=code,
        engine=row.name,
        voice=asked.voice,
        voice_mark=asked.voice.fingerprint if asked.voice else "",
        stock=_stock(owner, row, asked),
        emotion=asked.emotion,
        strength=asked.strength if asked.emotion else 1.0,
        settings=options_of(row, asked.voice, asked.options),
    )
    with _clip(utterance, asked.reference) as taken, transaction.atomic():
        limits.hold(owner)
        _check_room(owner, len(text) / CHARACTERS_A_SECOND + (taken.seconds if taken else 0.0))
        utterance.full_clean(exclude=["owner", "voice", "emotion"])
        utterance.save(force_insert=True)
        _write_down(utterance, taken)
        return utterance, errands.start(owner=owner, kind=KIND, subject=utterance.pk)


def utterance_delete(*, utterance: Utterance) -> None:
    """Forget it, with its sound; whoever is at it stops."""
    with transaction.atomic():
        errands.forget(utterance.pk)
        files.remove_on_commit(files.speech_root(utterance.pk))
        utterance.delete()


def sweep() -> int:
    """Forget what was spoken more than a day ago; returns how many texts that were."""
    old = Utterance.objects.filter(created_at__lt=timezone.now() - KEPT)
    for pk in old.values_list("pk", flat=True):
        files.remove(files.speech_root(pk))
    return old.delete()[0]


# --- how it stands ----------------------------------------------------------------------------------------------------
def errand_of(utterance_id: uuid.UUID) -> Errand | None:
    """The errand that it waits for, or waited for; None where that is long over."""
    return Errand.objects.filter(kind=KIND, subject=str(utterance_id)).order_by("-created_at").first()


def settled(utterance_id: uuid.UUID) -> bool:
    """Whether there is nothing left to wait for: it was spoken, it failed, or it was deleted."""
    return errands.open_errand(KIND, utterance_id) is None


# --- checks -----------------------------------------------------------------------------------------------------------
def _check_voices(owner: User, asked: Asked) -> None:
    given = [name for name in ("voice", "reference", "stock") if getattr(asked, name)]
    if len(given) > 1:
        raise ValidationError({given[1]: "Give one of voice, reference and stock: one voice speaks."})
    if asked.reference is not None and not asked.declared:
        raise ValidationError({"i_may_use_this_voice": f"To speak in the voice of a clip, declare it: {DECLARATION}"})
    if asked.voice is not None:
        may_clone(owner, asked.voice, Purpose.JOB).require()
        if not asked.voice.fingerprint:
            raise PipelineError("voice_empty", name=asked.voice.name)


def _engine(owner: User, asked: Asked) -> tuple[EngineSpec, str]:
    """The engine's row, and the language's code."""
    if asked.engine != AUTO:
        return engine_of(owner, asked.engine, asked.language)
    config = config_for(owner)
    cloned = asked.voice is not None or asked.reference is not None

    def probe(row: EngineSpec) -> Readiness:
        if cloned and not row.clones:
            return Readiness(False, "It speaks in voices of its own only.")
        return readiness(row, config)

    with about("language"):
        plan = choose(asked.language, asked.language, config, has_translation=True, probe=probe)
    return engine_of(owner, plan.voice, asked.language)


def _stock(owner: User, row: EngineSpec, asked: Asked) -> str:
    return "" if asked.reference is not None else stock_of(owner, row, asked.stock, asked.voice)


def _text(text: str, row: EngineSpec) -> str:
    cleaned = " ".join(text.split())
    if not cleaned:
        raise ValidationError({"text": "Write what is to be spoken."})
    most = min(settings.SPEECH_CHARS, settings.SPEECH_ENGINE_CHARS.get(row.name, settings.SPEECH_CHARS))
    if len(cleaned) > most:
        raise ValidationError(
            {"text": f"{row.label} speaks {most:,} characters at once; these are {len(cleaned):,}. Send it in parts."}
        )
    return cleaned


def _check_room(owner: User, seconds: float) -> None:
    """seconds: of the clip, and of what is spoken, as far as its text tells."""
    if Errand.objects.filter(owner=owner, kind=KIND, status__in=errands.OPEN).count() >= MAX_OPEN:
        raise PipelineError("too_many_previews", limit=MAX_OPEN)
    limits.take_audio(owner, seconds)


# --- the clip ---------------------------------------------------------------------------------------------------------
@contextmanager
def _clip(utterance: Utterance, upload: Upload | None) -> Iterator[Taken | None]:
    if upload is None:
        yield None
        return
    with intake.taken_in(upload, files.speech_clip(utterance.pk), "reference", REFERENCE) as taken:
        utterance.reference, utterance.reference_sha256 = taken.name, taken.sha256
        yield taken


def _write_down(utterance: Utterance, taken: Taken | None) -> None:
    """Who declared to be allowed to use somebody's voice: that stays when the clip is long gone."""
    if taken is not None:
        after = {"declaration": DECLARATION, "clip": taken.name, "sha256": taken.sha256, "engine": utterance.engine}
        audit.record(utterance.owner, "speech.declared", utterance, after=after)
