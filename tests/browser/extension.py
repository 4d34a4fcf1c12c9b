"""Chromium with the extension in it, a page that plays a video, and a small server that speaks the wire."""

from __future__ import annotations

import base64
import functools
import http.server
import itertools
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Worker
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_socket
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from live import extension
from tests.browser.conftest import ARGUMENTS, CHROMIUM

PROTOCOL = "vocasync.live.v1"
RATE = 16_000
DUB_RATE = 22_050
PATIENCE = 15.0  # seconds
LINES = (
    ("And so, my fellow Americans,", "Y así, compatriotas míos,"),
    ("ask not what your country can do for you;", "no preguntéis qué puede hacer vuestro país por vosotros;"),
    ("ask what you can do for your country.", "preguntad qué podéis hacer vosotros por vuestro país."),
)
EVERY = 24  # chunks, after which a clause is said


# --- the browser ----------------------------------------------------------------------------------------------------
class Hidden:
    """A page that Playwright does not see, by Chromium's own protocol: the popup, the offscreen document."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def send(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        """What the expression, or its promise, gives. As if a person had just pressed something."""
        done = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def of_kind(self, kind: str, function: str) -> list[Any]:
        """What a function gives for every object of a kind that lives in the page."""
        prototype = self.send("Runtime.evaluate", expression=f"{kind}.prototype")["result"]["objectId"]
        objects = self.send("Runtime.queryObjects", prototypeObjectId=prototype)["objects"]["objectId"]
        declared = f"function () {{ return this.map({function}) }}"
        told = self.send("Runtime.callFunctionOn", objectId=objects, functionDeclaration=declared, returnByValue=True)
        values: list[Any] = told["result"]["value"]
        return values

    def text(self, selector: str) -> str:
        """What a person reads there; "" where it is not shown."""
        node = f"document.querySelector({json.dumps(selector)})"
        shown: str = self.evaluate(f"{node}?.checkVisibility() ? {node}.innerText : ''")
        return shown.strip()

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def until(self, expression: str) -> Any:
        """Wait until the expression is true."""
        return until(lambda: self.evaluate(expression), expression)

    def screenshot(self, path: Path, scheme: str = "light") -> None:
        """A picture of what is shown."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 400)))")
        shot = self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


@dataclass
class Extended:
    """A browser with the extension. cdp: what reaches the whole browser. port: of its own protocol. open_sockets: to
    pages that Playwright does not see."""

    context: BrowserContext
    worker: Worker
    cdp: CDPSession
    port: int
    open_sockets: ExitStack

    def press(self, page: Page) -> Hidden:
        """Press the extension's icon on a page, as a person does: that alone opens the tab to it. Returns the popup."""
        page.bring_to_front()
        tabs = self.cdp.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        tab = next(row["targetId"] for row in tabs if row["url"] == page.url)
        self.cdp.send("Extensions.triggerAction", {"id": extension.extension_id(), "targetId": tab})
        popup = self.hidden("popup.html")
        popup.until("document.querySelector('main > section:not([hidden])') !== null")
        return popup

    def open(self, name: str) -> Page:
        """A page of the extension, in a tab."""
        page = self.context.new_page()
        page.goto(f"{extension.extension_origin()}/{name}")
        return page

    def hidden(self, name: str) -> Hidden:
        """A page of the extension that Playwright does not see."""
        address = f"{extension.extension_origin()}/{name}"

        def found() -> str:
            rows = self.cdp.send("Target.getTargets")["targetInfos"]
            return next((row["targetId"] for row in rows if row["url"] == address), "")

        target = until(found, address)
        address = f"ws://127.0.0.1:{self.port}/devtools/page/{target}"
        return Hidden(self.open_sockets.enter_context(connect_socket(address, max_size=None)))

    def captured(self) -> list[str]:
        """States of the captures that go on."""
        rows = self.worker.evaluate("chrome.tabCapture.getCapturedTabs()")
        return [row["status"] for row in rows if row["status"] in ("pending", "active")]

    def dub(self) -> Any:
        """What the document that nobody sees says of the dub; None where there is no such document."""
        asked = "chrome.runtime.sendMessage({ to: 'offscreen', do: 'state' }).catch(() => null)"
        return self.worker.evaluate(asked)

    def badge(self) -> str:
        text: str = self.worker.evaluate("chrome.action.getBadgeText({})")
        return text


def until(ask: Callable[[], Any], what: str) -> Any:
    """What ``ask`` gives, as soon as it is anything."""
    end = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.05)
    return found


@contextmanager
def extended(playwright: Playwright, folder: Path, site: str) -> Iterator[Extended]:
    """Chromium with the extension of a site, and nothing else."""
    unpacked = folder / "extension"
    for name, content in extension.files(site).items():
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_bytes(content)
    context = playwright.chromium.launch_persistent_context(
        folder / "profile",
        executable_path=CHROMIUM,
        headless=False,  # the old headless mode, which Playwright means, has no extensions
        args=[
            *ARGUMENTS,
            "--headless=new",
            "--enable-unsafe-extension-debugging",
            "--remote-debugging-port=0",
            f"--disable-extensions-except={unpacked}",
            f"--load-extension={unpacked}",
        ],
        viewport={"width": 1280, "height": 860},
    )
    context.set_default_timeout(15_000)
    try:
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        assert context.browser is not None
        port = int((folder / "profile" / "DevToolsActivePort").read_text().split()[0])
        with ExitStack() as sockets:
            yield Extended(context, worker, context.browser.new_browser_cdp_session(), port, sockets)
    finally:
        context.close()


