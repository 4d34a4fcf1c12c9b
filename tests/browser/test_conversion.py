"""Voice to voice in the browser, with a real recording in the place of the microphone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CHROMIUM, Site
from tests.browser.test_accessibility import LOOKS, check
from tests.browser.test_consent import join, visit
from tests.browser.test_path import badge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)"),
]

WORK_MS = 240_000
SECONDS = 7.0


@pytest.fixture
def microphone(shared_media: Path, tmp_path: Path) -> Path:
    """Somebody reading aloud, as a microphone gives it."""
    path = tmp_path / "microphone.wav"
    source = shared_media / "whisper" / "jfk.flac"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-ac", "1", "-ar", "48000", path], check=True)
    return path


def record(page: Page) -> None:
    """Record for a while, and leave the last second out."""
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(".rec-hint")).to_have_text(re.compile("The level is good|Quiet"))
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator(".rec-count")).to_be_visible()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_focused()
    page.wait_for_timeout(SECONDS * 1000)
    stop.click()
    expect(page.get_by_role("button", name="Play: Your recording")).to_be_visible()
    last = page.get_by_label("End at")
    whole = float(last.input_value())
    for _ in range(10):
        last.press("ArrowLeft")
    expect(last).to_be_focused()
    assert float(last.input_value()) == pytest.approx(whole - 1.0, abs=0.05)
    expect(page.get_by_role("button", name="Whole recording")).to_be_visible()


def choose(page: Page) -> None:
    """Find a voice by its name, hear it, and take it."""
    page.get_by_label("Find a voice").fill("high voice 1")
    page.get_by_role("button", name="Listen to High voice 1").click()
    expect(page.locator('[data-hear="stock:espeak:f5"][aria-pressed]')).to_be_visible(timeout=WORK_MS)
    page.locator(".speaker", has_text="High voice 1").get_by_text("High voice 1").click()


def test_from_the_microphone_to_both_tracks(site: Site, microphone: Path) -> None:
    with visit(site, microphone) as page:
        join(page, "mira")
        for theme, width in LOOKS:
            check(page, "/convert/", theme, width)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto("/convert/")
        page.get_by_role("button", name="Change the voice").click()
        expect(page.locator('[data-errors-for="source"]')).to_contain_text("Record something")
        record(page)
        page.get_by_role("button", name="Change the voice").click()
        expect(page.locator('[data-errors-for="speaker"]')).to_contain_text("Choose the voice")
        choose(page)
        page.get_by_text("Let me correct the words first").click()
        expect(page.locator("#summary")).to_contain_text("High voice 1")
        page.get_by_role("button", name="Change the voice").click()
        page.wait_for_url(re.compile(r"/dubs/[0-9a-f-]{36}/$"))
        expect(badge(page)).to_have_text("Your review", timeout=WORK_MS)
        words = page.get_by_label(re.compile("Sentence 1")).first
        words.fill("And so, my fellow citizens.")
        words.blur()
        expect(page.locator("#segment-0 [data-saved]")).to_have_text("Saved")
        page.get_by_role("button", name="Approve and speak").click()
        expect(badge(page)).to_have_text("Done", timeout=WORK_MS)
        for track in ("Original", "Spoken anew", "Converted"):
            expect(page.get_by_role("radio", name=track)).to_be_attached()
        expect(page.locator(".wave-canvas")).to_have_count(3)
        expect(page.locator(".likeness")).to_have_count(3)
        before, spoken, converted = (
            float(one) for one in page.locator(".likeness div:not(.unlike) output").all_inner_texts()
        )
        assert before < min(spoken, converted)
        for theme, width in LOOKS[1:3]:
            check(page, page.url, theme, width)
        sound_alone(page, microphone)


def sound_alone(page: Page, recording: Path) -> None:
    """The same as a file, of which nothing but the sound is converted."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/convert/")
    page.locator("#id_source").set_input_files(recording)
    page.get_by_text("Low voice 1").click()
    page.get_by_text("Convert the sound").click()
    expect(page.get_by_text("Let me correct the words first")).to_be_hidden()
    page.get_by_role("button", name="Change the voice").click()
    page.wait_for_url(re.compile(r"/dubs/[0-9a-f-]{36}/$"))
    expect(badge(page)).to_have_text("Done", timeout=WORK_MS)
    expect(page.get_by_role("radio", name="Converted")).to_be_checked()
    expect(page.get_by_role("heading", name="Transcript")).to_have_count(0)
    expect(page.locator(".likeness")).to_have_count(2)


def test_a_muted_microphone_is_said(site: Site, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.wav"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "5", quiet], check=True
    )
    with visit(site, quiet) as page:
        join(page, "nora")
        page.goto("/convert/")
        page.get_by_role("button", name="Record", exact=True).click()
        page.get_by_role("button", name="Start recording").click()
        expect(page.get_by_role("button", name="Stop")).to_be_focused()
        page.wait_for_timeout(2_500)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#recorder")).to_contain_text("That was silent")
        page.get_by_role("button", name="Change the voice").click()
        expect(page.locator('[data-errors-for="source"]')).to_contain_text("Record something")
