"""Several portraits as one submission: all of them are taken in, or none is."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.limits import limits_for
from accounts.models import User
from dubbing import files, intake, portraits
from dubbing.files import Upload
from dubbing.models import Batch
from dubbing.portraits import Checked, Portrait
from vocasync.errors import PipelineError
from vocasync.media.decoding import decode
from voices.consent import Purpose, clonable
from voices.models import EmotionReference, FaceProfile, VoiceProfile
from voices.selectors import emotions_of
from web.names import clean_name
from web.problems import about
from web.uploads import FIELD_BYTES

MOST = 50
"""Portraits of a batch."""

COLUMNS = ("title", "text", "language", "voice", "emotion")
NEEDED = "text"
FIRST_ROW = 2
"""As a spreadsheet numbers them: the headings are the first."""

Named = TypeVar("Named", VoiceProfile, EmotionReference)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. number: as a spreadsheet has it; values: by column, as they were written."""

    number: int
    values: dict[str, str]


def batch_create(
    *,
    owner: User,
    like: Portrait,
    faces: Sequence[FaceProfile],
    table: Upload | None = None,
    title: str = "",
    submission_key: str = "",
) -> Batch:
    """Take several portraits in. like: what they have in common. table: CSV of scripts; each row with each face is one.

    Raises what :func:`dubbing.portraits.job_create_portrait` does, of several ValidationError that names each; then
    nothing is left of any. The same ``submission_key`` gives the same batch.
    """
    known = submitted(owner, submission_key)
    if known is not None:
        return known
    checked = _checked(owner, like, faces, table)
    of_table = Path(clean_name(table.name)).stem if table else ""
    named = " ".join(title.split()) or of_table or f"{len(checked)} portraits"
    batch = Batch(owner=owner, title=named[:200], submission_key=submission_key)
    batch.full_clean(validate_constraints=False)
    intake.check_queue(owner, limits_for(owner))
    try:
        with _all_or_nothing() as made, transaction.atomic():
            batch.save(force_insert=True)
            for one in checked:
                made.append(portraits.create(one, batch=batch).pk)
    except IntegrityError:
        first = submitted(owner, submission_key)  # the other click was quicker
        if first is None:
            raise
        return first
    return batch


def submitted(owner: User, submission_key: str) -> Batch | None:
    """The batch that this submission made already; None for a new one, or one without a key."""
    if not submission_key:
        return None
    return Batch.objects.filter(owner=owner, submission_key=submission_key).first()


@contextmanager
def _all_or_nothing() -> Iterator[list[uuid.UUID]]:
    """The jobs that were made; whatever fails inside, nothing of their files is left."""
    made: list[uuid.UUID] = []
    try:
        yield made
    except BaseException:
        for job_id in made:
            files.remove(job_id)
        raise


# --- which ------------------------------------------------------------------------------------------------------------
def _checked(owner: User, like: Portrait, faces: Sequence[FaceProfile], table: Upload | None) -> list[Checked]:
    if not faces:
        raise ValidationError({"faces": "Choose at least one face."})
    if table is None:
        _check_count(len(faces), "faces")
        return [portraits.check(owner, replace(like, face=face, title=_called(like, face, faces))) for face in faces]
    if like.said.text.strip():
        raise ValidationError({"scripts": "Give either one text for all, or a table of scripts."})
    rows = read_table(table)
    _check_count(len(rows) * len(faces), "scripts")
    checked: list[Checked] = []
    problems: list[str] = []
    for row in rows:
        try:
            portrait = _of_row(owner, like, row)
            checked += [portraits.check(owner, replace(portrait, face=face)) for face in faces]
        except (PipelineError, ValidationError) as error:
            problems.append(f"Row {row.number}: {_words(error)}")
    if problems:
        raise ValidationError({"scripts": problems})
    return checked


def _check_count(count: int, field: str) -> None:
    if count > MOST:
        raise ValidationError({field: f"These are {count} portraits; {MOST} at once are the most. Send them in parts."})


def _called(like: Portrait, face: FaceProfile, faces: Sequence[FaceProfile]) -> str:
    """A name of its own for each of several faces."""
    return like.title if len(faces) == 1 else " – ".join(filter(None, (like.title, face.name)))


def _words(error: PipelineError | ValidationError) -> str:
    return str(error) if isinstance(error, PipelineError) else " ".join(error.messages)


# --- the table --------------------------------------------------------------------------------------------------------
def read_table(table: Upload) -> list[Row]:
    """The rows of a CSV file, whose first holds the names of the columns. Raises ``empty_file``, ``too_large``,
    ``script_not_text``, and ValidationError for what is no such table."""
    with about("scripts"):
        intake.check_size(table, FIELD_BYTES["scripts"])
        table.seek(0)
        found = decode(table.read())
        if found is None:
            raise PipelineError("script_not_text", name=clean_name(table.name))
    try:
        lines = list(csv.reader(io.StringIO(found.text, newline=""), delimiter=_delimiter(found.text), strict=True))
    except csv.Error as error:
        raise _refused(f"The table cannot be read: {error}. Save it as CSV again.") from error
    columns = [" ".join(cell.split()).lower() for cell in lines[0]] if lines else []
    _check_columns(columns)
    rows = [
        _row(number, columns, cells) for number, cells in enumerate(lines[1:], FIRST_ROW) if any(map(str.strip, cells))
    ]
    if not rows:
        raise _refused("The table has no rows beside its headings.")
    return rows


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: whichever the headings have most of."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _check_columns(columns: Sequence[str]) -> None:
    known = ", ".join(COLUMNS)
    if NEEDED not in columns:
        raise _refused(f"The first row has to hold headings, “{NEEDED}” among them. Known are: {known}.")
    strange = [name or "(none)" for name in columns if name not in COLUMNS]
    if strange:
        raise _refused(f"Nothing is known of these columns: {', '.join(strange)}. Known are: {known}.")
    if len(set(columns)) < len(columns):
        raise _refused("A column is there twice.")


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) > len(columns):
        raise _refused(f"Row {number} has more cells than there are headings. Put texts with commas in quotes.")
    return Row(number, {name: cell.strip() for name, cell in zip(columns, cells, strict=False)})


def _refused(text: str) -> ValidationError:
    return ValidationError({"scripts": text})


def _of_row(owner: User, like: Portrait, row: Row) -> Portrait:
    """What a row asks for: what it leaves out is as for all."""
    given, said = row.values, replace(like.said, text=row.values.get("text", ""))
    if code := given.get("language"):
        said = replace(said, language=code)
    if name := given.get("voice"):
        said = replace(said, voice=_named(name, "voice", clonable(owner, Purpose.JOB).exclude(fingerprint="")))
    if name := given.get("emotion"):
        ready = emotions_of(owner).filter(status=EmotionReference.Status.READY)
        said = replace(said, emotion_reference=_named(name, "emotion reference", ready))
    return replace(like, said=said, title=given.get("title") or like.title)


def _named(name: str, what: str, rows: QuerySet[Named]) -> Named:
    """The one of this name, or with this id. Raises ValidationError."""
    try:
        wanted = Q(pk=uuid.UUID(name))
    except ValueError:
        wanted = Q(name__iexact=name)
    found = list(rows.filter(wanted)[:2])
    if not found:
        raise ValidationError(f"There is no {what} “{name}” that you may use.")
    if len(found) > 1:
        raise ValidationError(f"There are several {what}s called “{name}”. Write the id of the one instead.")
    return found[0]
