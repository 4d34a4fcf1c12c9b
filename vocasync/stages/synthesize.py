"""Segments spoken in a voice, checked, said again where that may help, and fitted to their slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isinf
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from vocasync.engines.base import VoiceEngine, Watermarker
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.audio import stretched
from vocasync.progress import Part, Progress, listening
from vocasync.stages.drift import Listener
from vocasync.stages.fit import Slot, fit, rate_for
from vocasync.types import Audio, FloatArray, Match, Segment, Speech, SpeechMark, SpeechRequest, Take, Track

RETAKES = 2
"""Times that a take which fails its checks is said again, by an engine for which another seed is another take."""

_GRAVITY = {"silent": 8, "too_short": 3, "too_long": 3, "drifted": 2, "clipped": 1}
"""How bad each problem of a take is, for the choice between several."""

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
_ROUNDS = 1.5  # times that a segment is said on the average, for the progress


@dataclass(frozen=True, slots=True)
class SpeakSettings:
    """How to speak. language: of the words. strength: of the emotion, 0 to 1. stock, options: as of a request.
    listener: who hears whether the words are right, None where nobody can."""

    language: str
    match: Match = Match.CLOSE
    strength: float = 1.0
    seed: int = 0
    stock: str = ""
    options: tuple[tuple[str, float], ...] = ()
    listener: Listener | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment as it was said. sound: from its first to its last audible moment. rate: that was asked for. left: the
    factor of length that is left to be stretched for that rate (1 where the engine keeps rates itself). problems: of
    ``silent``, ``clipped``, ``too_short``, ``too_long``, ``drifted``. drift: None where nobody listened. marks: when
    what is said, in the time of the sound; () where the engine gives none."""

    sound: Audio
    rate: float
    left: float
    problems: tuple[str, ...]
    drift: float | None = None
    marks: tuple[SpeechMark, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts at its rate."""
        return self.sound.duration * self.left

    @property
    def badness(self) -> tuple[int, float]:
        """The less, the better."""
        return sum(_GRAVITY[problem] for problem in self.problems), self.drift or 0.0


Work = Sequence[tuple[Segment, Slot]]
"""What is to be said, and when."""


def speak(
    work: Work,
    engine: VoiceEngine,
    voice: Any | None,
    emotion: Any | None,
    settings: SpeakSettings,
    progress: Progress,
) -> list[Spoken]:
    """Say the translation of every segment in one voice, as many together as the engine can.

    What does not fit into its slot is said again at another rate; what fails its checks, with another seed, twice at
    most, and the best is kept. Raises ``voice_failed`` when the engine breaks, or whatever PipelineError it raises.
    """
    speaker = _Speaker(work, engine, voice, emotion, settings, progress)
    everything = list(range(len(work)))
    best = dict(zip(everything, speaker.attempt(everything, 0), strict=True))
    for number in range(1, 1 + RETAKES if engine.seeded else 1):
        bad = [place for place in everything if best[place].problems]
        for place, again in zip(bad, speaker.attempt(bad, number), strict=True):
            best[place] = min(best[place], again, key=lambda one: one.badness)
    return [best[place] for place in everything]


def write(spoken: Spoken, slot: Slot, track: Track, watermarker: Watermarker | None, out: Path, relative: str) -> Take:
    """Fit what was said to its slot, mark it unless ``watermarker`` is None, and write it to ``out`` (WAV, 16 bit, the
    engine's rate).

    The take begins with its first sound. ``relative`` becomes its ``path``.
    """
    plan = fit(spoken.seconds, slot, spoken.rate)
    fitted = _smoothed(_marked(stretched(spoken.sound, spoken.left * plan.stretch), watermarker))
    soundfile.write(out, fitted.samples, fitted.rate, format="WAV", subtype="PCM_16")
    return Take(
        index=slot.index,
        track=track,
        path=relative,
        start=slot.start,
        duration=fitted.duration,
        slot=fitted.duration if isinf(slot.length) else slot.length,
        rate=spoken.rate,
        stretch=plan.stretch,
        borrowed=plan.borrowed,
        overflow=plan.overflow,
        fit=plan.kind,
        problems=spoken.problems,
    )


def marks_of(spoken: Spoken, take: Take) -> tuple[SpeechMark, ...]:
    """When what is said in a take that was written, in seconds from its beginning."""
    factor = spoken.left * take.stretch
    return tuple(replace(mark, start=mark.start * factor, end=mark.end * factor) for mark in spoken.marks)


def trimmed(audio: Audio) -> Audio:
    """The sound from its first to its last audible moment; 50 ms of silence when there is none."""
    first, last = _audible(audio)
    if first == last:
        return Audio(np.zeros(round(0.05 * audio.rate), np.float32), audio.rate)
    return Audio(audio.samples[first:last], audio.rate)


def _audible(audio: Audio) -> tuple[int, int]:
    """The first sample that is kept of a sound, and the one after the last; twice the same where there is none."""
    loud = np.flatnonzero(np.abs(audio.samples) > max(_QUIET * _peak(audio.samples), 1e-4))
    if not len(loud):
        return 0, 0
    first = max(0, int(loud[0]) - round(_BEFORE * audio.rate))
    return first, min(len(audio.samples), int(loud[-1]) + 1 + round(_AFTER * audio.rate))


def _trimmed_marks(said: Speech, sound: Audio) -> tuple[SpeechMark, ...]:
    """The marks of what was said, in the time of its sound as it was trimmed."""
    offset = _audible(said.audio)[0] / said.audio.rate
    moved = (
        replace(mark, start=max(0.0, mark.start - offset), end=min(sound.duration, mark.end - offset))
        for mark in said.marks
    )
    return tuple(mark for mark in moved if mark.end > mark.start)


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


@dataclass(slots=True)
class _Speaker:
    """Says segments of one voice, by their places in ``work``."""

    work: Work
    engine: VoiceEngine
    voice: Any | None
    emotion: Any | None
    settings: SpeakSettings
    progress: Progress
    said: int = field(default=0, init=False)

    def attempt(self, places: Sequence[int], number: int) -> list[Spoken]:
        """Each of them with the seed of this attempt, at the rate that brings it nearest to its slot."""
        requests = [self._request(place, number) for place in places]
        found = [self._checked(one, speech) for one, speech in zip(requests, self._say(places, requests), strict=True)]
        rates = [self._rate(one, place) for one, place in zip(found, places, strict=True)]
        if self.engine.paced:
            self._at_rates(found, places, requests, rates)
        else:
            found = [replace(one, rate=rate, left=1 / rate) for one, rate in zip(found, rates, strict=True)]
        return self._heard(found, places)

    def _rate(self, one: Spoken, place: int) -> float:
        return 1.0 if "silent" in one.problems else rate_for(one.sound.duration, self.work[place][1])

    def _at_rates(
        self, found: list[Spoken], places: Sequence[int], requests: Sequence[SpeechRequest], rates: Sequence[float]
    ) -> None:
        """Those of ``found`` that need another rate than 1 are said again at it."""
        again = [number for number, rate in enumerate(rates) if rate != 1.0]
        asked = [replace(requests[number], rate=rates[number]) for number in again]
        said = self._say([places[number] for number in again], asked)
        for number, request, speech in zip(again, asked, said, strict=True):
            found[number] = self._checked(request, speech)

    def _checked(self, request: SpeechRequest, said: Speech) -> Spoken:
        sound = trimmed(said.audio)
        problems = check(said.audio, sound, request)
        return Spoken(sound, request.rate, 1.0, problems, marks=_trimmed_marks(said, sound))

    def _heard(self, found: list[Spoken], places: Sequence[int]) -> list[Spoken]:
        """With what a recogniser hears in those that can be heard at all."""
        listener = self.settings.listener
        audible = [number for number, one in enumerate(found) if "silent" not in one.problems]
        if listener is None or not audible:
            return found
        texts = [self.work[places[number]][0].translation for number in audible]
        here = Part(self.progress, self._done, self._done)  # it may be called off meanwhile
        drifts = listener.drifts(texts, [found[number].sound for number in audible], here)
        for number, drift in zip(audible, drifts, strict=True):
            drifted = ("drifted",) if drift > listener.limit else ()
            found[number] = replace(found[number], drift=drift, problems=found[number].problems + drifted)
        return found

    def _request(self, place: int, number: int) -> SpeechRequest:
        settings = self.settings
        return SpeechRequest(
            self.work[place][0].translation,
            settings.language,
            strength=settings.strength,
            match=settings.match,
            seed=settings.seed + number,
            stock=settings.stock,
            options=settings.options,
        )

    def _say(self, places: Sequence[int], requests: Sequence[SpeechRequest]) -> list[Speech]:
        """So many together as the engine can, and a look between whether it is still wanted."""
        found: list[Speech] = []
        for first in range(0, len(requests), self.engine.batch):
            self.progress.check()
            batch = slice(first, first + self.engine.batch)
            found += self._together(places[batch], requests[batch])
            self.said += len(requests[batch])
            self.progress.report(self._done)
        return found

    @property
    def _done(self) -> float:
        return min(0.95, self.said / (_ROUNDS * len(self.work)))

    def _together(self, places: Sequence[int], requests: Sequence[SpeechRequest]) -> list[Speech]:
        """Where several together break the engine (they may not fit into its memory), one after the other."""
        try:
            with listening(Part(self.progress, self._done, self._done)):  # it may be called off meanwhile
                return list(self.engine.synthesize_many(requests, self.voice, self.emotion))
        except (Cancelled, PipelineError):
            raise
        except Exception as error:
            if len(requests) > 1:
                pairs = zip(places, requests, strict=True)
                return [said for place, one in pairs for said in self._together([place], [one])]
            index, reason = self.work[places[0]][0].index + 1, f"{type(error).__name__}: {error}"
            raise PipelineError("voice_failed", label=self.engine.name, index=index, reason=reason) from error


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
