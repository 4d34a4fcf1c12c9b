from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from vocasync.errors import CATALOGUE, PipelineError, message

ROOT = Path(__file__).resolve().parents[2]


def raised() -> list[tuple[str, str, set[str], bool]]:
    """Every ``PipelineError("code", ...)`` in the source: where, code, names given, and whether ``**`` gives more."""
    calls = []
    for package in ("vocasync", "dubbing", "accounts", "voices"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PipelineError" and node.args):
                    continue
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    names = {keyword.arg for keyword in node.keywords}
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    calls.append((where, code.value, {name for name in names if name}, None in names))
    return calls


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_error_that_is_raised_has_its_text_and_what_the_text_names() -> None:
    calls = raised()
    assert len(calls) > 10
    for where, code, given, more in calls:
        assert code in CATALOGUE, f"{where}: {code}"
        missing = fields(CATALOGUE[code].text) - given
        assert more or not missing, f"{where}: {code} does not say {missing}"


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_text_is_a_sentence(code: str) -> None:
    text = CATALOGUE[code].text
    assert text[0].isupper() or text[0] in "“{"
    assert text.endswith((".", "{remedy}", "{reason}", "{missing}"))
    assert "\n" not in text


def test_the_error_reads_as_its_text() -> None:
    error = PipelineError("no_audio", name="talk.mp4")
    assert str(error) == "“talk.mp4” has no sound track, so there is no speech to dub. Choose a file with sound."
    assert (error.code, error.params, error.permanent) == ("no_audio", {"name": "talk.mp4"}, True)


def test_permanence_comes_from_the_catalogue_unless_said() -> None:
    assert not PipelineError("service_unreachable", label="Google").permanent
    assert PipelineError("service_unreachable", permanent=True, label="Google").permanent


def test_params_may_hold_a_code() -> None:
    assert "“xx”" in str(PipelineError("unknown_language", code="xx"))


def test_a_code_must_be_known_to_be_raised() -> None:
    with pytest.raises(KeyError):
        PipelineError("there_is_no_such_code")


@pytest.mark.parametrize("params", [{}, {"name": 1}, {"minutes": "many", "limit": None}])
def test_old_rows_always_read_as_something(params: dict[str, object]) -> None:
    assert "limit" in message("too_long", params)
    assert "logged" in message("a_code_of_long_ago", params)


def test_braces_in_what_a_person_gave_are_harmless() -> None:
    assert "“{x}{0.__class__}.mp4”" in message("no_audio", {"name": "{x}{0.__class__}.mp4"})
