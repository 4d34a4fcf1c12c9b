"""A long text, spoken as a job from its row to its files."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from dubbing import runner
from dubbing.files import job_root, output_root
from dubbing.models import Artifact, Job, Segment
from dubbing.speeches import Speech, job_create_speech
from dubbing.verification import Certainty, by_file
from tests.voices.recordings import spoken, upload
from vocasync.media.probe import probe
from voices.services.speech import Asked

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "The harbour was quiet. Fishermen pulled their nets.\n\nA dog ran along the pier."


def finished(owner: User, **fields: Any) -> Job:
    asked = Asked(**{"text": TEXT, "language": "en", "engine": "espeak", **fields})
    job = job_create_speech(owner=owner, speech=Speech.of(asked, title="Harbour"))
    runner.advance(job.pk)
    job.refresh_from_db()
    return job


def test_from_its_row_to_its_files_in_the_voice_of_a_clip(alice: User) -> None:
    job = finished(alice, format="opus", reference=upload(spoken()), declared=True, reference_text="What is said.")
    assert (job.status, job.error_code) == ("succeeded", "")
    lines = list(Segment.objects.filter(job=job).values_list("text", flat=True))
    assert lines == ["The harbour was quiet.", "Fishermen pulled their nets.", "A dog ran along the pier."]
    assert job.speech.scores["tracks"]["voice"]["speaker"] > 0.3
    assert "What is said." in (job_root(job.pk) / "voice" / "clip.json").read_text()
    made = {row.path: output_root(job.pk) / row.path for row in Artifact.objects.filter(job=job)}
    assert {"voice.wav", "voice.opus", "subtitles.srt", "everything.zip"} <= set(made)
    assert probe(made["voice.opus"], "it").duration == pytest.approx(job.speech.media["duration"], abs=0.1)
    for name in ("voice.wav", "voice.opus"):
        found = by_file(made[name], name)
        assert (found.certainty, found.manifest and found.manifest["job"]) == (Certainty.EXACT, str(job.pk))
