"""What a live session is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.engines.auto import AUTO
from vocasync.languages import DETECT
from vocasync.stages.glossary import Term
from vocasync.types import FloatArray, SpeakerVoice

SIMILARITY = 0.8
"""Cosine from which somebody who speaks is taken for a speaker who is known, at ten seconds of speech a side."""

STABILITY = 0.5
CLARITY = 0.75


@dataclass(frozen=True, slots=True)
class Manner:
    """What can be changed while the session runs.

    source_language: a code, or ``auto``. preserve_voice: whether everybody is dubbed in their own voice, else in one
    that the engine brings. similarity: cosine from which a voice is a known speaker's, 0 to 1. stability: 0 (the dub
    follows every change of the speaker's melody and energy) to 1 (it speaks evenly). clarity: 0 (as alike as can be)
    to 1 (as intelligible as can be). partials: whether what is under way is sent. sound: whether anything is spoken,
    else text alone is sent.
    """

    target_language: str
    source_language: str = DETECT
    preserve_voice: bool = True
    similarity: float = SIMILARITY
    stability: float = STABILITY
    clarity: float = CLARITY
    partials: bool = True
    sound: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Somebody whom the session's owner knows already: an actor of the library.

    embedding: L2-normalised, shape (256,). voice: what they are dubbed with; None for their own, as it is heard.
    """

    key: str
    name: str
    embedding: FloatArray
    voice: SpeakerVoice | None = None


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """recognizer, translator, voice_engine: names or ``auto``. stock: the engine's own voice for whoever has no other,
    "" for its default. voice: a voice of the library that speaks for everybody. known: who may be recognised.
    watermark: name of the engine that marks what is spoken, "" for none. glossary: see
    :mod:`vocasync.stages.glossary`. cache_seconds: for which a translation is remembered."""

    manner: Manner
    recognizer: str = AUTO
    translator: str = AUTO
    voice_engine: str = AUTO
    stock: str = ""
    voice: SpeakerVoice | None = None
    known: tuple[Known, ...] = ()
    watermark: str = ""
    glossary: tuple[Term, ...] = ()
    cache_seconds: float = 3600.0
