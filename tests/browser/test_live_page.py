"""The live page in a browser, against a server that speaks the wire, and its modules by themselves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from live import messages
from live.messages import Chunk, Piece
from tests import factory
from tests.browser.conftest import ARGUMENTS, CHROMIUM, Site
from tests.browser.extension import pages
from tests.browser.test_accessibility import LOOKS, dress, hold
from tests.browser.test_consent import join
from tests.browser.test_path import choose_language
from tests.browser.wire import WireServer, speaking
from tests.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (set VOCASYNC_TEST_CHROMIUM)"),
]

RATE = 16_000
TALK = "A talk"
Served = tuple[Page, WireServer]

WRITE_DOWN = """(place) => {
  const node = document.querySelector(place);
  globalThis.writtenDown = [];
  const watch = new MutationObserver(() => writtenDown.push(node.textContent));
  watch.observe(node, { childList: true, characterData: true, subtree: true });
}"""
"""What is read there, one text after another: some stay for less than it takes to look."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone plays speech, and which asks nobody."""
    microphone = tmp_path_factory.mktemp("microphone") / "speech.wav"
    speech = factory.speech(" ".join([factory.ENGLISH] * 4), microphone, rate=48_000)
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, *fake, f"--use-file-for-fake-audio-capture={speech}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(site: Site, chromium: Browser) -> Any:
    """Cookies of somebody."""
    context = chromium.new_context(base_url=site.address)
    join(context.new_page(), "lara")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def served(site: Site, chromium: Browser, signed_in: Any) -> Iterator[Served]:
    """The live page, with a server of its own."""
    with opened(site, chromium, signed_in) as both:
        yield both


@pytest.fixture
def sharing(site: Site, chromium: Browser, signed_in: Any) -> Iterator[Served]:
    """The same in a browser without a microphone, which shares the tab called :data:`TALK` without asking. (Where the
    microphone is no real one, shared tabs are none either.)"""
    arguments = [*ARGUMENTS, f"--auto-select-tab-capture-source-by-title={TALK}"]
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=arguments, ignore_default_args=["--mute-audio"]
    )
    with opened(site, browser, signed_in) as both:
        yield both
    browser.close()


@contextmanager
def opened(site: Site, browser: Browser, signed_in: Any) -> Iterator[Served]:
    context = browser.new_context(
        base_url=site.address, viewport={"width": 1280, "height": 900}, bypass_csp=True, storage_state=signed_in
    )
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "WebSocket" not in message.text:  # which a test may break off
            wrong.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with speaking(page) as wire:
        page.goto("/live/")
        yield page, wire
    context.close()
    assert not wrong


def begin(page: Page, wire: WireServer, chunks: int = 8) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#state")).to_have_text("Live")
    until(lambda: len(wire.chunks) >= chunks)


def stopped(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#live")).to_have_attribute("data-state", "idle")


def told(wire: WireServer, kind: str) -> list[dict[str, Any]]:
    return [message for message in wire.told if message["type"] == kind]


def level(wire: WireServer, last: int) -> int:
    """The highest sample of the last chunks."""
    return int(loudest(wire, last).max())


def loudest(wire: WireServer, last: int) -> Any:
    """The highest sample of each of the last chunks."""
    return np.abs(wire.samples()[-last * 1024 :].reshape(-1, 1024)).max(axis=1)


def test_two_columns_and_a_dub(served: Served, tmp_path: Path) -> None:
    page, wire = served
    choose_language(page, "Spoken in", "engl", "English")
    begin(page, wire)
    assert wire.started["source_language"] == "en"
    assert wire.started["preserve_voice"] is True
    assert "voice" not in wire.started
    until(lambda: level(wire, 4) > 1_000)

    wire.speaker(0, "Ann Lee", "building")
    wire.say(
        "transcript",
        clause=0,
        final=False,
        text="ask",
        language="en",
        start=0.0,
        end=0.4,
        speaker=None,
        confidence=None,
    )
    expect(page.locator("#partial")).to_have_text("ask")
    wire.clause(0, "Ask not what", "No preguntes qué", seconds=0.6)
    wire.speaker(1, "Bob", "own", similarity=0.84)
    wire.clause(1, "your country", "tu país", speaker=1, unsure=True)
    wire.metrics()
    first, second = page.locator(".line").first, page.locator(".line").nth(1)
    expect(first.locator(".line-text")).to_have_text("Ask not what")
    expect(first.locator(".line-into")).to_have_text("No preguntes qué")
    expect(first.locator(".line-head")).to_contain_text("Ann Lee")
    expect(second.locator(".line-note")).to_contain_text("not known")
    expect(page.locator("#partial")).to_be_hidden()
    expect(page.locator("#said")).to_contain_text("tu país")
    expect(page.locator(".live-speakers li").nth(1)).to_contain_text("84 % alike")
    expect(page.locator("#delay-now")).to_have_text("0.37 s")
    expect(page.locator('tr[data-part="total"] td').last).to_have_text("0.58")
    until(lambda: float(page.locator("#live").get_attribute("data-played") or 0) >= 0.89)
    assert page.locator("#live").get_attribute("data-underruns") == "0"
    until(lambda: any(message["seq"] == wire.seq for message in told(wire, "ack")))

    wire.say("pressure", level=2, lag=2.4, advice="Speak a little slower.")
    expect(page.locator("#pressure")).to_contain_text("2.4 s behind")
    for theme, width in LOOKS:
        dress(page, theme, width)
        page.wait_for_timeout(150)  # for colours that are on their way
        hold(page, f"live {theme} {width}")

    page.locator("#keep summary").click()
    with page.expect_download() as given:
        page.get_by_role("button", name="VTT").click()
    text = Path(given.value.path()).read_text("utf-8")
    assert text.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.800\n<v Ann Lee>Ask not what\nNo preguntes qué\n")
    stopped(page)
    assert told(wire, "stop")
    expect(page.locator(".line")).to_have_count(2)
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]


