"""``manage.py engines`` and ``manage.py models``."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.vocasync.weights.conftest import MAKES
from tests.vocasync.weights.shelf import Shelf
from vocasync.engines.registry import specs
from vocasync.weights import fetch, licences
from vocasync.weights.catalogue import CPML, MODELS, File

BODY = os.urandom(200_000)

Typed = Callable[[str], None]


@pytest.fixture(autouse=True)
def models(root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's models folder, and a wide terminal."""
    settings.ENGINES = settings.ENGINES | {"models": str(root)}
    monkeypatch.setenv("COLUMNS", "240")
    return root


@pytest.fixture
def toy(shelf: Shelf, made: MAKES, settings: Settings) -> Shelf:
    settings.ENGINES = settings.ENGINES | {"network": True}
    shelf.put("/a.pt", BODY)
    made(File("a.pt", shelf.url("/a.pt")), licence=CPML)
    return shelf


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Somebody sits at a terminal and types this."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- engines ----------------------------------------------------------------------------------------------------------
def test_engines_lists_each_with_what_it_needs() -> None:
    text = run("engines")
    for row in specs():
        assert row.name in text
    assert "run `manage.py models fetch xtts-v2`" in " ".join(text.replace("│", " ").split())
    assert "non-commercial" in text
    assert f"of {len(specs())} engines are ready" in text


def test_engines_for_programs() -> None:
    rows = {row["name"]: row for row in json.loads(run("engines", "--json"))}
    assert rows["espeak"]["ready"]
    assert (rows["espeak"]["device"], rows["espeak"]["price"]) == ("cpu", None)
    assert (rows["xtts"]["commercial"], rows["xtts"]["weights"]) == (False, "xtts-v2")
    assert rows["elevenlabs"]["price"]["unit"] == "characters"
    assert rows["elevenlabs"]["device"] == "service"


# --- models -----------------------------------------------------------------------------------------------------------
def test_list_shows_states_sizes_and_terms(toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga Operator")
    (root / "toy").mkdir()
    (root / "toy" / "a.pt.part").write_bytes(BODY)
    text = run("models", "list")
    for name in MODELS:
        assert name in text
    assert "half there" in text
    assert "0.2 MB of about 0.0 MB" in text
    assert "Olga Operator" in text
    rows = {row["name"]: row for row in json.loads(run("models", "list", "--json"))}
    assert (rows["toy"]["status"], rows["bark"]["status"]) == ("half", "absent")
    assert "models fetch bark" in rows["bark"]["missing"]


def test_without_a_terminal_terms_need_the_flag(toy: Shelf, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Olga\n"))
    assert "`manage.py models fetch toy --accept-licence --by YOUR-NAME`" in refused("models", "fetch", "toy")
    assert "--by" in refused("models", "fetch", "toy", "--accept-licence")
    assert licences.accepted("toy", root) is None
    assert toy.asked == []

    text = run("models", "fetch", "toy", "--accept-licence", "--by", "Olga Operator")
    assert "toy is whole: 0.2 MB" in text
    given = licences.accepted("toy", root)
    assert given is not None
    assert given.by == "Olga Operator"
    assert (root / "toy" / "a.pt").read_bytes() == BODY


def test_at_a_terminal_terms_are_shown_and_asked_for(toy: Shelf, root: Path, typed: Typed) -> None:
    typed("\n")
    assert "not accepted" in refused("models", "fetch", "toy")
    typed("Olga Operator\n")
    text = run("models", "fetch", "toy")
    assert "non-commercial purposes only" in text
    assert CPML.url in text
    given = licences.accepted("toy", root)
    assert given is not None
    assert given.by == "Olga Operator"
    typed("")  # nothing is asked again
    run("models", "fetch", "toy")
    assert len(toy.gets("/a.pt")) == 1


def test_progress_is_told_in_lines_where_there_is_no_terminal(toy: Shelf, made: MAKES) -> None:
    made(File("a.pt", toy.url("/a.pt")), size=len(BODY))
    text = run("models", "fetch", "toy")
    assert "100%  a.pt: 0.2 MB of 0.2 MB" in text


def test_a_mirror_is_asked(toy: Shelf, made: MAKES, settings: Settings) -> None:
    toy.put("/mirror/example.org/m/a.pt", BODY)
    made(File("a.pt", "https://example.org/m/a.pt"))
    options = settings.ENGINES["options"] | {"models_mirror": toy.base + "/mirror/{host}"}
    settings.ENGINES = settings.ENGINES | {"options": options}
    assert "whole" in run("models", "fetch", "toy")


def test_verify_finds_what_is_wrong(toy: Shelf, root: Path) -> None:
    assert "no model" in run("models", "verify")
    licences.accept("toy", root, "Olga")
    run("models", "fetch", "toy")
    assert "right  toy/a.pt: whole" in run("models", "verify")
    (root / "toy" / "a.pt").write_bytes(BODY[:-1])

    out = io.StringIO()
    with pytest.raises(CommandError, match=r"To fetch what is not: `manage\.py models fetch toy`"):
        call_command("models", "verify", "toy", stdout=out)
    assert "WRONG  toy/a.pt: another checksum than it had" in out.getvalue()
    run("models", "fetch", "toy")
    assert "right" in run("models", "verify", "toy")


def test_remove_says_what_it_freed(toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    run("models", "fetch", "toy")
    assert "0.2 MB are free again" in run("models", "remove", "toy")
    assert not (root / "toy").exists()


def test_errors_are_one_line(toy: Shelf, root: Path, settings: Settings) -> None:
    assert "models list" in refused("models", "fetch", "nothing")
    assert "models list" in refused("models", "verify", "nothing")
    assert "nothing to do" in refused("models", "remove", "toy")
    licences.accept("toy", root, "Olga")
    settings.ENGINES = settings.ENGINES | {"network": False}
    assert "VOCASYNC_NETWORK" in refused("models", "fetch", "toy")


def test_ctrl_c_is_one_line_too(toy: Shelf, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    licences.accept("toy", root, "Olga")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "fetch", interrupted)
    with pytest.raises(CommandError, match="Run the same command again to go on") as caught:
        run("models", "fetch", "toy")
    assert caught.value.returncode == 130
