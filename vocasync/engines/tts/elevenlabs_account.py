"""An account at ElevenLabs: its voices, and what can be set (light to import)."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from vocasync.engines.base import EngineConfig, SettingSpec, StockVoice
from vocasync.engines.cloud import Http
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from vocasync.progress import Progress, listener

SERVICE, LABEL = "elevenlabs", "ElevenLabs"
URL = "https://api.elevenlabs.io"

OURS = "Vocasync "
"""What the names of copies that we made begin with; a mark follows, and nothing that says whose voice it is."""

_MULTILINGUAL = "en ja zh de hi fr ko pt it es id nl tr fil pl sv bg ro ar cs el fi hr ms sk da ta uk ru"
MULTILINGUAL = frozenset(_MULTILINGUAL.split()) & LANGUAGES.keys()
FLASH = MULTILINGUAL | (frozenset({"hu", "no", "vi"}) & LANGUAGES.keys())

SETTINGS = (
    SettingSpec(
        "stability",
        "Stability",
        0.0,
        1.0,
        0.5,
        "Lower is livelier and differs more from sentence to sentence, higher is steadier and flatter.",
    ),
    SettingSpec(
        "similarity",
        "Similarity",
        0.0,
        1.0,
        0.75,
        "How closely it keeps to the voice. High values also bring along noise of the recording.",
    ),
    SettingSpec("style", "Style", 0.0, 1.0, 0.0, "How much it exaggerates the manner of the voice."),
    SettingSpec("speed", "Speed", 0.7, 1.2, 1.0, "How fast it speaks by itself."),
)

_STOCK = frozenset({"premade", "generated", "professional", "famous"})
"""Categories of voices that are nobody's copy, or whose speaker the service itself has verified. Other copies of people
are not offered: whether those consented, nobody here knows."""

_LISTED_SECONDS, _MISSED_SECONDS = 3600.0, 120.0
_PATIENCE = (2.0, 4.0)
"""Seconds to connect, and to wait for a list: a page may wait for it."""

_MEANINGS = {
    "quota_exceeded": "service_quota",
    "invalid_api_key": "service_key",
    "missing_permissions": "service_key",
    "voice_limit_reached": "clone_limit",
    "voice_not_found": "clone_gone",
    "voice_does_not_exist": "clone_gone",
}


class Once:
    """Of work that is tried once: whoever waits for another try is let go."""

    def __init__(self) -> None:
        self._checks = 0

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        self._checks += 1
        if self._checks > 1:
            raise PipelineError("service_unreachable", label=LABEL)


class Account:
    """What is on an account, over the REST interface that the vendor documents.

    folder: where it is kept what is known of the account; the same for everybody who comes with its key.
    """

    def __init__(self, config: EngineConfig, timeout: tuple[float, float] = (5.0, 60.0)) -> None:
        key, base = config.key(SERVICE), config.option("elevenlabs_url", URL)
        mark = hashlib.sha256(f"{base}\0{key}".encode()).hexdigest()[:16]
        self.folder = config.cache / SERVICE / mark
        self.http = Http(LABEL, SERVICE, base=base, headers={"xi-api-key": key}, timeout=timeout, means=_meaning)

    def voices(self, progress: Progress) -> list[dict[str, Any]]:
        """Every voice, as the service describes it."""
        answer = self.http.json("GET", "/v1/voices", progress)
        found = answer.get("voices") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("voice_id") for one in found):
            raise self.http.unreadable()
        return found

    def add(self, name: str, wav: bytes) -> str:
        """Make an instant copy of the voice in a recording. Returns its id. Raises ``clone_limit``."""
        answer = self.http.json(
            "POST",
            "/v1/voices/add",
            listener(),
            data={"name": name, "description": "Made by Vocasync, and removed by it."},
            files=[("files", ("voice.wav", wav, "audio/wav"))],
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("voice_id"), str):
            raise self.http.unreadable()
        if answer.get("requires_verification"):
            self.delete(answer["voice_id"])
            raise self.http.problem("service_refused", "it wants the speaker to verify this voice there first.")
        return str(answer["voice_id"])

    def delete(self, voice: str) -> None:
        """Remove a voice; one that is gone already is no error."""
        try:
            self.http.request("DELETE", f"/v1/voices/{voice}", listener()).close()
        except PipelineError as error:
            if error.code != "clone_gone":
                raise


def remove(config: EngineConfig, voice: str) -> None:
    """Remove a copy that we made, there and from what we know."""
    account = Account(config)
    try:
        account.delete(voice)
    finally:
        account.http.close()
    for path in account.folder.glob("*.id"):
        with suppress(FileNotFoundError):
            if path.read_text() == voice:
                path.unlink()


def remove_all(config: EngineConfig) -> list[str]:
    """Remove every copy that we made on an account; each comes back when it is asked for. Returns their ids."""
    account = Account(config)
    ours = [one["voice_id"] for one in account.voices(listener()) if str(one.get("name")).startswith(OURS)]
    account.http.close()
    for voice in ours:
        remove(config, voice)
    return ours


def stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The voices on the account that are nobody's copy, as they were within the last hour. None where the service does
    not answer at once."""
    if not config.network or not config.key(SERVICE):
        return ()
    account = Account(config, _PATIENCE)
    kept = account.folder / "voices.json"
    rows = _fresh(kept)
    if rows is None:
        rows = _listed(account)
        _keep(kept, rows)
    return tuple(_stock_voice(row) for row in rows or ())


def _fresh(path: Path) -> list[dict[str, Any]] | None:
    with suppress(OSError, ValueError):
        age = time.time() - path.stat().st_mtime
        rows: list[dict[str, Any]] = json.loads(path.read_text())
        if age < (_LISTED_SECONDS if rows else _MISSED_SECONDS):
            return rows
    return None


def _listed(account: Account) -> list[dict[str, Any]]:
    try:
        found = account.voices(Once())
    except PipelineError:
        return []
    finally:
        account.http.close()
    wanted = [one for one in found if one.get("category") in _STOCK]
    return [{"id": one["voice_id"], "name": one.get("name"), "labels": one.get("labels")} for one in wanted]


def _keep(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{time.monotonic_ns()}")
    scratch.write_text(json.dumps(rows))
    scratch.replace(path)


def _stock_voice(row: dict[str, Any]) -> StockVoice:
    labels = row["labels"] if isinstance(row["labels"], dict) else {}
    sex = str(labels.get("gender", "")).lower()
    # The end of the id: two voices may be called the same.
    label = f"{row['name'] or 'Voice'} ({str(row['id'])[-4:]})"
    return StockVoice(str(row["id"]), label, sex if sex in ("male", "female") else "")


def _meaning(response: requests.Response) -> str:
    """What the service's own error says; "" where its status says it all. Its older form has it in ``status``."""
    with suppress(ValueError, requests.RequestException, AttributeError):
        detail = response.json()["detail"] if response.status_code < 500 else {}
        for name in ("code", "status"):
            if found := _MEANINGS.get(str(detail.get(name))):
                return found
    return "clone_gone" if response.status_code == 404 else ""
