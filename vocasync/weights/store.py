"""The models folder: which model is there, whether it is whole, and how to be rid of it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vocasync.errors import PipelineError
from vocasync.progress import Part, Progress, Silent
from vocasync.weights import licences, locks, manifest
from vocasync.weights.catalogue import File, Model, model
from vocasync.weights.disk import writing
from vocasync.weights.licences import Acceptance

PART = ".part"
LOCK = ".lock"

_SAMPLE = 65_536
_BLOCK = 1 << 20

Status = Literal["ready", "licence", "half", "absent"]


@dataclass(frozen=True, slots=True)
class State:
    """How a model stands. size: bytes on the disk, halves included. lacks: needed files that are not there. fetched:
    when the last of its files arrived, ISO 8601, "" where they were copied by hand."""

    name: str
    status: Status
    size: int
    lacks: tuple[str, ...]
    acceptance: Acceptance | None
    fetched: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about a file. known: whether there was anything to compare it with."""

    file: str
    right: bool
    known: bool
    about: str


# --- what is there ----------------------------------------------------------------------------------------------------
def folder(name: str, root: Path) -> Path:
    """Where the model's files lie, or would. Raises ``weights_unknown``."""
    return root / model(name).folder


def path_of(file: File, place: Path) -> Path | None:
    """The file in a model's folder, under whichever of its names; None where it is not there."""
    return next((place / name for name in file.names if (place / name).is_file()), None)


def only_file(name: str, root: Path) -> Path:
    """Where the file of a model lies that has but one. Raises ``weights_unknown``, ``weights_absent``."""
    (file,) = model(name).files
    path = path_of(file, folder(name, root))
    if path is None:
        raise PipelineError("weights_absent", name=name)
    return path


def missing(name: str, root: Path) -> str:
    """What must be done before the model can be used, "" when it can be. Raises ``weights_unknown``."""
    row = model(name)
    place = root / row.folder
    lacks = _lacks(row, place)
    if lacks and _begun(row, place):
        return (
            f"The model “{name}” is half there ({_listed(lacks)} missing): run `manage.py models fetch {name}` again."
        )
    if lacks:
        return f"The model “{name}” is not here: run `manage.py models fetch {name}`."
    if licences.lacking(name, root):
        return (
            f"The terms of {row.label} ({row.licence.name}) have not been accepted: "
            f"run `manage.py models fetch {name}`, or accept them in the admin under Models."
        )
    return ""


def state(name: str, root: Path) -> State:
    """How the model stands. Raises ``weights_unknown``."""
    row = model(name)
    place = root / row.folder
    lacks = _lacks(row, place)
    rows = manifest.read(place)
    fetched = max((rows[file].at for file in _on_disk(row, place) if file in rows), default="")
    size = sum(_size(place / file) for file in (*_on_disk(row, place), *_halves(row, place)))
    return State(name, _status(row, root, lacks), size, lacks, licences.accepted(name, root), fetched)


def mark(name: str, root: Path) -> str:
    """Eight hex digits that change with the model's files: the same on every machine that has the same ones, and quick,
    since of each file only its size and some stretches are read. Raises ``weights_absent``."""
    place = folder(name, root)
    digest = hashlib.sha256()
    files = _on_disk(model(name), place)
    if not files:
        raise PipelineError("weights_absent", name=name)
    for file in files:
        digest.update(f"{file}\n{_size(place / file)}\n".encode())
        digest.update(_sampled(place / file))
    return digest.hexdigest()[:8]


def _status(row: Model, root: Path, lacks: tuple[str, ...]) -> Status:
    if lacks:
        return "half" if _begun(row, root / row.folder) else "absent"
    return "licence" if licences.lacking(row.name, root) else "ready"


def _lacks(row: Model, place: Path) -> tuple[str, ...]:
    return tuple(file.name for file in row.files if file.needed and path_of(file, place) is None)


def _on_disk(row: Model, place: Path) -> tuple[str, ...]:
    found = (path_of(file, place) for file in row.files)
    return tuple(str(path.relative_to(place)) for path in found if path is not None)


def _halves(row: Model, place: Path) -> tuple[str, ...]:
    return tuple(half for half in sorted(_part_names(row)) if (place / half).is_file())


def _part_names(row: Model) -> set[str]:
    archives = {archive_name(file) for file in row.files if file.archive}
    return {f"{name}{PART}" for file in row.files for name in file.names} | {f"{name}{PART}" for name in archives}


def archive_name(file: File) -> str:
    """What the archive that holds the file is called while it is fetched."""
    return file.url.rpartition("/")[2]


