"""Emotion references: how something is said, against the library's neutral."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vocasync.engines.base import EngineConfig
from vocasync.media import audio
from vocasync.pipelines.library import intake, samples
from vocasync.pipelines.library.intake import Clip
from vocasync.progress import Part, Progress
from vocasync.stages import grade, ingest, quality
from vocasync.stages.grade import Finding, Measures
from vocasync.types import ANALYSIS_RATE, Region

_RECORD = "Use 3 to 30 seconds of one person speaking in the tone you want, without music or noise."


@dataclass(frozen=True, slots=True)
class EmotionReport:
    """How something is said.

    status: ``good``, ``flagged`` or ``refused``. measures: see :func:`vocasync.engines.tts.style.describe_style`.
    relative: the same against the library's neutral, ``f0_median`` in semitones, ``pace`` as a ratio, the others as
    differences; empty where there is none. peaks: 200 values from 0 to 1.
    """

    status: str
    problems: tuple[Finding, ...]
    seconds: float
    measures: dict[str, float] = field(default_factory=dict)
    relative: dict[str, float] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    peaks: tuple[float, ...] = ()


def measure_emotion(
    source: Path,
    name: str,
    sound: Path,
    config: EngineConfig,
    neutral: Mapping[str, float] | None,
    progress: Progress,
) -> EmotionReport:
    """Measure a clip that shows a tone, the first two minutes of it.

    sound: where its sound is written (mono WAV, 16 kHz). neutral: measures of what the library counts as neutral.
    Raises PipelineError for what is no recording, or Cancelled; a clip that cannot be used is a refused report.
    """
    from vocasync.stages.reference import LONGEST_EMOTION_SECONDS

    info = intake.look_at(source, name)
    if info.duration > grade.LONGEST_SECONDS:
        return _refused(Measures(info.duration))
    wanted = ingest.Wanted(ANALYSIS_RATE, LONGEST_EMOTION_SECONDS)
    if not intake.write_sound(source, name, info, sound, wanted, Part(progress, 0.0, 0.3)):
        return _refused(Measures(audio.length(sound)))
    with intake.analysed(sound, Part(progress, 0.3, 0.6)) as clip:
        return _measured(clip, sound, config, neutral, Part(progress, 0.6, 1.0))


def _refused(heard: Measures) -> EmotionReport:
    return EmotionReport("refused", grade.judge(heard, record=_RECORD), round(heard.seconds, 2))


def _measured(
    clip: Clip, sound: Path, config: EngineConfig, neutral: Mapping[str, float] | None, progress: Progress
) -> EmotionReport:
    from vocasync.engines.tts.style import compare_styles, describe_style

    heard = Measures(clip.seconds, clip.speech_seconds, loudness=quality.integrated_loudness(sound))
    style = None
    if clip.speech_seconds >= grade.SHORTEST_SPEECH:
        style = samples.style_of(clip, Part(progress, 0.0, 0.5))
        heard = replace(heard, snr=quality.noise_ratio(quality.frame_powers(clip.analysis), clip.regions))
        heard = samples.with_people(heard, clip, intake.encoder(config), Part(progress, 0.5, 1.0))
    problems = grade.judge(samples.with_music(heard, clip), record=_RECORD)
    if style is None and intake.status_of(problems) != "refused":
        problems = (grade.too_short(clip.speech_seconds, grade.SHORT_SPEECH, _RECORD),)
    measures = describe_style(style) if style else {}
    return EmotionReport(
        status=intake.status_of(problems),
        problems=problems,
        seconds=round(clip.seconds, 3),
        measures=measures,
        relative=compare_styles(measures, neutral) if measures and neutral else {},
        regions=clip.regions,
        peaks=tuple(quality.outline(sound, intake.PEAKS)),
    )