def test_muted_it_hears_silence_and_settings_are_changed_as_it_runs(served: Served) -> None:
    page, wire = served
    page.get_by_text("Voices and manner").click()
    page.get_by_text("Everybody keeps their own voice", exact=True).click()
    choose_language(page, "Who speaks instead", "low voice 1", "Low voice 1")
    begin(page, wire)
    assert (wire.started["preserve_voice"], wire.started["voice_engine"], wire.started["stock"]) == (
        False,
        "espeak",
        "klatt4",
    )
    page.get_by_role("button", name="Mute").click()
    expect(page.locator("#state")).to_have_text("Muted")
    before = len(wire.chunks)
    until(lambda: len(wire.chunks) > before + 12)
    assert level(wire, 4) <= 1
    page.get_by_role("button", name="Unmute").click()
    until(lambda: level(wire, 4) > 1_000)
    page.get_by_label("Stability").fill("0.9")
    until(lambda: bool(told(wire, "settings")))
    assert told(wire, "settings") == [{"type": "settings", "voice_stability": 0.9}]
    stopped(page)


def test_a_lost_connection_goes_on_where_it_was(served: Served) -> None:
    page, wire = served
    begin(page, wire)
    wire.clause(0, "Before.", "Antes.")
    expect(page.locator(".line")).to_have_count(1)
    page.evaluate(WRITE_DOWN, "#state")
    wire.drop()
    wire.clause(1, "Meanwhile.", "Mientras.")
    expect(page.locator("#connection")).to_contain_text("Nothing that was said before is lost")
    assert "Connection lost" in page.evaluate("writtenDown")
    expect(page.locator("#state")).to_have_text("Live")
    expect(page.locator(".line-into")).to_have_text(["Antes.", "Mientras."])
    known = len(wire.chunks)
    until(lambda: len(wire.chunks) > known + 4)
    assert wire.missing() == 0
    assert len(told(wire, "start_dubbing")) == 1

    wire.forgetful = True
    wire.drop()
    expect(page.locator(".line-divide")).to_contain_text("began anew")
    expect(page.locator("#state")).to_have_text("Live")
    until(lambda: len(told(wire, "start_dubbing")) == 2)
    wire.clause(0, "After.", "Después.")
    expect(page.locator(".line-into")).to_have_text(["Antes.", "Mientras.", "Después."])
    stopped(page)


def test_a_speaker_is_given_a_voice(served: Served, tmp_path: Path) -> None:
    page, wire = served
    recording = factory.speech(factory.ENGLISH, tmp_path / "voice.wav")
    begin(page, wire)
    wire.speaker(0, "Ann Lee", "stock")
    page.get_by_role("button", name="Give a voice").click()
    dialog = page.get_by_role("dialog", name="A voice for Ann Lee")
    dialog.get_by_role("button", name="Give this voice").click()
    expect(dialog.get_by_role("alert")).to_contain_text("choose a recording")
    dialog.get_by_label("A recording").set_input_files(recording)
    dialog.get_by_role("button", name="Give this voice").click()
    expect(dialog.get_by_role("alert")).to_contain_text("you may use this voice")
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Give this voice").click()
    expect(dialog).to_be_hidden()
    until(lambda: bool(told(wire, "create_voice_clone")))
    (given,) = told(wire, "create_voice_clone")
    assert (given["speaker_id"], given["declared"], given["audio_samples"][0][:4]) == (0, True, "UklG")
    wire.speaker(0, "Ann Lee", "given")
    expect(page.locator(".live-speakers .badge")).to_have_text("From a recording")
    stopped(page)