def _begun(row: Model, place: Path) -> bool:
    # Asked for every engine on every page that lists them, mostly of models of which there is nothing at all.
    return place.is_dir() and bool(_on_disk(row, place) or _halves(row, place))


def _size(path: Path) -> int:
    return path.stat().st_size


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _sampled(path: Path) -> bytes:
    size = _size(path)
    with path.open("rb") as stream:
        if size <= 3 * _SAMPLE:
            return stream.read()
        pieces = []
        for start in (0, size // 2, size - _SAMPLE):
            stream.seek(start)
            pieces.append(stream.read(_SAMPLE))
    return b"".join(pieces)


# --- whether it is whole ----------------------------------------------------------------------------------------------
def verify(name: str, root: Path, progress: Progress | None = None) -> tuple[Checked, ...]:
    """Read every file of the model and compare it with the checksum that its publisher states, or that was written down
    when it arrived; a file that neither is known of is looked into as far as its format allows.

    Raises ``weights_unknown``, and ``weights_absent`` where no file is there.
    """
    row = model(name)
    place = root / row.folder
    if not _begun(row, place):
        raise PipelineError("weights_absent", name=name)
    told = progress or Silent()
    wanted = [file for file in row.files if file.needed or path_of(file, place) is not None]
    return tuple(
        check(file, place, Part(told, number / len(wanted), (number + 1) / len(wanted)))
        for number, file in enumerate(wanted)
    )


def check(file: File, place: Path, progress: Progress) -> Checked:
    """The same for one file. place: the model's folder."""
    path = path_of(file, place)
    if path is None:
        return Checked(file.name, False, True, "missing")
    name = str(path.relative_to(place))
    written = manifest.read(place).get(name)
    stated = (file.sha256 if name == file.name else "") or (written.sha256 if written else "")
    if name == file.name and file.size and _size(path) != file.size:
        return Checked(name, False, True, f"{_size(path):,} bytes, and {file.size:,} are right")
    if stated:
        right = digest(path, progress).startswith(stated)
        return Checked(name, right, True, "whole" if right else "another checksum than it had")
    return _looked_into(path, name)


def _looked_into(path: Path, name: str) -> Checked:
    """A file that no checksum is known of. What torch saves is a ZIP file, which holds checksums of its own."""
    if not zipfile.is_zipfile(path):
        return Checked(name, True, False, "no checksum is known")
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        return Checked(name, False, True, f"damaged: {error}")
    return Checked(name, bad is None, True, "whole inside" if bad is None else f"damaged inside, at {bad}")


def digest(path: Path, progress: Progress) -> str:
    """SHA-256 (hex) of a file, asking now and then whether it is still wanted."""
    total = _size(path)
    found = hashlib.sha256()
    done = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
            done += len(block)
            progress.check()
            progress.report(done / max(total, done), f"Checking {path.name.removesuffix(PART)}")
    return found.hexdigest()


# --- being rid of it --------------------------------------------------------------------------------------------------
def remove(name: str, root: Path) -> int:
    """Delete the model's files and halves, and nothing else; who accepted its terms stays written down. Returns how
    many bytes that freed. Raises ``weights_unknown``, ``weights_absent``, ``weights_folder``, and ``weights_busy``
    while it is fetched."""
    row = model(name)
    place = root / row.folder
    if not _begun(row, place):
        raise PipelineError("weights_absent", name=name)
    with writing(root, row.label), _alone(place, name):
        freed = _delete(row, place)
    with writing(root, row.label):
        _prune(place)
    return freed


@contextmanager
def _alone(place: Path, name: str) -> Iterator[None]:
    """Nobody else is busy with the model. Raises ``weights_busy``."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locks.held(place / LOCK))
        except BlockingIOError:
            raise PipelineError("weights_busy", name=name) from None
        yield


def _delete(row: Model, place: Path) -> int:
    gone = [*_on_disk(row, place), *_halves(row, place)]
    freed = sum(_size(place / file) for file in gone)
    for file in gone:
        (place / file).unlink()
        (place / f"{file}.json").unlink(missing_ok=True)
    manifest.forget(place, gone)
    return freed


def _prune(place: Path) -> None:
    """Empty folders, and the model's own if only the lock is left."""
    for inner in sorted((path for path in place.rglob("*") if path.is_dir()), reverse=True):
        if not any(inner.iterdir()):
            inner.rmdir()
    if {path.name for path in place.iterdir()} <= {LOCK}:
        (place / LOCK).unlink(missing_ok=True)
        place.rmdir()
