"""Samples of a voice, measured one by one, and clips to search with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.errors import PipelineError
from vocasync.media import audio, ffmpeg
from vocasync.pipelines.library import intake
from vocasync.pipelines.library.intake import Clip
from vocasync.pipelines.library.transcripts import Told, transcribed
from vocasync.progress import Part, Progress
from vocasync.stages import grade, ingest, music, quality
from vocasync.stages.grade import Finding, Measures
from vocasync.types import FloatArray, MediaInfo, Region, VoiceReference

if TYPE_CHECKING:
    from vocasync.engines.tts.style import Style

_WINDOWS_A_SECOND = 4.0
_COUNTED_SECONDS = 6.0  # of speech from which it pays to tell who speaks when
_LEAST_TURNS = 1.5  # seconds that somebody says, to be counted
_STYLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class SampleReport:
    """What a recording is like. What was not measured, because it is refused, is None or empty.

    status: ``good``, ``flagged`` or ``refused``. seconds, speech_seconds; snr: dB; clipping: share; bandwidth: Hz;
    loudness: LUFS; agreement: cosine with the voice's other samples; f0_low, f0_median, f0_high: Hz, 5th, 50th and 95th
    percentile; pace: energy peaks a second; style: see :func:`vocasync.engines.tts.style.describe_style`; peaks: 200
    values from 0 to 1; embedding: shape (256,), L2-normalised.
    """

    status: str
    problems: tuple[Finding, ...]
    seconds: float
    speech_seconds: float = 0.0
    snr: float | None = None
    clipping: float | None = None
    bandwidth: float | None = None
    loudness: float | None = None
    speakers: int | None = None
    agreement: float | None = None
    f0_low: float | None = None
    f0_median: float | None = None
    f0_high: float | None = None
    pace: float | None = None
    style: dict[str, float] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    peaks: tuple[float, ...] = ()
    embedding: FloatArray | None = None
    transcript: str = ""
    language: str = ""


def measure_sample(
    source: Path,
    name: str,
    sound: Path,
    config: EngineConfig,
    *,
    language: str,
    others: Sequence[FloatArray],
    transcript: str | None,
    progress: Progress,
) -> SampleReport:
    """Measure a recording that somebody brought, and say what is wrong with it.

    sound: where its sound is written (mono WAV, 24 kHz, 16 bit), for engines and players. language: a code, "" where
    it is not known. others: embeddings of the voice's other samples. transcript: what is said, where somebody wrote it
    down; else it is recognised, if a recogniser is ready and the recording not too long.
    Raises PipelineError for what is no recording (``not_media``, ``disguised_playlist``, ``no_audio``,
    ``damaged_media``, ...), or Cancelled. A recording that a voice must not be made of is a refused report.
    """
    info = intake.look_at(source, name)
    if info.duration > grade.LONGEST_SECONDS:
        return _refused(Measures(info.duration))
    wanted = ingest.Wanted(intake.SOUND_RATE, grade.LONGEST_SECONDS + 1)
    audible = intake.write_sound(source, name, info, sound, wanted, Part(progress, 0.0, 0.15))
    seconds = audio.length(sound)
    if not audible or seconds > grade.LONGEST_SECONDS:
        return _refused(Measures(max(seconds, info.duration)))
    clipping = _clipping(source, name, info, Part(progress, 0.15, 0.2))
    with intake.analysed(sound, Part(progress, 0.2, 0.35)) as clip:
        report = _judged(_Measured(sound, clip, info, clipping), others, config, Part(progress, 0.35, 0.7))
        if report.status == "refused":
            return report
        written = transcribed(clip, Told(language, transcript), config, Part(progress, 0.7, 1.0))
        return replace(report, transcript=written.text, language=written.language)


def _refused(heard: Measures) -> SampleReport:
    return SampleReport("refused", grade.judge(heard), round(heard.seconds, 2))


def _clipping(source: Path, name: str, info: MediaInfo, progress: Progress) -> float:
    """Share of clipped samples, at the recording's own rate."""
    if info.audio is None:
        return 0.0
    meter = quality.ClipMeter()
    channels = min(2, info.audio.channels)
    blocks = ffmpeg.decode_blocks(
        source, info.audio.rate, channels, name=name, stream=info.audio.index, progress=progress
    )
    for block in blocks:
        meter.add(block)
    return meter.share


@dataclass(frozen=True, slots=True)
class _Measured:
    """A recording, and what is known of it before its speech is looked at."""

    sound: Path
    clip: Clip
    info: MediaInfo
    clipping: float


