"""Put a picture, several sounds and subtitles into one MP4 (sounds alone into an M4A), changing as little as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.progress import Progress
from vocasync.types import AudioStream, MediaInfo, VideoStream

PICTURE_COPIED = frozenset({"h264", "hevc", "av1", "vp9"})
"""Codecs that MP4 may hold and that browsers play from it."""
SOUND_COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
_SOUND_COPIED_M4A = frozenset({"aac", "alac"})
_LONGEST_RUN = 4 * 3600.0
_WHOLE_INDEX = ("-movflags", "+faststart")
_PIECES = ("-movflags", "+frag_keyframe+delay_moov+global_sidx+default_base_moof", "-frag_duration", "30000000")
LONG_SECONDS = 3600.0
"""From this length on the file is written in fragments with an index of them in front (ISO/IEC 14496-12, ``sidx``):
ffmpeg keeps the index of an unfragmented MP4 in memory until its end, about 1 MB a minute. Shorter ones stay
unfragmented, which more editing programs read."""
LONGEST_GAP = 1500.0
"""Seconds between two subtitles of a fragmented file; ffmpeg 5 gives up at 2^31 microseconds (36 minutes)."""


_AAC = ("aac", ("-b:a:{n}", "128k"))
_H264 = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
    *("-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"),  # 4:2:0 has no odd sizes
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file to put in. ``language``: ISO 639-2/T."""

    path: Path
    language: str
    title: str


@dataclass(frozen=True, slots=True)
class SoftSubtitles:
    """An SRT file to put in. ``language``: ISO 639-2/T. ``gap``: the longest time without a subtitle, in seconds."""

    path: Path
    language: str
    title: str
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """The medium that is dubbed. ``language`` (ISO 639-2/T) and ``title`` are of its own sound."""

    path: Path
    name: str
    info: MediaInfo
    language: str
    title: str


def write_container(
    out: Path,
    source: Source,
    sounds: Sequence[Sound],
    subtitles: Sequence[SoftSubtitles],
    progress: Progress,
    comment: str = "",
) -> tuple[str, ...]:
    """Write MP4 when the source has a picture, else M4A.

    The sounds are in order, the first is heard by default; the source's own comes last. The picture and the source's
    sound are stream-copied where the container can hold them and encoded anew (H.264, AAC) where it cannot; rotation
    is kept. All streams keep their place on the source's time line. Subtitles are soft. ``comment`` takes the place of
    the source's own. Memory is flat in the length.
    Returns notes for the person. Raises PipelineError ``tool_failed``, or Cancelled.
    """
    ways = _ways(source.info)
    for number, way in enumerate(ways):
        try:
            return _write(out, source, sounds, subtitles, way, progress, comment)
        except PipelineError as error:
            if error.code != "tool_failed" or number + 1 == len(ways):
                raise
    raise AssertionError("there is always a way")


@dataclass(frozen=True, slots=True)
class _Way:
    copy_picture: bool
    copy_sound: bool


def _ways(info: MediaInfo) -> list[_Way]:
    """From the least that is touched to what always works: a codec's name does not promise that its stream is sound."""
    sound = info.audio.codec if info.audio else ""
    copy_sound = sound in (SOUND_COPIED if info.video else _SOUND_COPIED_M4A)
    ways = [_Way(True, copy_sound), _Way(True, False), _Way(False, False)]
    if info.video and info.video.codec not in PICTURE_COPIED:
        ways = [_Way(False, copy_sound), _Way(False, False)]
    return list(dict.fromkeys(ways if info.video else ways[:2]))


def _write(
    out: Path,
    source: Source,
    sounds: Sequence[Sound],
    subtitles: Sequence[SoftSubtitles],
    way: _Way,
    progress: Progress,
    comment: str,
) -> tuple[str, ...]:
    info = source.info
    shown = subtitles if info.video else ()
    arguments = ffmpeg.given(source.path)
    for sound in sounds:
        arguments += ffmpeg.made(sound.path, "wav")
    for text in shown:
        arguments += ffmpeg.made(text.path, "srt")
    notes: tuple[str, ...] = ()
    if info.video:
        picture, notes = _picture(info.video, way)
        arguments += picture
    for number, sound in enumerate(sounds):
        arguments += [*_sound(number, f"{number + 1}:a:0", *_AAC), *_labels("a", number, sound.language, sound.title)]
    if info.audio:
        arguments += _own_sound(len(sounds), info.audio, way)
        arguments += _labels("a", len(sounds), source.language, source.title)
    for number, text in enumerate(shown):
        arguments += ["-map", f"{1 + len(sounds) + number}:s:0", f"-c:s:{number}", "mov_text"]
        arguments += [*_labels("s", number, text.language, text.title), f"-disposition:s:{number}", "0"]
    arguments += _comment(comment)
    arguments += ["-max_muxing_queue_size", "4096", "-write_tmcd", "0"]
    arguments += index_for(info.duration, shown)
    arguments += ["-f", "mp4" if info.video else "ipod", ffmpeg.location(out)]
    ffmpeg.convert(arguments, source.name, info.duration, progress, max(_LONGEST_RUN, 10 * info.duration))
    return notes