def test_a_file_is_played_and_stops_by_itself(served: Served, tmp_path: Path) -> None:
    page, wire = served
    recording = factory.write(tmp_path / "talk.wav", factory.tone_samples(1.2), RATE)
    page.get_by_role("radio", name="A file").check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#source-problem")).to_contain_text("Choose a sound or a video")
    page.get_by_label("Sound or video").set_input_files(recording)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#state")).to_have_text("The file is over")
    expect(page.locator("#live")).to_have_attribute("data-state", "idle")
    heard = wire.samples() / 32768
    spectrum = np.abs(np.fft.rfft(heard[np.abs(heard) > 0.01][:8192]))
    assert np.sum(np.abs(heard) > 0.05) / RATE == pytest.approx(1.0, abs=0.3)
    assert spectrum.max() > 0
    assert told(wire, "stop")


def test_a_shared_tab_is_heard_until_it_is_closed(sharing: Served, tmp_path: Path) -> None:
    page, wire = sharing
    factory.write(tmp_path / "talk.wav", factory.tone_samples(4.0, frequency=440.0), RATE)
    (tmp_path / "index.html").write_text(f"<title>{TALK}</title><audio src=talk.wav autoplay loop></audio>")
    with pages(tmp_path) as address:
        talk = page.context.new_page()
        talk.goto(f"{address}/index.html")
        page.bring_to_front()
        page.get_by_role("radio", name="A tab").check()
        begin(page, wire)
        until(lambda: np.all(loudest(wire, 8) > 3000))
        spectrum = np.abs(np.fft.rfft(wire.samples()[-8 * 1024 :]))
        assert np.argmax(spectrum) * RATE / (8 * 1024) == pytest.approx(440, abs=4)
        talk.close()
    expect(page.locator("#live")).to_have_attribute("data-state", "idle")
    expect(page.locator("#source-problem")).to_contain_text("The tab is not shared any more")
    assert told(wire, "stop")


def test_what_goes_wrong_is_said_where_it_happened(served: Served) -> None:
    page, wire = served
    page.evaluate("""() => {
      navigator.mediaDevices.getDisplayMedia = async () => document.createElement("canvas").captureStream();
    }""")
    page.get_by_role("radio", name="A tab").check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#source-problem")).to_contain_text("What you shared has no sound")
    page.evaluate("""() => {
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
    }""")
    page.get_by_role("radio", name="Microphone").check()
    expect(page.locator("#source-problem")).to_be_empty()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#source-problem")).to_contain_text("The microphone is blocked")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.reload()
    wire.refuse = messages.Close.NO_WORKER
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#bar-problem")).to_contain_text("All live workers are busy", timeout=20_000)
    assert wire.connections == 5
    wire.refuse = 0
    begin(page, wire)
    wire.fail("pair_unsupported", "Choose another language.", "target_language")
    expect(page.locator('[data-errors-for="target_language"]')).to_contain_text("Choose another language.")
    expect(page.locator("#live")).to_have_attribute("data-state", "idle")


# --- the modules by themselves --------------------------------------------------------------------------------------
RESAMPLE = """async ([from, to, frequency, block]) => {
  const { Resampler } = await import("/static/js/live/resample.js");
  const sine = Float32Array.from({ length: from / 2 }, (_, at) => Math.sin(2 * Math.PI * frequency * at / from));
  const parts = new Resampler(from, to);
  const out = [];
  for (let at = 0; at < sine.length; at += block) out.push(...parts.push(sine.subarray(at, at + block)));
  out.push(...parts.flush());
  return btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(out).buffer)));
}"""


