"""The last stage: the files that a person takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vocasync.artifacts import Workspace
from vocasync.languages import Language, language
from vocasync.media import subtitles
from vocasync.media.container import (
    SoftSubtitles,
    Sound,
    Source,
    write_container,
    write_mp3,
    write_original_mp3,
    write_wav,
)
from vocasync.media.frames import Film
from vocasync.media.frames import film as write_film
from vocasync.progress import Progress
from vocasync.provenance.stamp import Stamp
from vocasync.stages.products import (
    Product,
    archived,
    link,
    longest_gap,
    make_all,
    manifest_of,
    pretty,
    safe_stem,
    write_peaks,
    write_text,
)
from vocasync.types import JSON, Artifact, MediaInfo, Segment, Track

ORIGINAL = "original"
"""What stands for the source's own sound where an artifact names its track."""

_NOTES = "notes.json"
_TITLES = {Track.VOICE: "speaker's voice", Track.EMOTION: "with emotion", Track.CONVERTED: "converted"}


@dataclass(frozen=True, slots=True)
class DubbedTrack:
    """A stitched track: WAV."""

    track: Track
    audio: Path


@dataclass(frozen=True, slots=True)
class SyncedFilm:
    """The picture with its lips in time with a track. pieces: slices of it, in order. audio: WAV."""

    track: Track
    pieces: tuple[Path, ...]
    fps: float
    audio: Path


@dataclass(frozen=True, slots=True)
class MuxRequest:
    """What to put together.

    source, name, info: the medium that was dubbed, and how the person calls it. analysis: WAV of its sound. tracks: in
    order, the first is heard by default. segments: with their translations, () where nobody knows what is said.
    languages: codes. mark: fingerprint of all of this. manifest: what made it (engines, versions, notes), for the
    record. stamp: the provenance that every file with a dubbed voice carries; None for none.
    """

    source: Path
    name: str
    info: MediaInfo
    analysis: Path
    tracks: tuple[DubbedTrack, ...]
    segments: tuple[Segment, ...]
    source_language: str
    target_language: str
    mark: str
    manifest: JSON = field(default_factory=dict)
    stamp: Stamp | None = None
    films: tuple[SyncedFilm, ...] = ()

    @property
    def comment(self) -> str:
        return self.stamp.comment if self.stamp else ""


@dataclass(frozen=True, slots=True)
class Muxed:
    """The files, the one to play first, the archive last; and notes for the person."""

    artifacts: tuple[Artifact, ...]
    notes: tuple[str, ...] = ()


def mux(request: MuxRequest, workspace: Workspace, progress: Progress) -> Muxed:
    """Write every file of the result into ``workspace`` (of the output folder), each whole or not at all.

    What is there already with the request's mark is kept. Memory is flat in the length.
    Raises PipelineError ``tool_failed``, ``tool_missing`` or ``unknown_language``, or Cancelled.
    """
    products = list(_products(request, workspace))
    make_all(products, workspace, request.mark, request.stamp, progress)
    notes = tuple(workspace.load(_NOTES)["notes"])
    products.sort(key=lambda product: not product.path.startswith("dubbed."))  # stable: the rest stays in order
    return Muxed(tuple(product.artifact(workspace) for product in products), notes)


# --- what there is to make -----------------------------------------------------------------------------------------
def _products(request: MuxRequest, workspace: Workspace) -> Iterator[Product]:
    """In the order in which they are made: the container needs the subtitles, the archive everything."""
    stem = safe_stem(request.name)
    texts = list(_texts(request, stem))
    sounds = [product for one in request.tracks for product in _track(request, one, stem)]
    whole = _container(request, workspace, stem)
    films = [_synced(request, workspace, one, stem) for one in request.films]
    records = _records(request, workspace, stem, [product.path for product in (*texts, whole, *films, *sounds)])
    rest = [*films, *sounds, *_own_sound(request, stem), *_outlines(request, stem), *records]
    packed = [product for product in (whole, *texts, *rest) if product.kind != "peaks"]
    archive = partial(archived, workspace.root, [(product.path, product.name) for product in packed])
    yield from texts
    yield whole
    yield from rest
    name = f"{stem}.{request.target_language}.zip"
    yield Product("everything.zip", name, "archive", "application/zip", archive, weight=1.0)


def _container(request: MuxRequest, workspace: Workspace, stem: str) -> Product:
    make = partial(_write_container, request, workspace)
    name = f"{stem}.{request.target_language}"
    if request.info.video:
        return Product("dubbed.mp4", f"{name}.mp4", "video", "video/mp4", make, weight=6.0, voiced=True)
    return Product("dubbed.m4a", f"{name}.m4a", "audio", "audio/mp4", make, weight=4.0, voiced=True)


