"""The models folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from tests.vocasync.weights.conftest import MAKES
from tests.vocasync.weights.shelf import Shelf
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.weights import fetch, licences, locks, manifest, store
from vocasync.weights.catalogue import CPML, File

BODY = os.urandom(400_000)


def _lay(root: Path, **files: bytes) -> None:
    for name, body in files.items():
        path = root / "toy" / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


# --- missing ----------------------------------------------------------------------------------------------------------
def test_what_is_missing_names_the_remedy(root: Path, made: MAKES) -> None:
    made(File("a.pt"), File("b.pt"), File("c.txt", needed=False), licence=CPML)
    assert store.missing("toy", root) == "The model “toy” is not here: run `manage.py models fetch toy`."

    _lay(root, a__pt=b"a")
    assert "half there (b.pt missing)" in store.missing("toy", root)

    _lay(root, b__pt=b"b")
    assert "terms of Toy (Coqui Public Model License 1.0.0)" in store.missing("toy", root)

    licences.accept("toy", root, "Olga")
    assert store.missing("toy", root) == ""


def test_states(root: Path, made: MAKES) -> None:
    made(File("a.pt"), File("b.pt"), licence=CPML)
    assert store.state("toy", root).status == "absent"
    _lay(root, a__pt__part=b"aaaa")
    state = store.state("toy", root)
    assert (state.status, state.size, state.lacks) == ("half", 4, ("a.pt", "b.pt"))
    _lay(root, a__pt=b"a", b__pt=b"b")
    assert store.state("toy", root).status == "licence"
    licences.accept("toy", root, "Olga")
    state = store.state("toy", root)
    assert state.status == "ready"
    assert state.acceptance is not None
    assert (state.acceptance.by, state.fetched) == ("Olga", "")


def test_another_name_serves(root: Path, made: MAKES) -> None:
    made(File("large-v3.pt", instead=("large.pt",)))
    _lay(root, large__pt=b"x")
    assert store.missing("toy", root) == ""


def test_the_only_file_is_found_under_any_of_its_names(root: Path, made: MAKES) -> None:
    made(File("toy.pth", instead=("other.pt",)))
    with pytest.raises(PipelineError) as caught:
        store.only_file("toy", root)
    assert caught.value.code == "weights_absent"
    (root / "toy").mkdir(parents=True)
    for name in ("other.pt", "toy.pth"):
        (root / "toy" / name).write_bytes(b"weights")
        assert store.only_file("toy", root) == root / "toy" / name


def test_an_unknown_model_is_an_error(root: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        store.missing("nothing", root)
    assert caught.value.code == "weights_unknown"


# --- mark -------------------------------------------------------------------------------------------------------------
def test_the_mark_changes_with_the_files_alone(root: Path, made: MAKES) -> None:
    made(File("a.pt"), File("b.txt", needed=False))
    _lay(root, a__pt=BODY)
    first = store.mark("toy", root)
    assert len(first) == 8
    os.utime(root / "toy" / "a.pt", (1, 1))
    assert store.mark("toy", root) == first

    _lay(root, a__pt=BODY[:-1] + bytes([BODY[-1] ^ 1]))
    second = store.mark("toy", root)
    _lay(root, b__txt=b"more")
    third = store.mark("toy", root)
    assert len({first, second, third}) == 3


def test_nothing_has_no_mark(root: Path, made: MAKES) -> None:
    made(File("a.pt"))
    with pytest.raises(PipelineError, match="not here"):
        store.mark("toy", root)


# --- verify -----------------------------------------------------------------------------------------------------------
def test_verify_compares_with_what_was_written_down(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/a.pt", BODY)
    made(File("a.pt", shelf.url("/a.pt")), File("gone.txt", needed=False))
    fetch.fetch("toy", root, Silent())
    assert store.verify("toy", root) == (store.Checked("a.pt", True, True, "whole"),)

    _lay(root, a__pt=bytes(len(BODY)))
    (found,) = store.verify("toy", root)
    assert (found.right, found.about) == (False, "another checksum than it had")


def test_verify_without_anything_known_says_so(root: Path, made: MAKES) -> None:
    made(File("a.json"), File("b.bin", size=5))
    _lay(root, a__json=b"{}", b__bin=b"1234")
    assert store.verify("toy", root) == (
        store.Checked("a.json", True, False, "no checksum is known"),
        store.Checked("b.bin", False, True, "4 bytes, and 5 are right"),
    )


def test_verify_looks_into_what_torch_saved(root: Path, made: MAKES) -> None:
    made(File("a.pt"))
    (root / "toy").mkdir(parents=True)
    path = root / "toy" / "a.pt"
    torch.save({"weight": torch.arange(10_000)}, path)
    assert store.verify("toy", root)[0].about == "whole inside"

    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)
    (found,) = store.verify("toy", root)
    assert not found.right
    assert "damaged" in found.about


def test_verify_finds_what_is_missing(root: Path, made: MAKES) -> None:
    made(File("a.pt"), File("b.pt"))
    _lay(root, a__pt=b"a")
    assert store.verify("toy", root)[1] == store.Checked("b.pt", False, True, "missing")


def test_nothing_cannot_be_verified_or_removed(root: Path, made: MAKES) -> None:
    made(File("a.pt"))
    for act in (store.verify, store.remove):
        with pytest.raises(PipelineError) as caught:
            act("toy", root)
        assert caught.value.code == "weights_absent"


# --- remove -----------------------------------------------------------------------------------------------------------
def test_removing_leaves_what_is_not_the_models(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/a.pt", BODY)
    made(File("sub/a.pt", shelf.url("/a.pt")), File("b.pt", shelf.url("/b.pt"), needed=False), licence=CPML)
    licences.accept("toy", root, "Olga")
    fetch.fetch("toy", root, Silent())
    _lay(root, notes__txt=b"mine", b__pt__part=b"half", b__pt__part__json=b"{}")

    assert store.remove("toy", root) == len(BODY) + 4
    assert _files(root) == {"toy", "toy/.lock", "toy/notes.txt", "licences.json", ".licences.json.lock"}
    assert licences.accepted("toy", root) is not None


def test_removing_all_leaves_no_folder(shelf: Shelf, root: Path, made: MAKES) -> None:
    shelf.put("/a.pt", BODY)
    made(File("sub/a.pt", shelf.url("/a.pt")))
    fetch.fetch("toy", root, Silent())
    store.remove("toy", root)
    assert _files(root) == set()


def test_models_that_share_a_folder_are_removed_apart(shelf: Shelf, root: Path, made: MAKES) -> None:
    for size in ("one", "two"):
        shelf.put(f"/{size}.pt", BODY)
        made(File(f"{size}.pt", shelf.url(f"/{size}.pt")), name=size, folder="both")
        fetch.fetch(size, root, Silent())
    store.remove("one", root)

    assert store.missing("two", root) == ""
    assert set(manifest.read(root / "both")) == {"two.pt"}


def test_what_is_being_fetched_is_not_removed(root: Path, made: MAKES) -> None:
    made(File("a.pt"))
    _lay(root, a__pt=b"a")
    with locks.held(root / "toy" / store.LOCK), pytest.raises(PipelineError) as caught:
        store.remove("toy", root)
    assert caught.value.code == "weights_busy"
    assert (root / "toy" / "a.pt").is_file()


def test_a_manifest_that_is_damaged_is_as_none(root: Path, made: MAKES) -> None:
    made(File("a.pt"))
    _lay(root, a__pt=b"a", manifest__json=b"{not")
    assert store.missing("toy", root) == ""
    assert manifest.read(root / "toy") == {}
