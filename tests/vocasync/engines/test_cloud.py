from __future__ import annotations

import logging
import os
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply, serving
from vocasync import retries
from vocasync.compat import UTC
from vocasync.engines import cloud
from vocasync.engines.cloud import Http, Pace
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent

KEY = "-".join(["sk", "9f8e7d6c5b4a39281706"])
"""Put together, so that tracebacks, which show lines of this file, hold it only where it leaked."""
TEXT = " ".join(["what", "somebody", "said"])
UNTIL_CANCELLED = 5
SHORT = 1.0
"""Seconds that are enough for a prompt answer, on a busy machine too."""
PAST = "Mon, 01 Jan 2024 00:00:00 GMT"


class Counting:
    """A progress that is cancelled at a look of a number."""

    def __init__(self, allowed: int) -> None:
        self.looks = 0
        self._allowed = allowed

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        self.looks += 1
        if self.looks > self._allowed:
            raise Cancelled


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving(LocalServer) as running:
        yield running


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for, none of which was waited."""
    waits: list[float] = []

    def wait(seconds: float, check: Callable[[], None]) -> None:
        check()
        if seconds > 0.001:
            waits.append(seconds)

    monkeypatch.setattr(retries, "wait", wait)
    return waits


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    monkeypatch.setattr(cloud, "time", SimpleNamespace(monotonic=lambda: 1000.0))


def client(server: LocalServer, **options: Any) -> Http:
    headers = options.pop("headers", {"Authorization": f"Bearer {KEY}"})
    return Http("Vendor", "deepl", base=server.url, headers=headers, **options)


def test_the_answer_comes_and_the_key_went(server: LocalServer) -> None:
    answer = client(server).request("POST", "/v1/thing", Silent(), json={"a": 1}, headers={"X-More": "2"})
    assert answer.json() == {"path": "/v1/thing"}
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.json) == ("POST", "/v1/thing", {"a": 1})
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-more"] == "2"


def test_a_password_of_this_machine_does_not_go_over_the_key(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client(server).request("GET", "/", Silent())
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_connections_are_used_again(server: LocalServer) -> None:
    http = client(server)
    for number in range(20):
        http.request("GET", f"/{number}", Silent())
    assert len(server.asked) == 20
    assert server.connections == 1
    http.close()
    http.request("GET", "/again", Silent())
    assert server.connections == 2


def test_threads_share_the_pool_and_get_their_own_answers(server: LocalServer) -> None:
    http = client(server)

    def ask(number: int) -> str:
        return str(http.json("GET", f"/{number}", Silent())["path"])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(60)))
    assert answers == [f"/{number}" for number in range(60)]
    assert server.connections <= 4


def test_a_forked_child_opens_its_own(server: LocalServer) -> None:
    http = client(server)
    http.request("GET", "/parent", Silent())
    child = os.fork()
    if child == 0:
        good = http.json("GET", "/child", Silent()) == {"path": "/child"}
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    http.request("GET", "/parent", Silent())
    assert [asked.connection for asked in server.asked] == [1, 2, 1]


def test_cookies_are_not_kept(server: LocalServer) -> None:
    http = client(server)
    server.script = [Reply(headers={"Set-Cookie": "who=alice; Path=/"})]
    http.request("GET", "/", Silent())
    http.request("GET", "/", Silent())
    assert "cookie" not in server.asked[1].headers


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429),
        Reply(408),
        Reply(425),
        Reply(500),
        Reply(502, "<html>Bad gateway</html>"),
        Reply(503),
        Reply(529),
        Reply(mode="drop"),
        Reply(body="x" * 1000, mode="short"),
        Reply(body="x" * 1000, mode="reset"),
        Reply(mode="slow", seconds=SHORT + 0.5),
    ],
    ids=lambda reply: f"{reply.status}{reply.mode}",
)
def test_passing_trouble_is_survived(server: LocalServer, waited: list[float], reply: Reply) -> None:
    server.script = [reply, reply]
    assert client(server, timeout=(5.0, SHORT if reply.mode == "slow" else 60.0)).json(
        "POST", "/x", Silent(), json={}
    ) == {"path": "/x"}
    assert len(server.asked) == 3
    assert len(waited) == 2


@pytest.mark.parametrize(
    ("reply", "code", "tries"),
    [
        (Reply(401), "service_key", 1),
        (Reply(403, {"message": "no"}), "service_key", 1),
        (Reply(402), "service_quota", 1),
        (Reply(456), "service_quota", 1),
        (Reply(400, {"message": "Value for 'target_lang' not supported"}), "service_refused", 1),
        (Reply(404), "service_refused", 1),
        (Reply(413), "service_refused", 1),
        (Reply(301, headers={"Location": "http://127.0.0.1:9/"}), "service_failed", 1),
        (Reply(429), "service_busy", retries.ATTEMPTS),
        (Reply(503), "service_busy", retries.ATTEMPTS),
        (Reply(408), "service_failed", retries.ATTEMPTS),
        (Reply(500), "service_failed", retries.ATTEMPTS),
        (Reply(mode="drop"), "service_unreachable", retries.ATTEMPTS),
        (Reply(body="x" * 1000, mode="short"), "service_unreachable", retries.ATTEMPTS),
        (Reply(mode="slow", seconds=0.4), "service_unreachable", retries.ATTEMPTS),
    ],
    ids=lambda value: f"{value.status}{value.mode}" if isinstance(value, Reply) else str(value),
)
def test_lasting_trouble_has_a_name(
    server: LocalServer, waited: list[float], reply: Reply, code: str, tries: int
) -> None:
    server.script = [reply] * 10
    with pytest.raises(PipelineError) as caught:
        client(server, timeout=(5.0, 0.2 if reply.mode == "slow" else 60.0)).request("GET", "/x", Silent())
    assert caught.value.code == code
    assert caught.value.permanent is (code in {"service_key", "service_quota", "service_refused"})
    assert "Vendor" in str(caught.value)
    assert len(server.asked) == tries


@pytest.mark.parametrize("key", ["", "short", KEY])
def test_a_key_does_not_follow_to_another_address(server: LocalServer, key: str) -> None:
    with serving(LocalServer) as elsewhere:
        server.script = [Reply(302, headers={"Location": f"{elsewhere.url}/there"})]
        http = client(server, headers={"xi-api-key": key} if key else {})
        if key:
            with pytest.raises(PipelineError):
                http.json("GET", "/here", Silent())
            assert elsewhere.asked == []
        else:
            assert http.json("GET", "/here", Silent()) == {"path": "/there"}


def test_nobody_listens(waited: list[float]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    http = Http("Vendor", "deepl", base=f"http://127.0.0.1:{port}", headers={})
    with pytest.raises(PipelineError) as caught:
        http.request("GET", "/", Silent())
    assert caught.value.code == "service_unreachable"
    assert len(waited) == retries.ATTEMPTS - 1


@pytest.mark.parametrize("base", ["there is no such address", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_an_address_that_is_none(waited: list[float], base: str) -> None:
    with pytest.raises(PipelineError) as caught:
        Http("Vendor", "deepl", base=base, headers={}).request("GET", "/", Silent())
    assert caught.value.code == "service_unreachable"


def test_waits_grow_and_differ(server: LocalServer, waited: list[float]) -> None:
    seen = []
    for _ in range(3):
        server.script = [Reply(500)] * 3
        client(server).request("GET", "/", Silent())
        seen.append(tuple(waited))
        waited.clear()
    assert all(first < second < third for first, second, third in seen)
    assert len(set(seen)) == 3, "not all at the same moment"


@pytest.mark.parametrize("date", [False, True])
def test_a_service_is_left_alone_as_long_as_it_asks(server: LocalServer, waited: list[float], date: bool) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.script = [Reply(429, headers={"Retry-After": until if date else "30"})]
    client(server).request("GET", "/", Silent())
    assert 20 < waited[0] <= 30


def test_one_that_asks_for_hours_is_not_waited_for(server: LocalServer, waited: list[float]) -> None:
    server.script = [Reply(429, headers={"Retry-After": "7200"})]
    http = client(server)
    with pytest.raises(PipelineError) as caught:
        http.request("GET", "/", Silent())
    assert caught.value.code == "service_busy"
    assert not caught.value.permanent
    assert waited == []
    http.request("GET", "/", Silent())
    assert waited == [], "the next job may ask"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        (" 7 ", 7),
        ("soon", 0),
        ("-3", 0),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0),
        ("1e9", 0),
    ],
)
def test_how_long_a_service_asks_for(value: str | None, seconds: float) -> None:
    assert retries.seconds_told(value) == seconds


def test_all_who_ask_with_one_key_are_held_back(server: LocalServer, waited: list[float], stopped: None) -> None:
    server.script = [Reply(429, headers={"Retry-After": "20"})]
    first, second, other = (
        client(server),
        client(server),
        client(server, headers={"Authorization": "Bearer another-key"}),
    )
    first.request("GET", "/", Silent())
    waited.clear()
    second.request("GET", "/", Silent())
    assert waited == [20.0]
    waited.clear()
    other.request("GET", "/", Silent())
    assert waited == []


def test_own_rate_limit_spaces_the_requests_of_a_key(server: LocalServer, waited: list[float], stopped: None) -> None:
    first, second = client(server, per_second=2.0), client(server, per_second=2.0)
    for http in (first, second, first, second):
        http.request("GET", "/", Silent())
    assert waited == [0.5, 1.0, 1.5]


def test_turns_in_threads_are_never_the_same(stopped: None) -> None:
    pace = Pace()
    with ThreadPoolExecutor(8) as pool:
        turns = sorted(pool.map(lambda _: pace.turn(8.0), range(50)))
    assert turns == [number / 8 for number in range(50)]


@pytest.mark.parametrize("reply", [Reply(429, headers={"Retry-After": "50"}), Reply(503)], ids=["told", "backoff"])
def test_cancelled_while_it_waits(server: LocalServer, monkeypatch: pytest.MonkeyPatch, reply: Reply) -> None:
    monkeypatch.setattr(retries, "_FIRST", 50.0)
    server.script = [reply] * 9
    progress = Counting(UNTIL_CANCELLED)
    with pytest.raises(Cancelled):
        client(server).request("GET", "/", progress)
    assert len(server.asked) == 1
    assert progress.looks == UNTIL_CANCELLED + 1


def test_cancelled_before_it_begins(server: LocalServer) -> None:
    with pytest.raises(Cancelled):
        client(server).request("GET", "/", Counting(0))
    assert server.asked == []


@pytest.mark.parametrize("body", ["<html><body>Log in to the hotel's network</body></html>", "", "{", "null"])
def test_a_page_instead_of_an_answer(server: LocalServer, body: str) -> None:
    server.script = [Reply(200, body, {"Content-Type": "text/html"})]
    with pytest.raises(PipelineError) as caught:
        client(server).json("GET", "/", Silent())
    assert caught.value.code == "service_failed"
    assert "html" not in str(caught.value)


def test_a_stream_comes_in_pieces(server: LocalServer) -> None:
    data = bytes(range(256)) * 400
    server.script = [Reply(body=data)]
    http = client(server)
    with http.request("GET", "/", Silent(), stream=True) as answer:
        pieces = list(http.chunks(answer, Silent(), 1000))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 1000
    http.request("GET", "/", Silent())
    assert server.connections == 1, "given back to the pool"


@pytest.mark.parametrize("mode", ["short", "reset"])
def test_a_stream_that_breaks_off_is_an_error(server: LocalServer, mode: str) -> None:
    server.script = [Reply(body=b"x" * 100_000, mode=mode)]
    http = client(server)
    got: list[bytes] = []
    with pytest.raises(PipelineError) as caught:
        got.extend(http.chunks(http.request("GET", "/", Silent(), stream=True), Silent()))
    assert caught.value.code == "service_unreachable"
    assert sum(map(len, got)) <= 50_000


def test_a_stream_that_nobody_wants_is_closed(server: LocalServer) -> None:
    server.script = [Reply(body=b"x" * 1_000_000)]
    http = client(server)
    answer = http.request("GET", "/", Silent(), stream=True)
    with pytest.raises(Cancelled):
        for _ in http.chunks(answer, Counting(3), 1000):
            pass
    assert answer.raw.closed


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Too long."}, "Too long (status 400)."),
        (
            {"error": {"code": 400036, "message": "The target language is not valid."}},
            "The target language is not valid",
        ),
        ({"error": "Invalid request"}, "Invalid request"),
        ({"detail": {"status": "voice_not_found", "message": "No such voice"}}, "No such voice"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"detail": []}, "status 400"),
        ({"error": 7}, "status 400"),
        ([], "status 400"),
        ("<html>" + "x" * 5000, "it answered with status 400"),
        ({"message": "y" * 5000}, "yyy"),
    ],
)
def test_what_the_service_says_is_told(server: LocalServer, body: Any, said: str) -> None:
    server.script = [Reply(400, body)]
    with pytest.raises(PipelineError) as caught:
        client(server).request("GET", "/", Silent())
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400


def test_only_the_vendor_explains_some_answers(server: LocalServer, waited: list[float]) -> None:
    def means(response: requests.Response) -> str:
        return "service_quota" if "quota" in response.text else ""

    server.script = [Reply(401, {"detail": {"status": "quota_exceeded"}})]
    with pytest.raises(PipelineError) as caught:
        client(server, means=means).request("GET", "/", Silent())
    assert caught.value.code == "service_quota"
    server.script = [Reply(401, {"detail": {"status": "invalid_api_key"}})]
    with pytest.raises(PipelineError) as caught:
        client(server, means=means).request("GET", "/", Silent())
    assert caught.value.code == "service_key"


@pytest.mark.parametrize("key", ["with a line end\n", "typographic – dash", "ключ"])
def test_a_key_that_cannot_be_sent_is_a_wrong_key(server: LocalServer, key: str) -> None:
    with pytest.raises(PipelineError) as caught:
        client(server, headers={"Authorization": key}).request("GET", "/", Silent())
    assert caught.value.code == "service_key"
    assert server.asked == []


TROUBLES = [
    Reply(400, {"message": f"bad request with header Bearer {KEY}"}),
    Reply(400, {"message": f"{KEY} and {TEXT}"}),
    Reply(403, {"message": f"{KEY} was revoked"}),
    Reply(500, {"error": f"{KEY}"}),
    Reply(mode="drop"),
    Reply(body="x" * 1000, mode="reset"),
]


@pytest.mark.parametrize("reply", TROUBLES, ids=range(len(TROUBLES)))
def test_the_key_is_nowhere(
    server: LocalServer, waited: list[float], caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [reply] * 9
    http = client(server, hidden=[TEXT])
    with pytest.raises(PipelineError) as caught:
        http.request("POST", "/x", Silent(), json={"text": TEXT})
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None, "the library's error has the request, with its headers"
    told = [
        str(error),
        repr(error),
        repr(error.params),
        repr(http),
        caplog.text,
        "".join(traceback.format_exception(error)),
    ]
    told += [repr(vars(record)) for record in caplog.records]
    told.append(repr(pickle.loads(pickle.dumps(error)).params))  # noqa: S301
    assert caplog.records
    assert not any(KEY in text or TEXT in text for text in told)


def test_a_page_tells_nothing_either(server: LocalServer) -> None:
    server.script = [Reply(200, f"<html>{KEY}</html>")]
    with pytest.raises(PipelineError) as caught:
        client(server).json("GET", "/", Silent())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_broken_stream_tells_nothing_either(server: LocalServer) -> None:
    server.script = [Reply(body=b"x" * 100_000, mode="short")]
    http = client(server)
    with pytest.raises(PipelineError) as caught:
        list(http.chunks(http.request("GET", "/", Silent(), stream=True), Silent()))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_paces_of_keys_that_are_gone_are_gone(server: LocalServer) -> None:
    import gc

    gc.collect()
    before = len(cloud._PACES)
    kept = [client(server, headers={"Authorization": f"Bearer key number {number}"}) for number in range(10)]
    assert len(cloud._PACES) == before + 10
    kept.clear()
    gc.collect()
    assert len(cloud._PACES) == before


class Gate(LocalServer):
    """Answers ``/slow`` once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/slow":
            self.open.wait(30)
        return super().answer(asked)


def test_a_slow_answer_to_one_holds_up_nobody_else() -> None:
    with serving(Gate) as gate, ThreadPoolExecutor(1) as pool:
        http = client(gate)
        slow = pool.submit(http.json, "GET", "/slow", Silent())
        assert gate.changed.wait(30)
        assert http.json("GET", "/quick", Silent()) == {"path": "/quick"}
        assert not slow.done()
        gate.open.set()
        assert slow.result() == {"path": "/slow"}
