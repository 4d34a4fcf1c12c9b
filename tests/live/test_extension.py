"""The extension as it is packed: what it may do, that it is whole, that it runs nothing from elsewhere."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from live import extension
from tests.conftest import ROOT
from vocasync.languages import LANGUAGES

SITE = "https://dubs.example"
IMPORT = re.compile(r"""(?:from|import)\s+"([^"]+)"|(?:load|URL)\("(\./[^"]+\.js)""")
LINK = re.compile(r"""(?:src|href)="([^"#]+)""")
FONT = re.compile(r"url\(([^)]+)\)")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return extension.files(SITE)


def texts(files: dict[str, bytes], ending: str) -> dict[str, str]:
    return {name: content.decode() for name, content in files.items() if name.endswith(ending)}


def test_it_may_do_exactly_this(files: dict[str, bytes]) -> None:
    told = json.loads(files["manifest.json"])
    assert told["manifest_version"] == 3
    assert told["permissions"] == ["activeTab", "offscreen", "storage", "tabCapture"]
    every = {"host_permissions", "optional_permissions", "optional_host_permissions", "content_scripts"}
    assert not every & set(told)
    assert "web_accessible_resources" not in told
    assert told["externally_connectable"] == {"matches": [f"{SITE}/live/extension/*"]}
    assert re.fullmatch(r"\d+(\.\d+){0,3}", told["version"])


def test_it_runs_nothing_from_elsewhere(files: dict[str, bytes]) -> None:
    policy = json.loads(files["manifest.json"])["content_security_policy"]["extension_pages"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == f"'self' {SITE} wss://dubs.example https: wss:"
    assert "unsafe" not in policy
    for name, text in texts(files, ".js").items():
        assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", text), name
        assert not re.search(r"""import\s*\(|from\s+["'](https?:)?//""", text), name
    for name, text in texts(files, ".html").items():
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|//[a-z]", text), name


def test_every_file_that_is_named_is_there(files: dict[str, bytes]) -> None:
    told = json.loads(files["manifest.json"])
    icons = [*told["icons"].values(), *told["action"]["default_icon"].values()]
    pages = [told["background"]["service_worker"], told["action"]["default_popup"], told["options_ui"]["page"]]
    named = {*icons, *pages, "offscreen.html"}
    for ending, pattern in ((".js", IMPORT), (".html", LINK), (".css", FONT)):
        for name, text in texts(files, ending).items():
            found = ["".join(match) if isinstance(match, tuple) else match for match in pattern.findall(text)]
            named |= {posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in found}
    assert named <= set(files)
    assert {"live/playback-worklet.js", "live/resample.js", "site.js", "style/fonts/fonts.css"} <= named


def test_every_icon_that_is_shown_is_in_the_sprite(files: dict[str, bytes]) -> None:
    shown = {name for text in texts(files, ".html").values() for name in re.findall(r"icons\.svg#([a-z-]+)", text)}
    assert shown
    assert shown <= set(re.findall(r'id="([a-z0-9-]+)"', files["style/icons.svg"].decode()))


def test_what_the_site_uses_is_in_it_unchanged(files: dict[str, bytes]) -> None:
    for name in extension.LIVE_MODULES:
        assert files[f"live/{name}"] == (ROOT / "static/js/live" / name).read_bytes()
    said = files["site.js"].decode()
    assert f'SITE = "{SITE}"' in said
    assert all(f'"code": "{code}"' in said for code in LANGUAGES)


def test_the_icons_are_as_large_as_they_say(files: dict[str, bytes]) -> None:
    for size, name in json.loads(files["manifest.json"])["icons"].items():
        head = files[name]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(head[16:20], "big") == int.from_bytes(head[20:24], "big") == int(size)


def test_the_id_is_that_of_the_key(files: dict[str, bytes]) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(base64.b64decode(json.loads(files["manifest.json"])["key"]))
    assert isinstance(key, RSAPublicKey)
    assert re.fullmatch("[a-p]{32}", extension.extension_id())


def test_the_same_files_make_the_same_zip() -> None:
    zipped = extension.archive(SITE)
    extension._packed.cache_clear()
    assert extension.archive(SITE) == zipped
    assert extension.archive("https://other.example") != zipped
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {member.date_time for member in archive.infolist()} == {extension.STAMP}
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in names} == extension.files(SITE)


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://dubs.example/live/?x=1", SITE),
        (" http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
        ("https://Dubs.Example", SITE),
    ],
)
def test_a_site_is_scheme_host_and_port(address: str, site: str) -> None:
    assert extension.site_of(address) == site


@pytest.mark.parametrize(
    "address", ["", "dubs.example", "ftp://dubs.example", "https://*/", "https://a@b.example", "https://"]
)
def test_what_is_no_site_is_refused(address: str) -> None:
    with pytest.raises(extension.AddressUnusable, match="no site's address"):
        extension.archive(address)


def test_it_is_made_from_the_shell(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/extension", SITE, "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    packed = tmp_path / extension.archive_name(SITE)
    assert packed.read_bytes() == extension.archive(SITE)
    assert (tmp_path / packed.stem / "manifest.json").read_bytes() == extension.files(SITE)["manifest.json"]
    refused = subprocess.run([*command[:2], "nowhere"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "no site's address" in refused.stderr