def floats(text: str) -> Any:
    """What a page's Float32Array held."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)


def test_resampling_keeps_speech_and_drops_what_would_fold(visitor: Page) -> None:
    visitor.goto("/")
    for source, target in ((48_000, 16_000), (44_100, 16_000), (22_050, 48_000), (24_000, 44_100)):
        kept = floats(visitor.evaluate(RESAMPLE, [source, target, 1_000, 128]))
        assert abs(len(kept) - target / 2) <= 2
        expected = np.sin(2 * np.pi * 1_000 * np.arange(len(kept)) / target)
        middle = slice(target // 10, -target // 10)
        assert np.abs(kept[middle] - expected[middle]).max() < 0.003
    folded = floats(visitor.evaluate(RESAMPLE, [48_000, 16_000, 9_000, 128]))
    assert np.abs(folded[1600:-1600]).max() < 0.001  # 60 dB


FRAMES = """async (given) => {
  const wire = await import("/static/js/live/wire.js");
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer;
  const hex = (frame) => [...new Uint8Array(frame)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const piece = wire.soundPiece(bytes(given));
  return {
    chunk: hex(wire.chunkFrame(70000, Int16Array.of(1, -2, 32767))),
    piece: { ...piece, samples: [...piece.samples] },
    other: wire.soundPiece(bytes("0101000000000000")),
    address: wire.socketAddress("https://a.example/live/?x=1", { connection: "c1", session: "s1", after: 9 }),
    ids: new Set(Array.from({ length: 50 }, wire.newId)).size,
    id: wire.newId(),
  };
}"""


def test_frames_are_those_of_the_protocol(visitor: Page) -> None:
    visitor.goto("/")
    pcm = np.array([16384, -32768], "<i2").tobytes()
    frame = messages.piece_encode(Piece(11, 3, 22_050, pcm, 300, last=True))
    found = visitor.evaluate(FRAMES, frame.hex())
    sent = Chunk(70_000, np.array([1, -2, 32767], "<i2").tobytes())
    assert messages.chunk_decode(bytes.fromhex(found["chunk"])) == sent
    assert found["piece"] == {"seq": 11, "clause": 3, "rate": 22_050, "pause": 0.3, "last": True, "samples": [0.5, -1]}
    assert found["other"] is None
    assert found["address"] == "wss://a.example/ws/c1/s1/?after=9&origin=page"
    assert found["ids"] == 50
    assert len(found["id"]) == 20


PLAY = """async ({ rate, pieces }) => {
  const context = new OfflineAudioContext(1, 48000 * 2, 48000);
  await context.audioWorklet.addModule("/static/js/live/playback-worklet.js");
  const node = new AudioWorkletNode(context, "live-playback", { numberOfInputs: 0, outputChannelCount: [1] });
  const said = [];
  node.port.onmessage = ({ data }) => said.push(data);
  node.connect(context.destination);
  let at = 0;
  for (const { clause, seconds, pause, last } of pieces) {
    const tone = () => 0.5 * Math.sin(2 * Math.PI * 300 * at++ / rate);
    const samples = Float32Array.from({ length: Math.round(seconds * rate) }, tone);
    node.port.postMessage({ piece: { clause, rate, pause, last, samples } });
  }
  await new Promise((done) => setTimeout(done, 200));
  const sound = (await context.startRendering()).getChannelData(0);
  await new Promise((done) => setTimeout(done, 200));
  const bytes = new Uint8Array(sound.slice().buffer);
  let text = "";
  for (let from = 0; from < bytes.length; from += 32768) {
    text += String.fromCharCode(...bytes.subarray(from, from + 32768));
  }
  return { sound: btoa(text), said };
}"""


def test_the_dub_has_no_gaps_and_keeps_its_pauses(visitor: Page) -> None:
    visitor.goto("/")
    pieces = [
        {"clause": 0, "seconds": 0.1, "pause": 0, "last": False},
        {"clause": 0, "seconds": 0.25, "pause": 0, "last": False},
        {"clause": 0, "seconds": 0.15, "pause": 0, "last": True},
        {"clause": 1, "seconds": 0.5, "pause": 0.4, "last": True},
    ]
    found = visitor.evaluate(PLAY, {"rate": 22_050, "pieces": pieces})
    sound = floats(found["sound"])
    loud = np.flatnonzero(np.abs(sound) > 0.05)
    gaps = np.diff(loud)[np.diff(loud) > 200] / 48_000
    assert gaps == pytest.approx([0.4], abs=0.01)
    first = sound[loud[0] + 480 : loud[0] + 22_000]
    angle = 2 * np.pi * 300 * np.arange(len(first)) / 48_000
    sines = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    rest = first - sines @ np.linalg.lstsq(sines, first, rcond=None)[0]
    assert np.abs(rest).max() < 0.002  # one tone over all seams
    assert [one["began"] for one in found["said"] if "began" in one] == [0, 1]
    reports = [one for one in found["said"] if "played" in one]
    assert reports[-1]["played"] == pytest.approx(1.0, abs=0.02)
    assert reports[-1]["underruns"] == 0


def test_the_buffer_grows_when_a_clause_breaks_off(visitor: Page) -> None:
    visitor.goto("/")
    found = visitor.evaluate(
        PLAY, {"rate": 48_000, "pieces": [{"clause": 0, "seconds": 0.3, "pause": 0, "last": False}]}
    )
    last = [one for one in found["said"] if "played" in one][-1]
    assert last["underruns"] == 1
    assert last["target"] == pytest.approx(0.18)
