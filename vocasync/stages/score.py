"""How alike each take is to its references, with what the same measure gives for known cases beside it.

A cosine of speaker embeddings means little by itself. Two baselines, measured on the same material, frame it: the
speaker against themself (held-out utterances: as good as it gets) and the untreated synthetic voice against the speaker
(as if nothing had been done).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from vocasync.engines.base import SpeakerEncoder, VoiceEngine
from vocasync.errors import PipelineError
from vocasync.progress import Part, Progress
from vocasync.types import Audio, FloatArray, Region, Segment, SpeechRequest, Take, Track, VoiceReference

_BATCH = 16  # takes in memory at once
_STOCK_SEGMENTS = 8  # spoken untreated for the baseline
_LEAST_CLIP = 1.0  # seconds, for a clip to be compared with the speaker's others
_LONGEST_READ = 60.0  # seconds of a reference


_NAMES = {Track.VOICE: "speaker", Track.EMOTION: "emotion"}
_SELF = {"speaker": "self", "emotion": "emotion_self"}
_UNTREATED = {"speaker": "untreated", "emotion": "emotion_untreated"}


@dataclass(frozen=True, slots=True)
class Scores:
    """Cosines in [-1, 1], each a mean over utterances. What could not be measured is not there.

    tracks: by track and reference ("speaker", "emotion"), the mean over the takes, weighted by duration.
    baselines: ``self`` (the speaker against themself, each utterance held out from the rest) and ``untreated`` (the
    stock voice saying some of the same segments, against the speaker); ``emotion_self`` and ``emotion_untreated`` are
    the same for the emotion reference.
    """

    encoder: str
    tracks: dict[str, dict[str, float]]
    baselines: dict[str, float]


def score(
    root: Path,
    takes: Sequence[Take],
    references: Mapping[Track, VoiceReference],
    engine: VoiceEngine,
    segments: Sequence[Segment],
    language: str,
    encoder: SpeakerEncoder,
    progress: Progress,
) -> tuple[Scores, tuple[Take, ...]]:
    """Score every take against every reference.

    root: what the takes' paths are relative to. references: the speaker's under ``Track.VOICE``, the emotion's under
    ``Track.EMOTION`` where there is one. engine, segments, language: for the untreated voice. Returns the scores, and
    the takes in the same order with ``similarity`` filled in (empty for a take without sound).
    Raises ``no_speech`` when a reference holds none.
    """
    clips = {_NAMES[track]: _clips(reference) for track, reference in references.items()}
    voices = {name: _voice(some, encoder, references) for name, some in clips.items()}
    scored = _similarities(takes, root, voices, encoder, Part(progress, 0.0, 0.8))
    stock = _stock(segments, language, engine, encoder, Part(progress, 0.8, 1.0))
    baselines = {_SELF[name]: _held_out(some, encoder) for name, some in clips.items()}
    baselines |= {_UNTREATED[name]: _mean([_cosine(one, voice) for one in stock]) for name, voice in voices.items()}
    return Scores(encoder.name, _by_track(scored, voices), _known(baselines)), scored


def _similarities(
    takes: Sequence[Take], root: Path, voices: Mapping[str, FloatArray], encoder: SpeakerEncoder, progress: Progress
) -> tuple[Take, ...]:
    found: list[Take] = []
    for first in range(0, len(takes), _BATCH):
        progress.check()
        batch = takes[first : first + _BATCH]
        vectors = embed_all([_read(root / take.path) for take in batch], encoder)
        for take, vector in zip(batch, vectors, strict=True):
            near = {} if vector is None else {name: _cosine(vector, voice) for name, voice in voices.items()}
            found.append(replace(take, similarity=near))
        progress.report(len(found) / len(takes))
    return tuple(found)


def embed_all(audios: Sequence[Audio], encoder: SpeakerEncoder) -> list[FloatArray | None]:
    """Embeddings, None for what has no sound; together where the encoder can (``embed_many``)."""
    together = getattr(encoder, "embed_many", None)
    if together is not None and audios:
        try:
            return list(together(audios))
        except PipelineError:
            pass  # one of them is silent: find out which
    return [_embed(audio, encoder) for audio in audios]


def _embed(audio: Audio, encoder: SpeakerEncoder) -> FloatArray | None:
    try:
        return encoder.embed(audio)
    except PipelineError:
        return None


def _by_track(takes: Sequence[Take], names: Iterable[str]) -> dict[str, dict[str, float]]:
    tracks = sorted({take.track for take in takes}, key=list(Track).index)
    means = {
        track.value: {name: _track_mean([take for take in takes if take.track is track], name) for name in names}
        for track in tracks
    }
    return {track: _known(values) for track, values in means.items()}


def _track_mean(takes: Sequence[Take], name: str) -> float | None:
    heard = [take for take in takes if name in take.similarity and take.duration > 0]
    if not heard:
        return None
    return float(np.average([take.similarity[name] for take in heard], weights=[take.duration for take in heard]))


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _stock(
    segments: Sequence[Segment], language: str, engine: VoiceEngine, encoder: SpeakerEncoder, progress: Progress
) -> list[FloatArray]:
    """Embeddings of some segments in the untreated voice."""
    texts = [segment.translation for segment in segments if segment.translation.strip()]
    chosen = (
        [texts[i] for i in np.unique(np.linspace(0, len(texts) - 1, _STOCK_SEGMENTS).round().astype(int))]
        if texts
        else []
    )
    audios = []
    for done, text in enumerate(chosen):
        progress.check()
        audios.append(engine.synthesize(SpeechRequest(text, language), None).audio)
        progress.report((done + 1) / len(chosen))
    return [vector for vector in embed_all(audios, encoder) if vector is not None]


def _voice(clips: Sequence[Audio], encoder: SpeakerEncoder, references: Mapping[Track, VoiceReference]) -> FloatArray:
    vectors = [vector for vector in embed_all(clips, encoder) if vector is not None]
    if not vectors:
        raise PipelineError("no_speech", name=", ".join(one.audio.name for one in references.values()))
    mean: FloatArray = np.mean(vectors, axis=0)
    return mean


def _held_out(clips: Sequence[Audio], encoder: SpeakerEncoder) -> float | None:
    """Clips of a reference, each against the mean of the others; the halves of a single one."""
    if len(clips) == 1:
        middle = len(clips[0].samples) // 2
        clips = [Audio(part, clips[0].rate) for part in np.split(clips[0].samples, [middle])]
    long_enough = [clip for clip in clips if clip.duration >= _LEAST_CLIP]
    vectors = [vector for vector in embed_all(long_enough, encoder) if vector is not None]
    if len(vectors) < 2:
        return None
    total = np.sum(vectors, axis=0)
    return _mean([_cosine(vector, total - vector) for vector in vectors])


def _clips(reference: VoiceReference) -> list[Audio]:
    """The regions of a reference, each as it is, up to 60 s in all."""
    with soundfile.SoundFile(reference.audio) as file:
        whole = (Region(0.0, file.frames / file.samplerate),)
        left, clips = _LONGEST_READ, []
        for region in reference.regions or whole:
            seconds = min(region.duration, left)
            if seconds <= 0:
                break
            file.seek(min(round(region.start * file.samplerate), file.frames))
            samples = file.read(round(seconds * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
            clips.append(Audio(samples, file.samplerate))
            left -= seconds
    return clips


def _read(path: Path) -> Audio:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Audio(samples.mean(axis=1), rate)


def _cosine(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
