from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.engines.translate.keeping import CLOSE, OPEN, bare, kept
from vocasync.errors import PipelineError
from vocasync.stages.glossary import MOST_TERMS, TERM_CHARS, Term, parse, put_in


def shown(text: str) -> str:
    return text.replace(OPEN, "<").replace(CLOSE, ">")


# --- reading one ------------------------------------------------------------------------------------------------------
def test_all_the_ways_to_write_one() -> None:
    text = """\ufeff# names
    New York = Nueva York
Tab\tTabulador

comma,coma
"a, b", "c, d"
Vocasync
  spaced   out  =  muy   separado
हाथी = elephant
"""
    assert parse(text) == (
        Term("New York", "Nueva York"),
        Term("Tab", "Tabulador"),
        Term("comma", "coma"),
        Term("a, b", "c, d"),
        Term("Vocasync", "Vocasync"),
        Term("spaced out", "muy separado"),
        Term("हाथी", "elephant"),
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "   "])
def test_nothing(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = ", 1),
        ("= b", 1),
        ("a = b\nc = d = e", 2),
        ("a,b,c", 1),
        ("a\tb\tc", 1),
        ("ok = ok\n\n,", 3),
        (f"a = {'b' * (TERM_CHARS + 1)}", 1),
        (f"{OPEN} = b", 1),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text: str, line: int) -> None:
    with pytest.raises(PipelineError) as caught:
        parse(text)
    assert caught.value.code == "glossary_line"
    assert f"Line {line} " in str(caught.value)


def test_a_word_with_two_translations() -> None:
    assert parse("a = b\na = b") == (Term("a", "b"),), "said twice is no contradiction"
    with pytest.raises(PipelineError) as caught:
        parse("train = tren\nTrain = convoy")
    assert caught.value.code == "glossary_twice"
    assert "line 2" in str(caught.value)


def test_a_dictionary_is_too_much() -> None:
    lines = [f"word{number} = other{number}" for number in range(MOST_TERMS)]
    assert len(parse("\n".join(lines))) == MOST_TERMS
    with pytest.raises(PipelineError) as caught:
        parse("\n".join([*lines, "one = more"]))
    assert caught.value.code == "glossary_long"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    terms: tuple[Term, ...] = ()
    with suppress(PipelineError):
        terms = parse(text)
    assert all(term.source and term.target for term in terms)


@pytest.mark.parametrize("text", ['"' + "a" * 300_000, "a" * 300_000 + ",b", '"never closed', "\x00,b"])
def test_no_line_is_too_odd(text: str) -> None:
    with suppress(PipelineError):
        assert len(parse(text)) == 1


# --- putting it in ----------------------------------------------------------------------------------------------------
TERMS = parse(
    "New York = Nueva York\nNew = Novo\nYork = Jork\ntrain = tren\nC++ = C++\nरेल = train\n京都 = Kyoto\n서울 = Seoul"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The train leaves.", "The <tren> leaves."),
        ("Train, TRAIN; train", "<tren>, <tren>; <tren>"),
        ("trains and trainers, a detrained one", "trains and trainers, a detrained one"),
        ("New York, new  york and York", "<Nueva York>, <Nueva York> and <Jork>"),
        ("New Yorkers", "<Novo> Yorkers"),
        ("train-station", "<tren>-station"),
        ("I write C++, and C++.", "I write <C++>, and <C++>."),
        ("यह रेल है", "यह <train> है"),
        ("रेलवे", "रेलवे"),
        ("रेलें", "रेलें"),
        ("我去京都玩", "我去<Kyoto>玩"),
        ("서울에서", "<Seoul>에서"),
        ("nothing of it", "nothing of it"),
        ("", ""),
    ],
)
def test_whole_words_are_found(text: str, expected: str) -> None:
    assert shown(put_in(TERMS, text)) == expected


def test_marks_of_somebody_else_go() -> None:
    assert put_in((), f"{OPEN}a{CLOSE}") == "a"
    assert kept(put_in(TERMS, f"{OPEN}a{CLOSE} train{CLOSE}")) == ["tren"]


@given(st.text(alphabet="Newtrain York+京都रेल .,"))
def test_only_terms_change(text: str) -> None:
    put = put_in(TERMS, text)
    back = {term.target: term.source for term in TERMS}
    undone = put
    for target in kept(put):
        undone = undone.replace(f"{OPEN}{target}{CLOSE}", back[target], 1)
    assert " ".join(undone.split()).casefold() == " ".join(text.split()).casefold()
    assert len(bare(put)) == len(put) - 2 * len(kept(put))


def test_a_thousand_terms_in_a_thousand_texts() -> None:
    terms = tuple(Term(f"word{number}", f"palabra{number}") for number in range(1_000))
    made = [put_in(terms, f"This is word{number} among other words.") for number in range(1_000)]
    assert [kept(one) for one in made] == [[f"palabra{number}"] for number in range(1_000)]
