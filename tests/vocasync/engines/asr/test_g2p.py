from __future__ import annotations

import pytest

from vocasync.engines.asr.g2p import PHONES, arpabet, phones
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES, Language


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("glutton", "en", "G L AH T AH N"),
        ("churl", "en", "CH ER L"),
        ("water", "en", "W AO T ER"),
        ("perro", "es", "P EH R OW"),
        ("muy", "es", "M UW Y"),
        ("—", "en", ""),
    ],
)
def test_words_are_pronounced(text: str, language: str, expected: str) -> None:
    assert phones(text, language) == expected


def test_numbers_are_read_out() -> None:
    assert len(phones("1881", "es").split()) > 15


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_a_pronunciation(code: str) -> None:
    found = phones(LANGUAGES[code].native, code).split()
    assert len(found) >= 3
    assert set(found) <= set(PHONES)


def test_unknown_sounds_are_left_out() -> None:
    assert arpabet("ˈp§a") == "P AA"


def test_a_language_without_a_voice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "xx", Language("xx", "Atlantean", "Atlantean", "xxx", "xx-none"))
    with pytest.raises(PipelineError) as caught:
        phones("hello", "xx")
    assert caught.value.code == "transcript_language"
    assert "Atlantean" in str(caught.value)
