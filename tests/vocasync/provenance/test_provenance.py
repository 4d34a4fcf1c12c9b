"""A manifest in every file: signed, bound to the content, and read again."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests import factory
from vocasync.provenance.identity import KEY, Identity, identity, is_signed_by
from vocasync.provenance.manifest import Origin, is_ours, manifest, signed
from vocasync.provenance.seal import SEALED, State, read, seal
from vocasync.provenance.stamp import LARGEST_SEALED, TAG, Stamp

VOICE = {"speaker": 0, "name": "Anna", "id": "7", "consent": {"kind": "spoken", "status": "verified"}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("site") / "keys", "dub.example.org")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("other") / "keys", "elsewhere.example.org")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of every kind that can be sealed."""
    folder = tmp_path_factory.mktemp("media")
    sound = ["-f", "lavfi", "-i", "sine=440:duration=1"]
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1"]
    for name, options in {
        "a.mp4": [*picture, *sound, "-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"],
        "a.m4a": [*sound, "-c:a", "aac", "-f", "ipod"],
        "a.wav": sound,
        "a.mp3": sound,
    }.items():
        subprocess.run(["ffmpeg", "-v", "error", *options, str(folder / name)], check=True)
    return folder


KINDS = {"video/mp4": "a.mp4", "audio/mp4": "a.m4a", "audio/wav": "a.wav", "audio/mpeg": "a.mp3"}


def test_the_identity_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    got: list[Identity] = []
    threads = [threading.Thread(target=lambda: got.append(identity(folder, "x"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.thumbprint for one in got} == {identity(folder, "another name").thumbprint}
    assert len(got) == 6
    assert (folder / KEY).stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


def test_signatures_hold_for_the_same_bytes_and_key_only(site: Identity, stranger: Identity) -> None:
    value = site.sign(b"what was made").value
    assert is_signed_by(site, b"what was made", value)
    assert not is_signed_by(site, b"what was mad", value)
    assert not is_signed_by(stranger, b"what was made", value)
    assert not is_signed_by(site, b"what was made", "no base64!")


def test_a_signed_manifest_survives_a_trip_through_json(site: Identity, stranger: Identity) -> None:
    content = signed({"b": [1.5, None, "é"], "a": {"x": True}}, site)
    again = json.loads(json.dumps(content, indent=3))
    assert is_ours(again, site)
    assert not is_ours(again, stranger)
    assert not is_ours({**again, "a": {"x": False}}, site)
    assert not is_ours({key: value for key, value in again.items() if key != "signature"}, site)
    assert not is_ours({**again, "signature": "none"}, site)


def test_the_manifest_says_who_when_what_and_under_which_consent(tmp_path: Path) -> None:
    origin = Origin(tmp_path, "https://dub.example.org", "job", "alice", "2026-01-02T03:04:05Z", (VOICE,))
    made = manifest(origin, "f" * 64, {"source_sha256": "0" * 64, "engines": {"voice": "espeak 1"}})
    assert made["id"] == "f" * 32
    assert made["voices"] == [VOICE]
    assert (made["made_by"], made["made_at"], made["job"]) == ("alice", "2026-01-02T03:04:05Z", "job")
    assert made["ai_generated"] is True
    later = Origin(tmp_path, "https://dub.example.org", "job", "alice", "2027-01-01T00:00:00Z", (VOICE,))
    assert later.cause == origin.cause, "the time alone makes no other result"


@pytest.mark.parametrize("mime", sorted(SEALED))
def test_a_seal_is_read_again_and_shows_any_change(
    mime: str, media: Path, tmp_path: Path, site: Identity, stranger: Identity
) -> None:
    path = shutil.copy(media / KINDS[mime], tmp_path / KINDS[mime])
    assert read(path, mime, site) is None
    seal(path, mime, "A talk", {"id": "1", "voices": [VOICE]}, site)
    found = read(path, mime, site)
    assert found is not None
    assert (found.state, found.manifest) == (State.OURS, {"id": "1", "voices": [VOICE]})
    assert "dub.example.org" in found.issuer
    elsewhere = read(path, mime, stranger)
    assert elsewhere is not None
    assert elsewhere.state is State.FOREIGN
    subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"], check=True)
    data = bytearray(path.read_bytes())
    data[-200 if mime == "audio/mpeg" else len(data) // 2] ^= 0xFF  # in the sound: its tags come first
    path.write_bytes(data)
    changed = read(path, mime, site)
    assert changed is None or changed.state is State.ALTERED
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_medium_has_no_seal(tmp_path: Path, site: Identity) -> None:
    path = factory.text_as(tmp_path / "a.mp4")
    assert read(path, "video/mp4", site) is None
    assert read(path, "text/plain", site) is None


def test_a_stamp_leaves_alone_what_cannot_hold_it(media: Path, tmp_path: Path, site: Identity) -> None:
    stamp = Stamp({"id": "1"}, site)
    text = tmp_path / "a.txt"
    text.write_text("words")
    stamp.seal(text, "text/plain", "a")
    assert text.read_text() == "words"
    large = tmp_path / "large.wav"
    with large.open("wb") as stream:
        stream.truncate(LARGEST_SEALED + 1)
    stamp.seal(large, "audio/wav", "a")
    assert large.stat().st_size == LARGEST_SEALED + 1
    assert stamp.comment.startswith(TAG)
    assert is_ours(json.loads(stamp.comment.removeprefix(TAG)), site)
    whole = stamp.sign({"files": {"a.txt": "0"}})
    assert whole["provenance"] == {"id": "1"}
    assert is_ours(whole, site)
