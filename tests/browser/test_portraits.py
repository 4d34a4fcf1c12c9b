"""A photo speaks: from the form to the film, a sentence changed, and several at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import LOOKS, check
from tests.browser.test_path import badge

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

JOB_MS = 120_000
TEXT = "Good morning. I have learned to speak."
PLAYS = """async () => {
  const media = document.querySelector('#media');
  await media.play();
  await new Promise((done) => media.addEventListener('ended', done, { once: true }));
  return [media.videoWidth, media.duration, media.error];
}"""
SPOKEN_AGAIN = "() => !document.querySelector('#live-bar') && document.querySelector('#rerun').hidden"


def test_a_photo_speaks(sign_up: Callable[[str], Page], shared_media: Path) -> None:
    page = sign_up("ada")
    page.get_by_text("New", exact=True).click()
    page.get_by_role("link", name="Talking portrait", exact=True).click()
    page.locator("#id_text").fill(TEXT)
    expect(page.locator("#count")).to_contain_text("7 words")
    expect(page.locator("#check")).to_contain_text("Drawn lips")
    page.get_by_role("button", name="Make it speak").click()
    expect(page.locator('[data-errors-for="picture"]')).to_contain_text("Choose a face")
    for theme, width in LOOKS:
        check(page, "/portraits/new/", theme, width)

    page.locator("#id_text").fill(TEXT)
    bring(page, shared_media / "scikit-image" / "chelsea.png")
    expect(page.locator("#face-found .problem-bad")).to_be_visible(timeout=JOB_MS)
    expect(page.locator(".face-card")).to_have_count(0)
    bring(page, shared_media / "scikit-image" / "astronaut.png")
    expect(page.locator("#face-found svg .face-chosen")).to_be_visible(timeout=JOB_MS)
    expect(page.locator(".face-card input")).to_be_checked()
    page.get_by_role("button", name="Make it speak").click()
    page.wait_for_url(re.compile(r"/dubs/[0-9a-f-]{36}/$"))
    expect(badge(page)).to_have_text("Done", timeout=JOB_MS)
    width, seconds, error = page.evaluate(PLAYS)
    assert (width, error) == (512, None)
    assert 1.5 < seconds < 8.0
    a_sentence_is_changed(page, seconds)
    for theme, size in LOOKS:
        check(page, page.url, theme, size)


def bring(page: Page, photo: Path) -> None:
    """A photo, and have it looked at."""
    page.locator("#id_picture").set_input_files(photo)
    page.get_by_text("Another person’s").click()
    page.get_by_label("Name of the person").fill("Eileen Collins")
    page.locator("#id_declared").check()
    page.get_by_role("button", name="See whether it can speak").click()


def a_sentence_is_changed(page: Page, before: float) -> None:
    rows = page.locator(".segment")
    rows.nth(1).get_by_role("button", name=re.compile("Edit the sentence")).click()
    page.get_by_label("What is spoken").fill("I have learned to speak, and now there is no end of it.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name=re.compile("Re-speak")).click()
    page.wait_for_function(SPOKEN_AGAIN, timeout=JOB_MS)
    expect(rows.nth(1).locator("[data-stale]")).to_be_hidden()
    assert page.evaluate(PLAYS)[1] > before + 0.5


def test_several_at_once(sign_up: Callable[[str], Page], shared_media: Path, tmp_path: Path) -> None:
    page = sign_up("grace")
    page.goto("/portraits/new/")
    page.locator("#id_picture").set_input_files(shared_media / "scikit-image" / "astronaut.png")
    page.locator("#id_declared").check()
    page.locator("#id_text").fill("One.")
    page.get_by_role("button", name="Make it speak").click()
    expect(badge(page)).to_have_text("Done", timeout=JOB_MS)
    check(page, "/portraits/several/", "dark", 390)
    check(page, "/portraits/several/", "light", 1280)
    page.locator(".face-card").click()
    table = tmp_path / "scripts.csv"
    table.write_text("title,text\nOne,Hello.\nTwo,Bye.\n", encoding="utf-8")
    page.locator("#id_scripts").set_input_files(table)
    page.get_by_role("button", name="Make them speak").click()
    page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"))
    expect(page.locator("#batch-said")).to_contain_text("2 of 2 done", timeout=JOB_MS)
    with page.expect_download() as caught:
        page.get_by_role("link", name="Everything that is done").click()
    saved = tmp_path / "all.zip"
    caught.value.save_as(saved)
    assert saved.read_bytes()[:2] == b"PK"
    check(page, page.url, "dark", 390)
