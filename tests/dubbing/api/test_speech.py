"""The classic call over REST: text and clip in, sound out; what waits, what fails, and what takes longer."""

from __future__ import annotations

import base64
import functools
import http.client
import io
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.db import connection

from accounts.models import User
from dubbing.models import Job
from dubbing.requests import script_pipeline, script_request
from tests.dubbing import workers
from tests.dubbing.api.server import running
from tests.people import Person
from tests.tiny import tiny
from tests.voices.recordings import spoken, toned, upload
from tests.voices.rows import verified_voice
from tests.waiting import until
from vocasync.media.probe import probe
from vocasync.media.sounds import FORMATS, SoundFormat
from voices import errands, files, services
from voices.models import Errand, Utterance, VoiceProfile

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/speech"
TEXT = "Hello world, this is a test."
MINE = {"i_may_use_this_voice": "true"}


@contextmanager
def worker() -> Iterator[None]:
    """Does what waits, in a thread, as a worker process does."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            errands.run_due()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ask(person: Person, query: str = "", **fields: Any) -> Any:
    given = {"text": TEXT, "engine": "espeak", **fields}
    return person.program.post(f"{ADDRESS}{query}", given, content_type="application/json")


def form(person: Person, query: str = "", **fields: Any) -> Any:
    return person.program.post(f"{ADDRESS}{query}", {"text": TEXT, "engine": "espeak", **fields})


def sound(body: dict[str, Any]) -> tuple[Any, int]:
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(body["audio"])))
    return samples, rate


def test_the_sound_comes_with_the_answer(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    with worker():
        response = ask(alice, language="es", text="Buenos días.")
    assert response.status_code == 200, response.content
    body = response.json()
    samples, rate = sound(body)
    assert len(samples) / rate == pytest.approx(body["seconds"], abs=0.001)
    assert (body["mime"], body["sample_rate"], body["engine"], body["status"]) == ("audio/wav", rate, "espeak", "done")
    assert (body["error"], body["errand"], body["similarity"]) == (None, None, None)


def test_or_is_the_answer(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    with worker():
        response = alice.program.post(ADDRESS, {"text": TEXT, "engine": "espeak"}, headers={"accept": "audio/wav"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "audio/wav")
    assert soundfile.info(io.BytesIO(response.content)).duration > 0.5


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_in_each_format_as_it_is_asked_for(alice: Person, settings: Any, tmp_path: Path, kind: SoundFormat) -> None:
    settings.SPEECH_WAIT = 60.0
    with worker():
        inside = ask(alice, format=kind.name).json()
        raw = alice.program.post(ADDRESS, {"text": TEXT, "engine": "espeak"}, headers={"accept": kind.mime})
    assert (inside["format"], inside["mime"]) == (kind.name, kind.mime)
    assert (raw.status_code, raw.headers["Content-Type"]) == (200, kind.mime)
    for number, content in enumerate((base64.b64decode(inside["audio"]), raw.content)):
        path = tmp_path / f"{number}.{kind.name}"
        path.write_bytes(content)
        assert probe(path, path.name).duration == pytest.approx(inside["seconds"], abs=0.15)
    wav = alice.program.get(inside["audio_url"], {"format": "wav"})
    assert b"".join(wav)[:4] == b"RIFF"
    odd = alice.program.post(ADDRESS, {"text": TEXT, "format": "opus"}, headers={"accept": "audio/mpeg"})
    assert (odd.status_code, list(odd.json()["fields"])) == (400, ["format"])


def test_the_sound_comes_while_it_is_made(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    with worker():
        response = ask(alice, stream=True, text=f"{TEXT} " * 5)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "audio/wav")
        assert "Content-Length" not in response.headers
        heard = b"".join(response)
    row = Utterance.objects.get()
    assert len(heard) == row.live_bytes
    assert row.seconds is not None
    assert len(heard) / 2 / 22_050 == pytest.approx(row.seconds, abs=0.1)
    url = alice.program.get(ADDRESS).json()["results"][0]["stream_url"]
    assert b"".join(alice.program.get(url))[:4] == b"RIFF", "afterwards it is the finished file"


def test_several_may_listen(alice: Person, bob: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    body = ask(alice, "?wait=0", stream=True, text=f"{TEXT} " * 5).json()
    heard: list[bytes] = []

    def listen() -> None:
        heard.append(b"".join(alice.browser.get(body["stream_url"])))
        connection.close()

    assert bob.browser.get(body["stream_url"]).status_code == 404
    listeners = [threading.Thread(target=listen) for _ in range(2)]
    for one in listeners:
        one.start()
    with worker():
        for one in listeners:
            one.join()
    assert len(heard[0]) > 100_000
    assert heard[0] == heard[1]


def test_a_stream_of_what_fails_at_once_is_an_answer(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    with worker():
        response = form(alice, stream="true", reference=upload(toned(3.0)), i_may_use_this_voice="true")
    assert (response.status_code, response.json()["code"]) == (422, "reference_too_short")


def test_what_was_not_to_be_streamed_is_not(alice: Person) -> None:
    body = ask(alice).json()
    assert body["stream_url"] is None
    assert alice.program.get(f"{body['url']}/stream").status_code == 404


def test_a_long_text_becomes_a_job_once(alice: Person, bob: Person, settings: Any) -> None:
    settings.SPEECH_CHARS = 100
    send = functools.partial(alice.program.post, ADDRESS, content_type="application/json")
    given = {"text": f"{TEXT} " * 5, "engine": "espeak", "format": "opus", "options": {"rate": 1.25}, "stock": "m6"}
    first, again = (send(given, headers={"Idempotency-Key": "mine"}) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (202, first.json()["url"])
    assert again.json()["id"] == first.json()["id"]
    body = first.json()
    assert (body["kind"], body["status"], body["title"][:11]) == ("speech", "queued", "Hello world")
    job = Job.objects.get(kind="speech")
    request = script_request(job, job.speech)
    assert (request.voice.stock, dict(request.voice.options)["rate"]) == ("m6", 1.25)
    assert script_pipeline(job).stages[0] == "voice"
    assert [person.program.get(body["url"]).status_code for person in (alice, bob)] == [200, 404]
    assert send({"text": "Hi.", "engine": "espeak", "job": True}).json()["kind"] == "speech"


def test_a_job_is_refused_as_every_job_is(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(max_media_minutes=1)
    long = ask(alice, text=f"{TEXT} " * 60, job=True)
    assert (long.status_code, long.json()["code"], long.json()["field"]) == (422, "too_long", "text")
    User.objects.filter(pk=alice.user.pk).update(max_media_minutes=None, max_audio_minutes_day=0)
    spent = ask(alice, job=True)
    assert (spent.status_code, spent.json()["code"]) == (429, "audio_limit")
    undeclared = form(alice, job="true", reference=upload(spoken()))
    assert list(undeclared.json()["fields"]) == ["i_may_use_this_voice"]
    assert not Job.objects.filter(kind="speech").exists()


def test_the_history_is_ones_own(alice: Person, bob: Person) -> None:
    for text in ("One apple.", "Two pears.", "Two apples."):
        ask(alice, text=text)
    found = alice.program.get(f"{ADDRESS}?limit=2").json()
    assert (found["count"], [one["text"] for one in found["results"]]) == (3, ["Two apples.", "Two pears."])
    assert [one["text"] for one in alice.program.get(f"{ADDRESS}?text=two apple").json()["results"]] == ["Two apples."]
    assert bob.program.get(ADDRESS).json()["count"] == 0


def test_what_takes_longer_is_fetched_later(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 0.3
    response = ask(alice)  # nobody works: the queue is full
    assert response.status_code == 202
    body = response.json()
    assert response.headers["Location"] == body["url"]
    assert body["status"] == "queued"
    assert "audio" not in body
    assert alice.program.get(f"/api/errands/{body['errand']}").json()["status"] == "queued"
    assert alice.program.get(body["audio_url"]).status_code == 404
    errands.run_due()
    later = alice.program.get(body["url"]).json()
    assert later["status"] == "done"
    assert len(sound(later)[0])
    raw = alice.program.get(body["url"], headers={"accept": "audio/wav"})
    assert raw.content == base64.b64decode(later["audio"])
    part = alice.program.get(body["audio_url"], headers={"range": "bytes=0-3"})
    assert (part.status_code, b"".join(part)) == (206, b"RIFF")


def test_a_request_need_not_wait(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 600.0
    assert ask(alice, "?wait=0").status_code == 202
    refused = ask(alice, "?wait=long")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["wait"])
    assert Utterance.objects.count() == 1


@pytest.mark.slow
def test_the_classic_call(alice: Person, settings: Any) -> None:
    """Audio file and text in, base64 WAV out, in the three networks' voice."""
    settings.SPEECH_WAIT = 280.0
    settings.ENGINES = settings.ENGINES | {"models": str(tiny("sv2tts")), "device": "cpu"}
    with worker():
        response = form(alice, engine="sv2tts", reference=upload(spoken()), i_may_use_this_voice="true")
    assert response.status_code == 200, response.content
    body = response.json()
    samples, rate = sound(body)
    assert (rate, body["engine"], body["reference"]) == (16_000, "sv2tts", "take 1.wav")
    assert len(samples) > 1000
    assert body["similarity"] is not None


