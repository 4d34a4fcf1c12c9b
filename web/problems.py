"""The field that a refusal is about: where a page shows it, and what the REST interface names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vocasync.errors import PipelineError

FIELDS = {
    "audio_limit": "source",
    "alignment_failed": "transcript",
    "transcript_language": "transcript",
    "no_speech_emotion": "emotion",
    "glossary_line": "glossary",
    "glossary_long": "glossary",
    "glossary_twice": "glossary",
    "pair_unsupported": "target_language",
    "voice_unsupported": "target_language",
    "recognition_unsupported": "source_language",
    "language_undetected": "source_language",
    "subtitles_unreadable": "subtitles",
    "subtitles_empty": "subtitles",
    "subtitles_beyond": "subtitles",
    "subtitles_too_long": "subtitles",
    "damaged_media": "source",
    "disguised_playlist": "source",
    "empty_file": "source",
    "no_audio": "source",
    "no_speech": "source",
    "not_media": "source",
    "too_large": "source",
    "too_long": "source",
    "too_short": "source",
}


def field_of(error: PipelineError) -> str:
    """The submission's field that the error is about, "" for none. It may name it itself (``params["field"]``)."""
    return str(error.params.get("field") or FIELDS.get(error.code, ""))


@contextmanager
def about(field: str) -> Iterator[None]:
    """What is refused inside is about this field (the same code may come from the video and from the emotion clip)."""
    try:
        yield
    except PipelineError as error:
        error.params["field"] = field
        raise
