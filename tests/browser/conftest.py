"""The whole site as people run it: migrated, static files collected, served by uvicorn, with a real worker beside it.

``site`` starts it once a session on an own database and folder; ``visitor`` is a browser page that fails its test when
the page's console had an error (a refusal by the Content-Security-Policy is one).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests import factory
from tests.conftest import ROOT
from tests.waiting import PATIENCE, until

CHROMIUM = os.environ.get("VOCASYNC_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
PASSWORD = "a long pass phrase 7"
WORKER_SECONDS = 150.0
SLOT = 4.0
RATE = 16_000
LINES = ("The morning was quiet and cold.", "Nobody had seen the little boat.", "We waited until the evening.")

expect.set_options(timeout=1000 * PATIENCE)


@dataclass(frozen=True, slots=True)
class Site:
    """A running site. folder: everything it writes."""

    address: str
    folder: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command of this site, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(site: Site, name: str, command: list[str]) -> Iterator[None]:
    """A process beside the tests, whose output goes to a file of the site's folder."""
    with (site.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=site.environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def server_command(port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "vocasite.asgi:application", "--port", str(port)]


def wait_for(address: str) -> None:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE):  # noqa: S310
                return True
        except (URLError, OSError):
            return False

    until(answers, address)


@contextmanager
def live_worker(site: Site) -> Iterator[None]:
    """One that takes sessions of the site, beside it."""
    with running(site, "live", [sys.executable, "manage.py", "live", "--workers", "1"]):
        until(lambda: "takes" in (site.folder / "live.log").read_text("utf-8"), "a live worker", WORKER_SECONDS)
        yield


@contextmanager
def standing(folder: Path, *, live: bool = False, **settings: str) -> Iterator[Site]:
    """A whole site of its own. live: with a live worker. settings: of the environment, before those that every test's
    site has."""
    port = free_port()
    own = {
        "DJANGO_SETTINGS_MODULE": "vocasite.settings",
        "VOCASYNC_VAR": str(folder),
        "VOCASYNC_DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "VOCASYNC_NETWORK": "false",
        "VOCASYNC_DEBUG": "false",
        "VOCASYNC_WORKERS": "1",
        "VOCASYNC_MODELS": str(folder / "models"),
        **settings,
    }
    started = Site(f"http://127.0.0.1:{port}", folder, os.environ | own)
    started.manage("migrate", "--verbosity", "0")
    started.manage("collectstatic", "--noinput", "--verbosity", "0")
    with ExitStack() as stack:
        stack.enter_context(running(started, "server", server_command(port)))
        stack.enter_context(running(started, "worker", [sys.executable, "manage.py", "worker", "--workers", "1"]))
        if live:
            stack.enter_context(live_worker(started))
        wait_for(started.address)
        yield started


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with standing(tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for a module's tests. Not longer: Playwright's event loop would run under the tests that follow, and
    Django refuses the database to code in a loop."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(site: Site, chromium: Browser) -> Iterator[Page]:
    """A fresh browser page at the site, signed out."""
    context = chromium.new_context(base_url=site.address, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(f"{page.url}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    yield page
    context.close()
    assert not wrong


@pytest.fixture
def sign_up(visitor: Page) -> Callable[[str], Page]:
    """Make an account through the pages, and be signed in."""

    def through_the_form(name: str) -> Page:
        visitor.goto("/")
        visitor.get_by_role("link", name="Sign up").click()
        visitor.get_by_label("Email").fill(f"{name}@example.org")
        visitor.get_by_label("Username").fill(name)
        visitor.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.get_by_label("Password (again)").fill(PASSWORD)
        visitor.get_by_role("main").get_by_role("button", name="Sign Up").click()
        visitor.wait_for_url("**/dubs/")
        return visitor

    return through_the_form


@dataclass(frozen=True, slots=True)
class Clip:
    """A video of synthesised speech, with its words as subtitles. seconds: its length."""

    video: Path
    subtitles: Path
    seconds: float


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("clip")
    seconds = SLOT * len(LINES)
    sound = np.zeros(round(seconds * RATE), np.float32)
    cues = []
    for place, line in enumerate(LINES):
        spoken = factory.speech_samples(line, rate=RATE)[: round((SLOT - 0.5) * RATE)]
        first = round((place * SLOT + 0.4) * RATE)
        sound[first : first + len(spoken)] = spoken
        start = place * SLOT + 0.4
        cues.append(f"{place + 1}\n{stamp(start)} --> {stamp(start + len(spoken) / RATE)}\n{line}\n")
    wave = factory.write(folder / "talk.wav", sound, RATE)
    video = factory.video(folder / "talk.mp4", wave, seconds, (320, 180), extra=("-g", "25", "-movflags", "+faststart"))
    subtitles = folder / "talk.srt"
    subtitles.write_text("\n".join(cues), encoding="utf-8")
    return Clip(video, subtitles, seconds)


def stamp(seconds: float) -> str:
    """A time as SRT writes it."""
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"00:{whole // 60:02}:{whole % 60:02},{part:03}"
