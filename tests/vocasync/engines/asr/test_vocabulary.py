"""What PocketSphinx may hear."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pocketsphinx
import pytest

from vocasync.engines.asr import vocabulary
from vocasync.engines.asr.pocketsphinx import PocketSphinx
from vocasync.engines.asr.sphinx_c import Decoder
from vocasync.engines.asr.sphinx_words import spelt

MODEL = Path(pocketsphinx.get_model_path()) / "en-us"


def entries(file: Path) -> list[str]:
    return [line.split(maxsplit=1)[0] for line in file.read_text("utf-8").splitlines()]


def test_the_dictionary_is_whole_but_for_slurs_and_gone_afterwards() -> None:
    before = entries(MODEL / "cmudict-en-us.dict")
    with vocabulary.written(MODEL) as words:
        after = entries(words)
    assert not words.exists()
    assert after == [entry for entry in before if spelt(entry) not in vocabulary.NEVER]
    assert {spelt(entry) for entry in before} >= vocabulary.NEVER  # none that was misspelt


def test_a_package_without_a_dictionary_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="dict"), vocabulary.written(tmp_path):
        pass


def test_neither_decoder_knows_them() -> None:
    batch = PocketSphinx()._decoder
    live = Decoder({})
    spoken = live._c.ps_lookup_word
    spoken.restype, spoken.argtypes = ctypes.c_char_p, (ctypes.c_void_p, ctypes.c_char_p)
    for word in vocabulary.NEVER:
        assert batch.lookup_word(word) is None
        assert spoken(live._decoder, word.encode()) is None
    assert batch.lookup_word("gardening") == spoken(live._decoder, b"gardening").decode()
    live.close()
