"""Moving pictures, frame by frame: one in memory at a time, as many a second as is asked for.

What is made is encoded in pieces, each an H.264 stream that begins with a whole picture: pieces are put one behind the
other as they are, so that they can be made in any order, by anybody, and only once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vocasync.media import audio, ffmpeg
from vocasync.media.container import SoftSubtitles, index_for
from vocasync.media.marks import marked
from vocasync.progress import Progress, Silent
from vocasync.types import JSON, Picture

_H264 = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"),
    # Pictures come out in the order in which they are shown, so that a bare stream says when each of them is.
    *("-bf", "0", "-x264-params", "repeat-headers=1:open-gop=0"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
)
_BT709 = "scale=in_range=pc:out_color_matrix=bt709:out_range=tv"
_READ_BYTES = 1 << 20
_HDTV_LINES = 720
_ROUNDED = 1e-3  # frames a second that a rate may be off, as it is told


def rate_of(fps: float) -> Fraction:
    """Frames a second exactly: 29.97 are 30000/1001."""
    whole = round(fps * 1.001)
    if abs(fps * 1.001 - whole) < _ROUNDED < abs(fps - whole):
        return Fraction(whole * 1000, 1001)
    return Fraction(fps).limit_denominator(1001)


def read(
    path: Path,
    fps: float,
    name: str,
    progress: Progress | None = None,
    *,
    stream: int | None = None,
    longest: int | None = None,
) -> Generator[Picture, None, None]:
    """The pictures of a video that a person brought, ``fps`` a second from the beginning of its time line, turned as a
    player turns them; its own where a frame is missing stand longer, and where there are more are left out.

    stream: absolute index (the first picture stream when None). longest: pixels of the longer side that larger ones are
    scaled down to. Raises PipelineError ``tool_failed``,
    ``tool_missing``, or Cancelled.
    """
    filters = [*_colours(path, name, stream), f"fps={rate_of(fps)}:start_time=0"]
    filters += ["scale=iw*sar:ih:flags=bicubic", "setsar=1"]
    if longest is not None:
        size = f"w='min(iw,{longest})':h='min(ih,{longest})'"
        filters.append(f"scale={size}:force_original_aspect_ratio=decrease:flags=area")
    with closing(ffmpeg.decode_frames(path, stream, filters, name, progress or Silent())) as found:
        for width, height, pixels in found:
            yield np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def _colours(path: Path, name: str, stream: int | None) -> list[str]:
    """What a file does not say of its colours is what players take it for: those of HDTV from 720 lines on."""
    chosen = "v:0" if stream is None else str(stream)
    asked = ("-select_streams", chosen, "-show_entries", "stream=color_space,height")
    about: JSON = next(iter(ffmpeg.probe(path, name, *asked).get("streams", [])), {})
    silent = about.get("color_space", "unknown") in ("unknown", "reserved")
    return ["setparams=colorspace=bt709"] if silent and int(about.get("height", 0)) >= _HDTV_LINES else []


def encode(
    pictures: Iterable[Picture], out: Path, fps: float, name: str, progress: Progress | None = None, *, mark: bool
) -> int:
    """Write pictures, all of one size, as a piece; returns how many there were.

    An odd side gets its last row or column twice. mark: with the visible mark of what a machine made.
    Raises PipelineError ``tool_failed`` or ``tool_missing``, Cancelled, ValueError where there is no picture, or what
    the pictures raise.
    """
    rest = iter(pictures)
    first = next(rest, None)
    if first is None:
        raise ValueError("a piece needs a picture")
    counted = _Counted(first, rest, mark)
    height, width = (size + size % 2 for size in first.shape[:2])
    arguments = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}"]
    arguments += ["-framerate", str(rate_of(fps)), "-i", "pipe:0", "-vf", _BT709, *_H264]
    ffmpeg.feed([*arguments, "-f", "h264", ffmpeg.location(out)], counted.blocks(), name, progress)
    return counted.count


class _Counted:
    """Pictures as bytes, counted as they go by."""

    def __init__(self, first: Picture, rest: Iterator[Picture], mark: bool) -> None:
        self._first, self._rest, self._mark = first, rest, mark
        self.count = 0

    def blocks(self) -> Iterator[memoryview]:
        yield self._block(self._first)
        for picture in self._rest:
            yield self._block(picture)

    def _block(self, picture: Picture) -> memoryview:
        if picture.shape != self._first.shape:
            raise ValueError(f"a picture is {picture.shape}, the first was {self._first.shape}")
        self.count += 1
        whole = np.ascontiguousarray(_even(marked(picture) if self._mark else picture))
        return memoryview(whole.data).cast("B")


def _even(picture: Picture) -> Picture:
    """4:2:0 has no odd sizes."""
    odd = picture.shape[0] % 2, picture.shape[1] % 2
    return np.pad(picture, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge") if any(odd) else picture


@dataclass(frozen=True, slots=True)
class Film:
    """What a film is put together from. pieces: in order; sound: WAV, as long as they are together. language (ISO
    639-2/T), title: of the sound."""

    pieces: tuple[Path, ...]
    fps: float
    sound: Path
    language: str = ""
    title: str = ""
    subtitles: tuple[SoftSubtitles, ...] = ()
    comment: str = ""


def film(made: Film, out: Path, name: str, progress: Progress | None = None) -> None:
    """Write an MP4 that plays everywhere (H.264, AAC, its index in front), at a constant rate. Memory is flat in its
    length. Raises PipelineError ``tool_failed`` or ``tool_missing``, or Cancelled."""
    told, rate = progress or Silent(), rate_of(made.fps)
    arguments = ["-f", "h264", "-framerate", str(rate), "-i", "pipe:0", *ffmpeg.made(made.sound, "wav")]
    for text in made.subtitles:
        arguments += ffmpeg.made(text.path, "srt")
    # What begins every piece is in the file's head once: some players stumble over it in the midst. The times of a bare
    # stream are whole microseconds, which add up to frames within an hour.
    exact = f"setts=ts=round(N*{rate.denominator}/({rate.numerator}*TB))"
    arguments += ["-map", "0:v:0", "-c:v", "copy", "-bsf:v", f"filter_units=remove_types=6|7|8,{exact}"]
    arguments += ["-map", "1:a:0", "-c:a", "aac", "-b:a", "128k"]
    arguments += _labels("a:0", made.language, made.title)
    for number, text in enumerate(made.subtitles):
        arguments += ["-map", f"{2 + number}:s:0", f"-c:s:{number}", "mov_text", f"-disposition:s:{number}", "0"]
        arguments += _labels(f"s:{number}", text.language, text.title)
    arguments += ["-map_metadata", "-1", *(["-metadata", f"comment={made.comment}"] if made.comment else [])]
    arguments += [*index_for(audio.length(made.sound), made.subtitles), "-f", "mp4", ffmpeg.location(out)]
    ffmpeg.feed(arguments, _bytes(made.pieces, told), name, told)


def _labels(stream: str, language: str, title: str) -> list[str]:
    told = {"language": language, "title": title, "handler_name": title}
    return [part for key, value in told.items() if value for part in (f"-metadata:s:{stream}", f"{key}={value}")]


def _bytes(pieces: Sequence[Path], progress: Progress) -> Iterator[bytes]:
    total = sum(piece.stat().st_size for piece in pieces)
    done = 0
    for piece in pieces:
        with piece.open("rb") as stream:
            while block := stream.read(_READ_BYTES):
                yield block
                done += len(block)
                progress.report(done / total)
