"""The files that a person takes away, whatever job they are of: each made whole or not at all, and only once."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vocasync.artifacts import Workspace, dumps, file_sha256
from vocasync.media.audio import peaks
from vocasync.progress import Part, Progress
from vocasync.provenance.stamp import Stamp
from vocasync.types import JSON, Artifact, Segment

PEAK_POINTS = 1800
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same members give the same archive
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Product:
    """A file of the result. ``weight``: rough share of the work. ``voiced``: a voice that was made is heard in it."""

    path: str
    name: str
    kind: str
    mime: str
    make: Callable[[Path, Progress], None]
    track: str = ""
    language: str = ""
    weight: float = 0.1
    voiced: bool = False

    def artifact(self, workspace: Workspace) -> Artifact:
        """Of the file that was made."""
        path = workspace.root / self.path
        size, sha256 = path.stat().st_size, file_sha256(path)
        return Artifact(self.name, self.path, self.kind, self.mime, size, self.track, self.language, sha256)


def make_all(
    products: Sequence[Product], workspace: Workspace, mark: str, stamp: Stamp | None, progress: Progress
) -> None:
    """Make those that are not there yet with this mark, in order; what has a voice in it is sealed with the stamp."""
    total = sum(product.weight for product in products)
    done = 0.0
    for product in products:
        progress.check()
        part = Part(progress, done / total, (done + product.weight) / total)
        if not workspace.has(product.path, mark):
            with workspace.writing(product.path, mark) as scratch:
                product.make(scratch, part)
                if product.voiced and stamp:
                    stamp.seal(scratch, product.mime, product.name)
        done += product.weight
        progress.report(done / total)


# --- how some are made ------------------------------------------------------------------------------------------------
def write_text(text: Callable[[], str], path: Path, progress: Progress) -> None:
    """A text file."""
    path.write_text(text(), encoding="utf-8")


def pretty(value: Callable[[], object]) -> str:
    """JSON for people."""
    return json.dumps(json.loads(dumps(value())), ensure_ascii=False, indent=1) + "\n"


def manifest_of(content: JSON, stamp: Stamp | None, workspace: Workspace, files: Sequence[str]) -> JSON:
    """What made the result; with a stamp, signed, and with the hashes of its files."""
    if stamp is None:
        return content
    hashes = {path: file_sha256(workspace.root / path) for path in files}
    return stamp.sign({**content, "files": hashes})


def write_peaks(sound: Path, path: Path, progress: Progress) -> None:
    """The outline of a WAV file, for a display."""
    path.write_text(dumps({"version": 1, "channels": 1, "data": peaks(sound, PEAK_POINTS)}), encoding="utf-8")


def link(sound: Path, path: Path) -> None:
    """The same file under another name: a link where the disk can, for a track of hours is a gigabyte."""
    try:
        os.link(sound, path)
    except OSError:
        shutil.copyfile(sound, path)


def archived(root: Path, members: Sequence[tuple[str, str]], path: Path, progress: Progress) -> None:
    """Everything in one file; media as they are, for they do not get smaller."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (member, name) in enumerate(members):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.file_size = (root / member).stat().st_size  # lets it choose the 64-bit form where that is needed
            text = PurePosixPath(member).suffix in (".json", ".srt", ".vtt")
            entry.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
            with (root / member).open("rb") as source, archive.open(entry, "w") as packed:
                while block := source.read(_COPY_BYTES):
                    progress.check()
                    packed.write(block)
            progress.report((number + 1) / len(members))


def longest_gap(segments: Sequence[Segment], duration: float) -> float:
    """The longest time in which nothing is said, in seconds."""
    ends = [0.0, *(one.end for one in segments)]
    starts = [*(one.start for one in segments), duration]
    return max(start - end for end, start in zip(ends, starts, strict=True))


def safe_stem(name: str, other: str = "dub") -> str:
    """The stem of a person's file name, fit to be a file name everywhere: no folders, quotes or control characters.
    ``other`` where nothing is left of it."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    kept = "".join(letter for letter in unicodedata.normalize("NFC", stem) if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"\'`/|?*;&$%#{}]+', "_", kept).strip(" ._-")
    return plain[:80].strip(" ._-") or other
