"""The sentence read aloud, with a recording of a real person in the place of the microphone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import Page, expect, sync_playwright

from tests import factory
from tests.browser.conftest import ARGUMENTS, CHROMIUM, Site, free_port, running, server_command, wait_for
from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RATE = 48_000
LEAD_SECONDS = 8.0
"""Of silence before the recording, so that it begins after the page's own countdown."""

LENGTH_SECONDS = 60.0
"""Of the microphone's file, after which the browser begins it anew."""

WORK_MS = 240_000
"""For a worker that has much else to do."""

SAMPLES = ("LJ001-0002.flac", "LJ001-0004.flac")
READ = "LJ001-0006.flac"
SENTENCE = "And it is worth mention in passing that, as an example of fine typography,"
KENNEDY = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."


def microphone(recording: Path, to: Path) -> tuple[Path, float]:
    """What Chromium plays in the place of a microphone, and when the reading in it is over, in seconds."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, RATE)
    sound = np.zeros(round(LENGTH_SECONDS * RATE), np.float32)
    start = round(LEAD_SECONDS * RATE)
    sound[start : start + len(mono)] = mono
    return factory.write(to, sound, RATE), LEAD_SECONDS + len(mono) / RATE


@contextmanager
def reading(site: Site, sentence: str) -> Iterator[Site]:
    """The same site, with this sentence for everybody who is to read one."""
    port = free_port()
    environment = site.environment | {"VOCASYNC_CONSENT_SENTENCES": json.dumps([sentence])}
    own = replace(site, address=f"http://127.0.0.1:{port}", environment=environment)
    with running(own, f"server-{port}", server_command(port)):
        wait_for(own.address)
        yield own


@contextmanager
def visit(site: Site, sound: Path) -> Iterator[Page]:
    """A browser whose microphone plays the file, at the site."""
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    fake.append(f"--use-file-for-fake-audio-capture={sound}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *fake])
        context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(20_000)
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
        browser.close()
        assert not wrong


def join(page: Page, name: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill("a long pass phrase 7")
    page.get_by_label("Password (again)").fill("a long pass phrase 7")
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    page.wait_for_url("**/dubs/")


def api(page: Page, method: str, path: str, **given: Any) -> Any:
    """Ask the REST interface with the page's session."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": page.url}
    answer = page.request.fetch(f"/api/{path}", method=method, headers=headers, **given)
    assert answer.ok, answer.text()
    return answer.json()


def measured_voice(page: Page, recordings: list[Path]) -> str:
    """Make a voice of one's own from the recordings, wait until it is measured, and return its id."""
    voice = api(page, "POST", "voices", data={"name": "My voice", "whose": "own", "languages": ["en"]})
    for path in recordings:
        file = {"name": path.name, "mimeType": "audio/flac", "buffer": path.read_bytes()}
        api(page, "POST", f"voices/{voice['id']}/samples", multipart={"sample": file})
    page.goto(f"/voices/{voice['id']}/consent/")
    waited = 0
    while page.get_by_role("button", name="Open the microphone").count() == 0:
        assert waited < WORK_MS, "the samples were not measured"
        page.wait_for_timeout(2_000)
        waited += 2_000
        page.reload()
    return str(voice["id"])


def read_aloud(page: Page, sentence: str, until: float) -> None:
    """Take the sentence, record the whole reading, and have it checked."""
    page.get_by_role("button", name="Open the microphone").click()
    expect(page.locator("#reading-error")).to_contain_text("Declare first")
    page.get_by_label("This is my own voice.").check()
    page.get_by_role("button", name="Open the microphone").click()
    expect(page.locator("#sentence")).to_have_text(sentence)
    page.get_by_role("button", name="Start recording").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_timeout((until + 1.0) * 1000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Check my reading").click()
    expect(page.locator("#result")).to_be_visible(timeout=WORK_MS)


@dataclass(frozen=True, slots=True)
class Case:
    """sentence: to read. played: who reads what in its place. outcome: as the page says it."""

    sentence: str
    played: str
    outcome: str


CASES = {
    "right": Case(SENTENCE, f"TTS/{READ}", "Passed"),
    "wrong words": Case(KENNEDY, f"TTS/{READ}", "Other words were heard"),
    "wrong speaker": Case(KENNEDY, "whisper/jfk.flac", "Another voice was heard"),
}


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)")
@pytest.mark.parametrize("name", CASES)
def test_reading_a_sentence_aloud(name: str, site: Site, shared_media: Path, tmp_path: Path) -> None:
    case = CASES[name]
    sound, until = microphone(shared_media / case.played, tmp_path / "microphone.wav")
    with reading(site, case.sentence) as served, visit(served, sound) as page:
        join(page, f"reader-{name.replace(' ', '-')}")
        voice = measured_voice(page, [shared_media / "TTS" / clip for clip in SAMPLES])
        read_aloud(page, case.sentence, until)
        expect(page.locator("#result .badge")).to_have_text(case.outcome)
        state = api(page, "GET", f"voices/{voice}/consent")
        print(name, {key: state["attempts"][0][key] for key in ("outcome", "similarity", "word_distance", "heard")})
        passed = case.outcome == "Passed"
        assert state["status"] == ("verified" if passed else "none")
        assert [record["status"] for record in state["records"]] == (["verified"] if passed else [])
        kept = site.folder / "media" / "consents" / state["attempts"][0]["id"]
        assert kept.exists() == passed, "the recording is kept of a pass only"
        for theme, width in LOOKS:
            check(page, f"/voices/{voice}/consent/", theme, width)
