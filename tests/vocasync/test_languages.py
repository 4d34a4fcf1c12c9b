from __future__ import annotations

import pytest

from vocasync.errors import PipelineError
from vocasync.languages import DETECT, LANGUAGES, language


@pytest.mark.parametrize(
    ("code", "found"), [("en", "en"), ("en-US", "en"), ("EN-us", "en"), ("zh-CN", "zh"), ("ur", "ur")]
)
def test_codes_with_and_without_region(code: str, found: str) -> None:
    assert language(code).code == found


@pytest.mark.parametrize("code", ["", "xx", DETECT, "english", "e", "../en"])
def test_unknown_codes(code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        language(code)
    assert caught.value.code == "unknown_language"
    assert f"“{code}”" in str(caught.value)


def test_the_table() -> None:
    assert {"en", "es", "fr", "de", "hi", "te", "ta", "ur"} <= set(LANGUAGES)
    assert all(code == row.code and len(code) == 2 for code, row in LANGUAGES.items())
    assert len({row.iso3 for row in LANGUAGES.values()}) == len(LANGUAGES)
    assert all(len(row.iso3) == 3 and row.iso3.isalpha() for row in LANGUAGES.values())
    assert {code for code, row in LANGUAGES.items() if row.rtl} == {"ur", "ar", "fa"}
