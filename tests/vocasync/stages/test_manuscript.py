"""Scripts into the lines that are spoken."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.errors import PipelineError
from vocasync.stages.manuscript import LINE_CHARS, Form, Line, Script, form_of, lines, parse_script, read_script


def spoken(text: str, form: Form = Form.PLAIN, language: str = "en", most: int = 600) -> list[str]:
    return [line.text for line in lines(parse_script(text, form, "a script"), language, most)]


def refusal(text: str, form: Form = Form.PLAIN, **options: int) -> str:
    with pytest.raises(PipelineError) as caught:
        parse_script(text, form, "a script", **options)
    assert "a script" in str(caught.value)
    return caught.value.code


def test_sentences_are_lines_and_paragraphs_pause_longer() -> None:
    found = lines(parse_script("Good morning. How are you?\n\nFine, thanks.", Form.PLAIN, "a"), "en", 600)
    assert [line.text for line in found] == ["Good morning.", "How are you?", "Fine, thanks."]
    assert found[2].pause > found[1].pause > 0


def test_lines_that_the_paper_broke_are_one_and_those_of_a_poem_are_not() -> None:
    wrapped = "This sentence is so long that whoever wrote it down had to break it\nin two."
    assert spoken(wrapped) == [wrapped.replace("\n", " ")]
    assert spoken("Roses are red\nViolets are blue") == ["Roses are red", "Violets are blue"]


def test_abbreviations_end_no_sentence() -> None:
    assert spoken("Dr. Smith came. He left.") == ["Dr. Smith came.", "He left."]


def test_long_sentences_are_cut_at_their_commas() -> None:
    clause = "and then the children went on through the woods for a while"
    found = spoken(", ".join([clause] * 8) + ".", most=120)
    assert all(len(text) <= 120 for text in found)
    assert all(text.endswith((",", ".")) for text in found)


@given(st.text(min_size=1, max_size=2000), st.integers(20, 600))
def test_no_word_is_lost_and_no_line_is_too_long(text: str, most: int) -> None:
    with suppress(PipelineError):
        script = parse_script(text, Form.PLAIN, "a")
        _check_lines(script, most)


def _check_lines(script: Script, most: int) -> None:
    found = lines(script, "en", most)
    assert all(len(line.text) <= min(most, LINE_CHARS) for line in found)
    whole = "".join(passage.text for passage in script.passages)
    assert "".join("".join(line.text for line in found).split()) == "".join(whole.split())


def test_writing_without_spaces_is_cut_at_its_full_stops() -> None:
    assert spoken("你好。今天天气很好！我们去公园吧。", language="zh") == ["你好。", "今天天气很好！", "我们去公园吧。"]


def test_right_to_left_text_is_read_without_its_marks_of_direction() -> None:
    assert spoken("\u202bمرحبا بكم.\u202c كيف حالكم؟", language="ar") == ["مرحبا بكم.", "كيف حالكم؟"]


@pytest.mark.parametrize(("text", "language"), [("Привет, мир!", "en"), ("Hello there", "ar"), ("你好", "hi")])
def test_letters_that_the_language_is_not_written_in_are_refused(text: str, language: str) -> None:
    with pytest.raises(PipelineError) as caught:
        spoken(text, language=language)
    assert caught.value.code == "script_writing"


def test_a_name_in_other_letters_is_no_reason_to_refuse() -> None:
    assert spoken("Она читает New York Times по вечерам.", language="ru")


def test_pictures_are_left_out_and_that_is_said() -> None:
    script = parse_script("Well done! 👍🏽 See you 👩‍👩‍👧 soon.", Form.PLAIN, "a")
    assert [line.text for line in lines(script, "en", 600)] == ["Well done!", "See you soon."]
    assert "2" in script.notes[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "script_empty"),
        (" \n\t ", "script_empty"),
        ("😀🎉👍🏽", "script_unspeakable"),
        ("... --- !!!", "script_unspeakable"),
        ("text\0with nothing", "script_not_text"),
        ("word " * 100_000, "script_long"),
        ("字" * 50_000, "script_long"),
    ],
)
def test_what_cannot_be_spoken_is_refused(text: str, code: str) -> None:
    assert refusal(text) == code


def test_the_limit_of_words_can_be_set() -> None:
    assert refusal("one two three four", most_words=3) == "script_long"
    assert parse_script("one two three", Form.PLAIN, "a", most_words=3).words == 3


# --- subtitles --------------------------------------------------------------------------------------------------------
SRT = """1
00:00:01,000 --> 00:00:02,000
Good morning. <i>It is late.</i>

2
00:00:03,500 --> 00:00:05,000
Time to
get up.

3
00:05:00,000 --> 00:05:02,000
Now!
"""


def test_subtitles_are_lines_with_their_pauses_kept_sensibly() -> None:
    found = lines(parse_script(SRT, Form.SUBTITLES, "a.srt"), "en", 600)
    assert found == (
        Line("Good morning. It is late.", 1.0),
        Line("Time to get up.", 1.5),
        Line("Now!", 3.0),
    )


def test_what_is_no_subtitles_is_refused() -> None:
    assert refusal("Just some words.", Form.SUBTITLES) == "subtitles_unreadable"


# --- files ------------------------------------------------------------------------------------------------------------
def test_the_form_is_told_by_the_name() -> None:
    assert [form_of(name) for name in ("a.txt", "A.MD", "a.srt", "a.vtt", "notes", "")] == [
        Form.PLAIN, Form.MARKDOWN, Form.SUBTITLES, Form.SUBTITLES, Form.PLAIN, Form.PLAIN,
    ]  # fmt: skip


def test_old_encodings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("Das Mädchen lief über die Straße, weil es schön war. Größe zählt nicht.".encode("cp1252"))
    text, form = read_script(path, "old.txt")
    assert "Mädchen lief über die Straße" in text
    assert form is Form.PLAIN


@pytest.mark.parametrize("content", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 500])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(PipelineError) as caught:
        read_script(path, "a.txt")
    assert caught.value.code == "script_not_text"


def test_files_that_no_script_is_as_large_as_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(PipelineError) as caught:
        read_script(path, "a.txt")
    assert caught.value.code == "script_large"
