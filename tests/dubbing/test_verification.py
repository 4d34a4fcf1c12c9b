"""Whether a file was made here: by hash, seal and tag, over every way to ask."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from dubbing import provenance, verification
from dubbing.models import Artifact, Job, MadeFile, VoiceUse
from dubbing.verification import Certainty
from tests import factory
from tests.dubbing.conftest import make_job
from vocasync.artifacts import file_sha256
from vocasync.errors import PipelineError
from vocasync.provenance.identity import identity
from vocasync.provenance.manifest import manifest
from vocasync.provenance.stamp import TAG, Stamp


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNING = tmp_path / "signing"
    settings.SITE_URL = "https://dub.example.org"
    cache.clear()


@pytest.fixture
def job(alice: User) -> Job:
    return make_job(alice, status=Job.Status.SUCCEEDED)


def stamp_of(job: Job) -> Stamp:
    made = {"source_sha256": "0" * 64, "source_language": "en", "target_language": "es", "engines": {"voice": "e 1"}}
    return Stamp(manifest(provenance.origin_of(job), "a" * 64, made), provenance.site_identity())


def wav(path: Path, comment: str = "") -> Path:
    tag = ["-metadata", f"comment={comment}"] if comment else []
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=440:duration=1", *tag, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def made(job: Job, tmp_path: Path) -> Path:
    """A file as the site makes it, and remembers it."""
    stamp = stamp_of(job)
    path = wav(tmp_path / "voice.wav", stamp.comment)
    stamp.seal(path, "audio/wav", "A talk")
    Artifact.objects.create(
        job=job, name="talk.wav", path="voice.wav", kind="audio", mime="audio/wav", size=1, sha256=file_sha256(path)
    )
    provenance.remember(job)
    return path


def copied(path: Path) -> Path:
    """A stream copy: the seal is gone, the tag stays."""
    out = path.with_name("copy.wav")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(path), "-c", "copy", str(out)], check=True)
    return out


def changed(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    out = path.with_name("changed.wav")
    out.write_bytes(data)
    return out


def test_what_must_not_be_sold_says_so(made: Path, job: Job) -> None:
    assert b"Non-commercial" not in Client().post("/verify/", {"file": upload(made)}).content
    made_with = {"engines": {"voice": "xtts 1"}, "non_commercial": {"voice": "CPML"}}
    stamp = Stamp(manifest(provenance.origin_of(job), "b" * 64, made_with), provenance.site_identity())
    path = wav(made.with_name("xtts.wav"), stamp.comment)
    stamp.seal(path, "audio/wav", "A talk")
    text = " ".join(Client().post("/verify/", {"file": upload(path)}).content.decode().split())
    assert "Non-commercial</span> voice: CPML" in text


def test_the_file_itself_is_known(made: Path, job: Job) -> None:
    finding = verification.by_file(made, "voice.wav")
    assert (finding.certainty, finding.made_here) == (Certainty.EXACT, True)
    assert finding.manifest is not None
    assert (finding.manifest["job"], finding.manifest["made_by"]) == (str(job.pk), "alice")
    assert [one.found for one in finding.evidence] == [True, True, True]
    assert verification.by_hash(file_sha256(made).upper()).certainty is Certainty.EXACT


def test_it_is_still_known_when_its_job_is_gone(made: Path, job: Job) -> None:
    job.delete()
    assert verification.by_hash(file_sha256(made)).certainty is Certainty.EXACT


def test_a_file_that_the_site_forgot_is_known_by_its_seal(made: Path) -> None:
    MadeFile.objects.all().delete()
    finding = verification.by_file(made, "voice.wav")
    assert (finding.certainty, finding.made_here) == (Certainty.SEALED, True)


def test_a_stream_copy_is_known_by_its_tag(made: Path, job: Job) -> None:
    finding = verification.by_file(copied(made), "copy.wav")
    assert finding.certainty is Certainty.TAGGED
    assert finding.manifest is not None
    assert finding.manifest["id"] == "a" * 32
    assert "signature" not in finding.manifest
    assert [one.found for one in finding.evidence] == [False, None, True]
    assert finding.made_at == MadeFile.objects.get().made_at


def test_a_change_shows(made: Path) -> None:
    finding = verification.by_file(changed(made), "changed.wav")
    assert (finding.certainty, finding.made_here) == (Certainty.ALTERED, False)
    assert finding.evidence[1].found is False


def test_a_tag_that_somebody_wrote_proves_nothing(job: Job, tmp_path: Path) -> None:
    forger = identity(tmp_path / "forger", "https://dub.example.org")
    forged = Stamp(stamp_of(job).manifest, forger)
    finding = verification.by_file(wav(tmp_path / "forged.wav", forged.comment), "forged.wav")
    assert (finding.certainty, finding.manifest) == (Certainty.ALTERED, None)
    real = stamp_of(job).comment.replace('"alice"', '"bob"')
    assert verification.by_file(wav(tmp_path / "edited.wav", real), "edited.wav").manifest is None


def test_somebody_elses_seal_is_told_apart(job: Job, tmp_path: Path) -> None:
    path = wav(tmp_path / "other.wav")
    Stamp({"id": "9"}, identity(tmp_path / "other", "elsewhere")).seal(path, "audio/wav", "x")
    finding = verification.by_file(path, "other.wav")
    assert (finding.certainty, finding.manifest) == (Certainty.FOREIGN, None)
    assert "elsewhere" in finding.evidence[1].text


@pytest.mark.parametrize("comment", ["", "Provenance: {", TAG + "[1]", TAG + "{"])
def test_any_other_recording_is_unknown(comment: str, db: None, tmp_path: Path) -> None:
    finding = verification.by_file(wav(tmp_path / "any.wav", comment), "any.wav")
    assert (finding.certainty, finding.made_here, finding.manifest) == (Certainty.UNKNOWN, False, None)


def test_what_is_no_medium_is_refused(db: None, tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        verification.by_file(factory.hls_playlist(tmp_path / "a.mp4", "http://127.0.0.1:9/x.ts"), "a.mp4")
    assert caught.value.code == "not_media"


def test_the_original_is_not_remembered(job: Job) -> None:
    Artifact.objects.create(
        job=job, name="o.mp3", path="original.mp3", kind="audio", mime="audio/mpeg", size=1, sha256="1" * 64,
        track="original",
    )  # fmt: skip
    provenance.remember(job)
    provenance.remember(job)
    assert not MadeFile.objects.exists()


def test_an_ended_consent_is_told(made: Path, job: Job) -> None:
    VoiceUse.objects.create(job=job, speaker=0, voice_name="Anna", ended_at=timezone.now())
    finding = verification.by_hash(file_sha256(made))
    assert finding.ended == ("The consent to the voice “Anna” has ended since.",)


# --- over HTTP ------------------------------------------------------------------------------------------------------
def upload(path: Path) -> io.BytesIO:
    stream = io.BytesIO(path.read_bytes())
    stream.name = path.name
    return stream


def test_anybody_may_ask_the_interface(made: Path) -> None:
    answer: Any = Client().get("/api/verify", {"sha256": file_sha256(made)}).json()
    assert (answer["made_here"], answer["certainty"]) == (True, "exact")
    body = Client().post("/api/verify", {"file": upload(copied(made))}).json()
    assert (body["certainty"], body["manifest"]["made_by"]) == ("tagged", "alice")
    assert Client().get("/api/verify", {"sha256": "no hash"}).status_code == 400
    assert Client().post("/api/verify", {}).status_code == 400
    refused = Client().post("/api/verify", {"file": upload(factory.text_as(made.with_name("a.mp4")))})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_media")


def test_the_page_works_without_scripts(made: Path) -> None:
    assert b"Was it made here?" in Client().get("/verify/").content
    page = Client().post("/verify/", {"file": upload(made)})
    assert b'data-certainty="exact"' in page.content
    assert b"alice" in page.content
    assert Client().post("/verify/", {}).status_code == 422
    part = Client().get("/verify/", {"sha256": "0" * 64}, headers={"X-Part": "finding"}).content
    assert b'data-certainty="unknown"' in part
    assert b"<html" not in part


def test_nobody_asks_without_end(db: None) -> None:
    codes = {Client().get("/verify/", {"sha256": "0" * 64}).status_code for _ in range(31)}
    assert codes == {200, 429}
    assert Client().get("/api/verify", {"sha256": "0" * 64}).status_code == 429


def test_a_signed_manifest_is_text_for_people_too(job: Job) -> None:
    comment = stamp_of(job).comment
    assert json.loads(comment.partition("Provenance: ")[2])["site"] == "https://dub.example.org"
