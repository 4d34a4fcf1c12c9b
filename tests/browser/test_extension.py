"""The browser extension in Chromium, on a page with a playing video: what it hears, says, plays and gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from live import extension
from tests import factory
from tests.browser.conftest import CHROMIUM, PASSWORD, RATE, Site, free_port, live_worker
from tests.browser.extension import Extended, Hidden, extended, pages
from tests.browser.test_accessibility import LOOKS, dress, hold
from tests.browser.wire import WireServer, serving
from tests.waiting import until

pytestmark = pytest.mark.slow

KEY = f"voca_0123456789ab_{'x' * 43}"
SECONDS = 6.0
PLAYING = "<!doctype html><title>A talk</title><video src=talk.mp4 autoplay loop></video>"
AUDIO = "import('./live/audio.js').then(({ LiveAudio }) => LiveAudio.prototype)"
VOLUMES = "(audio) => Object.fromEntries(['inlet', 'original', 'dub'].map((name) => [name, audio[name].gain.value]))"
KEPT = 1.5
"""Seconds for which a client may be away at least, and every chunk comes: two are kept, some are on their way."""
LONG = 150.0
"""Seconds that engines may take to be ready and to keep up, on a machine that does much else."""


LINES = (
    ("And so, my fellow Americans,", "Y así, compatriotas míos,"),
    ("ask not what your country can do for you;", "no preguntéis qué puede hacer vuestro país por vosotros;"),
    ("ask what you can do for your country.", "preguntad qué podéis hacer vosotros por vuestro país."),
)


@dataclass(frozen=True)
class Stage:
    """A browser with the extension, the server that it dubs at, and the address of a page with a playing video."""

    browser: Extended
    wire: WireServer
    video: str

    def play(self, address: str = "") -> Page:
        """A tab in which the video plays."""
        page = self.browser.context.new_page()
        page.goto(address or self.video)
        page.wait_for_function("document.querySelector('video').currentTime > 0.1")
        return page

    def start(self, page: Page) -> Hidden:
        """Press the icon, and the button; returns the popup when the tab is dubbed."""
        popup = self.browser.press(page)
        popup.click("#start")
        self.until_dubbing()
        return popup

    def until_dubbing(self) -> None:
        until(lambda: self.phase() == "dubbing", "dubbing")

    def until_badge(self, text: str) -> None:
        until(lambda: self.browser.badge() == text, f"the badge {text!r}")

    def until_heard(self, chunks: int) -> None:
        """Until so many more chunks came."""
        before = len(self.wire.chunks)
        until(lambda: len(self.wire.chunks) >= before + chunks, "chunks of sound")

    def phase(self) -> str | None:
        dub = self.browser.dub()
        return dub and dub["phase"]

    def sounds(self) -> dict[str, float]:
        """How loud the original and the dub are now, as the audio graph has it."""
        audio = self.browser.hidden("offscreen.html").of_kind(AUDIO, VOLUMES)
        assert len(audio) == 1
        assert audio[0].pop("inlet") == 1.0  # what is sent is never lowered
        return {name: round(volume, 2) for name, volume in audio[0].items()}

    def given_back(self) -> bool:
        """Whether nothing is captured: the tab sounds by itself, as it did."""
        return not self.browser.captured() and self.browser.dub() is None


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def theatre(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("extension")
    www = folder / "www"
    www.mkdir()
    said = factory.speech_samples("Somebody speaks here, on and on.", rate=RATE)
    factory.video(www / "talk.mp4", factory.write(folder / "talk.wav", said, RATE), SECONDS, (160, 90))
    (www / "index.html").write_text(PLAYING)
    with (
        serving() as wire,
        pages(www) as address,
        extended(playwright, folder, f"http://127.0.0.1:{wire.port}") as browser,
    ):
        browser.worker.evaluate("(key) => chrome.storage.local.set({ key, pasted: true })", KEY)
        yield Stage(browser, wire, f"{address}/index.html")


@pytest.fixture
def stage(theatre: Stage) -> Iterator[Stage]:
    """The stage as it was found, whatever a test before left on it."""
    yield theatre
    theatre.wire.refuse = 0
    for page in theatre.browser.context.pages[1:]:
        page.close()
    until(theatre.given_back, "what is dubbed of a closed tab")


def test_a_tab_is_heard_dubbed_and_given_back(stage: Stage, tmp_path: Path) -> None:
    page, wire = stage.play(), stage.wire
    popup = stage.start(page)
    stage.until_heard(8)
    for number, (heard, meant) in enumerate(LINES):
        wire.clause(number, heard, meant)
    wire.guess(3, "and my fellow citizens")
    wire.metrics()
    until(lambda: stage.browser.dub()["played"] > 0.8, "the dub is played")
    assert wire.offered.replace(" ", "") == f"vocasync.live.v1,vocasync.key.{KEY}"
    assert wire.path.endswith("/?origin=extension")
    assert KEY not in wire.path
    assert (wire.started["sample_rate"], wire.started["preserve_voice"]) == (16_000, True)
    assert np.abs(wire.samples().astype(np.int32)).max() > 1000
    assert wire.missing() == 0
    assert stage.browser.captured() == ["active"]
    stage.until_badge("ON")
    until(lambda: stage.sounds() == {"original": 0.2, "dub": 1.0}, "the original lowered")
    popup.until("document.querySelector('#said').innerText.includes('my fellow citizens')")
    assert LINES[2][1] in popup.text("#said")
    until(lambda: (popup.text("#phase"), popup.text("#delay-text")) == ("Dubbing", "0.8 s"), "the delay")
    popup.screenshot(tmp_path / "popup.png")
    popup.click("#stop")
    until(stage.given_back, "the tab is given back")
    stage.until_badge("")
    assert any(message["type"] == "stop" for message in wire.told)
    assert not page.evaluate("document.querySelector('video').paused")
    kept = stage.browser.worker.evaluate("chrome.storage.local.get()")
    assert set(kept) <= {"key", "pasted", "site", "manner"}
    assert "compatriotas" not in str(stage.browser.worker.evaluate("chrome.storage.session.get()"))
    page.close()


def test_what_is_chosen_counts_at_once(stage: Stage) -> None:
    page = stage.play()
    popup = stage.start(page)
    popup.choose("#target", "fr")
    until(lambda: {"type": "settings", "target_language": "fr"} in stage.wire.told, "another language")
    popup.choose("#original", "0.5")
    until(lambda: stage.sounds() == {"original": 0.5, "dub": 1.0}, "a louder original")
    popup.click("#stop")
    until(stage.given_back, "the tab is given back")
    popup = stage.browser.press(page)
    assert popup.evaluate("[document.querySelector('#target').value, document.querySelector('#original').value]") == [
        "fr",
        "0.5",
    ]
    popup.choose("#original", "0.2")
    page.close()


def test_a_lost_connection_is_taken_up_again(stage: Stage) -> None:
    page, wire = stage.play(), stage.wire
    popup = stage.start(page)
    stage.until_heard(8)
    wire.refuse = 4503
    wire.drop()
    until(lambda: stage.phase() == "lost", "the connection is lost")
    until(lambda: stage.sounds()["original"] == 1.0, "as loud as it was, while nothing is dubbed")
    stage.until_badge("…")
    wire.refuse = 0
    stage.until_dubbing()
    until(lambda: stage.sounds()["original"] == 0.2, "lowered again")
    stage.until_heard(8)
    assert wire.told.count(wire.started) == 1  # it was resumed, not begun anew
    assert wire.missing() <= max(0.0, wire.away - KEPT)
    popup.click("#stop")
    until(stage.given_back, "the tab is given back")
    page.close()


def test_a_tab_that_is_muted_stays_so_and_one_that_moves_to_another_site_is_left(stage: Stage) -> None:
    page = stage.play()
    popup = stage.start(page)
    mute = "(muted) => chrome.storage.session.get('dub').then(({ dub }) => chrome.tabs.update(dub.tab, { muted }))"
    stage.browser.worker.evaluate(mute, True)
    until(lambda: stage.sounds() == {"original": 0.0, "dub": 0.0}, "nothing is heard of a muted tab")
    popup.until("document.querySelector('#notice').textContent.includes('muted')")
    stage.browser.worker.evaluate(mute, False)
    until(lambda: stage.sounds() == {"original": 0.2, "dub": 1.0}, "heard again")
    page.goto(f"{stage.video}?another")
    stage.until_heard(8)  # the same site's next page
    popup.evaluate("window.close()")
    page.goto(stage.video.replace("127.0.0.1", "localhost"))
    until(stage.given_back, "another site is not heard")
    stage.until_badge("!")
    popup = stage.browser.press(page)
    assert "went to another site" in popup.text("#problem")
    stage.until_badge("")  # it was seen
    page.close()


def test_one_tab_at_a_time_until_it_is_closed(stage: Stage) -> None:
    first, second = stage.play(), stage.play(f"{stage.video}?second")
    stage.start(first)
    session = stage.wire.session
    popup = stage.browser.press(second)
    assert "Another tab is being dubbed" in popup.text("#elsewhere")
    assert popup.text("#start") == "Dub this tab instead"
    popup.click("#start")
    popup.until("!document.querySelector('#stop').hidden")
    stage.until_dubbing()
    assert stage.browser.captured() == ["active"]
    assert stage.wire.session != session
    second.close()
    until(stage.given_back, "a closed tab is not dubbed")
    stage.until_badge("")
    first.close()


def test_a_tab_that_the_browser_keeps_to_itself_is_told_from_a_silent_one(stage: Stage) -> None:
    page = stage.play()
    popup = stage.start(page)
    # What protected media is to a capture: the tab plays, and zeros come.
    cut = "(node) => node.disconnect()"
    stage.browser.hidden("offscreen.html").of_kind("MediaStreamAudioSourceNode.prototype", cut)
    until(stage.given_back, "the tab is given back")
    popup.until("!document.querySelector('#problem').hidden")
    assert "it is protected" in popup.text("#problem")
    page.close()


def refused(stage: Stage, page: Page) -> str:
    """What the popup says when the tab cannot be dubbed, and is left as it was."""
    popup = stage.browser.press(page)
    popup.click("#start")
    popup.until("!document.querySelector('#problem').hidden")
    assert stage.given_back()
    return popup.text("#problem")


def test_what_stands_in_the_way_is_said(stage: Stage) -> None:
    page = stage.browser.context.new_page()
    page.goto("chrome://version")
    assert "closed to extensions" in refused(stage, page)
    stage.browser.worker.evaluate("(site) => chrome.storage.local.set({ site })", f"https://127.0.0.1:{free_port()}")
    page.goto(stage.video)
    assert "reached" in refused(stage, page)
    stage.browser.worker.evaluate("chrome.storage.local.remove(['site', 'key'])")
    popup = stage.browser.press(page)
    assert "Connect this browser" in popup.text("#signed-out")
    assert popup.text("#start") == ""
    page.close()


KEYS = (
    "from accounts.models import ApiKey as Key; "
    "print([(key.name, key.scopes, key.revoked_at is None) for key in Key.objects.all()])"
)


def test_the_site_hands_a_key_over_and_nobody_else(playwright: Playwright, site: Site, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Somebody's page</title>")
    with (
        pages(tmp_path) as elsewhere,
        extended(playwright, tmp_path, site.address) as browser,
    ):
        page = browser.context.new_page()
        sign_up(page, site.address)
        page.goto(f"{site.address}/live/extension/")
        page.locator("#here", has_text="Version").wait_for()
        page.get_by_role("button", name="Connect this browser").click()
        page.get_by_text("Connected", exact=True).wait_for()
        kept = browser.worker.evaluate("chrome.storage.local.get()")
        assert (kept["site"], kept["pasted"]) == (site.address, False)
        assert site.manage("shell", "-c", KEYS).strip().endswith("[('Browser extension', ['live'], True)]")
        assert kept["key"] not in page.url
        # Neither another page of the site nor another site reaches the extension.
        message = f"'{extension.extension_id()}', {{ do: 'key', key: '{KEY}' }}"
        hand = f"globalThis.chrome?.runtime?.sendMessage({message}).catch(() => null)"
        for address in (f"{site.address}/engines/", elsewhere):
            page.goto(address)
            assert not page.evaluate(hand)
        assert browser.worker.evaluate("chrome.storage.local.get()") == kept
        popup, options = browser.open("popup.html"), browser.open("options.html")
        options.get_by_role("button", name="Sign out").click()
        options.get_by_text("The key was revoked").wait_for()
        assert "key" not in browser.worker.evaluate("chrome.storage.local.get()")
        assert site.manage("shell", "-c", KEYS).strip().endswith("[('Browser extension', ['live'], False)]")
        options.get_by_label("Address").fill("http://somewhere.example")
        options.get_by_role("button", name="Save the address").click()
        options.get_by_text("begins with https://").wait_for()
        options.get_by_label("Or paste an API key").fill("not a key")
        options.get_by_role("button", name="Use this key").click()
        options.get_by_text("This is no API key").wait_for()
        for theme, width in LOOKS:
            for shown in (options, popup):
                dress(shown, theme, width)
                shown.reload()
                hold(shown, f"{shown.url} {theme} {width}")


MAKE_KEY = (
    "from accounts.models import User; from accounts.services import api_key_create as make; "
    "owner = User.objects.create_user('listener', 'listener@example.org'); "
    "print(make(owner=owner, name='Browser extension', scopes=['live'])[1])"
)
SESSION = (
    "from live.models import LiveSession; row = LiveSession.objects.get(owner__username='listener'); "
    "print(row.origin, row.state)"
)


def test_the_real_site_dubs_a_tab(playwright: Playwright, site: Site, tmp_path: Path) -> None:
    said = factory.speech_samples(LINES[1][0], rate=RATE)
    # A sentence and then silence, in which engines that are slow now come after.
    factory.video(tmp_path / "talk.mp4", factory.write(tmp_path / "talk.wav", said, RATE), 2 * SECONDS, (160, 90))
    (tmp_path / "index.html").write_text(PLAYING)
    with (
        live_worker(site),
        pages(tmp_path) as address,
        extended(playwright, tmp_path, site.address) as browser,
    ):
        key = site.manage("shell", "-c", MAKE_KEY).split()[-1]
        browser.worker.evaluate("(key) => chrome.storage.local.set({ key, pasted: true })", key)
        page = browser.context.new_page()
        page.goto(f"{address}/index.html")
        popup = browser.press(page)
        popup.choose("#source", "en")
        popup.choose("#target", "es")
        popup.click("#start")
        until(lambda: (browser.dub() or {}).get("phase") == "dubbing", "engines", seconds=LONG)
        until(lambda: any(row.get("translation") for row in browser.dub()["said"]), "a translation", seconds=LONG)
        until(lambda: browser.dub()["played"] > 0, "the dub", seconds=LONG)
        popup.click("#stop")
        until(lambda: not browser.captured() and browser.dub() is None, "the tab is given back")
        until(lambda: "extension stopped" in site.manage("shell", "-c", SESSION), "the session is over")


def sign_up(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/signup/")
    page.get_by_label("Email").fill("extended@example.org")
    page.get_by_label("Username").fill("extended")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    page.wait_for_url("**/dubs/")
