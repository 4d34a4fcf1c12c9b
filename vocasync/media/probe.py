"""What a file is: read with ffprobe, and never believed by its name."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.types import JSON, AudioStream, MediaInfo, VideoStream

_HEAD = 8192
_PLAYLIST_MARKS = (
    *(b"#extm3u", b"#ext-x-", b"ffconcat", b"[playlist]", b"[reference]", b"[internetshortcut]", b"<asx", b"<smil"),
    *(b"<mpd", b"<playlist", b"<assetmap", b"<compositionplaylist", b"<smoothstreamingmedia", b"v=0\r\no=", b"v=0\no="),
    b"rtsptext",
)
_LISTED = re.compile(rb"^(?:file\s+\S+|[a-z][a-z0-9+.-]*://\S+|(?:\.{0,2}/|[a-z]:\\)\S+)\s*$", re.IGNORECASE)
_LEAST_SCORE = 25
"""ffmpeg's AVPROBE_SCORE_RETRY: a guess below it rests on the name more than on the content."""


def probe(path: Path, name: str) -> MediaInfo:
    """What is in a file. Pictures attached to a sound file (covers) are not video.

    name: how the person calls the file, for the messages.
    Raises PipelineError ``empty_file``, ``disguised_playlist``, ``not_media``, ``unfinished_media``, ``tool_missing``.
    """
    head = _head(path)
    if not head:
        raise PipelineError("empty_file", name=name)
    if _is_playlist(head):
        raise PipelineError("disguised_playlist", name=name)
    found = _ask(path, name, head)
    streams: list[JSON] = found.get("streams", [])
    video = next((stream for stream in map(_video, streams) if stream), None)
    audio = next((stream for stream in map(_audio, streams) if stream), None)
    about: JSON = found.get("format", {})
    if (video is None and audio is None) or int(about.get("probe_score", 0)) < _LEAST_SCORE:
        raise PipelineError("not_media", name=name)
    duration = _longest([about, *streams]) or readable_seconds(path, name)
    return MediaInfo(_container(about), duration, path.stat().st_size, video, audio)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEAD)


def _is_playlist(head: bytes) -> bool:
    text = _as_text(head)
    if text is None:
        return False
    start = text[:2048].lower()
    opening = start.removeprefix(b"<?xml").lstrip()
    if opening.startswith(_PLAYLIST_MARKS) or (
        start.startswith(b"<") and any(mark in start for mark in _PLAYLIST_MARKS)
    ):
        return True
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    return bool(lines) and all(_LISTED.match(line) for line in lines[:20])


def _as_text(head: bytes) -> bytes | None:
    """The head without byte-order mark and leading blanks as UTF-8, or None when it is binary."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return None if b"\0" in text else text


def _ask(path: Path, name: str, head: bytes) -> JSON:
    try:
        return ffmpeg.probe(path, name, "-show_format", "-show_streams")
    except PipelineError as error:
        if error.code != "tool_failed":
            raise
        recording = b"ftyp" in head[4:12] and "moov atom not found" in str(error.params["reason"])
        raise PipelineError("unfinished_media" if recording else "not_media", name=name) from error


def _container(about: JSON) -> str:
    names = str(about.get("format_name", ""))
    brand = str(about.get("tags", {}).get("major_brand", "")).strip()
    if names.startswith("mov,"):
        return "mov" if brand == "qt" else "mp4"
    return names.split(",")[0]


def _video(stream: JSON) -> VideoStream | None:
    size = int(stream.get("width", 0)), int(stream.get("height", 0))
    attached = stream.get("disposition", {}).get("attached_pic")
    if stream.get("codec_type") != "video" or attached or not all(size) or not _known(stream):
        return None
    average = _ratio(stream.get("avg_frame_rate"))
    base = _ratio(stream.get("r_frame_rate"))
    return VideoStream(
        index=int(stream["index"]),
        codec=stream["codec_name"],
        width=size[0],
        height=size[1],
        fps=round(average or base, 3),
        rotation=_rotation(stream),
        variable_rate=bool(average and base and abs(average - base) > 0.02 * base),
    )


def _audio(stream: JSON) -> AudioStream | None:
    rate, channels = int(stream.get("sample_rate", 0)), int(stream.get("channels", 0))
    if stream.get("codec_type") != "audio" or not rate or not channels or not _known(stream):
        return None
    language = str(stream.get("tags", {}).get("language", ""))
    return AudioStream(
        index=int(stream["index"]),
        codec=stream["codec_name"],
        rate=rate,
        channels=channels,
        language="" if language == "und" else language,
        duration=_longest([stream]),
    )


def _known(stream: JSON) -> bool:
    return stream.get("codec_name", "unknown") not in ("unknown", "none")


def _rotation(stream: JSON) -> int:
    """Degrees clockwise; ffprobe tells the display matrix's angle, which runs the other way."""
    angles = [side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side]
    return round(-float(angles[0]) / 90) * 90 % 360 if angles else 0


def _ratio(value: str | None) -> float:
    try:
        return float(Fraction(value or "0"))
    except (ValueError, ZeroDivisionError):
        return 0.0


def _longest(parts: list[JSON]) -> float:
    """The longest duration that a format or its streams claim; Matroska tells a stream's in a tag."""
    return max((max(_seconds(part.get("duration")), _tagged(part)) for part in parts), default=0.0)


def _tagged(part: JSON) -> float:
    hours, _, rest = str(part.get("tags", {}).get("DURATION", "")).partition(":")
    minutes, _, seconds = rest.partition(":")
    return _seconds(hours) * 3600 + _seconds(minutes) * 60 + _seconds(seconds)


def _seconds(value: object) -> float:
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        return 0.0


def readable_seconds(path: Path, name: str) -> float:
    """How far the packets of a file reach, whatever it claims; reads all of it (nothing is decoded).

    What a browser's recorder makes claims no duration at all. Raises PipelineError ``not_media``.
    """
    try:
        return ffmpeg.convert([*ffmpeg.given(path), "-map", "0", "-dn", "-c", "copy", "-f", "null", "-"], name, 0.0)
    except PipelineError as error:
        if error.code != "tool_failed":
            raise
        raise PipelineError("not_media", name=name) from error
