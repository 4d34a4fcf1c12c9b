"""Lines that are tried out in a voice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import limits
from accounts.models import User
from engines import spending
from engines.keys import config_for
from vocasync.artifacts import fingerprint
from vocasync.engines.auto import speaks
from vocasync.engines.base import EngineSpec
from vocasync.engines.costs import line_cost
from vocasync.engines.registry import readiness, spec, stock_voices
from vocasync.errors import PipelineError
from vocasync.languages import language as known_language
from voices import errands, files
from voices.consent import Purpose, may_clone, spoken
from voices.models import EmotionReference, Errand, Preview, VoiceProfile
from voices.services.settings import checked, defaults, settings_of
from web.problems import about

MAX_TEXT = 500
"""Characters of a line."""

MAX_OPEN = 20
"""Lines that a person may have waiting at once."""

KEPT = 200
"""Lines of a person that are kept; the oldest go when there are more."""

EDITION = 1
"""Raised when engines come to say the same line otherwise: what was cached before is then spoken anew."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be spoken, checked. voice None: the engine's own voice ``stock`` ("" for its default)."""

    voice: VoiceProfile | None
    stock: str
    engine: str
    language: str
    text: str
    emotion: EmotionReference | None
    strength: float
    options: dict[str, float]

    @property
    def mark(self) -> str:
        """Of everything that may change how it sounds."""
        return fingerprint(
            *("preview", EDITION, self.engine, self.language, self.text),
            *((self.voice.pk.hex, self.voice.fingerprint) if self.voice else ("stock", self.stock)),
            *((self.emotion.sha256, self.strength) if self.emotion else ()),
            self.options,
        )


def preview_ask(
    *,
    owner: User,
    voice: VoiceProfile | None,
    engine: str,
    language: str,
    text: str,
    stock: str = "",
    emotion: EmotionReference | None = None,
    strength: float = 1.0,
    options: Mapping[str, float] | None = None,
) -> tuple[Preview, Errand | None]:
    """Have a line spoken (errand ``preview``). The same line asked for again is there at once, without an errand.

    owner: who asks. voice None: the engine's own voice ``stock``. strength: of the emotion, 0 to 1. options: engine
    settings; None for those kept with the voice. Raises ``suspended``, what the consent forbids, ``voice_empty``,
    ``sentence_asked``, ``emotion_unusable``, ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``,
    ``unknown_language``, ``too_many_previews``, and ValidationError by field.
    """
    limits.require_active(owner)
    _check_voice(owner, voice)
    spoken.check_not_asked(text)
    check_emotion(emotion, strength)
    row, code = engine_of(owner, engine, language)
    line = Line(
        voice=voice,
        stock=stock_of(owner, row, stock, voice),
        engine=row.name,
        language=code,
        text=_text(text),
        emotion=emotion,
        strength=strength if emotion else 1.0,
        options=options_of(row, voice, options),
    )
    spending.check_limit(owner, line_cost(row, len(line.text), spending.prices()))
    with transaction.atomic():
        limits.hold(owner)
        preview = Preview.objects.filter(owner=owner, fingerprint=line.mark).first()
        if preview is None:
            preview = _insert(owner, line)
        return preview, None if is_there(preview) else _errand(preview)


def is_there(preview: Preview) -> bool:
    """Whether it was spoken, and the sound is still kept."""
    return preview.seconds is not None and files.preview_sound(preview.pk).is_file()


# --- checks -----------------------------------------------------------------------------------------------------------
def _check_voice(owner: User, voice: VoiceProfile | None) -> None:
    if voice is None:
        return
    may_clone(owner, voice, Purpose.PREVIEW).require()
    if not voice.fingerprint:
        raise PipelineError("voice_empty", name=voice.name)


def check_emotion(emotion: EmotionReference | None, strength: float) -> None:
    """Raise where the tone cannot be laid on: ``emotion_unusable``, or ValidationError for the strength."""
    if not (math.isfinite(strength) and 0.0 <= strength <= 1.0):
        raise ValidationError({"strength": "The strength goes from 0 to 1."})
    if emotion is not None and emotion.status != EmotionReference.Status.READY:
        raise PipelineError("emotion_unusable", name=emotion.name, field="emotion")


def engine_of(owner: User, name: str, language: str) -> tuple[EngineSpec, str]:
    """The engine's row and the language's code, when the one is ready and speaks the other."""
    with about("language"):
        wanted = known_language(language)
    with about("engine"):
        row = spec("tts", name)
        state = readiness(row, config_for(owner))
        if not state.ready:
            raise PipelineError("engine_not_ready", label=row.label, missing=state.missing)
    if not speaks(row, wanted.code):
        remedy = f"{row.label} does not know it; choose another engine."
        raise PipelineError("voice_unsupported", language=wanted.name, remedy=remedy, field="language")
    return row, wanted.code


def stock_of(owner: User, row: EngineSpec, stock: str, voice: VoiceProfile | None) -> str:
    """The engine's own voice that is asked for, "" where none is. Raises ValidationError for one that it has not."""
    if voice is not None or not stock:
        return ""
    if stock not in {one.name for one in stock_voices(row.name, config_for(owner))}:
        raise ValidationError({"stock": f"{row.label} has no such voice."})
    return stock


def _text(text: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned:
        raise ValidationError({"text": "Type a line to hear."})
    if len(cleaned) > MAX_TEXT:
        raise ValidationError({"text": f"A line may have {MAX_TEXT} characters at most; this one has {len(cleaned)}."})
    return cleaned


def options_of(row: EngineSpec, voice: VoiceProfile | None, options: Mapping[str, float] | None) -> dict[str, float]:
    """All settings that it is spoken with, so that a default that changes makes another line."""
    known = settings_of(voice, row) if voice is not None and options is None else defaults(row)
    return known | checked(row, options or {})


# --- rows -------------------------------------------------------------------------------------------------------------
def _insert(owner: User, line: Line) -> Preview:
    if Errand.objects.filter(owner=owner, kind="preview", status__in=errands.OPEN).count() >= MAX_OPEN:
        raise PipelineError("too_many_previews", limit=MAX_OPEN)
    preview = Preview(
        owner=owner,
        voice=line.voice,
        stock=line.stock,
        engine=line.engine,
        language=line.language,
        text=line.text,
        emotion=line.emotion,
        strength=line.strength,
        settings=line.options,
        fingerprint=line.mark,
        voice_mark=line.voice.fingerprint if line.voice else "",
    )
    preview.full_clean(exclude=["owner", "voice", "emotion"])
    preview.save(force_insert=True)
    _forget_oldest(owner)
    return preview


def _forget_oldest(owner: User) -> None:
    old = list(Preview.objects.filter(owner=owner).order_by("-created_at").values_list("pk", flat=True)[KEPT:])
    if old:
        errands.forget(*old)
        Preview.objects.filter(pk__in=old).delete()
        files.remove_on_commit(*(files.preview_sound(pk) for pk in old))


def _errand(preview: Preview) -> Errand:
    waiting = errands.open_errand("preview", preview.pk)
    return waiting or errands.start(owner=preview.owner, kind="preview", subject=preview.pk)
