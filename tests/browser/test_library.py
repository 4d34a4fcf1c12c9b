"""The voice library in a real browser, on a real worker: made, measured, tried, found by its sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import factory
from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLAYED = "() => [...document.querySelectorAll('.sound')].some((box) => box.sound.audio?.currentTime > 0)"
WORK_MS = 240_000
"""For a worker that has much else to do."""

TEXTS = (
    "The morning was quiet and cold, and the harbour lay under a thin white mist. Two fishermen were arguing about "
    "the weather. A small red boat came round the point, and everybody stopped to look.",
    "Last summer we rented an old house at the edge of a village. The stairs creaked, the garden was wild, and every "
    "evening a huge owl sat in the apple tree.",
)


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two recordings of one voice."""
    folder = tmp_path_factory.mktemp("takes")
    return [factory.speech(text, folder / f"take {place}.wav", rate=24_000) for place, text in enumerate(TEXTS, 1)]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of another voice."""
    return factory.speech(TEXTS[1], tmp_path_factory.mktemp("other") / "other.wav", "en-us+f3", rate=24_000)


def make_voice(page: Page, name: str, files: list[Path]) -> None:
    """Through the page, until the profile is there with every sample measured."""
    page.goto("/voices/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.locator("#id_sample").set_input_files(files)
    expect(page.locator(".sample-pending .sound-play")).to_have_count(len(files))
    page.get_by_role("button", name="Make the voice").click()
    page.wait_for_function("() => document.querySelector('h1').textContent !== 'New voice'", timeout=WORK_MS)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator(".sample-measuring")).to_have_count(0)


def hear(page: Page, card: Locator) -> None:
    """A line was spoken, measured, and can be played."""
    expect(card.locator(".sound-play")).to_be_visible(timeout=WORK_MS)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.sound')].some((box) => box.sound.audio?.currentTime > 0)"
    )


def test_from_two_recordings_to_a_dub(sign_up: Callable[[str], Page], takes: list[Path], other: Path) -> None:
    page = sign_up("faye")
    page.get_by_role("link", name="Voices", exact=True).first.click()
    expect(page.get_by_role("heading", name="Keep a voice here")).to_be_visible()
    make_voice(page, "Harbour", takes)
    expect(page.locator(".sample")).to_have_count(2)
    expect(page.locator(".quality-head .grade")).to_have_text(re.compile("[ABCD]"))
    expect(page.locator(".gauge-pitch")).to_contain_text("Hz")
    expect(page.locator(".sample .measures").first).to_contain_text("dB")

    correct_a_transcript(page)
    try_a_line(page)
    for theme, width in LOOKS:
        check(page, page.url, theme, width)
    profile = page.url

    make_voice(page, "Somebody else", [other])
    found_by_words_and_sound(page, takes[0])
    page.goto(profile)
    page.get_by_role("link", name="Use in a dub").click()
    expect(page.get_by_role("combobox", name="Voice of the main speaker")).to_have_value("Harbour")


def correct_a_transcript(page: Page) -> None:
    row = page.locator(".sample").first
    field = row.get_by_label("What is said")
    field.fill("The morning was quiet and cold.")
    field.blur()
    expect(row.locator("[data-saved]")).to_have_text("Saved")
    switch = row.get_by_role("switch")
    switch.click()
    expect(row.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    page.reload()
    expect(page.locator(".sample").first.get_by_label("What is said")).to_have_value("The morning was quiet and cold.")


def try_a_line(page: Page) -> None:
    lab = page.locator("#lab")
    language = lab.get_by_role("combobox", name="Language")
    language.fill("spani")
    language.press("Enter")
    expect(lab.get_by_label("A line to hear")).to_have_value("Buenos días. Así suena mi voz en español.")
    lab.get_by_label("beside the engine’s own voice").check()
    lab.get_by_role("button", name="Hear it").click()
    expect(lab.locator(".preview")).to_have_count(2)
    hear(page, lab.locator(".preview").first)
    own = lab.locator(".preview", has_text="Likeness")
    expect(own).to_have_count(1, timeout=WORK_MS)
    expect(own).to_contain_text("the engine’s own voice")
    lab.get_by_role("button", name="Hear it").click()
    expect(lab.locator(".preview")).to_have_count(2)  # the same line is not spoken twice
    lab.get_by_text("Voice settings").click()
    slider = lab.get_by_role("slider", name="Speaking rate")
    slider.fill("1.15")
    lab.get_by_role("button", name="Keep for this voice").click()
    expect(page.get_by_text("Kept for this voice.")).to_be_visible()


def found_by_words_and_sound(page: Page, clip: Path) -> None:
    page.goto("/voices/")
    cards = page.locator(".voice-card")
    expect(cards).to_have_count(2)
    page.get_by_label("Search").fill("harb")
    expect(cards).to_have_count(1)
    page.get_by_label("Search").fill("")
    expect(cards).to_have_count(2)
    cards.filter(has_text="Harbour").get_by_role("button", name="Favourite").click()
    page.get_by_role("link", name="Favourites").click()
    expect(cards).to_have_count(1)

    page.get_by_role("button", name="Sounds like").click()
    page.locator("#id_clip").set_input_files(clip)
    page.get_by_role("button", name="Find voices like it").click()
    page.wait_for_url("**/voices/?scope=all&clip=*", timeout=WORK_MS)
    expect(cards.locator("h2")).to_have_text(["Harbour", "Somebody else"])
    near, far = (float(text) for text in cards.locator(".alike strong").all_text_contents())
    assert near > 0.8 > far
    for theme, width in LOOKS:
        check(page, page.url, theme, width)


def test_what_cannot_be_used_says_what_to_record_instead(sign_up: Callable[[str], Page], tmp_path: Path) -> None:
    page = sign_up("greta")
    page.goto("/voices/new/")
    page.get_by_role("button", name="Make the voice").click()
    expect(page.locator('[data-errors-for="name"]')).to_contain_text("Give the voice a name.")
    page.get_by_label("Name", exact=True).fill("Hum")
    empty = tmp_path / "empty.wav"
    empty.touch()
    page.locator("#id_sample").set_input_files([empty, factory.tone(tmp_path / "hum.wav", 6.0)])
    expect(page.locator(".sample-pending.sample-refused")).to_contain_text("0 bytes")
    page.get_by_role("button", name="Remove empty.wav").click()
    page.get_by_role("button", name="Make the voice").click()
    refused = page.locator(".sample-refused")
    expect(refused).to_have_count(1, timeout=WORK_MS)
    expect(refused.locator(".problem")).not_to_be_empty()
    expect(page.locator("#after-text")).to_contain_text("see what to record instead")
    page.get_by_role("link", name="To the voice").click()
    expect(page.get_by_text("Nothing to hear yet")).to_be_visible()
    page.locator(".sample").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".sample")).to_have_count(0)


def test_a_tone_is_measured_and_tried(sign_up: Callable[[str], Page], takes: list[Path], other: Path) -> None:
    page = sign_up("hilda")
    make_voice(page, "Harbour", takes[:1])
    page.goto("/emotions/")
    page.get_by_role("radio", name="Own words").check()
    page.get_by_label("In your own words").fill("in a hurry")
    page.locator("#id_clip").set_input_files(other)
    page.get_by_role("button", name="Add it").click()
    card = page.locator(".emotion")
    expect(card.locator(".bar")).to_have_count(5, timeout=WORK_MS)
    expect(card).to_contain_text("In a hurry")
    for theme, width in LOOKS:
        check(page, page.url, theme, width)
    card.get_by_role("button", name="Try it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("slider", name="Strength of the tone").fill("0.5")
    dialog.get_by_role("button", name="Hear it").click()
    hear(page, dialog.locator(".preview").first)
    expect(dialog.locator(".preview")).to_contain_text("50 %")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="No tone yet")).to_be_visible()


def test_without_scripts_a_voice_is_made_and_changed(
    sign_up: Callable[[str], Page], takes: list[Path], chromium: Browser
) -> None:
    page = sign_up("ingrid")
    context = chromium.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state(), base_url=page.url
    )
    plain = context.new_page()
    plain.goto("/voices/new/")
    plain.get_by_label("Name", exact=True).fill("Plain")
    plain.locator("#id_sample").set_input_files(takes)
    plain.get_by_role("button", name="Make the voice").click()
    expect(plain.get_by_role("heading", name="Plain")).to_be_visible()
    expect(plain.locator(".sample")).to_have_count(2)
    plain.locator("#about summary").click()
    plain.get_by_label("Tags").fill("calm")
    plain.get_by_role("button", name="Save", exact=True).last.click()
    expect(plain.locator(".voice-head")).to_contain_text("calm")
    plain.goto("/voices/?text=calm")
    expect(plain.locator(".voice-card")).to_have_count(1)
    context.close()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_empty_pages(sign_up: Callable[[str], Page], theme: str, width: int) -> None:
    page = sign_up(f"jane-{theme}-{width}")
    for address in ("/voices/", "/voices/?scope=shared", "/voices/?scope=public", "/voices/new/", "/emotions/"):
        check(page, address, theme, width)
