"""Texts that people have spoken: in a voice of the library, in that of a clip, or in one of an engine's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
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
from vocasync.media.sounds import WAV, sound_format
from vocasync.stages import manuscript
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

MAX_REFERENCE_TEXT = 5_000
"""Characters of what is said in a clip."""

_BYTES_A_SECOND = 50_000
"""Of sound, about: 16 bits at 24 kHz."""

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
    reference_text: str = ""
    stock: str = ""
    emotion: EmotionReference | None = None
    strength: float = 1.0
    options: Mapping[str, float] | None = None
    format: str = WAV.name
    live: bool = False


def utterance_ask(*, owner: User, asked: Asked) -> tuple[Utterance, Errand]:
    """Have a text spoken (errand ``speech``).

    Raises ``suspended``, what the voice's consent forbids, ``voice_empty``, ``sentence_asked``, ``emotion_unusable``,
    ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``, ``unknown_language``, ``format_unknown``, what is
    wrong with the text (``script_unspeakable``, ``script_writing``) or the clip, ``audio_limit``, ``storage_limit``,
    ``spending_limit``, ``too_many_previews``, and ValidationError by field. Then nothing is kept.
    """
    limits.require_active(owner)
    check_voices(owner, asked)
    spoken.check_not_asked(asked.text)
    check_emotion(asked.emotion, asked.strength)
    row, code = engine_for(owner, asked)
    text = _text(asked.text, row, code)
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
        reference_text=_reference_text(asked),
        format=sound_format(asked.format).name,
        live=asked.live,
        size=round(len(text) / CHARACTERS_A_SECOND * _BYTES_A_SECOND),
    )
    with _clip(utterance, asked.reference) as taken, transaction.atomic():
        limits.hold(owner)
        _check_room(utterance, taken.seconds if taken else 0.0)
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


def storage_of(user: User) -> int:
    """Bytes of what the person had spoken."""
    return int(Utterance.objects.filter(owner=user).aggregate(sum=Sum("size"))["sum"] or 0)


def sweep() -> int:
    """Forget what was spoken more than ``settings.SPEECH_DAYS`` ago; returns how many texts that were."""
    old = Utterance.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.SPEECH_DAYS))
    for pk in old.values_list("pk", flat=True):
        files.remove(files.speech_root(pk))
    return old.delete()[0]


# --- how it stands ----------------------------------------------------------------------------------------------------
def errand_of(utterance_id: uuid.UUID) -> Errand | None:
    """The errand that it waits for, or waited for; None where that is long over."""
    return Errand.objects.filter(kind=KIND, subject=str(utterance_id)).order_by("-created_at").first()


def errands_of(utterances: Iterable[Utterance]) -> dict[str, Errand]:
    """The latest errand of each that has one, by the text's id."""
    subjects = [str(one.pk) for one in utterances]
    return {row.subject: row for row in Errand.objects.filter(kind=KIND, subject__in=subjects).order_by("created_at")}


def settled(utterance_id: uuid.UUID) -> bool:
    """Whether there is nothing left to wait for: it was spoken, it failed, or it was deleted."""
    return errands.open_errand(KIND, utterance_id) is None


# --- checks -----------------------------------------------------------------------------------------------------------
class Voiced(Protocol):
    """Whose voice is asked for."""

    @property
    def voice(self) -> VoiceProfile | None: ...
    @property
    def reference(self) -> Upload | None: ...
    @property
    def declared(self) -> bool: ...
    @property
    def stock(self) -> str: ...


def check_voices(owner: User, asked: Voiced) -> None:
    """Raise where it is not one voice that speaks, or not one that may."""
    given = [name for name in ("voice", "reference", "stock") if getattr(asked, name)]
    if len(given) > 1:
        raise ValidationError({given[1]: "Give one of voice, reference and stock: one voice speaks."})
    if asked.reference is not None and not asked.declared:
        raise ValidationError({"i_may_use_this_voice": f"To speak in the voice of a clip, declare it: {DECLARATION}"})
    if asked.voice is not None:
        may_clone(owner, asked.voice, Purpose.JOB).require()
        if not asked.voice.fingerprint:
            raise PipelineError("voice_empty", name=asked.voice.name)


def speaking_engine(owner: User, name: str, language: str, *, cloned: bool) -> tuple[EngineSpec, str]:
    """The row of the engine that speaks, and the language's code. name: or ``auto``. cloned: in a given voice.

    Raises ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``, ``unknown_language``.
    """
    if name != AUTO:
        return engine_of(owner, name, language)
    config = config_for(owner)

    def probe(row: EngineSpec) -> Readiness:
        if cloned and not row.clones:
            return Readiness(False, "It speaks in voices of its own only.")
        return readiness(row, config)

    with about("language"):
        plan = choose(language, language, config, has_translation=True, probe=probe)
    return engine_of(owner, plan.voice, language)


def _stock(owner: User, row: EngineSpec, asked: Asked) -> str:
    return "" if asked.reference is not None else stock_of(owner, row, asked.stock, asked.voice)


def engine_for(owner: User, asked: Asked) -> tuple[EngineSpec, str]:
    """The engine that is to speak, and the language's code."""
    cloned = asked.voice is not None or asked.reference is not None
    return speaking_engine(owner, asked.engine, asked.language, cloned=cloned)


def most_chars(row: EngineSpec) -> int:
    """How long a text may be that the engine speaks at once; a longer one is a job."""
    return min(settings.SPEECH_CHARS, settings.SPEECH_ENGINE_CHARS.get(row.name, settings.SPEECH_CHARS))


def is_long(owner: User, asked: Asked) -> bool:
    """Whether the text is a job's. Raises as :func:`engine_for` does."""
    return len(cleaned(asked.text)) > most_chars(engine_for(owner, asked)[0])


def cleaned(text: str) -> str:
    """The text as it is counted and spoken at once."""
    return " ".join(text.split())


def _text(text: str, row: EngineSpec, code: str) -> str:
    found, most = cleaned(text), most_chars(row)
    if not found:
        raise ValidationError({"text": "Write what is to be spoken."})
    if len(found) > most:
        raise ValidationError(
            {"text": f"{row.label} speaks {most:,} characters at once; these are {len(found):,}. Send it in parts."}
        )
    with about("text"):
        manuscript.require_writing(manuscript.parse_script(found, manuscript.Form.PLAIN, "the text"), code)
    return found


def _reference_text(asked: Asked) -> str:
    text = cleaned(asked.reference_text)
    if text and asked.reference is None:
        raise ValidationError({"reference_text": "It says what is said in a clip: send the clip too."})
    if len(text) > MAX_REFERENCE_TEXT:
        raise ValidationError({"reference_text": f"At most {MAX_REFERENCE_TEXT:,} characters, please."})
    return text


def _check_room(utterance: Utterance, seconds: float) -> None:
    """seconds: of the clip; what is spoken counts as far as its text tells."""
    owner = utterance.owner
    if Errand.objects.filter(owner=owner, kind=KIND, status__in=errands.OPEN).count() >= MAX_OPEN:
        raise PipelineError("too_many_previews", limit=MAX_OPEN)
    limits.check_storage(owner, utterance.size)
    with about("text"):
        limits.take_audio(owner, len(utterance.text) / CHARACTERS_A_SECOND + seconds)


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
