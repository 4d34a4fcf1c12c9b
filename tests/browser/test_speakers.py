"""Speakers, sharing and voice management in a real browser, on a finished dub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import factory
from tests.browser.conftest import PASSWORD, Site
from tests.browser.test_accessibility import LOOKS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DUB = """
import uuid
import numpy as np
from django.core.files import File
from accounts.models import User
from dubbing import files
from dubbing.models import Artifact, DubbingJob, Job, Segment, Speaker
from voices import actors
owner = User.objects.get(username={owner!r})
job = Job.objects.create(owner=owner, kind="dubbing", title="Three friends", status="succeeded")
detail = DubbingJob(job=job, source_name="three.wav", source_language="en", target_language="es",
                    media=dict(duration=9.0, audio=dict()), scores=dict())
with open({sound!r}, "rb") as stream:
    detail.source.save("three.wav", File(stream), save=False)
detail.save(force_insert=True)
out = files.output_root(job.pk)
out.mkdir(parents=True)
(out / "voice.wav").write_bytes(open({sound!r}, "rb").read())
Artifact.objects.create(job=job, name="three.es.wav", path="voice.wav", kind="audio", mime="audio/wav", size=1)
for index in range(6):
    who = index % 3
    Segment.objects.create(job=job, index=index, start=1.5 * index, end=1.5 * index + 1.2, speaker=who,
                           speaker_found=who, text="Sentence %s." % index, translation="Frase %s." % index)
for number in range(3):
    Speaker.objects.create(job=job, number=number, seconds=2.4, embedding=np.eye(256)[number],
                           sample_start=1.5 * number, sample_end=1.5 * number + 1.2)
anna = actors.actor_create(owner=owner, name="Anna")
actors.appearance_record(actor=anna, job_id=uuid.uuid4(), job_title="Before", speaker=0, seconds=9.0,
                         embedding=np.eye(256)[1], style=dict(f0_median=210.0, pace=4.2))
Speaker.objects.filter(job=job, number=1).update(actor=anna, actor_state="asked", actor_similarity=0.74)
print(job.pk, anna.pk)
"""

Dub = Callable[[str], tuple[str, str]]


@pytest.fixture
def dub(site: Site, tmp_path: Path) -> Dub:
    """Make a finished dub of somebody's, in which three people speak; the addresses of it and of an actor."""
    sound = factory.tone(tmp_path / "three.wav", 9.0)

    def make(owner: str) -> tuple[str, str]:
        job, actor = site.manage("shell", "-v0", "-c", DUB.format(owner=owner, sound=str(sound))).split()[-2:]
        return f"/dubs/{job}/", f"/actors/{actor}/"

    return make


def test_who_speaks_is_set_right_without_leaving_the_page(sign_up: Callable[[str], Page], dub: Dub) -> None:
    page = sign_up("ivy")
    page.goto(dub("ivy")[0])
    page.evaluate("() => { window.stayed = true; }")

    def chip(index: int) -> str:
        return page.locator(f"#segment-{index} [data-chip-title]").inner_text()

    page.get_by_label("Name of speaker 3").fill("Carla")
    page.get_by_label("Name of speaker 3").press("Enter")
    expect(page.locator("#segment-2 [data-chip-title]")).to_have_text("Carla")
    assert (chip(0), chip(1), chip(5)) == ("Speaker 1", "Speaker 2", "Carla")

    page.locator("#speaker-0 select[name=voice]").select_option(index=1)
    expect(page.locator("[data-stale]:visible")).to_have_count(2)
    expect(page.locator("#rerun")).to_contain_text("Re-speak 2 changes")

    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#segment-1 [data-chip-title]")).to_have_text("Anna")
    expect(page.locator(".speaker-asked")).to_have_count(0)

    page.locator("#segment-0 [data-chip]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="Speaker 1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#segment-0 [data-chip-title]")).to_have_text("Anna")

    page.get_by_role("button", name="Choose", exact=True).click()
    for index in (2, 5):
        page.locator(f"#segment-{index} .seg-pick").check()
    expect(page.locator("[data-picked-count]")).to_have_text("2 sentences")
    page.locator("#picked-speaker").select_option("new")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#segment-5 [data-chip-title]")).to_have_text("Speaker 4")
    expect(page.locator("#speaker-2")).to_have_count(0)

    page.locator("#speaker-1 [data-play]").click()
    page.wait_for_function("() => document.querySelector('#speaker-audio').currentTime > 1.5")
    assert page.evaluate("() => window.stayed") is True


def test_a_result_is_shared_and_only_looked_at(
    sign_up: Callable[[str], Page], site: Site, chromium: Browser, dub: Dub
) -> None:
    made = f"from accounts.models import User; User.objects.create_user('jo', 'jo@example.org', {PASSWORD!r})"
    site.manage("shell", "-v0", "-c", made)
    page = sign_up("kim")
    address, _ = dub("kim")
    page.goto(address)
    page.get_by_label("They can look at it").fill("jo@example.org")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Stop sharing with jo")).to_be_visible()

    context = chromium.new_context(base_url=site.address)
    other = context.new_page()
    other.goto("/accounts/login/")
    other.locator("#id_login").fill("jo")
    other.locator("#id_password").fill(PASSWORD)
    other.get_by_role("main").get_by_role("button", name="Sign In").click()
    other.wait_for_url("**/dubs/")
    other.get_by_role("link", name="Shared with me").click()
    other.get_by_role("link", name="Three friends").click()
    expect(other.get_by_text("shared by kim")).to_be_visible()
    expect(other.locator(".segment")).to_have_count(6)
    expect(other.locator("form:not(.menu form):visible")).to_have_count(0)
    other.get_by_role("link", name="Report").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Report this result")
    context.close()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_pages_are_for_everybody(sign_up: Callable[[str], Page], dub: Dub, theme: str, width: int) -> None:
    page = sign_up(f"lou-{theme}-{width}")
    job, actor = dub(f"lou-{theme}-{width}")
    tabs = [f"/voice-management/?tab={tab}" for tab in ("actors", "library", "create", "speakers")]
    for address in (job, actor, "/actors/", *tabs):
        check(page, address, theme, width)