# --- a page with sound ----------------------------------------------------------------------------------------------
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """Nothing."""


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """A web server of a folder; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- a server that speaks the wire ----------------------------------------------------------------------------------
@dataclass
class Interpreter:
    """Hears chunks and says clauses. What it saw stands in it."""

    protocols: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    chunks: dict[int, np.ndarray[Any, np.dtype[np.int16]]] = field(default_factory=dict)
    resumed: int = 0
    seq: int = 0
    clause: int = 0
    cut: bool = False
    """Break the connection at the next chunk."""
    open: threading.Event = field(default_factory=threading.Event)
    """Whoever connects is greeted; cleared, they wait."""

    def offered(self, connection: ServerConnection, offered: list[Subprotocol]) -> Subprotocol | None:
        self.protocols = list(offered)
        return Subprotocol(PROTOCOL) if PROTOCOL in offered else None

    def talk(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.open.wait(PATIENCE)
        try:
            self._ready(connection)
            for frame in connection:
                if isinstance(frame, str):
                    self._message(connection, json.loads(frame))
                elif self._chunk(connection, frame):
                    return
        except ConnectionClosed:
            pass

    def _ready(self, connection: ServerConnection) -> None:
        resumed = len(self.paths) > 1 and self.paths[-1].split("/")[3] == self.paths[-2].split("/")[3]
        self.resumed += resumed
        if not resumed:
            self.chunks, self.seq = {}, 0
        state, heard = ("running", len(self.chunks)) if resumed else ("waiting", 0)
        greeting = {"type": "ready", "version": 1, "session_id": "s", "connection_id": "c", "resumed": resumed}
        limits = {"sample_rate": RATE, "chunk_size": 1024, "max_chunk_duration": 1.0, "limits": {}}
        connection.send(json.dumps({**greeting, **limits, "state": state, "heard": heard, "seq": self.seq}))

    def _message(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        self.asked.append(message)
        if message["type"] == "ping":
            connection.send(
                json.dumps({"type": "pong", "at": message["at"], "heard": len(self.chunks), "seq": self.seq})
            )
        if message["type"] == "start_dubbing":
            engines = {"asr": "pocketsphinx", "translate": "apertium", "tts": "espeak", "watermark": ""}
            self._say(connection, type="started", engines=engines, source_language="en", target_language="es", notes=[])
        if message["type"] == "stop":
            self._say(connection, type="stopped", numbers={})

    def _say(self, connection: ServerConnection, **message: Any) -> None:
        self.seq += 1
        connection.send(json.dumps({**message, "seq": self.seq}))

    def _chunk(self, connection: ServerConnection, frame: bytes) -> bool:
        version, kind, _flags, seq = struct.unpack_from("<BBHI", frame)
        assert (version, kind) == (1, 1)
        self.chunks[seq] = np.frombuffer(frame, "<i2", offset=8)
        if self.cut:
            self.cut = False
            connection.socket.close()
            return True
        if len(self.chunks) % EVERY == 0:
            self._clause(connection)
        return False

    def _clause(self, connection: ServerConnection) -> None:
        number, self.clause = self.clause, self.clause + 1
        heard, meant = LINES[number % len(LINES)]
        said = {"clause": number, "language": "en", "start": 0.0, "end": 1.0, "confidence": 0.9}
        self._say(connection, type="transcript", text=heard, final=True, speaker=0, **said)
        self._say(connection, type="translation", clause=number, text=meant, language="es", unsure=False)
        self.seq += 1
        tone = (8000 * np.sin(np.arange(DUB_RATE) * 2 * np.pi * 220 / DUB_RATE)).astype("<i2")
        connection.send(struct.pack("<BBHIIII", 1, 2, 1, self.seq, number, DUB_RATE, 0) + tone.tobytes())
        delays = {"recognition": 0.2, "translation": 0.01, "synthesis": 0.3, "total": 0.5}
        spoken = {"clause": number, "speaker": 0, "voice": "own", "seconds": 1.0, "rate": 1.0, "reason": ""}
        self._say(connection, type="spoken", delays=delays, **spoken)
        one = {"count": number + 1, "p50": 0.5, "p95": 0.6, "p99": 0.6}
        connection.send(
            json.dumps({"type": "metrics", "delays": {"total": one}, "lag": 0.8, "heard": len(self.chunks)})
        )

    @property
    def loudest(self) -> int:
        return max((int(np.abs(chunk.astype(np.int32)).max()) for chunk in self.chunks.values()), default=0)


@contextmanager
def interpreting() -> Iterator[tuple[str, Interpreter]]:
    """An interpreter at an address."""
    interpreter = Interpreter()
    interpreter.open.set()
    with serve(
        interpreter.talk,
        "127.0.0.1",
        0,
        subprotocols=[Subprotocol(PROTOCOL)],
        select_subprotocol=interpreter.offered,
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield address_of(server), interpreter
        finally:
            server.shutdown()
            thread.join()


def address_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.socket.getsockname()[1]}"
