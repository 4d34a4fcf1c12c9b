"""Talking portraits: a still that says a text, or what is heard in a recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from textwrap import shorten

from django.core.exceptions import ValidationError
from django.core.files import File

from accounts.limits import Limits, limits_for, require_active
from accounts.models import User
from dubbing import casting, intake, lips, scripted, submission, sync
from dubbing.files import Upload
from dubbing.intake import Looked
from dubbing.models import Batch, Job, PortraitJob
from dubbing.scripted import Said, Words
from vocasync.engines.auto import AUTO
from vocasync.engines.base import EngineSpec
from vocasync.engines.costs import Estimate
from vocasync.errors import PipelineError
from vocasync.stages import ingest
from voices.files import face_picture
from voices.models import FaceProfile
from web.names import clean_name
from web.problems import about

FPS = (10.0, 60.0)
"""Frames a second that may be asked for."""

MOST_BUFFER = 250
"""Frames beside those of the sound."""

BYTES_A_SECOND = 700_000
"""Of a result: picture and sound, once alone and once in the archive, about."""

TITLE = 60
"""Characters of a title that is made of a text's first words."""

NO_COST = Estimate((), "")


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is asked for. face: of its owner's library. picture: what it was just uploaded as, while it is still being
    looked at. chosen: which of its faces speaks, None for the one that was chosen there. sound: a finished recording
    instead of a text. lipsync: an engine, or ``auto``. lip_options: its settings, by name. fps: frames a second.
    buffer_frames: beside those of the sound. motion: head, eyes and brows move too. ai_mark: a visible mark says that a
    machine made it."""

    said: Said
    face: FaceProfile
    picture: Upload | None = None
    chosen: int | None = None
    sound: Upload | None = None
    lipsync: str = AUTO
    lip_options: Mapping[str, float] = field(default_factory=dict)
    fps: float = 25.0
    buffer_frames: int = 3
    motion: bool = True
    ai_mark: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A portrait that can be made, as far as is known without its files. words, voice: None where nothing is spoken."""

    owner: User
    portrait: Portrait
    limits: Limits
    words: Words | None
    voice: EngineSpec | None

    @property
    def cost(self) -> Estimate:
        """What it costs, about."""
        return scripted.cost_of(self.voice, self.words) if self.voice and self.words else NO_COST


def job_create_portrait(
    *, owner: User, portrait: Portrait, submission_key: str = "", batch: Batch | None = None
) -> Job:
    """Take a talking portrait in: checked, laid down, queued. The same ``submission_key`` gives the same job.

    Raises PipelineError (script, recording, clips, language, engines, limits, a voice or a face that may not be used)
    and ValidationError (fields, by name); then nothing of it is left on disk or in the database.
    """
    known = intake.submitted(owner, submission_key)
    if known is not None:
        return known
    return create(check(owner, portrait), submission_key=submission_key, batch=batch)


def check(owner: User, portrait: Portrait) -> Checked:
    """Everything that can be refused without touching the disk. Raises as :func:`job_create_portrait` does."""
    require_active(owner)
    _check_contents(portrait)
    _check_face(owner, portrait)
    _check_picture(owner, portrait)
    limits = limits_for(owner)
    if portrait.sound is not None:
        with about("sound"):
            intake.check_size(portrait.sound, limits.upload_bytes)
        return Checked(owner, portrait, limits, None, None)
    row = scripted.check(owner, portrait.said)
    words = scripted.read(portrait.said)
    scripted.check_length(words, limits.media_minutes * 60.0)
    return Checked(owner, portrait, limits, words, row)


def create(asked: Checked, *, submission_key: str = "", batch: Batch | None = None) -> Job:
    """Take in what was checked."""
    with _whole(asked) as (portrait, uploads):
        job, detail = _rows(replace(asked, portrait=portrait), submission_key, batch)
        if batch is None:
            intake.check_room(asked.owner, uploads)
        look = partial(_look, asked, detail)
        also = None if portrait.sound else scripted.taken_in
        return intake.job_take_in(job=job, detail=detail, uploads=uploads, look=look, also=also)


