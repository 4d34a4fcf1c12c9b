"""A face from the camera, with a film in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import factory
from tests.browser.conftest import ARGUMENTS, CHROMIUM, Site
from tests.browser.test_consent import join

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)"),
]

WORK_MS = 240_000
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


@contextmanager
def before_a_camera(site: Site, *options: str) -> Iterator[Page]:
    """A browser page of somebody who has signed up, in front of a camera that the options make."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *options])
        yield browser.new_context(base_url=site.address, permissions=["camera"] if options else []).new_page()
        browser.close()


def test_a_photo_from_the_camera(site: Site, shared_media: Path, tmp_path: Path) -> None:
    seen = tmp_path / "camera.mjpeg"
    source = shared_media / "scikit-image/astronaut.png"
    factory.ffmpeg(
        "-loop",
        "1",
        "-i",
        str(source),
        "-t",
        "1",
        "-r",
        "10",
        "-vf",
        "scale=640:640",
        "-pix_fmt",
        "yuvj420p",
        "-q:v",
        "2",
        str(seen),
    )
    with before_a_camera(site, *CAMERA, f"--use-file-for-fake-video-capture={seen}") as page:
        join(page, "gerda")
        page.goto("/faces/")
        page.get_by_role("button", name="Take one with the camera").click()
        page.get_by_role("button", name="Take it").click()
        expect(page.locator(".drop-full")).to_contain_text("camera.jpg")
        page.get_by_text("It is my own face").click()
        page.get_by_role("button", name="Add it").click()
        expect(page.locator(".face .badge")).to_have_text("Ready", timeout=WORK_MS)


def test_a_closed_camera_says_what_to_do(site: Site) -> None:
    with before_a_camera(site) as page:
        join(page, "hilde")
        page.goto("/faces/")
        page.get_by_role("button", name="Take one with the camera").click()
        expect(page.locator('[data-errors-for="picture"]')).to_contain_text("hoose a photo")
        expect(page.get_by_role("button", name="Take one with the camera")).to_be_visible()
