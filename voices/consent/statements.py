"""Another person's voice, or a face: a statement of theirs is uploaded, and a moderator reviews it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction

from accounts import audit
from accounts.limits import require_active
from accounts.models import User
from vocasync.errors import PipelineError
from voices import files
from voices.consent import ending
from voices.consent.rules import noun
from voices.consent.spoken import check_open
from voices.models import ConsentRecord, Likeness, VoiceProfile
from web.names import clean_name

MIB = 2**20
STATEMENT_BYTES = 10 * MIB
HEAD_BYTES = 16
DECLARATION = (
    "{person} knows that Vocasync imitates their voice for me, and for those whom I share it with, and has agreed to "
    "it in the statement that I upload. I can be asked to prove it."
)
FACE_DECLARATION = (
    "{person} knows that Vocasync makes their picture speak for me, and has agreed to it in the statement that I "
    "upload. I can be asked to prove it."
)
SIGNS: tuple[tuple[str, int, bytes], ...] = (
    ("application/pdf", 0, b"%PDF-"),
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("audio/wav", 8, b"WAVE"),
    ("audio/flac", 0, b"fLaC"),
    ("audio/ogg", 0, b"OggS"),
    ("audio/mpeg", 0, b"ID3"),
    ("audio/mpeg", 0, b"\xff\xfb"),
    ("audio/mpeg", 0, b"\xff\xf3"),
    ("audio/mpeg", 0, b"\xff\xf2"),
    ("audio/mp4", 4, b"ftyp"),
    ("audio/webm", 0, b"\x1a\x45\xdf\xa3"),
)
"""Type, place, bytes that are there. What a client calls the file or its type counts for nothing."""

SUFFIXES = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "text/plain": ".txt",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/webm": ".webm",
}
CONTROLS = frozenset((*range(32), 127)) - frozenset(b"\t\n\r\f")
"""Bytes that no plain text holds."""

Status = ConsentRecord.Status


def statement_submit(*, likeness: Likeness, by: User, upload: File[Any], person_name: str) -> ConsentRecord:
    """Lay a statement before the moderators. A consent that had ended stays so until they accept it.

    Raises PipelineError (kind or size of the file, one waits already, nothing to consent to, suspended) and
    ValidationError (``person_name``).
    """
    require_active(by)
    check_open(likeness)
    mime = _checked(upload)
    person = person_name.strip()
    record = ConsentRecord(
        **{noun(likeness): likeness},
        kind=ConsentRecord.Kind.STATEMENT,
        status=Status.PENDING,
        declaration=declaration_of(likeness).format(person=person),
        person_name=person,
        file_name=_named(upload, mime),
        created_by=by,
    )
    if not person:
        raise ValidationError({"person_name": f"Say whose {noun(likeness)} it is."})
    record.full_clean(exclude=["voice", "face", "created_by", "decided_by"])
    _lay(record, upload, by)
    return record


def declaration_of(likeness: Likeness) -> str:
    """What whoever brings a statement declares, with a place for the ``person``."""
    return DECLARATION if isinstance(likeness, VoiceProfile) else FACE_DECLARATION


def _lay(record: ConsentRecord, upload: File[Any], by: User) -> None:
    with files.undone(files.consent_root(record.pk)):
        files.lay_down(upload, files.consent_statement(record.pk))
        with transaction.atomic():
            likeness = ending.held(record.likeness)
            if ending.of(likeness).filter(status=Status.PENDING).exists():
                raise PipelineError("consent_waiting", name=likeness.name)
            before = {"consent": likeness.consent}
            record.save(force_insert=True)
            if likeness.consent == VoiceProfile.Consent.NONE:
                likeness.consent = VoiceProfile.Consent.PENDING
                likeness.save(update_fields=["consent"])
            after = {"consent": "pending", "record": str(record.pk), "file": record.file_name}
            audit.record(by, "consent.submit", likeness, before=before, after=after)
    record.likeness.refresh_from_db(fields=["consent"])


def _checked(upload: File[Any]) -> str:
    """The type of what was brought, by its bytes."""
    name = clean_name(upload.name)
    if upload.size > STATEMENT_BYTES:
        raise PipelineError(
            "too_large", name=name, megabytes=upload.size / MIB, limit=STATEMENT_BYTES / MIB, field="statement"
        )
    if upload.size == 0:
        raise PipelineError("empty_file", name=name, field="statement")
    upload.seek(0)
    mime = kind_of(upload.read())
    upload.seek(0)
    if mime is None:
        raise PipelineError("statement_kind", name=name, field="statement")
    return mime


def kind_of(content: bytes) -> str | None:
    """The type that the bytes are of, where it is one that a statement may be; None for anything else."""
    head = content[:HEAD_BYTES]
    for mime, place, sign in SIGNS:
        if head[place : place + len(sign)] == sign and (mime != "audio/wav" or head[:4] == b"RIFF"):
            return mime
    return "text/plain" if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return CONTROLS.isdisjoint(content)


def mime_of(record: ConsentRecord) -> str:
    """The type that a statement is sent under."""
    content = files.consent_statement(record.pk).read_bytes()
    return kind_of(content) or "application/octet-stream"


def _named(upload: File[Any], mime: str) -> str:
    """The client's name for it, with the ending that its content has."""
    stem = Path(clean_name(upload.name)).stem[:200] or "statement"
    return stem + SUFFIXES[mime]
