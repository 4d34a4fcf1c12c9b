"""Fetching models from a publisher that works, and from one that does not."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from tests.vocasync.weights.conftest import MAKES
from tests.vocasync.weights.shelf import Shelf
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.weights import download, fetch, licences, manifest, store
from vocasync.weights.catalogue import CPML, HUGGING_FACE, File

BODY = os.urandom(700_000)


class Told:
    """Remembers what it is told; ``stop_at``: the fraction from which the work is no longer wanted."""

    def __init__(self, stop_at: float = 2.0) -> None:
        self.said: list[tuple[float, str]] = []
        self.stop_at = stop_at

    def report(self, fraction: float, note: str = "") -> None:
        self.said.append((fraction, note))

    def check(self) -> None:
        if self.said and self.said[-1][0] >= self.stop_at:
            raise Cancelled


def _fetch(root: Path, name: str = "toy", **how: Any) -> store.State:
    return fetch.fetch(name, root, how.pop("progress", Silent()), **how)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


# --- when all is well -------------------------------------------------------------------------------------------------
def test_a_model_is_fetched_and_written_down(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY)
    shelf.put("/sub/config.json", b"{}")
    made(File("big.pt", shelf.url("/big.pt")), File("sub/config.json", shelf.url("/sub/config.json")), size=700_002)
    told = Told()

    state = _fetch(root, progress=told)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert (root / "toy" / "sub" / "config.json").read_bytes() == b"{}"
    assert state.status == "ready"
    assert state.size == 700_002
    assert state.fetched
    rows = manifest.read(root / "toy")
    assert rows["big.pt"].sha256 == _sha256(BODY)
    assert rows["big.pt"].source == shelf.url("/big.pt")
    assert not rows["big.pt"].stated
    assert {path.name for path in (root / "toy").rglob("*")} == {
        "big.pt",
        "sub",
        "config.json",
        "manifest.json",
        ".lock",
    }
    fractions = [fraction for fraction, _ in told.said]
    assert fractions == sorted(fractions)
    assert 0.0 < fractions[0] < 0.5
    assert fractions[-1] == 1.0
    assert any("big.pt: 0.7 MB of 0.7 MB" in note for _, note in told.said)
    assert shelf.asked[0].agent.startswith("Vocasync/")


def test_what_is_there_and_right_is_not_fetched_again(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")))
    _fetch(root)
    _fetch(root)

    assert len(shelf.gets("/big.pt")) == 1


def test_a_checksum_that_the_publisher_states_on_the_way_is_compared(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/cdn/abc", BODY, linked=True, via=["/repo/resolve/main/big.pt", "/other/resolve/main/big.pt"])
    made(File("big.pt", shelf.url("/repo/resolve/main/big.pt")))
    _fetch(root)

    assert manifest.read(root / "toy")["big.pt"].stated


def test_a_git_hash_is_not_taken_for_a_checksum(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/config.json", b"{}", linked="74a4482afd52515c89ae8d7d388a537a16f5d350")
    made(File("config.json", shelf.url("/config.json")))
    _fetch(root)

    assert not manifest.read(root / "toy")["config.json"].stated


def test_the_beginning_of_a_checksum_is_enough(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/s3fd.pth", BODY)
    made(File("s3fd.pth", shelf.url("/s3fd.pth"), sha256=_sha256(BODY)[:10]))
    _fetch(root)

    assert manifest.read(root / "toy")["s3fd.pth"].stated


def test_a_file_may_be_published_under_another_name(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/m/model.safetensors", BODY)
    made(
        File("w/pytorch_model.bin", shelf.url("/m/pytorch_model.bin"), instead=("w/model.safetensors",)),
        File("extra.txt", shelf.url("/m/extra.txt"), needed=False),
    )
    state = _fetch(root)

    assert (root / "toy" / "w" / "model.safetensors").read_bytes() == BODY
    assert state.status == "ready"


def test_a_mirror_stands_in_for_hugging_face(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/org/repo/resolve/main/a.bin", BODY)
    made(File("a.bin", f"{HUGGING_FACE}/org/repo/resolve/main/a.bin"))
    _fetch(root, mirror=shelf.base + "/")

    assert (root / "toy" / "a.bin").read_bytes() == BODY


def test_a_mirror_may_stand_in_for_every_host() -> None:
    home = "https://huggingface.co"
    asked = download.mirrored("https://files.example/a/b.pt?x=1", "https://mirror.lan/{host}", home)
    assert asked == "https://mirror.lan/files.example/a/b.pt?x=1"
    assert (
        download.mirrored("https://files.example/a/b.pt", "https://mirror.lan", home) == "https://files.example/a/b.pt"
    )


# --- interrupted ------------------------------------------------------------------------------------------------------
def test_a_broken_connection_goes_on_where_it_was(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    shelf.put("/big.pt", BODY, breaks=[200_000, 100_000])
    made(File("big.pt", shelf.url("/big.pt")))
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    ranges = [one.range for one in shelf.gets("/big.pt")]
    assert ranges[0] == ""
    assert len(ranges) == 3
    starts = [int(one.removeprefix("bytes=").removesuffix("-")) for one in ranges[1:]]
    assert 0 < starts[0] <= 200_000
    assert starts[0] < starts[1] <= 300_000


def test_what_was_cancelled_goes_on_later(shelf: Shelf, root: Path, made: MAKES) -> None:
    item = shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")), size=700_000)
    with pytest.raises(Cancelled):
        _fetch(root, progress=Told(stop_at=0.4))

    assert store.state("toy", root).status == "half"
    assert "half there (big.pt missing)" in store.missing("toy", root)
    have = (root / "toy" / "big.pt.part").stat().st_size
    assert 280_000 <= have < 700_000
    _fetch(root)
    assert (root / "toy" / "big.pt").read_bytes() == BODY
    again = shelf.gets("/big.pt")[-1]
    assert (again.range, again.if_range) == (f"bytes={have}-", item.etag)


def test_a_file_that_changed_meanwhile_is_begun_anew(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")), size=700_000)
    with pytest.raises(Cancelled):
        _fetch(root, progress=Told(stop_at=0.4))
    newer = os.urandom(650_000)
    shelf.put("/big.pt", newer)
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == newer


def test_a_server_that_mixes_two_files_is_seen_through(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    """It ignores If-Range, and sends the rest of another file: the checksum that it states tells."""
    shelf.put("/big.pt", BODY, linked=True)
    made(File("big.pt", shelf.url("/big.pt")), size=700_000)
    with pytest.raises(Cancelled):
        _fetch(root, progress=Told(stop_at=0.4))
    newer = shelf.put("/big.pt", os.urandom(700_000), linked=True)
    part = root / "toy" / "big.pt.part.json"
    known = json.loads(part.read_text())
    part.write_text(json.dumps({**known, "etag": newer.etag}))
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == newer.body


@pytest.mark.parametrize("how", [{"ranged": False}, {"validated": False}])
def test_without_ranges_or_etags_it_is_begun_anew(
    how: dict[str, bool], shelf: Shelf, root: Path, made: MAKES, hasty: None
) -> None:
    shelf.put("/big.pt", BODY, breaks=[300_000], **how)
    made(File("big.pt", shelf.url("/big.pt")))
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY


def test_a_part_that_is_longer_than_the_file_is_thrown_away(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    item = shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")))
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "big.pt.part").write_bytes(BODY + b"more")
    known = {"url": shelf.url("/big.pt"), "etag": item.etag, "modified": "", "size": 0, "sha256": ""}
    (root / "toy" / "big.pt.part.json").write_text(json.dumps(known))
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY


def test_a_part_that_is_whole_is_not_asked_for_again(shelf: Shelf, root: Path, made: MAKES) -> None:
    item = shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")))
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "big.pt.part").write_bytes(BODY)
    known = {"url": shelf.url("/big.pt"), "etag": item.etag, "modified": "", "size": len(BODY), "sha256": ""}
    (root / "toy" / "big.pt.part.json").write_text(json.dumps(known))
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert shelf.asked == []


def _fetch_toy(root: Path) -> None:
    _fetch(root)


def test_a_killed_process_leaves_a_part_that_the_next_goes_on_with(shelf: Shelf, root: Path, made: MAKES) -> None:
    item = shelf.put("/big.pt", BODY, slow=0.1)
    made(File("big.pt", shelf.url("/big.pt")))
    process = multiprocessing.get_context("fork").Process(target=_fetch_toy, args=(root,))
    process.start()
    part = root / "toy" / "big.pt.part"
    while not part.is_file() or part.stat().st_size < 100_000:
        assert process.is_alive()
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    have = part.stat().st_size
    item.slow = 0.0
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert shelf.gets("/big.pt")[-1].range == f"bytes={have}-"


def test_two_processes_fetch_it_once(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY, slow=0.02)
    made(File("big.pt", shelf.url("/big.pt")))
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_fetch_toy, args=(root,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()

    assert [process.exitcode for process in both] == [0, 0]
    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert len(shelf.gets("/big.pt")) == 1


def test_whoever_waits_for_another_process_can_be_stopped(shelf: Shelf, root: Path, made: MAKES) -> None:
    made(File("big.pt", shelf.url("/big.pt")))
    told = Told(stop_at=0.0)
    with fetch.locks.held(root / "toy" / store.LOCK), pytest.raises(Cancelled):
        _fetch(root, progress=told)

    assert told.said == [(0.0, "Waiting for another process that fetches it")]


# --- what goes wrong --------------------------------------------------------------------------------------------------
def _fails(root: Path, code: str, **how: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        _fetch(root, **how)
    assert caught.value.code == code
    return str(caught.value)


@pytest.mark.parametrize("stated", ["catalogue", "server", "size"])
def test_a_wrong_checksum_is_said_and_keeps_what_was_there(stated: str, shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY, linked="0" * 64 if stated == "server" else False)
    known = {"catalogue": {"sha256": "0" * 64}, "server": {}, "size": {"size": 6}}[stated]
    made(File("big.pt", shelf.url("/big.pt"), **known))  # type: ignore[arg-type]
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "big.pt").write_bytes(b"older")

    text = _fails(root, "weights_checksum")

    assert "models fetch toy" in text
    assert (root / "toy" / "big.pt").read_bytes() == b"older"
    assert not (root / "toy" / "big.pt.part").exists()


def test_a_damaged_file_is_replaced(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")))
    _fetch(root)
    (root / "toy" / "big.pt").write_bytes(BODY[:-1] + b"\0")
    assert not store.verify("toy", root)[0].right
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert store.verify("toy", root)[0].right


def test_a_file_copied_by_hand_is_compared_with_what_its_publisher_states(
    shelf: Shelf, root: Path, made: MAKES
) -> None:
    shelf.put("/big.pt", BODY, linked=True)
    shelf.put("/config.json", b"{}")
    made(File("big.pt", shelf.url("/big.pt")), File("config.json", shelf.url("/config.json")))
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "big.pt").write_bytes(BODY[:5000])
    (root / "toy" / "config.json").write_bytes(b'{"mine": 1}')
    _fetch(root)

    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert (root / "toy" / "config.json").read_bytes() == b'{"mine": 1}'
    assert manifest.read(root / "toy")["config.json"].source == fetch.BY_HAND


def test_without_network_files_copied_by_hand_are_enough(root: Path, made: MAKES) -> None:
    made(File("big.pt", "https://example.org/big.pt"), File("more.pt", "https://example.org/more.pt", needed=False))
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "big.pt").write_bytes(BODY)

    assert _fetch(root, network=False).status == "ready"


def test_without_network_the_remedy_is_named(root: Path, made: MAKES) -> None:
    made(File("big.pt", "https://example.org/big.pt"))

    assert "VOCASYNC_NETWORK" in _fails(root, "weights_offline", network=False)


def test_a_dead_server_is_one_line(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    made(File("big.pt", "http://127.0.0.1:9/big.pt"))

    text = _fails(root, "weights_unreachable")

    assert text.startswith("127.0.0.1:9 cannot be reached (the connection fails).")
    assert "\n" not in text


def test_a_server_that_sends_nothing_ever_is_given_up(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    shelf.put("/big.pt", BODY, breaks=[0] * 20)
    made(File("big.pt", shelf.url("/big.pt")))
    _fails(root, "weights_unreachable")

    assert len(shelf.gets("/big.pt")) == 5


def test_a_server_that_is_busy_is_asked_again(shelf: Shelf, root: Path, made: MAKES, hasty: None) -> None:
    shelf.put("/big.pt", BODY, statuses=[503, 429])
    made(File("big.pt", shelf.url("/big.pt")))

    assert _fetch(root).status == "ready"


def test_the_wait_that_a_server_asks_for_can_be_stopped(shelf: Shelf, root: Path, made: MAKES) -> None:
    """``Retry-After`` is obeyed in small steps, each of which asks whether the work is still wanted."""
    shelf.put("/big.pt", BODY, statuses=[503])
    made(File("big.pt", shelf.url("/big.pt")))

    class Counts(Told):
        left = 3

        def check(self) -> None:
            self.left -= 1
            if not self.left:
                raise Cancelled

    with pytest.raises(Cancelled):
        _fetch(root, progress=Counts())
    assert len(shelf.gets("/big.pt")) == 1


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"statuses": [403]}, "it answers 403"),
        ({"mime": "text/html; charset=utf-8"}, "it sends a web page instead"),
    ],
)
def test_a_refusal_names_what_can_be_done(
    how: dict[str, Any], reason: str, shelf: Shelf, root: Path, made: MAKES
) -> None:
    shelf.put("/big.pt", BODY, **how)
    made(File("big.pt", shelf.url("/big.pt")))

    text = _fails(root, "weights_refused")

    assert reason in text
    assert "“big.pt”" in text
    assert "folder “toy”" in text
    assert "VOCASYNC_MODELS_MIRROR" in text


def test_a_file_that_is_gone_is_a_refusal(shelf: Shelf, root: Path, made: MAKES) -> None:
    made(File("big.pt", shelf.url("/big.pt"), instead=("other.pt",)))

    assert "it has no such file" in _fails(root, "weights_refused")


def test_a_file_without_an_address_is_asked_for_by_hand(root: Path, made: MAKES) -> None:
    made(File("big.pt"))

    text = _fails(root, "weights_by_hand")

    assert "https://example.org/toy" in text


@pytest.mark.parametrize("to", ["http://example.org/big.pt", "ftp://example.org/big.pt", "//example.org/big.pt"])
def test_nobody_is_followed_to_a_connection_in_the_clear(to: str, shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put(to, BODY, via=["/big.pt"])
    made(File("big.pt", shelf.url("/big.pt")))

    assert "not encrypted" in _fails(root, "weights_insecure")


def test_a_mirror_in_the_clear_is_refused(root: Path, made: MAKES) -> None:
    made(File("a.bin", f"{HUGGING_FACE}/org/repo/resolve/main/a.bin"))

    assert "http://mirror.lan" in _fails(root, "weights_insecure", mirror="http://mirror.lan")


def test_endless_redirections_are_given_up(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/end", BODY, via=[f"/{number}" for number in range(7)])
    made(File("big.pt", shelf.url("/0")))

    assert "redirects without end" in _fails(root, "weights_unreachable")


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_is_too_small_is_said_before_anything_is_asked_for(
    shelf: Shelf, root: Path, made: MAKES, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(File("big.pt", shelf.url("/big.pt")), size=3_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 1_000_000_000))

    text = _fails(root, "weights_disk_full")

    assert "3067 MB are needed, 1000 MB are free" in text
    assert shelf.asked == []


def test_a_disk_that_fills_up_keeps_what_has_arrived(
    shelf: Shelf, root: Path, made: MAKES, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")))
    real = Path.open

    def opened(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        stream = real(path, mode, *args, **kwargs)
        return _Small(stream, 300_000) if path.suffix == ".part" and "b" in mode and mode != "rb" else stream

    monkeypatch.setattr(Path, "open", opened)
    text = _fails(root, "weights_disk_full")
    monkeypatch.setattr(Path, "open", real)

    assert "too little room for “big.pt”: 68 MB are needed" in text
    assert "what has arrived is kept" in text
    assert (root / "toy" / "big.pt.part").stat().st_size > 200_000
    _fetch(root)
    assert (root / "toy" / "big.pt").read_bytes() == BODY
    assert shelf.gets("/big.pt")[-1].range.startswith("bytes=2")


class _Small:
    """A file on a disk that has so much room."""

    def __init__(self, stream: Any, room: int) -> None:
        self._stream, self._room = stream, room

    def write(self, block: bytes) -> int:
        self._room -= len(block)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self._stream.write(block))

    def __enter__(self) -> _Small:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stream.close()


def test_a_folder_that_cannot_be_written_to_is_one_line(shelf: Shelf, root: Path, made: MAKES) -> None:
    made(File("big.pt", shelf.url("/big.pt")), licence=CPML)
    root.write_text("no folder")
    with pytest.raises(PipelineError) as caught:
        licences.accept("toy", root, "Olga")
    assert caught.value.code == "weights_folder"
    made(File("big.pt", shelf.url("/big.pt")))
    assert "VOCASYNC_MODELS" in _fails(root, "weights_folder")
    assert shelf.asked == []


def test_terms_have_to_be_accepted_first(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/big.pt", BODY)
    made(File("big.pt", shelf.url("/big.pt")), licence=CPML)

    assert "models fetch toy" in _fails(root, "weights_licence")
    assert shelf.asked == []
    licences.accept("toy", root, "Olga Operator")
    assert _fetch(root).status == "ready"


def test_an_unknown_model_is_a_line(root: Path) -> None:
    assert "models list" in _fails(root, "weights_unknown", name="nothing")