def _judged(found: _Measured, others: Sequence[FloatArray], config: EngineConfig, progress: Progress) -> SampleReport:
    """Everything but what is said."""
    clip = found.clip
    heard, style, embedding = _heard(found), None, None
    if clip.speech_seconds >= grade.SHORTEST_SPEECH:
        encoder = intake.encoder(config)
        embedding = encoder.embed(clip.speech(intake.EMBEDDED_SECONDS))
        style = style_of(clip, Part(progress, 0.0, 0.5))
        heard = replace(heard, agreement=_agreement(embedding, others))
        heard = with_people(heard, clip, encoder, Part(progress, 0.5, 1.0))
    problems = grade.judge(heard)
    return SampleReport(
        status=intake.status_of(problems),
        problems=problems,
        seconds=round(clip.seconds, 3),
        speech_seconds=round(clip.speech_seconds, 3),
        snr=heard.snr,
        clipping=heard.clipping,
        bandwidth=heard.bandwidth,
        loudness=heard.loudness,
        speakers=heard.speakers,
        agreement=heard.agreement,
        **_melody(style),
        regions=clip.regions,
        peaks=tuple(quality.outline(found.sound, intake.PEAKS)),
        embedding=embedding,
    )


def _melody(style: Style | None) -> dict[str, Any]:
    from vocasync.engines.tts.style import describe_style, f0_levels

    if style is None:
        return {}
    low, middle, high = f0_levels(style)
    levels = {"f0_low": low, "f0_median": middle, "f0_high": high}
    return {**levels, "pace": style.pace, "style": describe_style(style)}


def _heard(found: _Measured) -> Measures:
    """What can be told without knowing who speaks."""
    clip = found.clip
    highest = found.info.audio.rate / 2 if found.info.audio else np.inf
    heard = Measures(
        seconds=clip.seconds,
        speech_seconds=clip.speech_seconds,
        snr=quality.noise_ratio(quality.frame_powers(clip.analysis), clip.regions),
        clipping=found.clipping,
        bandwidth=quality.bandwidth(found.sound, clip.regions, highest),
        loudness=quality.integrated_loudness(found.sound),
    )
    return with_music(heard, clip)


def with_music(heard: Measures, clip: Clip) -> Measures:
    """The measures with those that tell music and singing from speech."""
    sound = quality.read_regions(clip.analysis, quality.evenly(clip.seconds)).samples
    melody = music.melody(sound)
    return replace(
        heard,
        tonality=music.tonality(sound),
        modulation=music.modulation(sound),
        sustained=melody.sustained,
        held=melody.held,
        voiced=melody.voiced * clip.seconds / max(clip.speech_seconds, 1e-3),
    )


def with_people(heard: Measures, clip: Clip, encoder: SpeakerEncoder, progress: Progress) -> Measures:
    """The measures with how many people speak, and how well their voices go together."""
    _, windows = encoder.windows(clip.speech(quality.LONGEST_READ), _WINDOWS_A_SECOND)
    together = quality.unity(windows)
    if clip.speech_seconds >= _COUNTED_SECONDS:
        count = _counted(clip, encoder, progress)
    else:
        count = 1 if together is None or together >= grade.UNLIKE else 2
    return replace(heard, unity=together, speakers=count)


def _counted(clip: Clip, encoder: SpeakerEncoder, progress: Progress) -> int:
    from vocasync.stages.diarize import diarize

    seconds: dict[int, float] = {}
    for turn in diarize(clip.analysis, clip.regions, encoder, None, progress):
        seconds[turn.speaker] = seconds.get(turn.speaker, 0.0) + turn.duration
    return max(1, sum(spoken >= _LEAST_TURNS for spoken in seconds.values()))


def compare_sample(report: SampleReport, others: Sequence[FloatArray]) -> SampleReport:
    """The report against other samples than it was made with, without listening again."""
    agreement = None if report.embedding is None else _agreement(report.embedding, others)
    problems = [problem for problem in report.problems if problem.code not in grade.STRANGE]
    found = None if agreement is None else grade.stranger(agreement)
    problems = grade.worst_first([*problems, *([found] if found else [])])
    return replace(report, agreement=agreement, problems=tuple(problems), status=intake.status_of(problems))


def _agreement(embedding: FloatArray, others: Sequence[FloatArray]) -> float | None:
    if not len(others):
        return None
    mean = np.mean(np.stack(others), axis=0)
    return float(embedding @ mean / max(float(np.linalg.norm(mean)), 1e-9))


def style_of(clip: Clip, progress: Progress) -> Style | None:
    """How it is said; None where there is too little voice."""
    from vocasync.engines.tts.profile import of_reference

    reference = VoiceReference(clip.analysis, quality.spread(clip.regions, _STYLE_SECONDS))
    try:
        return of_reference(reference, progress, colour=False).style
    except PipelineError as error:
        if error.code != "reference_too_short":
            raise
        return None


# --- a clip to search with --------------------------------------------------------------------------------------------
_SEARCHED_SECONDS = 60.0


def embed_clip(path: Path, name: str, config: EngineConfig, progress: Progress) -> FloatArray:
    """The voice in the first minute of a clip, as an embedding of shape (256,), L2-normalised.

    Raises PipelineError: what is no recording, and ``no_speech`` for silence, noise and music.
    """
    with intake.clip_of(path, name, _SEARCHED_SECONDS, Part(progress, 0.0, 0.8)) as clip:
        found = intake.voice_vector(clip.speech(intake.EMBEDDED_SECONDS), config)
    progress.report(1.0)
    return found
