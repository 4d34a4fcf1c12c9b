"""What the voice library asks of the engine room: to measure recordings, to speak lines, to check a consent.

Each of these is one call in a worker. Nothing heavy is imported before one of them is made.
"""

from vocasync.pipelines.library.clips import clip_reference
from vocasync.pipelines.library.consent import (
    CONSENT_SIMILARITY,
    ConsentReport,
    Outcome,
    check_consent,
    most_distance,
)
from vocasync.pipelines.library.emotions import EmotionReport, measure_emotion
from vocasync.pipelines.library.flow import Live
from vocasync.pipelines.library.lines import LineReport, LineRequest, speak_line
from vocasync.pipelines.library.references import build_reference, placed_words
from vocasync.pipelines.library.samples import SampleReport, compare_sample, embed_clip, measure_sample
from vocasync.stages.grade import Finding, Reason, SampleFacts, VoiceGrade, rate
from vocasync.stages.reading import random_sentence

__all__ = [
    "CONSENT_SIMILARITY",
    "ConsentReport",
    "EmotionReport",
    "Finding",
    "LineReport",
    "LineRequest",
    "Live",
    "Outcome",
    "Reason",
    "SampleFacts",
    "SampleReport",
    "VoiceGrade",
    "build_reference",
    "check_consent",
    "clip_reference",
    "compare_sample",
    "embed_clip",
    "measure_emotion",
    "measure_sample",
    "most_distance",
    "placed_words",
    "random_sentence",
    "rate",
    "speak_line",
]
