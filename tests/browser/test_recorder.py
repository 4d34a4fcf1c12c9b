"""Recording in the browser, with a file in the place of the microphone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import factory
from tests.browser.conftest import ARGUMENTS, CHROMIUM, Site
from tests.browser.test_consent import join, visit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)"),
]

WORK_MS = 240_000


def record(page: Page, seconds: float) -> None:
    """Open the microphone, count down, and record for a while."""
    page.get_by_role("button", name="Record now").click()
    expect(page.locator(".rec-hint")).to_have_text("The level is good.")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator(".rec-count")).to_be_visible()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_focused()
    page.wait_for_timeout(seconds * 1000)
    stop.click()


def test_a_voice_from_the_microphone(site: Site, tmp_path: Path) -> None:
    sound = factory.speech(" ".join([factory.ENGLISH] * 3), tmp_path / "microphone.wav", rate=48_000)
    with visit(site, sound) as page:
        join(page, "karla")
        page.goto("/voices/new/")
        page.get_by_label("Name", exact=True).fill("From the microphone")
        record(page, 2)
        page.get_by_role("button", name="Record again").click()
        expect(page.get_by_role("button", name="Start recording")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        record(page, 12)
        page.get_by_role("button", name="Play: Your recording").click()
        expect(page.get_by_role("button", name="Pause: Your recording")).to_be_visible()
        page.get_by_role("button", name="Use this recording").click()
        expect(page.locator(".sample-pending")).to_contain_text("Recording 1.wav")
        page.get_by_role("button", name="Make the voice").click()
        page.wait_for_function("() => document.querySelector('h1').textContent !== 'New voice'", timeout=WORK_MS)
        row = page.locator(".sample")
        expect(row).to_contain_text("Recorded in the browser")
        expect(row.locator(".measures dd").first).to_contain_text(re.compile(r"1\d\.\d s"))


def test_a_closed_microphone_says_what_to_do(site: Site) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(base_url=site.address).new_page()
        join(page, "lena")
        page.goto("/voices/new/")
        page.get_by_role("button", name="Record now").click()
        refused = page.locator('.rec[data-state="refused"]')
        expect(refused).to_contain_text("then try again")
        expect(refused.get_by_role("button", name="Try again")).to_be_visible()
        browser.close()