def index_for(seconds: float, subtitles: Sequence[SoftSubtitles]) -> tuple[str, ...]:
    """Where an MP4 of this length has its index."""
    pieces = seconds > LONG_SECONDS and all(text.gap < LONGEST_GAP for text in subtitles)
    return _PIECES if pieces else _WHOLE_INDEX


def _picture(video: VideoStream, way: _Way) -> tuple[list[str], tuple[str, ...]]:
    chosen = ["-map", f"0:{video.index}"]
    if not way.copy_picture:
        note = f"The picture ({video.codec}) was encoded again as H.264: MP4 players cannot show it as it was."
        return [*chosen, *_H264], (note,)
    # Apple's players want the parameter sets of HEVC in the header, which this tag says.
    return [*chosen, "-c:v", "copy", *(("-tag:v", "hvc1") if video.codec == "hevc" else ())], ()


def _own_sound(number: int, audio: AudioStream, way: _Way) -> list[str]:
    codec, options = ("copy", ()) if way.copy_sound else _AAC
    arguments = _sound(number, f"0:{audio.index}", codec, options)
    if not way.copy_sound:
        arguments += [f"-filter:a:{number}", "aresample=async=1:first_pts=0"]
    return arguments


def _sound(number: int, stream: str, codec: str, options: Sequence[str]) -> list[str]:
    disposition = "0" if number else "default"
    encoder = [f"-c:a:{number}", codec, *(option.format(n=number) for option in options)]
    return ["-map", stream, *encoder, f"-disposition:a:{number}", disposition]


def _labels(kind: str, number: int, language: str, title: str) -> list[str]:
    """Players show the handler's name of an MP4 track, or its title, as its name."""
    of = f"-metadata:s:{kind}:{number}"
    return [of, f"language={language}", of, f"title={title}", of, f"handler_name={title}"]


def _comment(text: str) -> list[str]:
    return ["-metadata", f"comment={text}"] if text else []


def write_mp3(out: Path, sound: Path, title: str, seconds: float, progress: Progress, comment: str = "") -> None:
    """Encode a WAV file of this project as MP3."""
    _mp3(out, [*ffmpeg.made(sound, "wav"), "-map", "0:a:0", "-b:a", "96k"], title, seconds, progress, comment)


def write_opus(out: Path, sound: Path, title: str, seconds: float, progress: Progress, comment: str = "") -> None:
    """Encode a WAV file of this project as Opus in Ogg."""
    arguments = [*ffmpeg.made(sound, "wav"), "-map", "0:a:0", "-c:a", "libopus", "-b:a", "48k", "-application", "voip"]
    arguments += ["-map_metadata", "-1", "-metadata", f"title={title}", *_comment(comment)]
    ffmpeg.convert([*arguments, "-f", "ogg", ffmpeg.location(out)], title, seconds, progress)


def write_wav(out: Path, sound: Path, title: str, seconds: float, progress: Progress, comment: str) -> None:
    """Copy a WAV file of this project, with a title and a comment in it (RIFF ``INAM``, ``ICMT``)."""
    arguments = [*ffmpeg.made(sound, "wav"), "-map", "0:a:0", "-c", "copy", "-metadata", f"title={title}"]
    arguments += [*_comment(comment), "-f", "wav", "-rf64", "auto", ffmpeg.location(out)]
    ffmpeg.convert(arguments, title, seconds, progress)


def write_original_mp3(out: Path, source: Source, progress: Progress) -> None:
    """Encode the source's own sound as MP3 (at most stereo), on the source's time line."""
    audio = source.info.audio
    if audio is None:
        raise PipelineError("no_audio", name=source.name)
    line = ["-af", "aresample=async=1:first_pts=0", "-ac", str(min(2, audio.channels)), "-b:a", "128k"]
    arguments = [*ffmpeg.given(source.path), "-map", f"0:{audio.index}", *line]
    _mp3(out, arguments, source.title, source.info.duration, progress)


def _mp3(
    out: Path, arguments: Sequence[str], title: str, seconds: float, progress: Progress, comment: str = ""
) -> None:
    written = ["-map_metadata", "-1", "-metadata", f"title={title}", *_comment(comment)]
    ffmpeg.convert(
        [*arguments, *written, "-c:a", "libmp3lame", "-f", "mp3", ffmpeg.location(out)], title, seconds, progress
    )
