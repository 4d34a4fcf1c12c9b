"""The moderators' queue in a real browser: heard, decided, and usable by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import factory
from tests.browser.conftest import PASSWORD, Site
from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PREPARE = """
from pathlib import Path
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts.models import User
from voices import consent, files, moderation
from voices.models import VoiceProfile, VoiceSample
import numpy as np
owner = User.objects.get(username={owner!r})
mona = User.objects.create_user({moderator!r}, {moderator!r} + "@example.org", {password!r}, is_staff=True)
mona.groups.add(Group.objects.get(name="Moderators"))
def voice(**fields):
    return VoiceProfile.objects.create(owner=owner, embedding=np.ones(256), grade="A", seconds=30.0, **fields)
narrator = voice(name="Narrator", whose="own", consent="verified")
sample = VoiceSample.objects.create(voice=narrator, name="take.wav", size=1, sha256="a", status="good", chosen=True)
path = files.sample_sound(sample)
path.parent.mkdir(parents=True)
path.write_bytes(Path({sound!r}).read_bytes())
moderation.publish_request(voice=narrator, by=owner, note="For audio books.")
aunt = voice(name="Aunt Ann", whose="other", person_name="Ann")
letter = SimpleUploadedFile("letter.txt", b"I agree. Ann")
consent.statement_submit(likeness=aunt, by=owner, upload=letter, person_name="Ann")
"""


@pytest.fixture
def desk(site: Site, sign_up: Callable[[str], Page], tmp_path: Path) -> Page:
    """A page of a moderator, for whom a request and a statement wait. The sample is three seconds of sound."""
    number = len(list(site.folder.glob("moderator-*")))
    (site.folder / f"moderator-{number}").touch()
    owner, moderator = f"odette{number}", f"mona{number}"
    page = sign_up(owner)
    sound = str(factory.tone(tmp_path / "take.wav", 3.0))
    site.manage(
        "shell",
        "--no-imports",
        "-c",
        PREPARE.format(owner=owner, moderator=moderator, password=PASSWORD, sound=sound),
    )
    page.context.clear_cookies()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(moderator)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Moderation queue").click()
    expect(page.get_by_role("heading", name="Moderation queue")).to_be_visible()
    return page


def test_a_moderator_listens_and_decides(desk: Page) -> None:
    request = desk.locator(".mod-card-public").last
    player = request.locator("audio").first
    player.evaluate("player => player.play()")
    desk.wait_for_function("() => [...document.querySelectorAll('audio')].some((one) => one.currentTime > 0.3)")
    request.get_by_role("button", name="Refuse").click()
    expect(request).to_be_visible()  # the browser asks for the reason first
    request.get_by_label("Reason").fill("Too much noise behind the voice.")
    request.get_by_role("button", name="Refuse").click()
    expect(desk.get_by_text("Refuse: done")).to_be_visible()
    letter = desk.get_by_role("link", name="letter.txt").last.get_attribute("href")
    assert desk.request.get(letter or "").text() == "I agree. Ann"
    desk.locator(".mod-card-consent").last.get_by_role("button", name="Accept the consent").click()
    expect(desk.get_by_text("Accept the consent: done")).to_be_visible()
    desk.goto("/admin/accounts/auditentry/")
    for action in ("moderation.listen", "voice.publish_refuse", "moderation.read", "consent.verify"):
        expect(desk.get_by_text(action).first).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_queue_is_accessible(desk: Page, theme: str, width: int) -> None:
    check(desk, "/admin/moderation/", theme, width)
    check(desk, desk.get_by_role("link", name="Narrator").last.get_attribute("href") or "", theme, width)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_owners_pages_are_accessible(site: Site, sign_up: Callable[[str], Page], theme: str, width: int) -> None:
    page = sign_up(f"pia-{theme}-{width}")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": page.url}

    def voice(**given: str) -> str:
        answer = page.request.post("/api/voices", data=given, headers=headers)
        assert answer.status == 201, answer.text()
        return str(answer.json()["id"])

    own = voice(name="Mine", whose="own")
    other = voice(name="Hers", whose="other", person_name="Ann")
    for address in (f"/voices/{own}/consent/", f"/voices/{other}/consent/", f"/voices/{own}/publish/"):
        check(page, address, theme, width)
