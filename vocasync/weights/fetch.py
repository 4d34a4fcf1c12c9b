"""Fetching a model: every file of it whole and right, or a line that says what is wrong and what to do.

A file is renamed to its name only when it is whole and its checksum is right; whatever was there before stays until
then. So a model that is there never becomes worse by fetching it, and what is interrupted goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import requests

from vocasync.compat import UTC
from vocasync.errors import PipelineError
from vocasync.progress import Part, Progress
from vocasync.weights import download, licences, locks, manifest, store, unpack
from vocasync.weights.catalogue import HUGGING_FACE, File, Model, model
from vocasync.weights.disk import room, writing
from vocasync.weights.download import NotThere, Order, Stated
from vocasync.weights.store import LOCK, PART
from vocasync.weights.words import amount

BY_HAND = "copied by hand"
NO_FILE = "it has no such file"


def fetch(name: str, root: Path, progress: Progress, *, mirror: str = "", network: bool = True) -> store.State:
    """Fetch what is missing of a model, and what is there but not right; returns how it stands then.

    root: the models folder. mirror: see :func:`vocasync.weights.download.mirrored`. network: whether the internet may
    be used. While another process fetches the same model, that is waited for. Raises ``weights_unknown``,
    ``weights_licence``, ``weights_offline``, ``weights_by_hand``, ``weights_unreachable``, ``weights_refused``,
    ``weights_insecure``, ``weights_disk_full``, ``weights_folder``, ``weights_checksum``, ``weights_archive``, and
    what ``progress.check`` raises; what has arrived stays, and the next call goes on with it.
    """
    row = model(name)
    if licences.lacking(name, root):
        raise PipelineError("weights_licence", label=row.label, licence=row.licence.name, name=name)
    with requests.Session() as session:
        work = _Work(row, root / row.folder, progress, mirror, network, session)
        with writing(root, row.label), locks.held(work.place / LOCK, wait=work.wait):
            work.run()
    progress.report(1.0, f"{row.label} is whole")
    return store.state(name, root)


@dataclass
class _Work:
    """One model being fetched. done: bytes of files that are finished with. silent: its source did not answer, and is
    not asked for mere checksums again."""

    model: Model
    place: Path
    progress: Progress
    mirror: str
    network: bool
    session: requests.Session
    done: int = 0
    silent: bool = False

    def wait(self) -> None:
        self.progress.check()
        self.progress.report(0.0, "Waiting for another process that fetches it")

    def run(self) -> None:
        wanted = [file for file in self.model.files if not self._is_right(file)]
        if any(file.needed for file in wanted):
            self._room()
        for file in wanted:
            if not file.archive:
                self._fetch(file)
        for url in dict.fromkeys(file.url for file in wanted if file.archive):
            self._fetch_archive(url)

    def _room(self) -> None:
        """Whether the disk takes the model, before the first byte of it is asked for."""
        there = store.state(self.model.name, self.place.parent).size
        room(self.place, self.model.label, self.model.size - there)

    # --- what is there already ---
    def _is_right(self, file: File) -> bool:
        """Whether the file is there and right; one that was copied by hand is written down."""
        path = store.path_of(file, self.place)
        if path is None:
            return False
        checked = store.check(file, self.place, self._still())
        name = str(path.relative_to(self.place))
        right = checked.right and (name in manifest.read(self.place) or self._adopt(file, name, path))
        self.done += path.stat().st_size if right else 0
        return right

    def _adopt(self, file: File, name: str, path: Path) -> bool:
        """A file that was copied by hand: right where its source says so, or cannot be asked."""
        found = store.digest(path, self._still())
        known = (file.sha256 if name == file.name else "") or self._said(file, name)
        if not found.startswith(known):
            return False
        row = manifest.Row(path.stat().st_size, found, bool(known), BY_HAND, _now())
        manifest.add(self.place, {name: row})
        return True

    def _said(self, file: File, name: str) -> str:
        """The checksum that the file's source states, "" for none."""
        if self.silent or file.archive or not (self.network and file.url):
            return ""
        said = download.stated(self.session, self._address(file, name))
        self.silent = said is None
        return said.sha256 if said else ""

    # --- what is to come ---
    def _fetch(self, file: File) -> None:
        """One file, under the first of its names that the server has."""
        if not self._can_ask(file):
            return
        for name in file.names:
            order = self._order(self._address(file, name), name)
            try:
                said = download.download(order)
            except NotThere:
                continue
            self._keep(file, name, order.part, said)
            return
        if file.needed:
            raise download.refused(self._order(self._address(file, file.name), file.name), NO_FILE)

    def _keep(self, file: File, name: str, part: Path, said: Stated) -> None:
        found = store.digest(part, self._still(part.stat().st_size))
        known = (file.sha256 if name == file.name else "") or said.sha256
        sized = not file.size or name != file.name or part.stat().st_size == file.size
        if not (found.startswith(known) and sized):
            download.forget(part)
            raise PipelineError("weights_checksum", file=name, name=self.model.name, source=self.model.source)
        self._finish({name: part}, said.url, {name: found}, stated=bool(known))
        download.forget(part)

    def _fetch_archive(self, url: str) -> None:
        """All files of an archive at once."""
        files = [file for file in self.model.files if file.url == url]
        if not self._can_ask(files[0]):
            return
        address = download.mirrored(url, self.mirror, HUGGING_FACE)
        order = self._order(address, store.archive_name(files[0]))
        try:
            said = download.download(order)
            parts = unpack.extract(order.part, [file.name for file in files], self.place, self.progress.check)
        except NotThere:
            raise download.refused(order, NO_FILE) from None
        except unpack.Unfit as error:
            download.forget(order.part)
            raise PipelineError(
                "weights_archive", name=self.model.name, reason=str(error), folder=self.model.folder
            ) from error
        still = self._still(sum(path.stat().st_size for path in parts.values()))
        sums = {name: store.digest(path, still) for name, path in parts.items()}
        self._finish(parts, said.url, sums, stated=False)
        download.forget(order.part)

    def _finish(self, parts: dict[str, Path], url: str, sums: dict[str, str], *, stated: bool) -> None:
        """Give the files their names, and write them down."""
        rows = {
            name: manifest.Row(part.stat().st_size, sums[name], stated, url, _now()) for name, part in parts.items()
        }
        for name, part in parts.items():
            part.replace(self.place / name)
        manifest.add(self.place, rows)
        self.done += sum(row.size for row in rows.values())

    # --- asking and telling ---
    def _can_ask(self, file: File) -> bool:
        """Whether there is somebody to ask for the file; where one must, and cannot, that is said."""
        folder = self.model.folder
        if not file.url and file.needed:
            raise PipelineError("weights_by_hand", file=file.name, source=self.model.source, folder=folder)
        if not self.network and file.needed:
            raise PipelineError("weights_offline", name=self.model.name, folder=folder)
        return bool(file.url) and self.network

    def _address(self, file: File, name: str) -> str:
        """Where the file is under one of its names: another name lies beside the published one."""
        url = file.url if name == file.name else f"{file.url.rpartition('/')[0]}/{name.rpartition('/')[2]}"
        return download.mirrored(url, self.mirror, HUGGING_FACE)

    def _order(self, url: str, name: str) -> Order:
        part = self.place / f"{name}{PART}"
        part.parent.mkdir(parents=True, exist_ok=True)

        def told(have: int, size: int) -> None:
            total = max(1, self.model.size, self.done + max(size, have))
            shown = f"{name}: {amount(have)}" + (f" of {amount(size)}" if size else "")
            self.progress.report((self.done + have) / total, shown)

        return Order(self.session, url, name, self.model.folder, part, self.progress.check, told)

    def _still(self, arrived: int = 0) -> Progress:
        """Progress of what does not bring the whole forward. arrived: bytes of files that are being finished."""
        done = self.done + arrived
        at = done / max(1, self.model.size, done)
        return Part(self.progress, at, at)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
