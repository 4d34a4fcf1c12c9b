"""A person's path through the site, in a real browser, on real engines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, Route, expect

from tests.browser.conftest import LINES, Clip
from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

JOB_MS = 240_000
WATCH_STAGES = """() => {
  window.seen = new Set();
  const rows = () => document.querySelectorAll('#stages [data-state="now"]');
  const look = () => rows().forEach((row) => seen.add(row.dataset.stage));
  look();
  new MutationObserver(look).observe(document.body, {subtree: true, attributes: true, childList: true});
}"""
POSITION = """() => {
  const { media, dub } = document.querySelector('#result').player;
  return [media.currentTime, dub?.currentTime ?? null, media.paused, dub?.paused ?? null];
}"""
IN_STEP = """() => {
  const { playing, media, dub } = document.querySelector('#result').player;
  return playing && Math.abs(media.currentTime - dub.currentTime) < 0.1;
}"""


def fill_in(page: Page, clip: Clip, *, review: bool = False) -> None:
    """The new-dub form, up to the button."""
    page.get_by_role("link", name="New dub").first.click()
    page.locator("#id_source").set_input_files(clip.video)
    expect(page.locator('[data-drop="source"] video')).to_be_visible()
    expect(page.locator('[data-drop="source"] .facts-line')).to_contain_text("0:12")
    choose_language(page, "Dub into", "espa", "Spanish · Español")
    page.get_by_text("I have the text").click()
    page.get_by_label("Subtitles").set_input_files(clip.subtitles)
    expect(page.locator("#check")).to_contain_text("Apertium")
    expect(page.locator("#check")).to_contain_text("Your text is used")
    if review:
        page.get_by_text("Review before speaking").click()


def choose_language(page: Page, label: str, typed: str, whole: str) -> None:
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(typed)
    box.press("Enter")
    expect(box).to_have_value(whole)


def start(page: Page) -> None:
    page.get_by_role("button", name="Start dubbing").click()
    page.wait_for_url(re.compile(r"/dubs/[0-9a-f-]{36}/$"))
    page.evaluate(WATCH_STAGES)


def badge(page: Page) -> Locator:
    return page.locator(".job-title [data-status]")


def test_from_sign_up_to_download(sign_up: Callable[[str], Page], clip: Clip, tmp_path: Path) -> None:
    page = sign_up("alice")
    expect(page.get_by_role("heading", name="Nothing made yet")).to_be_visible()
    fill_in(page, clip)
    start(page)
    page.evaluate("() => { window.neverReloaded = true; }")
    expect(badge(page)).to_have_text("Done", timeout=JOB_MS)
    assert page.evaluate("() => window.neverReloaded"), "the stages moved without a reload"
    assert len(page.evaluate("() => [...window.seen]")) >= 3, "stages were seen going by"

    expect(page.locator(".segment")).to_have_count(len(LINES))
    expect(page.locator(".segment").first.locator("[data-text]")).to_contain_text("morning")
    expect(page.locator(".scale")).not_to_have_count(0)
    expect(page.locator(".wave-canvas")).to_have_count(2)
    switching_keeps_the_place(page)
    seeking_follows(page)
    saved = download(page, "Dubbed video")
    saved.save_as(tmp_path / "dub.mp4")
    assert saved.suggested_filename.endswith(".es.mp4")
    assert b"ftyp" in (tmp_path / "dub.mp4").read_bytes()[:16]
    for theme, width in LOOKS:
        check(page, page.url, theme, width)


def switching_keeps_the_place(page: Page) -> None:
    expect(page.get_by_role("radio", name="Dubbed voice")).to_be_checked()
    page.evaluate("() => { const m = document.querySelector('#media'); m.currentTime = 4.5; return m.play(); }")
    page.wait_for_function("() => document.querySelector('#result').player.dub?.currentTime > 4.6")
    page.get_by_role("radio", name="Original").check(force=True)
    page.wait_for_function("() => document.querySelector('#media').currentTime > 5")
    page.get_by_role("radio", name="Dubbed voice").check(force=True)
    page.wait_for_function("() => document.querySelector('#result').player.dub?.currentTime > 5")
    page.wait_for_function(IN_STEP)
    video, dub, video_paused, dub_paused = page.evaluate(POSITION)
    assert 5.0 < video < 10.0, "the place was kept"
    assert abs(video - dub) < 0.12, "the dub is in step with the picture"
    assert (video_paused, dub_paused) == (False, False), "it still plays"
    page.get_by_role("radio", name="Original").check(force=True)
    after, dub, paused, _ = page.evaluate(POSITION)
    assert after >= video - 0.05
    assert (dub, paused) == (None, False)
    page.evaluate("() => document.querySelector('#media').pause()")


def seeking_follows(page: Page) -> None:
    page.get_by_role("radio", name="Dubbed voice").check(force=True)
    page.locator(".segment").nth(2).locator("[data-seek]").click()
    expect(page.locator(".segment").nth(2)).to_have_class(re.compile(r"\bnow\b"))
    page.wait_for_function(IN_STEP)
    page.evaluate("() => document.querySelector('#media').pause()")
    wave = page.locator(".wave-canvas").first
    wave.focus()
    wave.press("Home")
    page.wait_for_function("() => document.querySelector('#media').currentTime === 0")
    expect(wave).to_have_attribute("aria-valuetext", "0:00")


def download(page: Page, name: str) -> Download:
    with page.expect_download() as caught:
        page.get_by_role("link", name=name).click()
    return caught.value


def test_review_then_edit_then_speak_again(sign_up: Callable[[str], Page], clip: Clip) -> None:
    page = sign_up("bella")
    fill_in(page, clip, review=True)
    start(page)
    expect(badge(page)).to_have_text("Your review", timeout=JOB_MS)
    for theme, width in LOOKS:
        check(page, page.url, theme, width)
    page.get_by_label("Sentence 1, Spanish").fill("La mañana era muy tranquila.")
    page.get_by_label("Sentence 1, Spanish").blur()
    expect(page.locator("#segment-0 [data-saved]")).to_have_text("Saved")
    page.get_by_role("button", name="Approve and speak").click()
    expect(badge(page)).to_have_text("Done", timeout=JOB_MS)
    first = page.locator(".segment").first
    expect(first.locator("[data-translation]")).to_have_text("La mañana era muy tranquila.")

    first.get_by_role("button", name="Edit the sentence").click()
    page.get_by_label("What is spoken").fill("La mañana era fría.")
    page.get_by_role("button", name="Save").click()
    expect(first.get_by_text("Edited, not spoken yet")).to_be_visible()
    page.get_by_role("button", name="Re-speak 1 change").click()
    expect(badge(page)).to_have_text("Done", timeout=JOB_MS)
    expect(page.locator(".segment").first.get_by_text("Edited, not spoken yet")).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("was deleted")).to_be_visible()


def test_refusals_come_at_their_place(sign_up: Callable[[str], Page], tmp_path: Path) -> None:
    page = sign_up("carla")
    page.goto("/dubs/new/")
    page.get_by_role("button", name="Start dubbing").click()
    source = page.locator('[data-errors-for="source"]')
    expect(source).to_contain_text("Choose the video or audio file to dub.")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    page.locator("#id_source").set_input_files(empty)
    expect(source).to_contain_text("0 bytes")
    expect(page.get_by_role("button", name="Start dubbing")).to_be_disabled()
    page.get_by_role("button", name="Remove").click()
    choose_language(page, "Dub into", "tel", "Telugu · తెలుగు")
    expect(page.locator("#check")).to_contain_text("Nothing ready here translates English into Telugu")
    expect(page.get_by_role("button", name="Start dubbing")).to_be_disabled()
    page.get_by_role("button", name="Add the text").click()
    expect(page.get_by_label("Subtitles")).to_be_focused()


def test_without_scripts_the_form_still_works(
    site: object, sign_up: Callable[[str], Page], clip: Clip, chromium: object
) -> None:
    page = sign_up("dora")
    context = page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, storage_state=page.context.storage_state(), base_url=page.url
    )
    plain = context.new_page()
    plain.goto("/dubs/new/")
    plain.locator("#id_source").set_input_files(clip.video)
    plain.locator("#id_source_language").select_option("en")
    plain.locator("#id_target_language").select_option("es")
    plain.locator("#text-panel summary").click()
    plain.locator("#id_subtitles").set_input_files(clip.subtitles)
    plain.get_by_role("button", name="Start dubbing").click()
    expect(plain.get_by_role("heading", name="talk")).to_be_visible()
    context.close()


def test_a_file_chosen_before_the_scripts_ran_is_taken(sign_up: Callable[[str], Page], clip: Clip) -> None:
    page = sign_up("early")
    held: list[Route] = []
    page.route("**/js/new*.js", lambda route: held.append(route))
    page.goto("/dubs/new/", wait_until="commit")
    page.locator("#id_source").set_input_files(clip.video)
    page.wait_for_timeout(500)
    assert held, "the page's script was held back"
    expect(page.locator('[data-drop="source"] video')).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator('[data-drop="source"] video')).to_be_visible()
