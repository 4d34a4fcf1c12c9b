"""A voice of the library, as engines are given it."""

from __future__ import annotations

import json

from vocasync.artifacts import structure
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from vocasync.types import SpeakerVoice, VoiceKind, VoiceReference, Word
from voices import files
from voices.models import VoiceProfile
from voices.services.settings import settings_of


def reference_of(voice: VoiceProfile) -> VoiceReference:
    """The speech that engines read. Raises ``voice_empty`` for a voice without usable samples."""
    path = files.reference(voice.pk)
    if not voice.fingerprint or not path.is_file():
        raise PipelineError("voice_empty", name=voice.name)
    spoken = voice.language_rows.filter(declared=False).order_by("code").values_list("code", flat=True)
    words = _words(voice)
    return VoiceReference(
        path,
        transcript=" ".join(word.text for word in words),
        language=spoken[0] if len(spoken) == 1 else "",
        of=str(voice.pk),
        words=words,
    )


def _words(voice: VoiceProfile) -> tuple[Word, ...]:
    """What is said in the reference, () where nobody knows."""
    path = files.reference_words(voice.pk)
    return structure(json.loads(path.read_text(encoding="utf-8")), tuple[Word, ...]) if path.is_file() else ()


def speaker_voice(voice: VoiceProfile, engine: str) -> SpeakerVoice:
    """What a speaker is dubbed with: the voice's speech, and how this engine is set for it.

    Raises ``voice_empty``, ``engine_unknown``. Whether it may be cloned is asked before, of :mod:`voices.consent`.
    """
    options = tuple(sorted(settings_of(voice, spec("tts", engine)).items()))
    return SpeakerVoice(
        VoiceKind.PROFILE,
        reference_of(voice),
        voice.fingerprint,
        options=options,
        folder=files.conditioning_root(voice.pk),
    )
