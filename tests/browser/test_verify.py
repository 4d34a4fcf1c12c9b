"""A file that only its sound gives away, dropped by somebody who is not signed in."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.types import Audio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_marked_voice_is_told_in_place(site: Site, visitor: Page, tmp_path: Path) -> None:
    plain = Audio(talk("en-us", 4.0, 24_000), 24_000)
    marked = registry.load("watermark", "perth", EngineConfig(network=False)).mark(plain)
    soundfile.write(tmp_path / "voice.wav", marked.samples, marked.rate)
    visitor.goto(f"{site.address}/verify/")
    visitor.set_input_files("#id_file", tmp_path / "voice.wav")
    expect(visitor.locator("[data-certainty=unknown] [data-errand]")).to_be_visible(timeout=30_000)
    expect(visitor.locator("[data-certainty=marked]")).to_be_visible(timeout=120_000)
    expect(visitor.locator("#finding")).to_contain_text("Other sites may use the same kind")
    assert visitor.locator("[data-errand]").count() == 0
