from __future__ import annotations

from pathlib import Path

import pytest

from vocasync.engines.translate.routes import apertium_pairs, route


def modes(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.mode").write_text("lt-proc\n")
    return folder


def test_direct_pairs_by_either_kind_of_code(tmp_path: Path) -> None:
    folder = modes(tmp_path, "eng-spa", "en-gl", "urd-hin", "eng-cat_valencia", "en-eo-bytecode")
    assert apertium_pairs(folder) == {("en", "es"), ("en", "gl"), ("ur", "hi")}
    assert route("en", "es", folder) == ("eng-spa",)
    assert route("en", "gl", folder) == ("en-gl",)


@pytest.mark.parametrize(("target", "last"), [("fr", "cat-fra"), ("pt", "cat-por"), ("it", "cat-ita")])
def test_catalan_is_the_pivot(tmp_path: Path, target: str, last: str) -> None:
    folder = modes(tmp_path, "eng-spa", "eng-cat", last, f"es-{target}")
    assert route("en", target, folder) == ("eng-cat", last)
    assert ("en", target) in apertium_pairs(folder)


def test_spanish_is_the_pivot_without_catalan(tmp_path: Path) -> None:
    folder = modes(tmp_path, "eng-spa", "es-fr", "spa-ita")
    assert route("en", "fr", folder) == ("eng-spa", "es-fr")
    assert route("en", "it", folder) == ("eng-spa", "spa-ita")
    assert route("en", "pt", folder) == ()


def test_a_direct_pair_beats_a_pivot(tmp_path: Path) -> None:
    folder = modes(tmp_path, "eng-cat", "cat-fra", "eng-fra")
    assert route("en", "fr", folder) == ("eng-fra",)


def test_brazilian_portuguese_where_it_is_there(tmp_path: Path) -> None:
    folder = modes(tmp_path, "eng-cat", "cat-por", "cat-por_BR", "cat-por_PTpre1990")
    assert route("en", "pt", folder) == ("eng-cat", "cat-por_BR")


def test_unmeasured_and_unusable_pairs_are_not_offered(tmp_path: Path) -> None:
    folder = modes(tmp_path, "eng-hbs", "eng-hbs_HR", "fra-cat", "cat-eng", "cat-por")
    assert apertium_pairs(folder) == {("fr", "ca"), ("ca", "en"), ("ca", "pt")}
    assert route("fr", "en", folder) == ()


def test_packages_installed_later_are_noticed(tmp_path: Path) -> None:
    folder = modes(tmp_path / "modes")
    assert apertium_pairs(folder) == frozenset()
    modes(folder, "eng-spa")
    assert apertium_pairs(folder) == {("en", "es")}


def test_no_apertium_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert apertium_pairs(tmp_path / "missing") == frozenset()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "apertium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert apertium_pairs() == frozenset()
    modes(tmp_path / "share", *())
    modes(tmp_path / "share" / "apertium", *())
    modes(tmp_path / "share" / "apertium" / "modes", "eng-spa")
    assert apertium_pairs() == {("en", "es")}
