"""axe-core finds nothing serious, in light and dark, on a desktop and on a phone; no page scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

OPEN = ("/", "/engines/", "/live/extension/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")
OWN = (
    "/dubs/",
    "/dubs/new/",
    "/speech/",
    "/live/",
    "/account/",
    "/notices/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
)
SERIOUS = {"serious", "critical"}
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


def dress(page: Page, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 860})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")


def check(page: Page, address: str, theme: str, width: int) -> None:
    dress(page, theme, width)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    hold(page, f"{address} {theme} {width}")


def hold(page: Page, what: str) -> None:
    """The page as it is now."""
    found = [
        (rule["id"], [node["target"] for node in rule["nodes"]])
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in SERIOUS
    ]
    assert found == [], what
    beyond = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert beyond <= 0, f"{what} scrolls sideways"


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_open_pages(visitor: Page, theme: str, width: int) -> None:
    for address in OPEN:
        check(visitor, address, theme, width)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_own_pages(sign_up: Callable[[str], Page], theme: str, width: int) -> None:
    page = sign_up(f"eve-{theme}-{width}")
    for address in OWN:
        check(page, address, theme, width)


def test_the_theme_is_remembered(visitor: Page) -> None:
    visitor.emulate_media(color_scheme="light")
    visitor.goto("/")
    visitor.get_by_role("button", name="Switch between light and dark").click()
    assert visitor.locator("html").get_attribute("data-theme") == "dark"
    visitor.goto("/engines/")
    assert visitor.locator("html").get_attribute("data-theme") == "dark"
