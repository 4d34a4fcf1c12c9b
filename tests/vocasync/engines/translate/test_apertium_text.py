from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.engines.translate import apertium_text as stream


@given(st.text(st.characters(blacklist_categories=("Co", "Cs"))))
def test_hidden_text_comes_back(text: str) -> None:
    shown = stream.show(stream.hide(text))
    assert shown.replace("'", "’") == " ".join(text.split()).replace("'", "’")


@given(st.text(st.characters(blacklist_categories=("Co", "Cs"))))
def test_no_special_character_reaches_the_stream(text: str) -> None:
    bare = stream.wrap(stream.hide(text))
    for char in "{}^$/\\@<>*#~":
        assert char not in bare


@pytest.mark.parametrize(
    ("raw", "text", "marked"),
    [
        ("El *foo es.[]", "El foo es.", True),
        ("El #coger y @bar[]", "El coger y bar", True),
        ("यह किताब/पुस्तक है।[]", "यह किताब है।", False),
        ("a/b/c d/e.[]", "a d.", False),
        ("dos  espacios []", "dos espacios", False),
    ],
)
def test_unwrap(raw: str, text: str, marked: bool) -> None:
    assert stream.unwrap(raw) == (text, marked)


@pytest.mark.parametrize(
    ("text", "words", "tail"),
    [
        ("The house,", "The house", ","),
        ("The house.", "The house.", ""),
        ("The house (old)", "The house (old", ")"),
        ("50 %", "50", " %"),
        ("...", "", "..."),
        ("नमस्ते", "नमस्ते", ""),
        ("", "", ""),
    ],
)
def test_split_tail(text: str, words: str, tail: str) -> None:
    assert stream.split_tail(text) == (words, tail)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cómo estás?", "¿Cómo estás?"),
        ("¿Cómo estás?", "¿Cómo estás?"),
        ("Bien. Y tú? Hola!", "Bien. ¿Y tú? ¡Hola!"),
        ("Qué?!", "¡¿Qué?!"),
        ("Dijo “vienes?”", "¿Dijo “vienes?”"),
        ("Nada.", "Nada."),
    ],
)
def test_spanish_marks(text: str, expected: str) -> None:
    assert stream.spanish_marks(text) == expected
