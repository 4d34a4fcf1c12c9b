"""Speech in a real browser, on a real worker: written, heard while it is made, found again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

WORK_MS = 240_000
TEXT = (
    "The harbour was quiet before the sun came up. Fishermen pulled their nets, talking in low voices; nobody wanted "
    "to wake the village. A dog ran along the pier, stopped, and looked at the water for a long time."
)


def test_written_heard_and_found_again(sign_up: Callable[[str], Page]) -> None:
    page = sign_up("sven")
    page.locator(".new-menu summary").click()
    page.locator(".new-menu").get_by_role("link", name="Speech").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    expect(page.locator("#count")).to_contain_text("208 characters, about 0:13")
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(page.locator("#live-text")).to_have_text("Playing while it is made", timeout=WORK_MS)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#live")).to_be_hidden()
    card = page.locator(".preview")
    card.get_by_role("button", name="Play").click(timeout=WORK_MS)
    page.wait_for_function("() => document.querySelector('.preview .sound').sound.audio?.currentTime > 0")
    with page.expect_download() as download:
        card.get_by_role("link", name="MP3").click()
    assert download.value.suggested_filename == "The harbour was quiet before the sun.mp3"

    card.get_by_role("link", name="Again").click()
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(TEXT)
    for theme, width in LOOKS:
        check(page, "/speech/", theme, width)
    page.set_viewport_size({"width": 1280, "height": 860})
    found(page)
    page.locator(".preview").get_by_role("button", name="Delete").click()
    expect(page.locator(".preview")).to_have_count(0)


def found(page: Page) -> None:
    search = page.get_by_role("searchbox", name="Words in the text")
    search.fill("mountain")
    search.press("Enter")
    expect(page.get_by_text("No text with these words.")).to_be_visible()
    page.get_by_role("searchbox", name="Words in the text").fill("harbour dog")
    page.get_by_role("searchbox", name="Words in the text").press("Enter")
    expect(page.locator(".preview")).to_have_count(1)
