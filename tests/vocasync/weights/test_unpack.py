"""Archives that are as they should be, and those that are not."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from tests.vocasync.weights.conftest import MAKES
from tests.vocasync.weights.shelf import Shelf
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.weights import fetch, manifest, store
from vocasync.weights.catalogue import File

BODY = os.urandom(300_000)


def _zip(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return target.getvalue()


@pytest.fixture
def toy(shelf: Shelf, made: MAKES) -> None:
    url = shelf.url("/toy.zip")
    made(File("model.pth", url, archive=True), File("config.json", url, archive=True))


@pytest.mark.usefixtures("toy")
def test_the_expected_files_are_taken_and_no_other(shelf: Shelf, root: Path) -> None:
    shelf.put("/toy.zip", _zip(("toy/", b""), ("toy/model.pth", BODY), ("toy/config.json", b"{}"), ("toy/x.sh", b"rm")))
    state = fetch.fetch("toy", root, Silent())

    assert state.status == "ready"
    assert (root / "toy" / "model.pth").read_bytes() == BODY
    assert {path.name for path in (root / "toy").iterdir()} == {"model.pth", "config.json", "manifest.json", ".lock"}
    assert set(manifest.read(root / "toy")) == {"model.pth", "config.json"}
    assert all(found.right for found in store.verify("toy", root))


@pytest.mark.usefixtures("toy")
def test_a_broken_download_of_an_archive_goes_on(shelf: Shelf, root: Path, hasty: None) -> None:
    item = shelf.put("/toy.zip", _zip(("model.pth", BODY), ("config.json", b"{}")), breaks=[200_000])
    fetch.fetch("toy", root, Silent())

    assert (root / "toy" / "model.pth").read_bytes() == BODY
    assert [one.if_range for one in shelf.gets("/toy.zip")] == ["", item.etag]


def _bomb() -> bytes:
    """An archive whose table of contents promises 9 GB."""
    body = bytearray(_zip(("model.pth", BODY), ("config.json", b"{}")))
    at = body.index(b"PK\x01\x02")
    body[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFFF)
    extra = struct.pack("<HHQ", 1, 8, 9_000_000_000)
    name = struct.unpack("<H", body[at + 28 : at + 30])[0]
    body[at + 30 : at + 32] = struct.pack("<H", len(extra))
    place = at + 46 + name
    body[place:place] = extra
    end = body.rindex(b"PK\x05\x06")
    size = struct.unpack("<I", body[end + 12 : end + 16])[0]
    body[end + 12 : end + 16] = struct.pack("<I", size + len(extra))
    return bytes(body)


def _corrupt() -> bytes:
    body = bytearray(_zip(("model.pth", BODY), ("config.json", b"{}")))
    body[150_000] ^= 0xFF
    return bytes(body)


def _encrypted() -> bytes:
    body = bytearray(_zip(("model.pth", BODY), ("config.json", b"{}")))
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(marker) + offset] |= 1
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_zip(("../model.pth", BODY), ("config.json", b"{}")), "reaches outside its folder (“../model.pth”)"),
        (_zip(("/etc/model.pth", BODY), ("config.json", b"{}")), "reaches outside"),
        (_zip(("a\\..\\model.pth", BODY), ("config.json", b"{}")), "reaches outside"),
        (_zip(("model.pth", BODY), ("config.json", b"{}"), ("x/../../evil", b"")), "reaches outside"),
        (_zip(("model.pth", BODY)), "“config.json” is not in it"),
        (_zip(("a/b/model.pth", BODY), ("config.json", b"{}")), "“model.pth” is not in it"),
        (_zip(("a/model.pth", BODY), ("b/model.pth", BODY), ("config.json", b"{}")), "holds “model.pth” twice"),
        (_bomb(), "would be 9 GB large"),
        (_encrypted(), "it is encrypted"),
        (_corrupt(), "it cannot be read"),
        (b"no archive at all", "it cannot be read"),
        (_zip(("model.pth", BODY), ("config.json", b"{}"))[:-30], "it cannot be read"),
    ],
)
@pytest.mark.usefixtures("toy")
def test_an_archive_that_is_not_as_it_should_be_leaves_nothing(
    body: bytes, reason: str, shelf: Shelf, root: Path
) -> None:
    shelf.put("/toy.zip", body)
    with pytest.raises(PipelineError) as caught:
        fetch.fetch("toy", root, Silent())

    assert caught.value.code == "weights_archive"
    assert reason in str(caught.value)
    assert {str(path.relative_to(root)) for path in root.rglob("*")} == {"toy", "toy/.lock"}
