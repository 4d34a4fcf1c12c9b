"""What is said in a recording, as far as that can be found out here and soon."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from vocasync.engines.base import EngineConfig, Recognizer
from vocasync.languages import DETECT
from vocasync.pipelines.library import intake
from vocasync.pipelines.library.intake import Clip
from vocasync.progress import Progress
from vocasync.stages import segment, transcribe

LONGEST_SECONDS = 120.0
"""Seconds of speech beyond which nothing is recognised: nobody corrects that much."""

_SPARE_SECONDS = 5.0  # for loading a recogniser
_UNIT_CHARS = 600


@dataclass(frozen=True, slots=True)
class Told:
    """What its owner says of a recording: the language ("" for unknown), and the words (None: to be recognised)."""

    language: str
    transcript: str | None


class _OutOfTimeError(Exception):
    """Recognition takes longer than speaking did."""


class _Within:
    """Progress that ends the work after some seconds of computing (a busy machine does not count)."""

    def __init__(self, parent: Progress, seconds: float) -> None:
        self._parent = parent
        self._end = time.thread_time() + seconds

    def report(self, fraction: float, note: str = "") -> None:
        self._parent.report(fraction, note)

    def check(self) -> None:
        self._parent.check()
        if time.thread_time() > self._end:
            raise _OutOfTimeError


@dataclass(frozen=True, slots=True)
class Written:
    """The words ("" where nothing recognised them) and their language ("" for unknown)."""

    text: str
    language: str


def transcribed(clip: Clip, told: Told, config: EngineConfig, progress: Progress) -> Written:
    """What is said: as it was told, or recognised where something can do that offline and in no more time than it
    took to say. A language that was not told is detected, where the recogniser can."""
    if told.transcript is not None:
        return Written(told.transcript, told.language)
    offline = replace(config, network=False)
    row = intake.recogniser_row(told.language, offline)
    if row is None or clip.speech_seconds > LONGEST_SECONDS:
        return Written("", told.language)
    try:
        patience = _Within(progress, clip.seconds + _SPARE_SECONDS)
        return recognised(clip, intake.recogniser(row, offline), told.language, patience)
    except _OutOfTimeError:
        return Written("", told.language)


def recognised(clip: Clip, recogniser: Recognizer, language: str, progress: Progress) -> Written:
    """What a recogniser hears; language: "" to detect it."""
    regions = segment.merge_regions(clip.regions, recogniser.region_seconds)
    found = transcribe.recognize(clip.analysis, regions, recogniser, language or DETECT, progress)
    made = transcribe.assemble(
        [found],
        engine=recogniser.name,
        punctuates=recogniser.punctuates,
        max_chars=_UNIT_CHARS,
        language=found.language,
    )
    return Written(" ".join(one.text for one in made.segments), "" if made.language == DETECT else made.language)
