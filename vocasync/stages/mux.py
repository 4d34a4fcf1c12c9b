"""The last stage: the files that a person takes away."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from vocasync.artifacts import Workspace, dumps, file_sha256
from vocasync.languages import Language, language
from vocasync.media import subtitles
from vocasync.media.audio import peaks
from vocasync.media.container import (
    SoftSubtitles,
    Sound,
    Source,
    write_container,
    write_mp3,
    write_original_mp3,
    write_wav,
)
from vocasync.progress import Part, Progress
from vocasync.provenance.stamp import Stamp
from vocasync.types import JSON, Artifact, MediaInfo, Segment, Track

ORIGINAL = "original"
"""What stands for the source's own sound where an artifact names its track."""

PEAK_POINTS = 1800
_NOTES = "notes.json"
_TITLES = {Track.VOICE: "speaker's voice", Track.EMOTION: "with emotion"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same members give the same archive
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DubbedTrack:
    """A stitched track: WAV."""

    track: Track
    audio: Path


@dataclass(frozen=True, slots=True)
class MuxRequest:
    """What to put together.

    source, name, info: the medium that was dubbed, and how the person calls it. analysis: WAV of its sound. tracks: in
    order, the first is heard by default. segments: with their translations. languages: codes. mark: fingerprint of all
    of this. manifest: what made it (engines, versions, notes), for the record. stamp: the provenance that every file
    with a dubbed voice carries; None for none.
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
    total = sum(product.weight for product in products)
    done = 0.0
    for product in products:
        progress.check()
        part = Part(progress, done / total, (done + product.weight) / total)
        if not workspace.has(product.path, request.mark):
            with workspace.writing(product.path, request.mark) as scratch:
                product.make(scratch, part)
                if product.dubbed and request.stamp:
                    request.stamp.seal(scratch, product.mime, product.name)
        done += product.weight
        progress.report(done / total)
    notes = tuple(workspace.load(_NOTES)["notes"])
    products.sort(key=lambda product: not product.path.startswith("dubbed."))  # stable: the rest stays in order
    return Muxed(tuple(product.artifact(workspace) for product in products), notes)


# --- what there is to make -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Product:
    """A file of the result. ``weight``: rough share of the work. ``dubbed``: a dubbed voice can be heard in it."""

    path: str
    name: str
    kind: str
    mime: str
    make: Callable[[Path, Progress], None]
    track: str = ""
    language: str = ""
    weight: float = 0.1
    dubbed: bool = False

    def artifact(self, workspace: Workspace) -> Artifact:
        path = workspace.root / self.path
        size, sha256 = path.stat().st_size, file_sha256(path)
        return Artifact(self.name, self.path, self.kind, self.mime, size, self.track, self.language, sha256)


def _products(request: MuxRequest, workspace: Workspace) -> Iterator[_Product]:
    """In the order in which they are made: the container needs the subtitles, the archive everything."""
    stem = safe_stem(request.name)
    texts = list(_texts(request, stem))
    sounds = [product for one in request.tracks for product in _track(request, one, stem)]
    whole = _container(request, workspace, stem)
    records = _records(request, workspace, stem, [product.path for product in (*texts, whole, *sounds)])
    rest = [*sounds, *_own_sound(request, stem), *_outlines(request, stem), *records]
    packed = [product for product in (whole, *texts, *rest) if product.kind != "peaks"]
    archive = partial(_archive, workspace.root, [(product.path, product.name) for product in packed])
    yield from texts
    yield whole
    yield from rest
    name = f"{stem}.{request.target_language}.zip"
    yield _Product("everything.zip", name, "archive", "application/zip", archive, weight=1.0)


def _container(request: MuxRequest, workspace: Workspace, stem: str) -> _Product:
    make = partial(_write_container, request, workspace)
    name = f"{stem}.{request.target_language}"
    if request.info.video:
        return _Product("dubbed.mp4", f"{name}.mp4", "video", "video/mp4", make, weight=6.0, dubbed=True)
    return _Product("dubbed.m4a", f"{name}.m4a", "audio", "audio/mp4", make, weight=4.0, dubbed=True)


def _texts(request: MuxRequest, stem: str) -> Iterator[_Product]:
    sides = (
        ("source", request.source_language, subtitles.original),
        ("target", request.target_language, subtitles.translated),
    )
    for side, code, text in sides:
        for ending, mime, form in (("srt", "application/x-subrip", subtitles.srt), ("vtt", "text/vtt", subtitles.vtt)):
            name = f"{stem}.{code}.{ending}" if side == "target" else f"{stem}.{ORIGINAL}.{code}.{ending}"
            make = partial(_write_text, partial(form, request.segments, text))
            yield _Product(f"subtitles.{side}.{ending}", name, "subtitles", mime, make, language=code)


def _track(request: MuxRequest, one: DubbedTrack, stem: str) -> Iterator[_Product]:
    code, track = request.target_language, one.track.value
    name = f"{stem}.{code}.{track}"
    title = _title(one.track, language(code))

    def encode(path: Path, progress: Progress) -> None:
        write_mp3(path, one.audio, title, request.info.duration, progress, request.comment)

    def place(path: Path, progress: Progress) -> None:
        if request.stamp:
            write_wav(path, one.audio, title, request.info.duration, progress, request.comment)
        else:
            _link(one.audio, path)

    yield _Product(f"{track}.wav", f"{name}.wav", "audio", "audio/wav", place, track, code, dubbed=True)
    yield _Product(f"{track}.mp3", f"{name}.mp3", "audio", "audio/mpeg", encode, track, code, 1.5, dubbed=True)


def _own_sound(request: MuxRequest, stem: str) -> Iterator[_Product]:
    code = request.source_language
    name = f"{stem}.{ORIGINAL}.mp3"

    def encode(path: Path, progress: Progress) -> None:
        write_original_mp3(path, _source(request), progress)

    yield _Product("original.mp3", name, "audio", "audio/mpeg", encode, ORIGINAL, code, 1.5)


def _outlines(request: MuxRequest, stem: str) -> Iterator[_Product]:
    files = [(ORIGINAL, request.analysis), *((one.track.value, one.audio) for one in request.tracks)]
    for track, sound in files:
        make = partial(_write_peaks, sound)
        path = f"{track}.peaks.json"
        yield _Product(path, f"{stem}.{path}", "peaks", "application/json", make, track, weight=0.3)


def _records(request: MuxRequest, workspace: Workspace, stem: str, files: Sequence[str]) -> Iterator[_Product]:
    transcript = {
        "source_language": request.source_language,
        "target_language": request.target_language,
        "segments": request.segments,
    }
    values: dict[str, Callable[[], object]] = {
        "transcript": lambda: transcript,
        "manifest": lambda: _manifest(request, workspace, files),
    }
    for kind, value in values.items():
        make = partial(_write_text, partial(_pretty, value))
        yield _Product(f"{kind}.json", f"{stem}.{kind}.json", kind, "application/json", make)


# --- how each is made ----------------------------------------------------------------------------------------------
def _write_container(request: MuxRequest, workspace: Workspace, path: Path, progress: Progress) -> None:
    target = language(request.target_language)
    spoken = language(request.source_language)
    sounds = [Sound(one.audio, target.iso3, _title(one.track, target)) for one in request.tracks]
    gap = _longest_gap(request.segments, request.info.duration)
    texts = [
        SoftSubtitles(workspace.root / f"subtitles.{side}.srt", row.iso3, row.native, gap)
        for side, row in (("target", target), ("source", spoken))
        if (workspace.root / f"subtitles.{side}.srt").stat().st_size
    ]
    notes = write_container(path, _source(request), sounds, texts, progress, request.comment)
    workspace.save(_NOTES, {"notes": notes}, request.mark)


def _longest_gap(segments: Sequence[Segment], duration: float) -> float:
    """The longest time in which nothing is said, in seconds."""
    ends = [0.0, *(one.end for one in segments)]
    starts = [*(one.start for one in segments), duration]
    return max(start - end for end, start in zip(ends, starts, strict=True))


def _source(request: MuxRequest) -> Source:
    spoken = language(request.source_language)
    return Source(request.source, request.name, request.info, spoken.iso3, f"{spoken.native} ({ORIGINAL})")


def _title(track: Track, target: Language) -> str:
    return f"{target.native} ({_TITLES[track]})"


def _write_text(text: Callable[[], str], path: Path, progress: Progress) -> None:
    path.write_text(text(), encoding="utf-8")


def _pretty(value: Callable[[], object]) -> str:
    return json.dumps(json.loads(dumps(value())), ensure_ascii=False, indent=1) + "\n"


def _manifest(request: MuxRequest, workspace: Workspace, files: Sequence[str]) -> JSON:
    """What made the result; with a stamp, signed, and with the hashes of its files."""
    if request.stamp is None:
        return request.manifest
    hashes = {path: file_sha256(workspace.root / path) for path in files}
    return request.stamp.sign({**request.manifest, "files": hashes})


def _write_peaks(sound: Path, path: Path, progress: Progress) -> None:
    path.write_text(dumps({"version": 1, "channels": 1, "data": peaks(sound, PEAK_POINTS)}), encoding="utf-8")


def _link(sound: Path, path: Path) -> None:
    """The same file under another name: a link where the disk can, for a track of hours is a gigabyte."""
    try:
        os.link(sound, path)
    except OSError:
        shutil.copyfile(sound, path)


def _archive(root: Path, members: Sequence[tuple[str, str]], path: Path, progress: Progress) -> None:
    """Everything in one file; media as they are, for they do not get smaller."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (member, name) in enumerate(members):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.file_size = (root / member).stat().st_size  # lets it choose the 64-bit form where that is needed
            text = PurePosixPath(member).suffix in (".json", ".srt", ".vtt")
            entry.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
            with (root / member).open("rb") as source, archive.open(entry, "w") as packed:
                while block := source.read(_COPY_BYTES):
                    progress.check()
                    packed.write(block)
            progress.report((number + 1) / len(members))


def safe_stem(name: str) -> str:
    """The stem of a person's file name, fit to be a file name everywhere: no folders, quotes or control characters."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    kept = "".join(letter for letter in unicodedata.normalize("NFC", stem) if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"\'`/|?*;&$%#{}]+', "_", kept).strip(" ._-")
    return plain[:80].strip(" ._-") or "dub"
