"""A speaker's clean speech, cut from a job's recording into a sample of the voice library (errand ``cut``)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files import File

from dubbing.casting import regions_of
from dubbing.files import job_root
from dubbing.models import Job, Speaker
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from vocasync.media.excerpt import excerpt
from vocasync.progress import Part, Progress
from vocasync.types import Region
from voices.models import Errand, VoiceProfile, VoiceSample
from voices.services import sample_add
from work.engines import engine_config

RATE = 24_000
"""Hz of what is cut: as the library keeps samples."""


def cut(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Choose the cleanest of what the speaker says, and take it in as the voice's sample (which is then measured)."""
    voice = VoiceProfile.objects.get(pk=errand.subject)
    job = Job.objects.select_related("dubbing").filter(pk=errand.params["job"], owner=errand.owner).first()
    speaker = Speaker.objects.filter(job=job, number=errand.params["speaker"]).first()
    if job is None or speaker is None:
        raise PipelineError("speaker_gone")
    pieces = _clean(job, speaker, Part(progress, 0.0, 0.5))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cut.wav"
        source = job.dubbing.source
        excerpt(Path(source.path), job.dubbing.source_name, pieces, path, RATE, Part(progress, 0.5, 0.95))
        with path.open("rb") as stream:
            sample = sample_add(
                voice=voice,
                upload=File(stream, name=f"{job.title}, {speaker}.wav"),
                source=VoiceSample.Source.DUB,
                language=_language(job),
            )
    return {"voice": str(voice.pk), "sample": str(sample.pk), "seconds": sum(piece.duration for piece in pieces)}


def failed(errand: Errand, error: PipelineError) -> None:
    """A voice that nothing could be cut for is not left empty in the library.

    The row alone goes, not all that goes with a voice: the errand must stay to say why.
    """
    VoiceProfile.objects.filter(pk=errand.subject, samples=None).delete()


def _language(job: Job) -> str:
    spoken = job.dubbing.detected_language
    return spoken if spoken in LANGUAGES else ""


def _clean(job: Job, speaker: Speaker, progress: Progress) -> Sequence[Region]:
    """Where the speaker is heard best, in order of time. Raises ``reference_too_short``."""
    from vocasync.engines import registry
    from vocasync.pipelines.base import ENCODER
    from vocasync.pipelines.kept import ANALYSIS
    from vocasync.stages.reference import choose_reference

    encoder = registry.load("speaker", ENCODER, engine_config())
    regions = regions_of(job)[speaker.number]
    return choose_reference(job_root(job.pk) / ANALYSIS, regions, encoder, progress).regions
