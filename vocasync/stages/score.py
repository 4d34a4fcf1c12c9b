"""How alike each take is to its references, with what the same measure gives for known cases beside it.

A cosine of speaker embeddings means little by itself. Two baselines, measured on the same material, frame it: the
speaker against themself (held-out utterances: as good as it gets) and the untreated synthetic voice against the speaker
(as if nothing had been done).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
_REFERENCES = ("speaker", "emotion")


@dataclass(frozen=True, slots=True)
class SpeakerScores:
    """The scores of one speaker: as of all of them (:class:`Scores`), over their own takes and against their voice."""

    tracks: dict[str, dict[str, float]]
    baselines: dict[str, float]


@dataclass(frozen=True, slots=True)
class Scores:
    """Cosines in [-1, 1], each a mean over utterances. What could not be measured is not there.

    tracks: by track and reference ("speaker", "emotion"), the mean over the takes, weighted by duration; "speaker" is
    whoever speaks in the take. baselines: ``self`` (a speaker against themself, each utterance held out from the rest)
    and ``untreated`` (the stock voice saying some of the same segments, against the speaker), over all speakers by the
    time that they speak; ``emotion_self`` and ``emotion_untreated`` are the same for the emotion reference. speakers:
    the same by the speaker's number. Who is dubbed with a stock voice is compared with nobody.
    """

    encoder: str
    tracks: dict[str, dict[str, float]]
    baselines: dict[str, float]
    speakers: dict[str, SpeakerScores] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Target:
    """A voice to be compared with: its mean embedding, and how alike it is to itself where that can be measured."""

    vector: FloatArray
    itself: float | None


def score(
    root: Path,
    takes: Sequence[Take],
    speakers: Mapping[int, VoiceReference],
    emotion: VoiceReference | None,
    engine: VoiceEngine | None,
    segments: Sequence[Segment],
    language: str,
    encoder: SpeakerEncoder,
    progress: Progress,
) -> tuple[Scores, tuple[Take, ...]]:
    """Score every take against its own speaker and the emotion reference.

    root: what the takes' paths are relative to. speakers: by ``Segment.speaker``, the voice that each is dubbed with;
    without those of stock voices. engine, language: for the untreated voice, None for scores without it. Returns the
    scores, and the takes in the same order with ``similarity`` filled in (empty for a take without sound). Memory is
    flat in their number. Raises ``no_speech`` when a reference holds none.
    """
    voices = {number: _target(reference, encoder) for number, reference in speakers.items()}
    tone = None if emotion is None else _target(emotion, encoder)
    who = {segment.index: segment.speaker for segment in segments}
    scored = _similarities(takes, root, _Cast(who, voices, tone), encoder, Part(progress, 0.0, 0.8))
    untreated = _untreated(segments, language, engine, encoder, Part(progress, 0.8, 1.0))
    framed = {number: _baselines(voice, tone, untreated) for number, voice in voices.items()}
    spoken = {number: [take for take in scored if who[take.index] == number] for number in sorted(set(who.values()))}
    about_tone = _baselines(None, tone, untreated)
    return Scores(
        encoder.name,
        _by_track(scored),
        _together(framed, spoken) | about_tone,
        {str(number): SpeakerScores(_by_track(own), framed.get(number, about_tone)) for number, own in spoken.items()},
    ), scored


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who speaks in which segment, and what they should sound like."""

    who: Mapping[int, int]
    voices: Mapping[int, _Target]
    tone: _Target | None

    def likeness(self, take: Take, vector: FloatArray) -> dict[str, float]:
        """The take's similarities by reference."""
        own = self.voices.get(self.who[take.index])
        wanted = {"speaker": own, "emotion": self.tone}
        return {name: _cosine(vector, target.vector) for name, target in wanted.items() if target is not None}


def _target(reference: VoiceReference, encoder: SpeakerEncoder) -> _Target:
    clips = _clips(reference)
    vectors = [vector for vector in embed_all(clips, encoder) if vector is not None]
    if not vectors:
        raise PipelineError("no_speech", name=reference.audio.name)
    return _Target(np.mean(vectors, axis=0), _held_out(clips, encoder))


