"""The new-dub form on sizes of the recogniser's model: what runs, what is fetched, and what is recommended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_path import choose_language
from tests.tiny import put

RUNS = "Whisper runs in its size “tiny”, the best one that is here."
BETTER = "For Hindi, medium or above is recommended."
REMEDY = "The model “whisper-medium” is not here: run `manage.py models fetch whisper-medium`."
HINDI, URDU = "Hindi · हिन्दी", "Urdu · اردو"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def tiny_weights(site: Site) -> Iterator[Path]:
    """The site has weights of the smallest size for the length of a test."""
    models = site.folder / "models"
    put("whisper", models)
    yield models
    shutil.rmtree(models / "whisper")


def test_a_better_size_is_recommended_for_hindi(sign_up: Callable[[str], Page], tiny_weights: Path) -> None:
    page = sign_up("sizes")
    page.goto("/dubs/new/")
    choose_language(page, "Spoken in", "hindi", HINDI)
    choose_language(page, "Dub into", "urdu", URDU)
    summary, note = page.locator("#check"), page.locator("#id_model_size-note")
    expect(summary).to_contain_text(BETTER)
    shoot(page, "recommended")
    page.get_by_text("Chosen automatically").click()
    expect(note).to_have_text(f"{RUNS} {BETTER} {REMEDY}")
    shoot(page, "note")
    choose_language(page, "Spoken in", "engl", "English")
    choose_language(page, "Dub into", "espa", "Spanish · Español")
    expect(note).to_have_text(RUNS)
    expect(summary).not_to_contain_text("recommended")
    choose_language(page, "Spoken in", "hindi", HINDI)
    choose_language(page, "Dub into", "urdu", URDU)
    expect(summary).to_contain_text(BETTER)
    expect(summary.get_by_role("button", name="Use Medium")).to_have_count(0)  # it is not here
    (tiny_weights / "whisper" / "medium.pt").touch()
    page.get_by_label("Size of the recogniser's model").select_option("tiny")
    summary.get_by_role("button", name="Use Medium").click()
    expect(page.get_by_label("Size of the recogniser's model")).to_have_value("medium")
    expect(note).to_have_text("Whisper runs in its size “medium”.")
    expect(summary).not_to_contain_text("recommended")
    shoot(page, "taken")


def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("VOCASYNC_TEST_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/sizes-{name}.png", full_page=True)
