"""Faces: brought, one of several picked, named, deleted."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import limits
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.media.images import look_at
from vocasync.stages.portrait import report_of
from voices import errands, files
from voices.consent import ending
from voices.models import FaceProfile
from voices.services import profiles
from voices.services.intake import MIB, Upload
from web.names import clean_name
from web.problems import about
from web.uploads import FIELD_BYTES

State = FaceProfile.State

FIELD = "picture"
MOST_BYTES = FIELD_BYTES[FIELD]
WORDS = ("name", "person_name", "whose")


def face_create(*, owner: User, upload: Upload, whose: str, person_name: str = "", name: str = "") -> FaceProfile:
    """Take in a photo; a worker looks at it (errand ``face``). whose: of ``FaceProfile.Whose``; another person's needs
    ``person_name``. name: "" for the person's, or the file's.

    Raises PipelineError (what the file is, limits) and ValidationError by field; then nothing is kept.
    """
    limits.require_active(owner)
    face = FaceProfile(owner=owner, whose=whose, file_name=clean_name(upload.name), size=upload.size or 0)
    stem = face.file_name.rpartition(".")[0] or face.file_name
    _write(face, name=name.strip() or person_name.strip() or stem, person_name=person_name, whose=whose)
    path = files.face_original(face.pk)
    with about(FIELD):
        _check_size(face.file_name, face.size)
        with files.undone(path.parent), transaction.atomic():
            face.sha256 = files.lay_down(upload, path)
            look_at(path, face.file_name)
            profiles.check_room(owner)
            limits.check_storage(owner, face.size)
            face.save(force_insert=True)
            errands.start(owner=owner, kind="face", subject=face.pk)
    return face


def _check_size(name: str, size: int) -> None:
    if size == 0:
        raise PipelineError("empty_file", name=name)
    if size > MOST_BYTES:
        raise PipelineError("too_large", name=name, megabytes=size / MIB, limit=MOST_BYTES / MIB)


def _write(face: FaceProfile, **fields: str) -> None:
    """Fields of the row, cleaned and checked. Raises ValidationError, TypeError for what is no field of these."""
    for name, value in fields.items():
        if name not in WORDS:
            raise TypeError(f"a face has no {name} to set")
        setattr(face, name, " ".join(value.split()))
    face.name = face.name[: FaceProfile._meta.get_field("name").max_length]
    if face.whose == FaceProfile.Whose.OTHER and not face.person_name:
        raise ValidationError({"person_name": "Say whose face it is."})
    if face.whose == FaceProfile.Whose.OWN:
        face.person_name = ""
    face.full_clean(exclude=["owner"])


def face_update(*, face: FaceProfile, **fields: Any) -> FaceProfile:
    """Change ``name``, ``whose``, ``person_name``; what is not given stays. Raises ValidationError by field: also for
    whose face it is, once a consent says so."""
    with transaction.atomic():
        row = FaceProfile.objects.select_for_update().get(pk=face.pk)
        for name in ("whose", "person_name"):
            if _is_settled(row) and name in fields and fields[name].strip() != getattr(row, name):
                raise ValidationError({name: "Whose face it is stays as the consent says. Bring the photo once more."})
        _write(row, **fields)
        row.updated_at = timezone.now()
        row.save(update_fields=[*WORDS, "updated_at"])
    face.refresh_from_db()
    return face


def _is_settled(face: FaceProfile) -> bool:
    return face.consent in profiles.SETTLED


def face_choose(*, face: FaceProfile, number: int) -> FaceProfile:
    """Pick the one of several faces that is to speak. Raises ``face_unread`` before they were looked for,
    ``face_unknown``, ``face_settled``."""
    with transaction.atomic(), about("face"):
        row = FaceProfile.objects.select_for_update().get(pk=face.pk)
        if not row.report:
            raise PipelineError("face_unread", name=row.name)
        report = report_of(row.report).choosing(number)
        if _is_settled(row) and row.chosen != number:
            raise PipelineError("face_settled", name=row.name)
        row.report, row.chosen = report.as_json(), number
        row.state = State.READY if report.usable else State.REFUSED
        row.updated_at = timezone.now()
        row.save(update_fields=["report", "chosen", "state", "updated_at"])
    face.refresh_from_db()
    return face


def face_delete(*, face: FaceProfile) -> None:
    """Delete it with its picture and its consents. Portraits that were made of it stay, those under way stop."""
    with transaction.atomic():
        ending.face_going(face)
        errands.forget(face.pk)
        files.remove_on_commit(files.face_root(face.pk))
        FaceProfile.objects.filter(pk=face.pk).delete()