def test_a_clip_of_nobody_is_refused_by_its_field(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0
    undeclared = form(alice, reference=upload(spoken()))
    assert (undeclared.status_code, list(undeclared.json()["fields"])) == (400, ["i_may_use_this_voice"])
    with worker():
        response = form(alice, reference=upload(toned(3.0)), i_may_use_this_voice="true")
    assert response.status_code == 422
    body = response.json()
    assert (body["code"], body["field"]) == ("reference_too_short", "reference")
    assert not any(path.is_file() for path in files.speech_root(Utterance.objects.get().pk).rglob("*"))


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no text": ({"text": ""}, 400, "text"),
    "pictures": ({"text": "😀"}, 422, "text"),
    "the letters of another language": ({"text": "Доброе утро!"}, 422, "text"),
    "too much of it": ({"text": "word " * 100_000}, 422, "text"),
    "words of no clip": ({"reference_text": "What is said."}, 400, "reference_text"),
    "no such engine": ({"engine": "nothing"}, 422, "engine"),
    "an engine that is not ready": ({"engine": "sv2tts"}, 422, "engine"),
    "no such language": ({"language": "tlh"}, 422, "language"),
    "no such voice": ({"voice": "5bd27b63-1d4c-4b2b-b2a4-6a1c9f1c6a55"}, 400, "voice"),
    "no voice at all": ({"voice": "me"}, 400, "voice"),
    "no such tone": ({"emotion": "5bd27b63-1d4c-4b2b-b2a4-6a1c9f1c6a55"}, 400, "emotion"),
    "no such stock voice": ({"stock": "nobody"}, 400, "stock"),
    "no such format": ({"format": "aiff"}, 400, "format"),
    "no such setting": ({"options": {"wobble": 1.0}}, 400, "wobble"),
}


