"""Chromium with the extension in it, driven as a person drives it; and a web server for a page with a video."""

from __future__ import annotations

import base64
import functools
import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Worker
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_socket

from live import extension
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.waiting import PATIENCE, until


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

    def of_kind(self, prototype: str, function: str) -> list[Any]:
        """What a function gives for every object that lives in the page with that prototype, in no known order.
        prototype: an expression, which may give a promise."""
        made = self.send("Runtime.evaluate", expression=prototype, awaitPromise=True)["result"]["objectId"]
        objects = self.send("Runtime.queryObjects", prototypeObjectId=made)["objects"]["objectId"]
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

    def choose(self, selector: str, value: str) -> None:
        """Give a field another value."""
        node = f"document.querySelector({json.dumps(selector)})"
        events = "for (const kind of ['input', 'change']) node.dispatchEvent(new Event(kind))"
        self.evaluate(f"(() => {{ const node = {node}; node.value = {json.dumps(value)}; {events} }})()")

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
    context.set_default_timeout(1000 * PATIENCE)
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
