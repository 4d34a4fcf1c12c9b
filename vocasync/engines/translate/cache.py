"""Translations that were made before, kept in one SQLite file for all jobs and processes of a machine."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from vocasync.engines.base import Translated

ENTRIES = 500_000
"""The oldest entries go when there are more: about 100 MB."""

_log = logging.getLogger(__name__)


class TranslationCache:
    """Key (a fingerprint) to translation. It never fails a job: a file that cannot be read is started anew, a disk
    that cannot be written is only logged. A connection is opened for each call, so forks and threads need no care."""

    def __init__(self, folder: Path) -> None:
        """``folder``: for computed things (``EngineConfig.cache``); made on first use."""
        self._path = folder / "translations.sqlite3"

    def get(self, keys: Sequence[str]) -> dict[str, Translated]:
        """What is known of ``keys``."""
        found: dict[str, Translated] = {}
        try:
            with self._open() as connection:
                for key in keys:
                    row = connection.execute("SELECT text, unsure FROM translations WHERE key = ?", (key,)).fetchone()
                    if row is not None:
                        found[key] = Translated(row[0], bool(row[1]))
        except (sqlite3.Error, OSError) as error:
            self._recover(error)
        return found

    def put(self, entries: Mapping[str, Translated]) -> None:
        """Remember."""
        rows = [(key, value.text, value.unsure) for key, value in entries.items()]
        try:
            with self._open() as connection, connection:
                connection.executemany("INSERT OR REPLACE INTO translations (key, text, unsure) VALUES (?, ?, ?)", rows)
                connection.execute(
                    "DELETE FROM translations WHERE rowid <= (SELECT max(rowid) FROM translations) - ?", (ENTRIES,)
                )
        except (sqlite3.Error, OSError) as error:
            self._recover(error)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS translations (key TEXT UNIQUE NOT NULL, text TEXT NOT NULL, unsure INTEGER)"
            )
            yield connection

    def _recover(self, error: Exception) -> None:
        _log.warning("Translation cache %s cannot be used: %s", self._path, error)
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if damaged:
            self._path.unlink(missing_ok=True)
