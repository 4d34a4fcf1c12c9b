"""What a finished job shows: its player, its transcript and its files, as plain values for the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dubbing import selectors
from dubbing.models import Artifact, DubbingJob, Job, Segment, Take
from dubbing.views.kinds import WORDS, has_source, words_of
from vocasync.languages import DETECT, LANGUAGES
from vocasync.types import FitKind, Track
from web.icons import icon

DOUBTFUL_WORD = 0.55
"""Word posterior below which a word is marked (between right and wrong words it separates best around here)."""

PROBLEM_WORDS = {
    "silent": "Nothing is heard of it. Try other words, or another voice engine.",
    "clipped": "It is distorted. Speak it again in other words.",
    "too_short": "It is much shorter than its text: words may be missing. Listen to it.",
    "too_long": "It is much longer than its text: something may be said twice. Listen to it.",
    "drifted": "A recogniser heard other words than these in it. Listen to it.",
}
"""What is wrong with a take, by ``Take.problems``."""

FIT_ICONS: dict[str, str] = {
    FitKind.NATURAL: icon("check"),
    FitKind.RATE: icon("gauge"),
    FitKind.STRETCH: icon("move-horizontal"),
    FitKind.BORROW: icon("chevrons-right"),
    FitKind.OVERFLOW: icon("triangle-alert"),
}
FILE_GROUPS = (
    (("video",), "Video", icon("clapperboard")),
    (("audio",), "Sound", icon("audio-lines")),
    (("subtitles",), "Subtitles", icon("captions")),
    (("transcript", "manifest"), "For programs", icon("braces")),
    (("archive",), "Everything", icon("package")),
)
FILE_WORDS = {
    "portrait.mp4": "The portrait that speaks, with its subtitles",
    "dubbed.mp4": "The video with every track and both subtitles",
    "dubbed.m4a": "The recording with every track",
    "voice.wav": "Original-voice track, lossless",
    "voice.mp3": "Original-voice track",
    "emotion.wav": "Emotion track, lossless",
    "emotion.mp3": "Emotion track",
    "converted.wav": "Converted sound, lossless",
    "converted.mp3": "Converted sound",
    "original.mp3": "Original sound",
    "transcript.json": "Words, times and translations",
    "manifest.json": "What made it, and from what",
    "everything.zip": "All of it in one file",
}
SCRIPT_WORDS = {
    "voice.wav": "The voice, lossless",
    "voice.mp3": "The voice",
    "emotion.wav": "The voice in the tone of the reference, lossless",
    "emotion.mp3": "The voice in the tone of the reference",
    "transcript.json": "Words and times",
}
"""What is said of files otherwise where there was no recording."""

MAIN_KINDS = ("video", "archive")
"""Of the files, what most people want."""


@dataclass(frozen=True, slots=True)
class WordMark:
    """A word as it was recognised."""

    text: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class TakeView:
    """How a segment was spoken on a track. fit: in words; icon: of the sprite. problems: what is wrong, in words."""

    track: str
    fit: str
    icon: str
    trouble: bool
    problems: tuple[str, ...]
    speaker: float | None
    emotion: float | None


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment with what a page says of it."""

    row: Segment
    words: tuple[WordMark, ...]
    takes: tuple[TakeView, ...]
    doubtful: bool
    unsure: bool


def segment_views(job: Job) -> list[SegmentView]:
    """The segments in order of time."""
    return [_segment_view(row) for row in selectors.segments_of(job)]


def _segment_view(row: Segment) -> SegmentView:
    order = list(WORDS[Job.Kind.CONVERSION].tracks)
    takes = sorted(row.takes.all(), key=lambda take: order.index(take.track) if take.track in order else len(order))
    return SegmentView(
        row=row,
        words=() if row.text_edited else tuple(_word_mark(word) for word in row.words),
        takes=tuple(_take_view(take) for take in takes),
        doubtful="low_confidence" in row.flags and not row.text_edited,
        unsure="translation_unsure" in row.flags and not row.translation_edited,
    )


def _word_mark(word: dict[str, Any]) -> WordMark:
    confidence = word.get("confidence")
    return WordMark(str(word.get("text", "")), confidence is not None and confidence < DOUBTFUL_WORD)


def _take_view(take: Take) -> TakeView:
    return TakeView(
        track=take.track,
        fit=fit_words(take),
        icon=FIT_ICONS.get(take.fit, icon("check")),
        trouble=take.fit == FitKind.OVERFLOW or bool(take.problems),
        problems=tuple(PROBLEM_WORDS[problem] for problem in take.problems if problem in PROBLEM_WORDS),
        speaker=take.similarity.get("speaker"),
        emotion=take.similarity.get("emotion"),
    )


def fit_words(take: Take) -> str:
    """What it took to bring the take into its slot."""
    if take.track == Track.CONVERTED:
        return "Converted"
    if take.fit == FitKind.OVERFLOW:
        return f"{take.overflow:.1f} s too long"
    if take.fit == FitKind.BORROW:
        return f"Runs {take.borrowed:.1f} s into the silence"
    if take.fit == FitKind.STRETCH:
        change = round(100 * abs(take.stretch - 1.0))
        return f"{'Stretched' if take.stretch > 1.0 else 'Squeezed'} {change} %"
    if take.fit == FitKind.RATE:
        return f"Spoken {'faster' if take.rate > 1.0 else 'slower'}"
    return "Fits as spoken"


