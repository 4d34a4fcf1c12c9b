"""How far what was heard is from what was to be said, by its sounds."""

from __future__ import annotations

import pytest

from vocasync.stages.drift import sound_distance


@pytest.mark.parametrize(
    ("wanted", "heard", "language"),
    [
        ("It costs 25 dollars.", "it costs twenty five dollars", "en"),
        ("The colour of the centre", "the color of the center", "en"),
        ("El número es 3.", "el numero es tres", "es"),
        ("Où est-il ?", "où est il", "fr"),
        ("Wir haben 12 Stühle!", "wir haben zwölf stühle", "de"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया", "hi"),
        ("", "whatever", "en"),
        ("…!", "whatever", "en"),
    ],
)
def test_the_same_said_otherwise_is_no_drift(wanted: str, heard: str, language: str) -> None:
    assert sound_distance(wanted, heard, language) < 0.05


def test_it_grows_with_what_is_wrong() -> None:
    text = "There is a small river on the other side of the mountain."
    nothing, half, twice = (sound_distance(text, one, "en") for one in ("", text[:28], f"{text} {text}"))
    alike = sound_distance(text, "there is a small river on the other side of a mountain", "en")
    other = sound_distance(text, "he bought some fresh oranges at the airport", "en")
    assert alike < 0.1
    assert 0.4 < half < 0.6
    assert 0.7 < other <= 1.2
    assert nothing == 1.0
    assert twice == pytest.approx(1.0, abs=0.05)


def test_short_texts_are_told_apart_too() -> None:
    assert sound_distance("Yes.", "yes", "en") == 0.0
    assert sound_distance("Yes.", "no", "en") > 0.9
    assert sound_distance("Come in.", "come on", "en") < 0.5
