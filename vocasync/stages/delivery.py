"""The files of speech that was made from a text, and of the picture that it goes with, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vocasync.artifacts import Workspace
from vocasync.languages import language
from vocasync.media import audio, subtitles
from vocasync.media.container import SoftSubtitles
from vocasync.media.frames import Film
from vocasync.media.frames import film as write_film
from vocasync.media.sounds import FORMATS
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
from vocasync.types import JSON, Artifact, Picture, Segment, Track


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """What to deliver.

    name: how the person calls it. sound: WAV of the whole; track: what it is. segments: at their times in it. language:
    a code. formats: names of :data:`vocasync.media.sounds.FORMATS`. mark: fingerprint of all of this. manifest: what
    made it, for the record. stamp: the provenance that every file with the voice carries; None for none. pictures: what
    goes with the sound.
    """

    name: str
    sound: Path
    track: Track
    segments: tuple[Segment, ...]
    language: str
    formats: tuple[str, ...]
    mark: str
    manifest: JSON = field(default_factory=dict)
    stamp: Stamp | None = None
    pictures: Pictures | None = None

    @property
    def comment(self) -> str:
        return self.stamp.comment if self.stamp else ""

    @property
    def stem(self) -> str:
        return safe_stem(self.name, "speech")


def deliver(request: DeliveryRequest, workspace: Workspace, progress: Progress) -> tuple[Artifact, ...]:
    """Write every file into ``workspace`` (of the output folder), each whole or not at all; what is there already with
    the request's mark is kept. Memory is flat in the length. The first is the one to play, the last holds all.

    Raises PipelineError ``tool_failed`` or ``tool_missing``, or Cancelled.
    """
    products = list(_products(request, workspace))
    make_all(products, workspace, request.mark, request.stamp, progress)
    products.sort(key=lambda product: not product.path.endswith(".mp4"))  # stable: the rest stays in order
    return tuple(product.artifact(workspace) for product in products)


def _products(request: DeliveryRequest, workspace: Workspace) -> Iterator[Product]:
    """In the order in which they are made: pictures need the subtitles, the archive everything."""
    texts = list(_texts(request)) if request.segments else []
    pictures = request.pictures.products(request, workspace) if request.pictures else ()
    sounds = [_sound(request, ending) for ending in request.formats]
    records = list(_records(request, workspace, [product.path for product in (*texts, *pictures, *sounds)]))
    packed = [*pictures, *texts, *sounds, *records]
    archive = partial(archived, workspace.root, [(product.path, product.name) for product in packed])
    yield from sounds
    yield from texts
    yield from pictures
    yield _peaks(request)
    yield from records
    yield Product("everything.zip", f"{request.stem}.zip", "archive", "application/zip", archive, weight=0.3)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What goes with the sound. pieces: slices of the film, in order; poster: what stands for it before it plays."""

    pieces: tuple[Path, ...]
    fps: float
    poster: Picture

    def products(self, request: DeliveryRequest, workspace: Workspace) -> tuple[Product, ...]:
        """The film, with the sound and the subtitles in it, and its poster."""
        stem = request.stem
        film, poster = partial(self._film, request, workspace), partial(_write_jpeg, self.poster)
        return (
            Product("portrait.mp4", f"{stem}.mp4", "video", "video/mp4", film, weight=2.0, voiced=True),
            Product("poster.jpg", f"{stem}.jpg", "poster", "image/jpeg", poster),
        )

    @staticmethod
    def _subtitles(request: DeliveryRequest, workspace: Workspace) -> tuple[SoftSubtitles, ...]:
        if not request.segments:
            return ()
        row, gap = language(request.language), longest_gap(request.segments, audio.length(request.sound))
        return (SoftSubtitles(workspace.root / "subtitles.srt", row.iso3, row.native, gap),)

    def _film(self, request: DeliveryRequest, workspace: Workspace, path: Path, progress: Progress) -> None:
        row = language(request.language)
        texts = self._subtitles(request, workspace)
        made = Film(self.pieces, self.fps, request.sound, row.iso3, row.native, texts, request.comment)
        write_film(made, path, request.name, progress)


def _write_jpeg(picture: Picture, path: Path, progress: Progress) -> None:
    from PIL import Image

    Image.fromarray(picture).save(path, "JPEG", quality=90)


def _texts(request: DeliveryRequest) -> Iterator[Product]:
    for ending, mime, form in (("srt", "application/x-subrip", subtitles.srt), ("vtt", "text/vtt", subtitles.vtt)):
        make = partial(write_text, partial(form, request.segments, subtitles.original))
        name, code = f"{request.stem}.{request.language}.{ending}", request.language
        yield Product(f"subtitles.{ending}", name, "subtitles", mime, make, language=code)


def _sound(request: DeliveryRequest, ending: str) -> Product:
    title, comment, seconds = request.stem, request.comment, audio.length(request.sound)
    kind = FORMATS[ending]

    def make(path: Path, progress: Progress) -> None:
        if ending == "wav" and not request.stamp:
            link(request.sound, path)
        else:
            kind.write(path, request.sound, title, seconds, progress, comment)

    path, name = f"{request.track.value}.{ending}", f"{title}.{ending}"
    code = request.language
    return Product(path, name, "audio", kind.mime, make, request.track.value, code, weight=0.5, voiced=True)


def _peaks(request: DeliveryRequest) -> Product:
    path = f"{request.track.value}.peaks.json"
    make, track = partial(write_peaks, request.sound), request.track.value
    return Product(path, f"{request.stem}.{path}", "peaks", "application/json", make, track, weight=0.2)


def _records(request: DeliveryRequest, workspace: Workspace, files: list[str]) -> Iterator[Product]:
    values: dict[str, Callable[[], object]] = {
        "transcript": lambda: {"language": request.language, "segments": request.segments},
        "manifest": lambda: manifest_of(request.manifest, request.stamp, workspace, files),
    }
    for kind, value in values.items():
        make = partial(write_text, partial(pretty, value))
        yield Product(f"{kind}.json", f"{request.stem}.{kind}.json", kind, "application/json", make)