# --- checks -----------------------------------------------------------------------------------------------------------
def _check_contents(portrait: Portrait) -> None:
    said = portrait.said
    given = [name for name, there in (("script", said.script), ("sound", portrait.sound)) if there]
    given += ["text"] if said.text.strip() else []
    if not given:
        raise ValidationError({"text": "Write what is to be said, choose a file with it, or a recording of it."})
    if len(given) > 1:
        raise ValidationError({given[0]: "Give one of a text, a file with it, and a recording."})


def _check_face(owner: User, portrait: Portrait) -> None:
    with about("face"):
        casting.require_face(owner, portrait.face, portrait.chosen)


def _check_picture(owner: User, portrait: Portrait) -> None:
    problems: dict[str, str] = {}
    if not FPS[0] <= portrait.fps <= FPS[1]:
        problems["fps"] = f"From {FPS[0]:g} to {FPS[1]:g} frames a second, please."
    if not 0 <= portrait.buffer_frames <= MOST_BUFFER:
        problems["buffer_frames"] = f"From 0 to {MOST_BUFFER} frames, please."
    if problems:
        raise ValidationError(problems)
    lips.check(owner, portrait.lipsync, portrait.lip_options)


# --- rows and files ---------------------------------------------------------------------------------------------------
@contextmanager
def _whole(asked: Checked) -> Iterator[tuple[Portrait, dict[str, Upload]]]:
    """The portrait with its tone as a clip, and the files that it keeps: copies, so that it can be made again."""
    with ExitStack() as stack:
        said = asked.portrait.said
        if asked.words is not None:
            said = stack.enter_context(scripted.with_library_clip(asked.owner, said))
        picture = asked.portrait.picture or stack.enter_context(_picture(asked.portrait.face))
        uploads = {"picture": picture, **(scripted.uploads_of(said) if asked.words is not None else {})}
        if asked.portrait.sound is not None:
            uploads["sound"] = asked.portrait.sound
        yield replace(asked.portrait, said=said), uploads


@contextmanager
def _picture(face: FaceProfile) -> Iterator[Upload]:
    path = face_picture(face.pk)
    if not path.is_file():
        raise PipelineError("face_unread", name=face.name, field="face")
    with path.open("rb") as stream:
        yield File(stream, name=path.name)


def _rows(asked: Checked, submission_key: str, batch: Batch | None) -> tuple[Job, PortraitJob]:
    portrait, words = asked.portrait, asked.words
    job = Job(
        owner=asked.owner,
        kind=Job.Kind.PORTRAIT,
        title=_title(asked)[:200],
        submission_key=submission_key,
        batch=batch,
    )
    detail = PortraitJob(
        job=job,
        **scripted.fields_of(portrait.said, words),
        sound_name=clean_name(portrait.sound.name) if portrait.sound else "",
        picture_name=portrait.face.file_name,
        face=portrait.face,
        face_name=portrait.face.name,
        chosen=portrait.face.chosen if portrait.chosen is None else portrait.chosen,
        lipsync=portrait.lipsync,
        lip_options=dict(portrait.lip_options),
        fps=portrait.fps,
        buffer_frames=portrait.buffer_frames,
        motion=portrait.motion,
        ai_mark=portrait.ai_mark,
    )
    job.full_clean(exclude=["batch"], validate_unique=False, validate_constraints=False)
    left = ["job", "picture", "sound", "emotion", "reference", "voice", "face", "emotion_reference"]
    detail.full_clean(exclude=left, validate_unique=False)
    return job, detail


def _title(asked: Checked) -> str:
    portrait = asked.portrait
    given = " ".join(portrait.title.split())
    if given:
        return given
    named = portrait.sound or portrait.said.script
    if named:
        return Path(clean_name(named.name)).stem
    return shorten(asked.words.text, TITLE, placeholder="…") if asked.words else portrait.face.name


def _look(asked: Checked, detail: PortraitJob) -> Looked:
    """Look at what was laid down. Raises PipelineError."""
    if asked.words is not None:
        seconds, clip = asked.words.seconds, scripted.inspect(detail)
        return Looked({}, seconds + clip, round(seconds * BYTES_A_SECOND), asked.cost)
    with about("sound"):
        info = ingest.inspect(Path(detail.sound.path), detail.sound_name, submission.media_limits(asked.limits))
    return Looked(sync.plain(info), info.duration, round(info.duration * BYTES_A_SECOND), NO_COST)
