"""How alike two pieces of one person's speech are, and of two people's, on the speaker encoder that the site uses.

``python -m benchmarks.similarity`` measures the shared media. ``python -m benchmarks.similarity FOLDER`` measures one's
own recordings, ``FOLDER/<speaker>/<recording>``; with ``--sessions`` each recording is a session of its own, and one
person's pieces are compared across sessions only. What the figures mean is in docs/similarity.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks import people
from benchmarks.inputs import MEDIA
from benchmarks.table import CONSOLE, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.speaker.resemblyzer import Resemblyzer
from vocasync.types import Audio, FloatArray

Doubles = NDArray[np.float64]

LENGTHS = (3, 5, 10, 30)
"""Seconds of speech in a piece."""
THRESHOLDS = (0.65, 0.70, 0.75, 0.80, 0.85, 0.90)

_MOST_PIECES = 20  # of a speaker, or of a session
_CHUNK = 5.0  # seconds embedded as one; longer pieces are the mean of several
_CLIP = 5  # seconds of the clip that is held against a voice
_LEAST_VOICE = 10  # seconds of other speech that make a voice
_STEP = 0.05  # of the histogram
_WIDEST = 80  # characters of a bar that holds everything
_BINS = np.arange(0.3, 1.0 + _STEP / 2, _STEP)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some speech of a session. vector: unit, shape (256,)."""

    session: int
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class Trials:
    """Cosines of pairs, with weights that make every speaker, and every pair of speakers, count the same."""

    same: Doubles
    same_weights: Doubles
    different: Doubles
    different_weights: Doubles

    def accepted(self, threshold: float) -> float:
        """The share of pairs of two people that are at or above a threshold."""
        return float(self.different_weights[self.different >= threshold].sum() / self.different_weights.sum())

    def rejected(self, threshold: float) -> float:
        """The share of pairs of one person that are below a threshold."""
        return float(self.same_weights[self.same < threshold].sum() / self.same_weights.sum())

    def equal_error(self) -> tuple[float, float]:
        """The rate at which as many are wrongly accepted as rejected, and the threshold: the middle of all such."""
        grid = np.linspace(0.0, 1.0, 2001)
        accepted = np.array([self.accepted(value) for value in grid])
        rejected = np.array([self.rejected(value) for value in grid])
        apart = np.abs(accepted - rejected)
        best = np.flatnonzero(apart <= apart.min() + 1e-9)
        place = int(best[len(best) // 2])
        return float(accepted[place] + rejected[place]) / 2, float(grid[place])


def pairs(pieces: Mapping[str, Sequence[Piece]]) -> Trials:
    """Every two pieces: of one speaker, where they are not of one session, and of two."""
    same: list[Doubles] = []
    for mine in pieces.values():
        found = [float(a.vector @ b.vector) for a, b in combinations(mine, 2) if a.session != b.session]
        same.append(np.array(found, np.float64))
    different = [
        np.ravel(_stacked(pieces[one]) @ _stacked(pieces[other]).T).astype(np.float64)
        for one, other in combinations([name for name, mine in pieces.items() if mine], 2)
    ]
    return _trials(same, different)


def against_voices(pieces: Mapping[str, Sequence[Piece]], least: int) -> Trials:
    """Every piece against its speaker's voice, made of all their other sessions, and against everybody else's.

    least: pieces that make a voice."""
    return _against(pieces, lambda mine, left_out: [_voice([one for one in mine if one.session != left_out], least)])


def against_sessions(pieces: Mapping[str, Sequence[Piece]], least: int) -> Trials:
    """Every piece against its speaker's voice in each other session, and against everybody else's in each."""

    def voices(mine: Sequence[Piece], left_out: int | None) -> list[FloatArray | None]:
        others = sorted({one.session for one in mine} - {left_out})
        return [_voice([one for one in mine if one.session == session], least) for session in others]

    return _against(pieces, voices)


def _against(
    pieces: Mapping[str, Sequence[Piece]], voices: Callable[[Sequence[Piece], int | None], list[FloatArray | None]]
) -> Trials:
    """voices: those made of some pieces, without a session."""
    same, different = [], []
    known = {name: [voice for voice in voices(mine, None) if voice is not None] for name, mine in pieces.items()}
    for name, mine in pieces.items():
        own = [(one, voice) for one in mine for voice in voices(mine, one.session)]
        same.append(np.array([float(one.vector @ voice) for one, voice in own if voice is not None], np.float64))
        different += [
            np.ravel(_stacked(mine) @ np.stack(theirs).T).astype(np.float64)
            for other, theirs in known.items()
            if other != name and theirs and mine
        ]
    return _trials(same, different)


def _voice(pieces: Sequence[Piece], least: int) -> FloatArray | None:
    if len(pieces) < least:
        return None
    total = _stacked(pieces).sum(axis=0)
    voice: FloatArray = total / np.linalg.norm(total)
    return voice


def _trials(same: Sequence[Doubles], different: Sequence[Doubles]) -> Trials:
    def joined(groups: Sequence[Doubles]) -> tuple[Doubles, Doubles]:
        filled = [group for group in groups if len(group)] or [np.zeros(0)]
        return np.concatenate(filled), np.concatenate([np.full(len(g), 1 / max(len(g), 1)) for g in filled])

    return Trials(*joined(same), *joined(different))


def _stacked(pieces: Sequence[Piece]) -> FloatArray:
    return np.stack([piece.vector for piece in pieces])


# --- from speech to pieces --------------------------------------------------------------------------------------------
def cut(recordings: Sequence[Audio], seconds: float, *, sessions: bool) -> list[tuple[int, Audio]]:
    """A speaker's speech in pieces that do not overlap, each with its session.

    sessions: whether each recording is one; else every piece counts as its own, as all of them are of one."""
    sounds = [one.samples for one in recordings] if sessions else [np.concatenate([one.samples for one in recordings])]
    found: list[tuple[int, Audio]] = []
    for number, samples in enumerate(sounds):
        size = round(seconds * recordings[0].rate)
        for place in range(min(len(samples) // size, _MOST_PIECES)):
            piece = Audio(samples[place * size : (place + 1) * size], recordings[0].rate)
            found.append((number if sessions else place, piece))
    return found


def voice_of(audios: Sequence[Audio], encoder: Resemblyzer) -> FloatArray:
    """The mean of embeddings of a few seconds each, weighted by length; unit."""
    chunks = [
        part for audio in audios for part in np.array_split(audio.samples, max(1, round(audio.duration / _CHUNK)))
    ]
    vectors = encoder.embed_many([Audio(chunk, audios[0].rate) for chunk in chunks])
    total = np.sum([len(chunk) * vector for chunk, vector in zip(chunks, vectors, strict=True)], axis=0)
    voice: FloatArray = (total / np.linalg.norm(total)).astype(np.float32)
    return voice


def measured(
    everybody: Mapping[str, Sequence[Audio]], seconds: float, encoder: Resemblyzer, *, sessions: bool
) -> dict[str, list[Piece]]:
    """The pieces of a length, of everybody who spoke that long."""
    return {
        name: [Piece(one, voice_of([audio], encoder)) for one, audio in cut(recordings, seconds, sessions=sessions)]
        for name, recordings in everybody.items()
    }


def main(root: Path | None = None, *, sessions: bool = False) -> None:
    """Measure and print. root: one's own recordings, None for the shared media."""
    if root is None and not MEDIA.is_dir():
        CONSOLE.print("Similarity: the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA).")
        return
    encoder = cast(Resemblyzer, registry.load("speaker", "resemblyzer", EngineConfig(network=False)))
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        everybody = people.in_folders(root, Path(name)) if root else people.shared(Path(name))
    pieces = {seconds: measured(everybody, seconds, encoder, sessions=sessions) for seconds in LENGTHS}
    trials = {f"{seconds} s": pairs(found) for seconds, found in pieces.items()}
    least = round(_LEAST_VOICE / _CLIP)
    trials["clip, session"] = against_sessions(pieces[_CLIP], least)
    trials["clip, voice"] = against_voices(pieces[_CLIP], least)
    trials = {name: one for name, one in trials.items() if len(one.same) and len(one.different)}
    across = "across sessions" if sessions else "within sessions"
    _show_distributions(f"Likeness of two pieces of speech, {len(everybody)} speakers, {across}", trials)
    _show_thresholds(trials)
    _show_histogram(trials[f"{_CLIP} s"])


def _show_distributions(title: str, trials: Mapping[str, Trials]) -> None:
    rows = []
    for name, one in trials.items():
        error, threshold = one.equal_error()
        rows.append(
            [
                name,
                f"{len(one.same)}",
                f"{np.average(one.same, weights=one.same_weights):.2f}",
                f"{np.quantile(one.same, 0.05):.2f}",
                f"{len(one.different)}",
                f"{np.average(one.different, weights=one.different_weights):.2f}",
                f"{np.quantile(one.different, 0.95):.2f}",
                f"{one.different.max():.2f}",
                f"{100 * error:.1f} % at {threshold:.2f}",
            ]
        )
    columns = ("speech", "same", "mean", "5 %", "different", "mean", "95 %", "most", "equal error rate")
    note = (
        f"clip: {_CLIP} s, against one other session of at least {_LEAST_VOICE} s, or a voice of all others; every "
        "speaker, and every pair of speakers, counts the same in means and rates"
    )
    show(title, columns, rows, note)


def _show_thresholds(trials: Mapping[str, Trials]) -> None:
    rows = [
        [
            f"{value:.2f}",
            *(f"{100 * one.accepted(value):.2f} / {100 * one.rejected(value):.1f}" for one in trials.values()),
        ]
        for value in THRESHOLDS
    ]
    show("Wrongly accepted / wrongly rejected, %, by threshold", ("threshold", *trials), rows)


def _show_histogram(trials: Trials) -> None:
    def bar(values: Doubles, weights: Doubles, low: float) -> str:
        inside = weights[(values >= low) & (values < low + _STEP)].sum() / weights.sum()
        return "█" * round(_WIDEST * float(inside))

    CONSOLE.print(f"Cosines of pieces of {_CLIP} s\n      two people{' ' * 26}one person")
    for low in _BINS[:-1]:
        two = bar(trials.different, trials.different_weights, low)
        one = bar(trials.same, trials.same_weights, low)
        CONSOLE.print(f"{low:.2f}  {two:<36}{one}".rstrip())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="FOLDER/<speaker>/<recording>; else the shared media")
    parser.add_argument("--sessions", action="store_true", help="each recording is a session; compare across them")
    return parser.parse_args()


if __name__ == "__main__":
    asked = _arguments()
    main(asked.folder, sessions=asked.sessions)
