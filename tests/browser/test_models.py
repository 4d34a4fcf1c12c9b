"""The page of models in a real browser, on a site whose publishers are a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Site, standing
from tests.browser.test_accessibility import LOOKS, check
from tests.vocasync.weights.shelf import Item, Shelf

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

XTTS = "/huggingface.co/coqui/XTTS-v2/resolve/main"
WHISPER = (
    "/openaipublic.azureedge.net/main/whisper/models/"
    "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9/tiny.pt"
)
OPERATOR = """
from django.contrib.auth.models import Permission
from accounts.models import User
olga = User.objects.create_user("olga", "olga@example.org", {password!r}, is_staff=True)
olga.user_permissions.add(Permission.objects.get(codename="manage_models"))
"""


@pytest.fixture(scope="module")
def publisher() -> Iterator[Shelf]:
    with Shelf() as shelf:
        yield shelf


@pytest.fixture(scope="module")
def site(publisher: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("models-site")
    mirror = publisher.base + "/{host}"
    with standing(folder, VOCASYNC_NETWORK="true", VOCASYNC_MODELS_MIRROR=mirror) as started:
        started.manage("shell", "--no-imports", "-c", OPERATOR.format(password=PASSWORD))
        yield started


@pytest.fixture
def desk(visitor: Page) -> Page:
    """The page, seen by an operator."""
    visitor.goto("/admin/login/?next=/admin/")
    visitor.get_by_label("Username").fill("olga")
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.get_by_role("button", name="Log in").click()
    visitor.get_by_role("link", name="Models What engines run on").click()
    return visitor


@pytest.fixture
def xtts(publisher: Shelf) -> Item:
    for name in ("config.json", "vocab.json", "speakers_xtts.pth"):
        publisher.put(f"{XTTS}/{name}", b"{}")
    return publisher.put(f"{XTTS}/model.pth", os.urandom(3_000_000), slow=0.1)


def _card(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


def test_terms_fetch_stop_go_on_verify_and_remove(desk: Page, xtts: Item, site: Site, tmp_path: Path) -> None:
    card = _card(desk, "xtts-v2")
    expect(card).to_contain_text("Not here")
    expect(card).to_contain_text("Non-commercial")
    expect(card.get_by_role("button", name="Fetch")).to_have_count(0)

    card.get_by_role("button", name="Accept the terms").click()
    expect(desk.locator(".messagelist")).to_contain_text("tick that you have read the terms")
    card.get_by_label("I have read the terms").check()
    card.get_by_role("button", name="Accept the terms").click()
    expect(card).to_contain_text("terms accepted by olga")

    card.get_by_role("button", name="Fetch").click()
    expect(card.locator("[data-words]")).to_contain_text("model.pth:", timeout=60_000)
    look(desk, "while-fetching")
    card.get_by_role("button", name="Stop").click()
    expect(card).to_contain_text("Half there")
    xtts.slow = 0.0
    card.get_by_role("button", name="Go on fetching").click()
    expect(card.locator(".model-badge").first).to_have_text("Ready", timeout=60_000)
    assert (site.folder / "models" / "xtts-v2" / "model.pth").read_bytes() == xtts.body

    card.get_by_role("button", name="Verify").click()
    expect(card).to_contain_text("4 files, nothing wrong", timeout=60_000)
    card.get_by_text("Remove…").click()
    card.get_by_role("button", name="Delete 3.0 MB of XTTS v2").click()
    expect(card).to_contain_text("Not here")
    expect(card).to_contain_text("terms accepted by olga")
    assert not (site.folder / "models" / "xtts-v2").exists()


def test_what_went_wrong_is_on_the_page(desk: Page, publisher: Shelf) -> None:
    publisher.put(WHISPER, b"no model at all")
    card = _card(desk, "whisper-tiny")
    card.get_by_role("button", name="Fetch").click()

    expect(card.locator(".model-problem")).to_contain_text("another checksum than its publisher states", timeout=60_000)
    expect(card.get_by_role("button", name="Fetch")).to_be_visible()
    look(desk, "with-a-problem")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_page_is_usable_by_everybody(desk: Page, theme: str, width: int) -> None:
    check(desk, "/admin/models/", theme, width)
    look(desk, f"{theme}-{width}")


def look(page: Page, name: str) -> None:
    """A picture, where ``VOCASYNC_TEST_PICTURES`` names a folder for them."""
    folder = os.environ.get("VOCASYNC_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"models-{name}.png", full_page=True)
