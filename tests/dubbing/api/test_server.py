"""Over a real server: the documented examples, bodies that are too large or break off, and streaming."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import factory
from tests.dubbing.api.server import ROOT, Server, running
from tests.waiting import until

pytestmark = pytest.mark.slow
DOCS = ROOT / "docs" / "api.md"
MIB = 2**20

DONE = """
from dubbing import files
from dubbing.models import Artifact, Job, Segment
job = Job.objects.get()
Job.objects.update(status="succeeded")
Segment.objects.create(job=job, index=0, start=0.5, end=2.0, text="See you.", translation="Nos vemos.")
path = files.output_root(job.pk) / "voice.wav"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(bytes(range(256)) * 4)
Artifact.objects.create(job=job, name="voice.wav", path="voice.wav", kind="audio", mime="audio/wav", size=1024)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("site")) as site:
        yield site


def examples() -> list[list[str]]:
    """The shell blocks of the page, before and after the job is done."""
    page = DOCS.read_text()
    halves = page.split("<!-- from here on the job is done -->")
    return [re.findall(r"^```sh\n(.*?)^```", half, re.MULTILINE | re.DOTALL) for half in halves]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documented_examples_run(server: Server, tmp_path: Path) -> None:
    factory.speech(factory.ENGLISH, tmp_path / "talk.wav")
    (tmp_path / "talk.es.srt").write_text("1\n00:00:00,500 --> 00:00:03,000\nUn zorro salta.\n")
    before, after = examples()
    assert len(before) >= 6
    assert len(after) >= 3

    def run(blocks: list[str], job: str) -> str:
        script = "\n".join(["set -euo pipefail", *blocks, 'echo; echo "JOB=$JOB"'])
        environment = {"HOST": server.address, "KEY": server.key, "JOB": job, "PATH": "/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = run(before, "")
    job = said.rpartition("JOB=")[2].strip()
    assert '"status":"cancelled"' in said
    assert '"voice":"espeak"' in said
    server.shell(DONE)
    said = run(after, job)
    assert '"translation":"Hasta luego."' in said
    assert (tmp_path / "voice.wav").read_bytes() == bytes(range(256)) * 4
    assert server.shell("from dubbing.models import Job; print(Job.objects.count())") == "0"
    assert server.stored == []


def post(server: Server, *, length: int, key: str, path: str = "/api/jobs/dubbing") -> tuple[int, bytes]:
    """Send a body of ``length`` bytes as a plain client does: all of it, then read the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    head = b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.mp4"\r\n\r\n'
    tail = b"\r\n--x--\r\n"
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(length),
        "Accept": "application/json",
    }
    connection.request("POST", path, head + b"\0" * (length - len(head) - len(tail)) + tail, headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_a_body_beyond_the_limit_is_answered_and_not_kept(server: Server) -> None:
    status, body = post(server, length=2 * MIB, key=server.key)
    assert status == 413
    assert "your limit is 1 MB" in json.loads(body)["message"]
    assert server.stored == []


def test_a_stranger_can_store_nothing(server: Server) -> None:
    for path in ("/api/jobs/dubbing", "/accounts/login/"):
        status, body = post(server, length=20 * MIB, key="voca_no_key", path=path)
        assert status == 413
        assert json.loads(body)["code"] == "too_large"
    assert server.stored == []


def test_an_upload_that_breaks_off_leaves_nothing(server: Server) -> None:
    head = (
        "POST /api/jobs/dubbing HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {server.key}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {100 * MIB}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="source"; filename="a.mp4"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + b"\0" * (8 * MIB))
    until(lambda: server.stored == [])
    assert server.shell("from dubbing.models import Job; print(Job.objects.count())") == "0"
    assert "Traceback" not in (server.folder / "server.log").read_text()


BIG = """
from accounts.models import User
from dubbing import files
from dubbing.models import Artifact, DubbingJob, Job
job = Job.objects.create(owner=User.objects.get(), kind="dubbing", title="big", status="succeeded")
DubbingJob.objects.create(job=job, source_name="a.mp4", target_language="es")
path = files.output_root(job.pk) / "dub.mp4"
path.parent.mkdir(parents=True)
with path.open("wb") as stream:
    stream.truncate(600 * 2**20)
Artifact.objects.create(job=job, name="dub.mp4", path="dub.mp4", kind="video", mime="video/mp4", size=600 * 2**20)
print(job.pk)
"""


def resident(server: Server) -> int:
    """Resident memory of the server process in bytes."""
    for status in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"VOCASYNC_VAR={server.folder}\0" in status.read_text() and "uvicorn" in (
                status.with_name("cmdline").read_text()
            ):
                return int(status.with_name("statm").read_text().split()[1]) * 4096
        except OSError:
            continue
    raise AssertionError("the server is not running")


def test_a_large_file_streams_in_flat_memory(server: Server) -> None:
    """600 MB, of which a reader takes 64: nothing near it is held, and leaving early harms nothing."""
    job = server.shell(BIG)
    before = resident(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"/api/jobs/{job}/artifacts/dub.mp4", headers={"Authorization": f"Bearer {server.key}"})
    response = connection.getresponse()
    assert response.headers["Content-Length"] == str(600 * MIB)
    for _ in range(64):
        assert len(response.read(MIB)) == MIB
    assert resident(server) - before < 60 * MIB
    connection.close()
    again = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {server.key}", "Range": "bytes=-10"}
    again.request("GET", f"/api/jobs/{job}/artifacts/dub.mp4", headers=headers)
    assert again.getresponse().read() == b"\0" * 10
    again.request("HEAD", f"/api/jobs/{job}/artifacts/dub.mp4", headers=headers)
    head = again.getresponse()
    assert (head.status, head.headers["Content-Length"], head.read()) == (200, str(600 * MIB), b"")
    again.close()
    log = (server.folder / "server.log").read_text()
    assert "Warning" not in log
    assert "Traceback" not in log
    server.shell("from dubbing import files; from dubbing.models import Job; j=Job.objects.get(); files.remove(j.pk)")
