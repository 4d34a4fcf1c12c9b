"""The classic call over REST: text and clip in, sound out; what waits, what fails, and what takes longer."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile
from django.db import connection

from accounts.models import User
from tests.dubbing import workers
from tests.dubbing.api.server import running
from tests.people import Person
from tests.tiny import tiny
from tests.voices.recordings import spoken, toned, upload
from tests.voices.rows import verified_voice
from voices import errands, files, services
from voices.models import Errand, Utterance, VoiceProfile

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/speech"
TEXT = "Hello world, this is a test."


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
    "too much for the day": ({"text": "word " * 15_000}, 422, "text"),
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
        workers.until(lambda: Utterance.objects.exists())
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
def test_spoken_by_a_real_worker_though_one_was_killed(
    alice: Person, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SPEECH_WAIT = 200.0
    settings.ENGINES = settings.ENGINES | {"models": str(tiny("sv2tts"))}
    monkeypatch.setenv("VOCASYNC_MODELS", str(tiny("sv2tts")))
    killed: list[int] = []

    def kill() -> None:
        """Kill whoever speaks, once."""
        held = Errand.objects.filter(kind="speech", stage="Speaking").exclude(lease_token="")
        workers.until(held.exists, 120)
        killed.append(int(held.get().lease_token.split(":")[1]))
        os.kill(killed[0], signal.SIGKILL)
        connection.close()

    thread = threading.Thread(target=kill)
    with workers.running(tmp_path, "tests.settings"):
        thread.start()
        response = form(alice, engine="sv2tts", reference=upload(spoken()), i_may_use_this_voice="true")
        thread.join()
    assert killed
    assert response.status_code == 200, response.content
    assert Errand.objects.get(kind="speech").attempt == 2
    assert len(sound(response.json())[0]) > 1000


COUNT = "from voices.models import Errand, Utterance; print(Utterance.objects.count(), Errand.objects.count())"


@pytest.mark.slow
def test_who_hangs_up_does_not_want_it_any_more(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        client.request("POST", ADDRESS, json.dumps({"text": TEXT, "engine": "espeak"}), headers)
        _until(lambda: server.shell(COUNT) == "1 1")
        client.close()
        _until(lambda: server.shell(COUNT) == "0 0")


def _until(true: Any) -> None:
    end = time.monotonic() + 50
    while not true():
        assert time.monotonic() < end
        time.sleep(0.5)
