from __future__ import annotations

import pytest

from vocasync.engines.tts import hindi


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "शून्य"),
        ("यहाँ 7 लोग हैं।", "यहाँ सात लोग हैं।"),
        ("99", "निन्यानवे"),
        ("100", "एक सौ"),
        ("101", "एक सौ एक"),
        ("1947", "उन्नीस सौ सैंतालीस"),
        ("2025", "दो हज़ार पच्चीस"),
        ("1,50,000", "एक लाख पचास हज़ार"),
        ("12000000", "एक करोड़ बीस लाख"),
        ("2.5", "दो दशमलव पाँच"),
        ("३.०७", "तीन दशमलव शून्य सात"),
        ("१५", "पंद्रह"),
        ("3.", "तीन."),
    ],
)
def test_numbers_are_words(text: str, said: str) -> None:
    assert hindi.spelt(text) == said


def test_what_nobody_counts_is_read_digit_by_digit() -> None:
    assert hindi.spelt("9" * 40) == " ".join(["नौ"] * 40)
    assert hindi.spelt("9" * 5000).count("नौ") == 5000


def test_every_number_below_a_hundred_has_a_name_of_its_own() -> None:
    names = [hindi.number(value) for value in range(100)]
    assert len(set(names)) == 100
    assert all(" " not in name for name in names)
