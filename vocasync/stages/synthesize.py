"""A segment spoken in a voice, checked, and fitted to its slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from vocasync.engines.base import VoiceEngine, Watermarker
from vocasync.errors import PipelineError
from vocasync.media.audio import stretched
from vocasync.stages.fit import Slot, fit, rate_for
from vocasync.types import Audio, FloatArray, Match, Segment, SpeechRequest, Take, Track

_QUIET = 10 ** (-40 / 20)  # relative to the take's peak: below it is silence
_BEFORE, _AFTER = 0.005, 0.02  # seconds kept around what is louder, so that soft sounds are not cut
_FADE = 0.004  # seconds
_SILENT_PEAK = 0.003
_FULL_SCALE = 0.999
_HEADROOM = 0.98
_CLIPPED_SHARE = 0.001
_DIGIT_LENGTH = 6  # letters that a digit is read as
_FEWEST_CHARS, _MOST_CHARS = 2.0, 60.0  # a second
_SLACK = 1.0  # seconds, so that very short texts are not judged by their length


@dataclass(frozen=True, slots=True)
class SpeakSettings:
    """How to speak. language: of the words. strength: of the emotion, 0 to 1. stock, options: as of a request.
    watermarker: what marks the sound, None to leave it unmarked."""

    language: str
    match: Match = Match.CLOSE
    strength: float = 1.0
    seed: int = 0
    stock: str = ""
    options: tuple[tuple[str, float], ...] = ()
    watermarker: Watermarker | None = None


def speak(
    segment: Segment,
    slot: Slot,
    track: Track,
    engine: VoiceEngine,
    voice: Any | None,
    emotion: Any | None,
    settings: SpeakSettings,
    out: Path,
    relative: str,
) -> Take:
    """Speak ``segment.translation`` and write it, fitted, to ``out`` (WAV, 16 bit, the engine's rate).

    The take begins with its first sound. ``relative`` becomes the take's ``path``. Problems that a second try did not
    cure are named in the take: ``silent``, ``clipped``, ``too_short``, ``too_long``.
    Raises ``voice_failed`` when the engine breaks, or whatever PipelineError it raises itself.
    """
    speaker = _Speaker(segment, engine, voice, emotion, settings)
    sound, problems = speaker.say(1.0)
    rate = rate_for(sound.duration, slot)
    if rate != 1.0:
        sound, problems = speaker.say(rate)
    plan = fit(sound.duration, slot, rate)
    fitted = _smoothed(_marked(stretched(sound, plan.stretch), settings.watermarker))
    soundfile.write(out, fitted.samples, fitted.rate, format="WAV", subtype="PCM_16")
    return Take(
        index=segment.index,
        track=track,
        path=relative,
        start=slot.start,
        duration=fitted.duration,
        slot=slot.length,
        rate=rate,
        stretch=plan.stretch,
        borrowed=plan.borrowed,
        overflow=plan.overflow,
        fit=plan.kind,
        problems=problems,
    )


def trimmed(audio: Audio) -> Audio:
    """The sound from its first to its last audible moment; 50 ms of silence when there is none."""
    loud = np.flatnonzero(np.abs(audio.samples) > max(_QUIET * _peak(audio.samples), 1e-4))
    if not len(loud):
        return Audio(np.zeros(round(0.05 * audio.rate), np.float32), audio.rate)
    first = max(0, loud[0] - round(_BEFORE * audio.rate))
    last = loud[-1] + 1 + round(_AFTER * audio.rate)
    return Audio(audio.samples[first:last], audio.rate)


def check(audio: Audio, spoken: Audio, request: SpeechRequest) -> tuple[str, ...]:
    """What is wrong with a take. audio: as the engine gave it; spoken: without the silence around it."""
    if _peak(audio.samples) < _SILENT_PEAK:
        return ("silent",)
    problems = []
    if np.mean(np.abs(audio.samples) >= _FULL_SCALE) > _CLIPPED_SHARE:
        problems.append("clipped")
    length = sum(_DIGIT_LENGTH if char.isdigit() else 1 for char in request.text if char.isalnum()) / request.rate
    if spoken.duration < length / _MOST_CHARS:
        problems.append("too_short")
    if spoken.duration > length / _FEWEST_CHARS + _SLACK:
        problems.append("too_long")
    return tuple(problems)


class _Speaker:
    """One segment's words, to be said once or more."""

    def __init__(
        self, segment: Segment, engine: VoiceEngine, voice: Any | None, emotion: Any | None, settings: SpeakSettings
    ) -> None:
        self._segment, self._engine, self._voice, self._emotion = segment, engine, voice, emotion
        self._request = SpeechRequest(
            segment.translation,
            settings.language,
            strength=settings.strength,
            match=settings.match,
            seed=settings.seed,
            stock=settings.stock,
            options=settings.options,
        )
        self._tries_left = 1

    def say(self, rate: float) -> tuple[Audio, tuple[str, ...]]:
        """The trimmed sound and what is wrong with it, after another try with another seed where that can help."""
        request = replace(self._request, rate=rate)
        sound, problems = self._once(request)
        if problems and self._tries_left:
            self._tries_left -= 1
            again, still = self._once(replace(request, seed=request.seed + 1))
            if len(still) < len(problems):
                return again, still
        return sound, problems

    def _once(self, request: SpeechRequest) -> tuple[Audio, tuple[str, ...]]:
        try:
            audio = self._engine.synthesize(request, self._voice, self._emotion).audio
        except PipelineError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise PipelineError(
                "voice_failed", label=self._engine.name, index=self._segment.index + 1, reason=reason
            ) from error
        sound = trimmed(audio)
        return sound, check(audio, sound, request)


def _marked(audio: Audio, watermarker: Watermarker | None) -> Audio:
    return watermarker.mark(audio) if watermarker else audio


def _smoothed(audio: Audio) -> Audio:
    """The sound with short fades at its ends, so that no seam clicks, and with room below full scale."""
    count = min(round(_FADE * audio.rate), len(audio.samples) // 2)
    ramp = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    samples = audio.samples * np.float32(min(1.0, _HEADROOM / max(_peak(audio.samples), 1e-9)))
    samples[:count] *= ramp
    samples[len(samples) - count :] *= ramp[::-1]
    return Audio(samples, audio.rate)


def _peak(samples: FloatArray) -> float:
    return float(np.abs(samples).max(initial=0.0))