def voice_vector(reference: VoiceReference, encoder: SpeakerEncoder) -> FloatArray:
    """What a voice is compared with: the mean of its utterances as a unit vector. Raises ``no_speech``."""
    vector = _target(reference, encoder).vector
    found: FloatArray = vector / np.linalg.norm(vector)
    return found


def _baselines(voice: _Target | None, tone: _Target | None, untreated: Sequence[FloatArray]) -> dict[str, float]:
    """What frames the similarities to a voice and to the emotion reference."""
    found: dict[str, float | None] = {}
    for prefix, target in (("", voice), ("emotion_", tone)):
        if target is not None:
            found[f"{prefix}self"] = target.itself
            found[f"{prefix}untreated"] = _mean([_cosine(one, target.vector) for one in untreated])
    return {name: value for name, value in found.items() if value is not None}


def _together(framed: Mapping[int, dict[str, float]], spoken: Mapping[int, Sequence[Take]]) -> dict[str, float]:
    """The baselines of all speakers as one, each by the time that they speak."""
    found = {}
    for name in ("self", "untreated"):
        known = [number for number, baselines in framed.items() if name in baselines]
        times = [sum(take.duration for take in spoken.get(number, ())) for number in known]
        if known:
            weights = times if sum(times) > 0 else None
            found[name] = float(np.average([framed[number][name] for number in known], weights=weights))
    return found


def _similarities(
    takes: Sequence[Take], root: Path, cast: _Cast, encoder: SpeakerEncoder, progress: Progress
) -> tuple[Take, ...]:
    found: list[Take] = []
    for first in range(0, len(takes), _BATCH):
        progress.check()
        batch = takes[first : first + _BATCH]
        vectors = embed_all([_read(root / take.path) for take in batch], encoder)
        for take, vector in zip(batch, vectors, strict=True):
            found.append(replace(take, similarity={} if vector is None else cast.likeness(take, vector)))
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


def _by_track(takes: Sequence[Take]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for track in sorted({take.track for take in takes}, key=list(Track).index):
        own = [take for take in takes if take.track is track]
        means = {name: _track_mean(own, name) for name in _REFERENCES}
        found[track.value] = {name: value for name, value in means.items() if value is not None}
    return found


def _track_mean(takes: Sequence[Take], name: str) -> float | None:
    heard = [take for take in takes if name in take.similarity and take.duration > 0]
    if not heard:
        return None
    return float(np.average([take.similarity[name] for take in heard], weights=[take.duration for take in heard]))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _untreated(
    segments: Sequence[Segment], language: str, engine: VoiceEngine | None, encoder: SpeakerEncoder, progress: Progress
) -> list[FloatArray]:
    """Embeddings of some segments in the untreated voice."""
    if engine is None:
        return []
    texts = [segment.translation for segment in segments if segment.translation.strip()]
    chosen = (
        [texts[i] for i in np.unique(np.linspace(0, len(texts) - 1, _STOCK_SEGMENTS).round().astype(int))]
        if texts
        else []
    )
    audios: list[Audio] = []
    for first in range(0, len(chosen), engine.batch):
        progress.check()
        asked = [SpeechRequest(text, language) for text in chosen[first : first + engine.batch]]
        audios += [one.audio for one in engine.synthesize_many(asked, None)]
        progress.report(len(audios) / len(chosen))
    return [vector for vector in embed_all(audios, encoder) if vector is not None]


def _held_out(clips: Sequence[Audio], encoder: SpeakerEncoder) -> float | None:
    """Clips of a reference, each against the mean of the others; the halves of them all where they are too short."""
    long_enough = [clip for clip in clips if clip.duration >= _LEAST_CLIP]
    if len(long_enough) < 2:
        whole = np.concatenate([clip.samples for clip in clips])
        halves = [Audio(part, clips[0].rate) for part in np.split(whole, [len(whole) // 2])]
        long_enough = [half for half in halves if half.duration >= _LEAST_CLIP]
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
