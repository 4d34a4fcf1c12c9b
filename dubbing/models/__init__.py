"""Rows: the database is the truth, the queue is a hint.

A job's state lives here and nowhere else. Transitions are conditional UPDATEs in :mod:`dubbing.services` and
:mod:`work.leases`; nothing calls ``save()`` on a status.
"""

from dubbing.models.details import DubbingJob, JobDetail, Match, PortraitJob, ScriptedJob, SpeechJob, job_upload_path
from dubbing.models.jobs import Batch, Job
from dubbing.models.results import Artifact, JobShare, MadeFile
from dubbing.models.segments import Segment, Take
from dubbing.models.speakers import Speaker, VoiceUse
from dubbing.models.working import JobEvent, WorkUnit

__all__ = [
    "Artifact",
    "Batch",
    "DubbingJob",
    "Job",
    "JobDetail",
    "JobEvent",
    "JobShare",
    "MadeFile",
    "Match",
    "PortraitJob",
    "ScriptedJob",
    "Segment",
    "Speaker",
    "SpeechJob",
    "Take",
    "VoiceUse",
    "WorkUnit",
    "job_upload_path",
]
