"""Taking the expected files out of a ZIP file that came from the internet, and nothing else."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from vocasync.weights.disk import room

_BLOCK = 1 << 20
_ENCRYPTED = 0x1
_LARGEST = 8 << 30


class Unfit(Exception):
    """The archive is not what it should be; says why."""


def extract(archive: Path, names: Sequence[str], place: Path, check: Callable[[], None]) -> dict[str, Path]:
    """Write the named files beside ``place`` as ``<name>.part``, all of them or none; returns them by name.

    A file may lie at the top of the archive or in one folder there. Nothing is ever written under a path that the
    archive gives. Raises Unfit, ``weights_disk_full``, and what ``check`` raises.
    """
    written: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened, names)
            room(place, archive.name, sum(member.file_size for member in members.values()))
            for name, member in members.items():
                written[name] = place / f"{name}.part"
                _copy(opened, member, written[name], check)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        _undo(written)
        raise Unfit(f"it cannot be read ({error})") from error
    except BaseException:
        _undo(written)
        raise
    return written


def _undo(written: dict[str, Path]) -> None:
    for path in written.values():
        path.unlink(missing_ok=True)


def _members(archive: zipfile.ZipFile, names: Sequence[str]) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
            raise Unfit(f"it reaches outside its folder (“{member.filename}”)")
        if path.name not in names or len(path.parts) > 2 or member.is_dir():
            continue
        if path.name in found:
            raise Unfit(f"it holds “{path.name}” twice")
        _fit(member)
        found[path.name] = member
    absent = [name for name in names if name not in found]
    if absent:
        raise Unfit(f"“{absent[0]}” is not in it")
    return {name: found[name] for name in names}


def _fit(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise Unfit("it is encrypted")
    if member.file_size > _LARGEST:
        raise Unfit(f"“{member.filename}” would be {member.file_size / 1e9:.0f} GB large")


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, check: Callable[[], None]) -> None:
    """Its reader stops at the size that the archive's table of contents states, and compares the CRC at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, target.open("wb") as stream:
        while block := source.read(_BLOCK):
            stream.write(block)
            check()
