from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vocasync.engines.translate import nullflush
from vocasync.engines.translate.apertium import MODES, ApertiumTranslator
from vocasync.engines.translate.nullflush import ModePipeline
from vocasync.engines.translate.routes import apertium_pairs, modes_folder
from vocasync.errors import PipelineError
from vocasync.progress import Silent

SUBJECTS = ["The teacher", "My brother", "The old dog", "A young woman", "Our neighbour"]
VERBS = ["bought", "saw", "wanted", "found", "lost", "liked", "painted", "sold", "remembered", "opened"]
OBJECTS = ["the house", "a red book", "the big table", "three apples", "the letter"]
ENDS = ["yesterday", "in the city", "this morning", "with her friend"]
THOUSAND = [f"{s} {v} {o} {e}." for s in SUBJECTS for v in VERBS for o in OBJECTS for e in ENDS]


def say(engine: ApertiumTranslator, text: str, target: str = "es", source: str = "en") -> str:
    return engine.translate([text], source, target, Silent())[0].text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The house is white.", "La casa es blanca."),
        ("Where is the book?", "¿Dónde es el libro?"),
        ("Let's get started!", "¡Empecemos!"),
        ("let’s get started", "Empecemos"),
        ("Thank you so much for watching. The house is white.", "Muchas gracias por ver el vídeo. La casa es blanca."),
        ("The house,", "La casa,"),
        ("...", "..."),
    ],
)
def test_english_to_spanish(offline: ApertiumTranslator, text: str, expected: str) -> None:
    assert say(offline, text) == expected


@pytest.mark.parametrize(("target", "word"), [("fr", "maison"), ("pt", "casa"), ("it", "casa"), ("ca", "casa")])
def test_pairs_through_a_pivot(offline: ApertiumTranslator, target: str, word: str) -> None:
    if ("en", target) not in apertium_pairs():
        pytest.skip(f"the packages for en to {target} are not installed")
    assert word in say(offline, "The house is white.", target)


def test_hindi_and_urdu(offline: ApertiumTranslator) -> None:
    if ("ur", "hi") not in apertium_pairs():
        pytest.skip("apertium-urd-hin is not installed")
    assert say(offline, "میرا نام علی ہے", "hi", "ur") == "मेरा नाम अली है"
    assert say(offline, "मेरा नाम अली है।", "ur", "hi") == "میرا نام علی ہے۔"


def test_unknown_words_make_it_unsure_and_leave_no_mark(offline: ApertiumTranslator) -> None:
    doubtful, sure, hash_sign = offline.translate(
        ["The blorptastic house is white.", "The house is white.", "The house #3 is *white*."], "en", "es", Silent()
    )
    assert doubtful.unsure
    assert "blorptastic" in doubtful.text
    assert not set("*@#") & set(doubtful.text)
    assert not sure.unsure
    assert not hash_sign.unsure, "the text's own signs are no marks"
    assert Counter(hash_sign.text)["*"] == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["house", "white", "[", "]", "{", "}", "^", "$", "/", "\\", "@", "<", ">", "*", "#", "~", " ", " "]
        )
    )
)
def test_any_mix_of_special_characters_survives(offline: ApertiumTranslator, parts: list[str]) -> None:
    text = "".join(parts)
    special = set("[]{}^$/\\@<>*#~")
    made = say(offline, text)
    assert Counter(char for char in made if char in special) == Counter(char for char in text if char in special)


def test_a_thousand_sentences(offline: ApertiumTranslator) -> None:
    say(offline, "Warm.")
    made = offline.translate(THOUSAND, "en", "es", Silent())
    assert len(made) == 1000
    assert len({one.text for one in made}) > 900


@pytest.mark.parametrize("victim", [0, 4, -1])
def test_killed_processes_are_replaced(offline: ApertiumTranslator, victim: int) -> None:
    before = say(offline, "The house is white and old.")
    pids = offline.pids()
    os.kill(pids[victim], signal.SIGKILL)
    assert say(offline, "The house is white and old.") == before
    assert not set(pids) & set(offline.pids())
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_close_ends_every_process_and_use_starts_them_again(offline: ApertiumTranslator) -> None:
    before = say(offline, "The house is white and old.")
    pids = offline.pids()
    assert len(pids) > 5
    offline.close()
    assert offline.pids() == ()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert say(offline, "The house is white and old.") == before


def test_threads_get_their_own_answers(offline: ApertiumTranslator) -> None:
    texts = THOUSAND[:80]
    expected = [one.text for one in offline.translate(texts, "en", "es", Silent())]
    answers: dict[int, list[str]] = {}

    def work(number: int) -> None:
        answers[number] = [say(offline, text) for text in texts[number::4]]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[number] == expected[number::4] for number in range(4))


def test_a_forked_child_has_processes_of_its_own(offline: ApertiumTranslator) -> None:
    expected = say(offline, "The house is white and old.")
    pids = offline.pids()
    child = os.fork()
    if child == 0:
        good = offline.pids() == () and say(offline, "The house is white and old.") == expected
        offline.close()
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert offline.pids() == pids
    assert say(offline, "The house is white and old.") == expected


def test_a_pair_without_a_way_is_refused_with_the_ways_out(offline: ApertiumTranslator) -> None:
    with pytest.raises(PipelineError) as caught:
        say(offline, "Hello", "te")
    assert caught.value.code == "pair_unsupported"
    assert "Telugu" in str(caught.value)
    assert "subtitles" in str(caught.value)


@pytest.mark.slow
def test_every_offered_pair_translates_and_few_keep_running(offline: ApertiumTranslator) -> None:
    for source, target in sorted(apertium_pairs()):
        made = offline.translate(["12 a."], source, target, Silent())
        assert "12" in made[0].text, (source, target)
        assert len(offline._pipelines) <= MODES


def test_the_mode_file_is_followed(offline: ApertiumTranslator) -> None:
    commands = nullflush.stages(modes_folder() / "eng-spa.mode")
    assert commands[0][:2] == ["lt-proc", "-z"]
    assert all(command[1] == "-z" for command in commands)
    assert not any("$" in part for command in commands for part in command)
    assert any("-g" in command for command in commands)


def test_processes_that_cannot_run_are_an_error_not_a_hang(tmp_path: Path) -> None:
    mode = tmp_path / "x.mode"
    mode.write_text("false | false\n")
    with pytest.raises(OSError, match=r"ended|pipe"):
        ModePipeline(mode).ask("a")


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    mode = tmp_path / "x.mode"
    mode.write_text("cat | there-is-no-such-program\n")
    with pytest.raises(FileNotFoundError):
        ModePipeline(mode).ask("a")


def test_silence_is_an_error_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nullflush, "ANSWER_SECONDS", 0.3)
    program = tmp_path / "silent"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    mode = tmp_path / "x.mode"
    mode.write_text(f"{program}\n")
    pipeline = ModePipeline(mode)
    with pytest.raises(TimeoutError):
        pipeline.ask("a")
    assert pipeline.pids == ()


def test_a_text_larger_than_every_pipe_passes(offline: ApertiumTranslator) -> None:
    pipeline = ModePipeline(modes_folder() / "eng-spa.mode")
    try:
        text = "The house is white. " * 4_000
        assert pipeline.ask(text).count("casa") == 4_000
    finally:
        pipeline.close()