def _synced(request: MuxRequest, workspace: Workspace, one: SyncedFilm, stem: str) -> Product:
    code, track = request.target_language, one.track.value
    row = language(code)

    def make(path: Path, progress: Progress) -> None:
        shown = workspace.root / "subtitles.target.srt"
        gap = longest_gap(request.segments, request.info.duration)
        texts = (SoftSubtitles(shown, row.iso3, row.native, gap),) if request.segments and shown.stat().st_size else ()
        film = Film(one.pieces, one.fps, one.audio, row.iso3, _title(one.track, row), texts, request.comment)
        write_film(film, path, request.name, progress)

    path, name = f"lipsync.{track}.mp4", f"{stem}.{code}.{track}.lipsync.mp4"
    return Product(path, name, "video", "video/mp4", make, track, code, weight=3.0, voiced=True)


def _texts(request: MuxRequest, stem: str) -> Iterator[Product]:
    if not request.segments:
        return
    sides = (
        ("source", request.source_language, subtitles.original),
        ("target", request.target_language, subtitles.translated),
    )
    for side, code, text in sides:
        for ending, mime, form in (("srt", "application/x-subrip", subtitles.srt), ("vtt", "text/vtt", subtitles.vtt)):
            name = f"{stem}.{code}.{ending}" if side == "target" else f"{stem}.{ORIGINAL}.{code}.{ending}"
            make = partial(write_text, partial(form, request.segments, text))
            yield Product(f"subtitles.{side}.{ending}", name, "subtitles", mime, make, language=code)


def _heard(request: MuxRequest, track: Track) -> str:
    """The language that is heard on a track: what is converted says what was said."""
    return request.source_language if track is Track.CONVERTED else request.target_language


def _track(request: MuxRequest, one: DubbedTrack, stem: str) -> Iterator[Product]:
    code, track = _heard(request, one.track), one.track.value
    name = f"{stem}.{code}.{track}"
    title = _title(one.track, language(code))

    def encode(path: Path, progress: Progress) -> None:
        write_mp3(path, one.audio, title, request.info.duration, progress, request.comment)

    def place(path: Path, progress: Progress) -> None:
        if request.stamp:
            write_wav(path, one.audio, title, request.info.duration, progress, request.comment)
        else:
            link(one.audio, path)

    yield Product(f"{track}.wav", f"{name}.wav", "audio", "audio/wav", place, track, code, voiced=True)
    yield Product(f"{track}.mp3", f"{name}.mp3", "audio", "audio/mpeg", encode, track, code, 1.5, voiced=True)


def _own_sound(request: MuxRequest, stem: str) -> Iterator[Product]:
    code = request.source_language
    name = f"{stem}.{ORIGINAL}.mp3"

    def encode(path: Path, progress: Progress) -> None:
        write_original_mp3(path, _source(request), progress)

    yield Product("original.mp3", name, "audio", "audio/mpeg", encode, ORIGINAL, code, 1.5)


def _outlines(request: MuxRequest, stem: str) -> Iterator[Product]:
    files = [(ORIGINAL, request.analysis), *((one.track.value, one.audio) for one in request.tracks)]
    for track, sound in files:
        make = partial(write_peaks, sound)
        path = f"{track}.peaks.json"
        yield Product(path, f"{stem}.{path}", "peaks", "application/json", make, track, weight=0.3)


def _records(request: MuxRequest, workspace: Workspace, stem: str, files: Sequence[str]) -> Iterator[Product]:
    transcript = {
        "source_language": request.source_language,
        "target_language": request.target_language,
        "segments": request.segments,
    }
    values: dict[str, Callable[[], object]] = {
        **({"transcript": lambda: transcript} if request.segments else {}),
        "manifest": lambda: manifest_of(request.manifest, request.stamp, workspace, files),
    }
    for kind, value in values.items():
        make = partial(write_text, partial(pretty, value))
        yield Product(f"{kind}.json", f"{stem}.{kind}.json", kind, "application/json", make)


# --- how each is made ----------------------------------------------------------------------------------------------
def _write_container(request: MuxRequest, workspace: Workspace, path: Path, progress: Progress) -> None:
    target = language(request.target_language)
    spoken = language(request.source_language)
    heard = [(one, language(_heard(request, one.track))) for one in request.tracks]
    sounds = [Sound(one.audio, row.iso3, _title(one.track, row)) for one, row in heard]
    gap = longest_gap(request.segments, request.info.duration)
    texts = [
        SoftSubtitles(workspace.root / f"subtitles.{side}.srt", row.iso3, row.native, gap)
        for side, row in (("target", target), ("source", spoken))
        if request.segments and (workspace.root / f"subtitles.{side}.srt").stat().st_size
    ]
    notes = write_container(path, _source(request), sounds, texts, progress, request.comment)
    workspace.save(_NOTES, {"notes": notes}, request.mark)


def _source(request: MuxRequest) -> Source:
    spoken = language(request.source_language)
    return Source(request.source, request.name, request.info, spoken.iso3, f"{spoken.native} ({ORIGINAL})")


def _title(track: Track, target: Language) -> str:
    return f"{target.native} ({_TITLES[track]})"
