"""The words that PocketSphinx may hear: its package's dictionary, without slurs.

Where the sound is hard, half of its words are others than those that were said ("niggarding" came out as the worst of
them). Most of that is harmless; a slur would be put into somebody's mouth, on the screen and in the dub. So it hears
the next best words instead, also where a slur was really said.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from vocasync.engines.asr.sphinx_words import spelt

NEVER = frozenset(Path(__file__).with_name("never.txt").read_text("utf-8").split())
"""Words of the dictionary that insult people for what they are, and whose harmless meanings are rare in speech."""


@contextmanager
def written(model: Path) -> Iterator[Path]:
    """A dictionary file for a decoder, which reads it once, as it is made; about 3 MB, gone afterwards.

    model: the package's folder of the English model. Raises OSError where it has no dictionary.
    """
    with tempfile.TemporaryDirectory(prefix="vocasync-words-") as folder:
        path = Path(folder) / "words.dict"
        path.write_text(_words(model / "cmudict-en-us.dict"), encoding="utf-8")
        yield path


@cache
def _words(dictionary: Path) -> str:
    lines = dictionary.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if spelt(line.split(maxsplit=1)[0]) not in NEVER)
