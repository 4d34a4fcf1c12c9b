"""Whether somebody read the sentence that they were given, in the voice that they call their own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from vocasync.artifacts import fingerprint
from vocasync.compat import StrEnum
from vocasync.engines.base import EngineConfig, PhraseChooser
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.pipelines.library import intake
from vocasync.pipelines.library.intake import Clip
from vocasync.pipelines.library.transcripts import recognised
from vocasync.progress import Part, Progress
from vocasync.stages import ingest, quality
from vocasync.stages.reading import alternatives
from vocasync.stages.words import word_distance
from vocasync.types import ANALYSIS_RATE, FloatArray, Region

CONSENT_SIMILARITY = 0.75
"""Cosine to the voice from which it is the same person's: on real recordings, against three samples of a voice, 0.7 %
of its own clips are below it and 0.3 % of other people's above (against a single sample 4 % and 0.7 %)."""

CONSENT_DISTANCE = {"en": 0.3}
"""Word error rate up to which it was the sentence, by language. On real recordings the right words came out without an
error in English, other words at 0.42 and more."""

DISTANCE_ELSEWHERE = 0.4
"""Where the English acoustic model has to do: the right words up to 0.4, others 0.45 and more 98 times in 100."""

LONGEST_SECONDS = 90.0
_LEAST_SPEECH = 1.0  # seconds
_MARGIN = 0.2


class Outcome(StrEnum):
    """What came of a reading."""

    PASSED = "passed"
    WRONG_WORDS = "wrong_words"
    WRONG_SPEAKER = "wrong_speaker"
    NO_SPEECH = "no_speech"


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """What was found of a reading.

    heard: the words, "" where nothing could recognise them. word_distance: word error rate against the sentence, None
    where nothing could. similarity: cosine to the voice, None without speech.
    """

    heard: str
    word_distance: float | None
    similarity: float | None
    outcome: Outcome


def check_consent(
    recording: Path,
    name: str,
    sentence: str,
    language: str,
    voice_embedding: FloatArray,
    config: EngineConfig,
    out: Path,
    progress: Progress,
) -> ConsentReport:
    """Check a recording of ``sentence``: its words, and that it is the voice.

    out: where the recording is written as evidence (mono WAV, 16 kHz). voice_embedding: of the voice's samples.
    Raises PipelineError for what is no recording, ``consent_too_long``, or Cancelled.
    """
    info = intake.look_at(recording, name)
    if info.duration > LONGEST_SECONDS:
        raise PipelineError("consent_too_long", seconds=info.duration, limit=LONGEST_SECONDS)
    wanted = ingest.Wanted(ANALYSIS_RATE, LONGEST_SECONDS)
    if not intake.write_sound(recording, name, info, out, wanted, Part(progress, 0.0, 0.2)):
        return ConsentReport("", None, None, Outcome.NO_SPEECH)
    with intake.analysed(out, Part(progress, 0.2, 0.4)) as clip:
        if clip.speech_seconds < _LEAST_SPEECH:
            return ConsentReport("", None, None, Outcome.NO_SPEECH)
        vector = intake.voice_vector(clip.speech(intake.EMBEDDED_SECONDS), config)
        similarity = float(vector @ voice_embedding / max(float(np.linalg.norm(voice_embedding)), 1e-9))
        heard = heard_words(clip, sentence, language, config, Part(progress, 0.4, 1.0))
    return ConsentReport(heard.text, heard.distance, similarity, _outcome(heard, similarity, language))


def most_distance(language: str) -> float:
    """Word error rate up to which a reading counts as the sentence."""
    return CONSENT_DISTANCE.get(language_of(language).code, DISTANCE_ELSEWHERE)


def _outcome(heard: Heard, similarity: float, language: str) -> Outcome:
    if similarity < CONSENT_SIMILARITY:
        return Outcome.WRONG_SPEAKER
    if heard.distance is not None and heard.distance > most_distance(language):
        return Outcome.WRONG_WORDS
    return Outcome.PASSED


# --- the words --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Heard:
    """Words, and their word error rate against the sentence; "" and None where nothing could tell them."""

    text: str = ""
    distance: float | None = None


def heard_words(clip: Clip, sentence: str, language: str, config: EngineConfig, progress: Progress) -> Heard:
    """What was said, as near to the sentence as the recording allows.

    First each phrase of the sentence is compared with eleven others that might have been said in its place, which is
    sure with any accent, and in every language whose pronunciation is known. Where that finds other words, a recogniser
    for the language says which, if one is ready.
    """
    code = language_of(language).code
    chosen = _chosen(clip, sentence, code, config)
    progress.report(0.3)
    if chosen.distance is not None and chosen.distance <= most_distance(code):
        return chosen
    free = _recognised(clip, sentence, code, config, Part(progress, 0.3, 1.0))
    # Phrases that were only the nearest of what was offered are not what was said: they stand in for nothing better.
    return chosen if free.distance is None else free


def _chosen(clip: Clip, sentence: str, code: str, config: EngineConfig) -> Heard:
    slots = alternatives(sentence, code, random.Random(int(fingerprint(sentence)[:8], 16)))
    try:
        chooser = cast(PhraseChooser, intake.aligner(config))
        places = chooser.choose(quality.read_regions(clip.analysis, [_spoken(clip.regions)]), slots, code)
    except PipelineError as error:
        if error.code not in ("transcript_language", "engine_not_ready"):
            raise
        return Heard()
    text = " ".join(slot[place] for slot, place in zip(slots, places, strict=True) if place is not None)
    return Heard(text, word_distance(sentence, text, code))


def _spoken(regions: Sequence[Region]) -> Region:
    """From the first word to the last, with a little of what is around."""
    return Region(max(0.0, regions[0].start - _MARGIN), regions[-1].end + _MARGIN)


def _recognised(clip: Clip, sentence: str, code: str, config: EngineConfig, progress: Progress) -> Heard:
    offline = replace(config, network=False)
    row = intake.recogniser_row(code, offline)
    if row is None:
        return Heard()
    text = recognised(clip, intake.recogniser(row, offline), code, progress).text
    return Heard(text, word_distance(sentence, text, code))