@pytest.mark.parametrize(("fields", "status", "field"), REFUSED.values(), ids=REFUSED)
def test_each_refusal_names_its_field(alice: Person, fields: dict[str, Any], status: int, field: str) -> None:
    response = ask(alice, **fields)
    body = response.json()
    assert response.status_code == status, body
    assert field in body.get("fields", {body.get("field"): ""})
    assert not Utterance.objects.exists()


def test_settings_come_with_the_voice_or_with_the_call(alice: Person) -> None:
    voice = verified_voice(alice.user, fingerprint="f" * 64)
    services.engine_settings_set(voice=voice, engine="espeak", values={"clarity": 0.25})
    kept = form(alice, voice=str(voice.pk)), ask(alice, voice=str(voice.pk))
    given = form(alice, voice=str(voice.pk), **{"options.clarity": "0.5"}), ask(alice, options={"clarity": 0.5})
    assert [one.json()["settings"]["clarity"] for one in (*kept, *given)] == [0.25, 0.25, 0.5, 0.5]


def test_somebody_suspended_has_nothing_spoken(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(suspended_at="2026-01-01T00:00Z", suspended_reason="Why.")
    assert (ask(alice).status_code, ask(alice).json()["code"]) == (403, "suspended")


def test_in_a_voice_that_is_shared_and_no_other(alice: Person, bob: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user, fingerprint="f" * 64)
    voice.shares.create(user=bob.user)
    assert [ask(person, voice=str(voice.pk)).status_code for person in (alice, bob, charlie)] == [202, 202, 400]
    url = ask(bob, voice=str(voice.pk)).json()["url"]
    assert [person.program.get(url).status_code for person in (bob, alice, charlie)] == [200, 404, 404]
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="none")
    assert bob.program.get(url).status_code == 404, "what was spoken is gone with the consent"
    assert ask(bob, voice=str(voice.pk)).status_code == 400


