"""Faces in a real browser, on a real worker: dropped, looked at, picked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import LOOKS, check
from tests.vocasync import portraits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

WORK_MS = 240_000


def add(page: Page, photo: Path, *, person: str = "") -> None:
    """Through the form, until the worker has looked at it."""
    page.locator("#id_picture").set_input_files(photo)
    if person:
        page.get_by_text("Another person’s").click()
        page.get_by_label("Their name").fill(person)
    page.get_by_text("It is my own face").click()
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".face").first).not_to_contain_text("Being looked at", timeout=WORK_MS)


def test_photos_are_looked_at_and_one_of_two_people_is_picked(
    sign_up: Callable[[str], Page], shared_media: Path, tmp_path: Path
) -> None:
    two = tmp_path / "two.png"
    pair = portraits.beside(portraits.astronaut(shared_media), portraits.scaled(portraits.speaker(shared_media), 1.6))
    Image.fromarray(pair).save(two)
    page = sign_up("freya")
    page.goto("/faces/")
    expect(page.get_by_role("heading", name="No face yet")).to_be_visible()
    add(page, shared_media / "scikit-image/chelsea.png")
    card = page.locator(".face").first
    expect(card).to_contain_text("Cannot be used")
    expect(card).to_contain_text("Choose a photo in which one face is large")
    add(page, two, person="Ann Lee")
    expect(card).to_contain_text("There are 2 faces in this picture. Pick the one that is to speak.")
    expect(card.locator(".face-marks")).to_have_count(2)
    card.locator(".face-box").nth(1).click()
    expect(card.locator(".badge")).to_have_text("Ready")
    expect(card.locator(".face-chosen")).to_have_count(1)
    card.get_by_role("button", name="Face 1").click()
    expect(card.get_by_role("button", name="Face 1")).to_have_attribute("aria-pressed", "true")
    address = card.get_by_role("link", name="Ann Lee").get_attribute("href")
    assert address is not None
    for theme, width in LOOKS:
        check(page, "/faces/", theme, width)
        check(page, address, theme, width)
    page.get_by_role("button", name="Delete Ann Lee").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url("**/faces/")
    expect(page.locator(".face")).to_have_count(1)