@dataclass(frozen=True, slots=True)
class FileView:
    """A download."""

    row: Artifact
    words: str
    url: str


def downloads(job: Job) -> list[tuple[str, str, list[FileView]]]:
    """Title, icon and files of each group. What only pages read (peaks) is left out."""
    rows = list(selectors.artifacts_of(job))
    groups = []
    for kinds, title, symbol in FILE_GROUPS:
        files = [_file_view(job, row) for row in rows if row.kind in kinds]
        if files:
            groups.append((title, symbol, files))
    return groups


def main_files(groups: list[tuple[str, str, list[FileView]]]) -> list[FileView]:
    """What most people want: the video, or where there is none the recording, and everything in one file."""
    files = [file for _, _, group in groups for file in group]
    shown = [file for file in files if file.row.kind in MAIN_KINDS or file.row.path.startswith("dubbed.")]
    if any(file.row.kind != "archive" for file in shown):
        return shown
    return [file for file in files if file.row.mime == "audio/mpeg"][:1] + shown


def _file_view(job: Job, row: Artifact) -> FileView:
    words = (not has_source(job) and SCRIPT_WORDS.get(row.path)) or FILE_WORDS.get(row.path) or _by_contents(row)
    return FileView(row, words, reverse("dubbing:artifact", args=[job.pk, row.path]) + "?download")


def _by_contents(row: Artifact) -> str:
    if row.kind == "video":
        return f"The video with lips in sync{': the emotion track' if row.track == 'emotion' else ''}"
    return f"{_language(row.language)} {row.path.rsplit('.', 1)[-1].upper()}".strip()


def _language(code: str) -> str:
    row = LANGUAGES.get(code)
    return row.name if row else code


def spoken_language(job: Job) -> str:
    """The code of the language that was spoken, as far as it is known."""
    detail = job.detail
    if detail.detected_language or not isinstance(detail, DubbingJob):
        return detail.detected_language or detail.target_language
    return "" if detail.source_language == DETECT else detail.source_language


def player(job: Job) -> dict[str, Any]:
    """What the player's script needs.

    ``source``: what the element plays; ``own``: the track that is heard in it; ``tracks``: the sounds, each with an
    address; ``synced``: by track, the picture whose lips move with it; ``stand_in``: what is played where the browser
    cannot play the source.
    """
    rows = list(selectors.artifacts_of(job))
    marks = {row.path: row.sha256[:12] for row in rows}

    def url(path: str) -> str:
        if path not in marks:
            return ""
        address = reverse("dubbing:artifact", args=[job.pk, path])
        # Another address for another content: browsers put the pieces of a film together that they have from before.
        return f"{address}?v={marks[path]}" if marks[path] else address

    media = job.detail.media or {}
    made = {"duration": media.get("duration") or 0, "captions": _captions(job, url)}
    made["poster"] = url("poster.jpg")
    return made | (_of_recording(job, rows, url) if has_source(job) else _of_script(job, rows, url))


def _of_recording(job: Job, rows: list[Artifact], url: Callable[[str], str]) -> dict[str, Any]:
    """The recording plays, with its own sound or another."""
    return {
        "kind": "video" if (job.detail.media or {}).get("video") else "audio",
        "source": reverse("dubbing:source", args=[job.pk]),
        "own": "original",
        "stand_in": url("dubbed.mp4") or url("dubbed.m4a"),
        "tracks": _tracks(job, url),
        "synced": {row.track: url(row.path) for row in rows if row.kind == "video" and row.track},
    }


def _of_script(job: Job, rows: list[Artifact], url: Callable[[str], str]) -> dict[str, Any]:
    """The result itself plays: its picture, or its sound."""
    tracks = _tracks(job, url)
    films = {row.track or "voice": url(row.path) for row in rows if row.kind == "video"}
    first = tracks[0] if tracks else {"id": "voice", "audio": ""}
    own = first["id"] if first["id"] in films or not films else next(iter(films))
    return {
        "kind": "video" if films else "audio",
        "source": films.get(own) or first["audio"],
        "own": own,
        "stand_in": "",
        "tracks": tracks,
        "synced": films if len(films) > 1 else {},
    }


def _tracks(job: Job, url: Callable[[str], str]) -> list[dict[str, str]]:
    found = [
        {
            "id": track,
            "label": label,
            "audio": url(f"{track}.mp3") or url(f"{track}.wav"),
            "peaks": url(f"{track}.peaks.json"),
        }
        for track, label in words_of(job).tracks.items()
    ]
    return [track for track in found if track["id"] == "original" or track["audio"]]


def _captions(job: Job, url: Callable[[str], str]) -> list[dict[str, str]]:
    target = job.detail.target_language
    pairs = (
        ("subtitles.source.vtt", spoken_language(job)),
        ("subtitles.target.vtt", target),
        ("subtitles.vtt", target),
    )
    return [
        {"src": url(name), "language": code, "label": _language(code) or "Original"}
        for name, code in pairs
        if url(name)
    ]


def fits(segments: list[SegmentView], track: str) -> dict[str, int]:
    """How many segments took which measure to fit, on a track, mildest first."""
    counts = Counter(take.fit for view in segments for take in view.row.takes.all() if take.track == track)
    return {kind: counts[kind] for kind in FitKind if counts[kind]}
