"""A photo is looked at: made into a picture of ours, its faces found and judged."""

from __future__ import annotations

from typing import Any

from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Progress
from voices import files
from voices.models import Errand, FaceProfile
from work.engines import engine_config

State = FaceProfile.State


def look(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Find out whether the photo can be made to speak. What was uploaded goes when its picture is there."""
    from vocasync.engines.registry import load
    from vocasync.media.images import encoded, open_picture
    from vocasync.stages.portrait import check

    face = FaceProfile.objects.filter(pk=errand.subject).first()
    if face is None:
        raise Cancelled
    with files.kept_with(face, files.face_root(face.pk)):
        progress.report(0.0, "Opening the photo")
        picture, original = files.face_picture(face.pk), files.face_original(face.pk)
        opened = open_picture(original if original.is_file() else picture, face.file_name)
        progress.report(0.3, "Looking for faces")
        report = check(opened, load("face", "mesh", engine_config()))
        picture.write_bytes(encoded(opened.picture))
        picture.chmod(files.PRIVATE)
        face.report, face.chosen = report.as_json(), report.chosen
        face.state = State.READY if report.usable else State.REFUSED
        face.width, face.height = report.size
        face.size = files.size_of(picture)
        face.save(update_fields=["report", "chosen", "state", "width", "height", "size"])
        files.remove(original)
    return {"face": str(face.pk), "state": face.state}


def failed(errand: Errand, error: PipelineError) -> None:
    """A photo that could not be read is refused with the reason."""
    from vocasync.stages.portrait import FaceProblem, PortraitReport

    report = PortraitReport((0, 0), problems=(FaceProblem(error.code, "refuse", str(error), ""),))
    waiting = FaceProfile.objects.filter(pk=errand.subject, state=State.CHECKING)
    waiting.update(state=State.REFUSED, report=report.as_json())
