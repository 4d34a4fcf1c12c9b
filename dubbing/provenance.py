"""Where results come from: what is said of a job in its files, and what is remembered of the files themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from dubbing.models import Artifact, Job, MadeFile, PortraitJob, Speaker
from vocasync.provenance.identity import Identity, identity
from vocasync.provenance.manifest import Origin
from voices.consent import snapshot

REMEMBERED = ("video", "audio")
"""Kinds of artifacts that may be asked about later."""


def site_identity() -> Identity:
    """The site's signing identity, made on first use."""
    return identity(Path(settings.SIGNING), settings.SITE_URL)


def origin_of(job: Job) -> Origin:
    """What the files of a job are to say of it."""
    return Origin(
        keys=Path(settings.SIGNING),
        site=settings.SITE_URL,
        job=str(job.pk),
        made_by=job.owner.get_username(),
        made_at=timezone.now().isoformat(timespec="seconds"),
        voices=tuple(_voice(speaker) for speaker in _with_library_voices(job)),
        faces=tuple(_face(detail) for detail in _with_a_face(job)),
    )


def _with_a_face(job: Job) -> list[PortraitJob]:
    return list(PortraitJob.objects.filter(job=job, face__isnull=False).select_related("face"))


def _face(detail: PortraitJob) -> dict[str, Any]:
    return {"id": str(detail.face_id), "name": detail.face_name, "consent": detail.face_consent}


def _with_library_voices(job: Job) -> list[Speaker]:
    rows = Speaker.objects.filter(job=job, voice_kind=Speaker.VoiceKind.PROFILE, voice__isnull=False)
    return list(rows.select_related("voice").order_by("number"))


def _voice(speaker: Speaker) -> dict[str, Any]:
    voice = speaker.voice
    if voice is None:
        raise ValueError("a speaker without a voice of the library")
    return {"speaker": speaker.number, "id": str(voice.pk), "name": voice.name, "consent": snapshot(voice)}


def remember(job: Job) -> None:
    """Keep the hashes of a finished job's files: they can be asked about even when the job is gone."""
    rows = Artifact.objects.filter(job=job, kind__in=REMEMBERED).exclude(sha256="").exclude(track="original")
    MadeFile.objects.bulk_create(
        [MadeFile(sha256=row.sha256, mime=row.mime, job=job) for row in rows],
        update_conflicts=True,
        unique_fields=["sha256"],
        update_fields=["job"],
    )


def remember_files(made: dict[str, str]) -> None:
    """The same of files that are of no job: their SHA-256 by their media type."""
    MadeFile.objects.bulk_create([MadeFile(sha256=sha, mime=mime) for mime, sha in made.items()], ignore_conflicts=True)
