"""Whole live sessions over the site's socket and a live worker: a program's, and a microphone's with the dub in the
browser's own sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import Page, expect

from tests import factory
from tests.browser.conftest import CHROMIUM, Site, live_worker
from tests.browser.test_consent import join, visit
from tests.browser.test_path import choose_language

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(480),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)"),
]

RATE = 48_000
PAUSE_SECONDS = 6.0
"""Between two readings of the microphone's file, in which a slow machine catches up."""

LOAD_MS = 180_000
SAY_MS = 120_000
SOCKETS = """() => {
  const Own = WebSocket;
  globalThis.sockets = [];
  globalThis.WebSocket = class extends Own {
    constructor(...given) { super(...given); sockets.push(this); }
  };
}"""


MAKE_USER = "from accounts.models import User; User.objects.create_user('walter', 'walter@example.org')"
LIVE_KEYS = "from accounts.models import ApiKey; print('open:', ApiKey.objects.filter(revoked_at=None).count())"


@pytest.fixture(scope="module")
def listening(site: Site) -> Iterator[Site]:
    """The site, with a live worker that is there."""
    with live_worker(site):
        yield site


def reading(recording: Path, to: Path) -> Path:
    """What Chromium plays in the place of a microphone, again and again."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, RATE)
    return factory.write(to, np.concatenate([mono, np.zeros(round(PAUSE_SECONDS * RATE), np.float32)]), RATE)


def played(page: Page, seconds: float) -> None:
    """Wait until so much of the dub went to the loudspeaker."""
    heard = "(seconds) => Number(document.querySelector('#live').dataset.played) > seconds"
    page.wait_for_function(heard, arg=seconds, timeout=SAY_MS)


def test_a_program_is_told_everything(listening: Site, tmp_path: Path) -> None:
    talk = factory.speech("The morning was quiet and cold. We waited until the evening.", tmp_path / "talk.wav")
    listening.manage("shell", "-c", MAKE_USER)
    before = listening.manage("shell", "-v", "0", "-c", LIVE_KEYS)
    printed = listening.manage("test_websocket", str(talk), "--site", listening.address, "--user", "walter")
    kinds = {line.split()[0] for line in printed.splitlines()}
    assert kinds >= {"ready", "started", "transcript", "translation", "speaker", "spoken", "stopped"}
    assert "waited" in printed
    assert listening.manage("shell", "-v", "0", "-c", LIVE_KEYS) == before


def test_somebody_speaks_and_is_dubbed(listening: Site, shared_media: Path, tmp_path: Path) -> None:
    microphone = reading(shared_media / "TTS" / "LJ001-0002.flac", tmp_path / "microphone.wav")
    with visit(listening, microphone) as page:
        page.add_init_script(f"({SOCKETS})()")
        join(page, "wanda")
        page.goto("/live/")
        choose_language(page, "Spoken in", "engl", "English")
        choose_language(page, "Dub into", "espa", "Spanish · Español")
        page.get_by_role("button", name="Start", exact=True).click()
        state = page.locator("#state")
        expect(state).to_have_text("Live", timeout=LOAD_MS)

        first = page.locator(".line").first
        expect(first.locator(".line-text")).not_to_be_empty(timeout=SAY_MS)
        expect(first.locator(".line-into")).not_to_be_empty(timeout=SAY_MS)
        expect(first.locator(".line-head")).to_contain_text("Speaker 1")
        played(page, 0.3)
        expect(page.locator("#delay-now")).to_have_text(re.compile(r"\d+\.\d\d s"))

        page.evaluate("() => sockets.at(-1).close()")
        expect(page.locator("#connection")).to_contain_text("Nothing that was said before is lost")
        expect(state).to_have_text("Live")
        page.get_by_role("button", name="Mute").click()
        expect(state).to_have_text("Muted")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("#live")).to_have_attribute("data-state", "idle", timeout=60_000)
        assert page.evaluate("() => sockets.length") == 2
        row = page.locator("#sessions tbody tr")
        expect(row).to_contain_text("English")
        expect(row).to_contain_text(re.compile(r"\d\.\d\d s"))