def test_not_more_often_than_the_site_allows(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"speech": "2/min"})
    assert [ask(alice).status_code for _ in range(3)] == [202, 202, 429]


def test_deleted_while_somebody_waits(alice: Person, settings: Any) -> None:
    settings.SPEECH_WAIT = 60.0

    def delete() -> None:
        until(lambda: Utterance.objects.exists())
        url = f"{ADDRESS}/{Utterance.objects.get().pk}"
        alice.browser.delete(url)
        connection.close()

    thread = threading.Thread(target=delete)
    thread.start()
    response = ask(alice)
    thread.join()
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Errand.objects.exists()


# --- real processes ---------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_stream_goes_on_though_a_worker_was_killed(alice: Person, settings: Any, tmp_path: Path) -> None:
    settings.SPEECH_WAIT = 200.0
    killed: list[int] = []

    def kill() -> None:
        """Kill whoever speaks, once there is something to hear."""
        held = Errand.objects.filter(kind="speech").exclude(lease_token="")
        until(held.exists, seconds=120)
        live = files.speech_live(Utterance.objects.get().pk)
        until(lambda: live.is_file() and live.stat().st_size > 10_000, seconds=120)
        killed.append(int(held.get().lease_token.split(":")[1]))
        os.kill(killed[0], signal.SIGKILL)
        connection.close()

    thread = threading.Thread(target=kill)
    with workers.running(tmp_path, "tests.settings"):
        thread.start()
        response = form(alice, text=f"{TEXT} " * 35, stream="true", reference=upload(spoken()), **MINE)
        assert response.status_code == 200, response.content
        heard = b"".join(response)
        thread.join()
        until(lambda: Errand.objects.filter(kind="speech", status="done").exists(), seconds=120)
    assert killed
    assert Errand.objects.get(kind="speech").attempt == 2
    kept, _ = soundfile.read(files.speech_sound(Utterance.objects.get().pk), dtype="int16")
    found = np.frombuffer(heard[heard.index(b"data") + 8 :], np.int16)
    assert np.abs(found.astype(int) - kept).max() <= 1, "without a gap, and nothing twice"


COUNT = "from voices.models import Errand, Utterance; print(Utterance.objects.count(), Errand.objects.count())"
BEGUN = """
from voices import files
from voices.models import Utterance
path = files.speech_live(Utterance.objects.get().pk)
path.parent.mkdir(parents=True)
path.write_bytes(b"RIFF")
"""


@pytest.mark.slow
def test_who_hangs_up_does_not_want_it_any_more(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        client.request("POST", ADDRESS, json.dumps({"text": TEXT, "engine": "espeak"}), headers)
        until(lambda: server.shell(COUNT) == "1 1")
        client.close()
        until(lambda: server.shell(COUNT) == "0 0")
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        client.request("POST", ADDRESS, json.dumps({"text": TEXT, "engine": "espeak", "stream": True}), headers)
        until(lambda: server.shell(COUNT) == "1 1")
        server.shell(BEGUN)
        response = client.getresponse()
        assert response.read1(4) == b"RIFF"
        response.close()
        client.close()
        until(lambda: server.shell(COUNT) == "0 0")
