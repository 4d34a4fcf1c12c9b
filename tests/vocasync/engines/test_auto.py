from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vocasync.engines import auto
from vocasync.engines.auto import AUTO, Plan, choose, choose_for, choose_live, speaks, too_slow, translates
from vocasync.engines.base import EngineConfig, EngineSpec, Readiness
from vocasync.engines.registry import spec, specs
from vocasync.engines.translate.routes import apertium_pairs
from vocasync.errors import PipelineError
from vocasync.pipelines.base import DubRequest

CONFIG = EngineConfig(network=False)
EMBEDDED = {"pocketsphinx", "apertium", "espeak"}
EVERYTHING = {*EMBEDDED, "whisper", "google"}

needs_spanish = pytest.mark.skipif(("en", "es") not in apertium_pairs(), reason="apertium-eng-spa is not installed")


def only(*names: str):  # noqa: ANN201
    """A probe after which only these engines are ready."""

    def probe(row: EngineSpec) -> Readiness:
        ready = row.name in names
        return Readiness(ready, "" if ready else f"get {row.name} first.")

    return probe


def plan(source: str, target: str, ready: set[str], **choices: object) -> Plan:
    return choose(source, target, CONFIG, probe=only(*ready), **choices)  # type: ignore[arg-type]


def refused(source: str, target: str, ready: set[str], **choices: object) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        plan(source, target, ready, **choices)
    return caught.value


def test_the_best_of_all() -> None:
    assert plan("en", "es", EVERYTHING) == Plan("whisper", "google", "espeak")


@needs_spanish
def test_the_best_of_what_is_ready() -> None:
    assert plan("en", "es", EMBEDDED) == Plan("pocketsphinx", "apertium", "espeak")


def test_codes_may_have_regions() -> None:
    assert plan("en-GB", "es-MX", EVERYTHING) == Plan("whisper", "google", "espeak")


@needs_spanish
def test_a_wish_is_granted_though_there_is_better() -> None:
    made = plan("en", "es", EVERYTHING, recognizer="pocketsphinx", translator="apertium", voice="espeak")
    assert made == Plan("pocketsphinx", "apertium", "espeak")


def test_a_given_text_needs_no_recogniser() -> None:
    assert plan("te", "en", {"google", "espeak"}, has_text=True) == Plan("", "google", "espeak")


def test_a_given_translation_needs_neither() -> None:
    assert plan("te", "ta", {"espeak"}, has_translation=True) == Plan("", "", "espeak")
    assert plan(AUTO, "ta", {"espeak"}, has_translation=True) == Plan("", "", "espeak")


@needs_spanish
def test_what_is_asked_of_a_dub_decides() -> None:
    asked = DubRequest(Path("talk.mp4"), "talk.mp4", target_language="es", source_language="en")
    assert choose_for(asked, CONFIG) == choose("en", "es", CONFIG)
    assert choose_for(replace(asked, transcript="Good morning."), CONFIG).recognizer == ""
    given = replace(asked, subtitles=Path("talk.srt"))
    assert choose_for(given, CONFIG) == choose("en", "es", CONFIG, has_text=True)
    translated = replace(given, subtitles_are="target")
    assert choose_for(translated, CONFIG) == Plan("", "", "espeak")
    heard = replace(given, source_language=AUTO)
    assert choose_for(heard, CONFIG, "en").translator == "apertium"
    with pytest.raises(PipelineError, match="nobody"):
        choose_for(replace(asked, voice_engine="nobody"), CONFIG)


def test_the_same_language_needs_no_translator() -> None:
    assert plan("en", "en-US", {"pocketsphinx", "espeak"}) == Plan("pocketsphinx", "", "espeak")


def test_detection_needs_a_recogniser_of_many_languages() -> None:
    assert plan(AUTO, "es", EVERYTHING).recognizer == "whisper"
    error = refused(AUTO, "es", EMBEDDED)
    assert error.code == "recognition_unsupported"
    assert "undetected" in str(error)
    assert "Whisper: get whisper first." in str(error)
    assert "subtitles" in str(error)
    assert "PocketSphinx" not in str(error)


@needs_spanish
def test_a_detected_source_is_translated_by_what_reaches_the_target() -> None:
    assert plan(AUTO, "es", {"whisper", "apertium", "espeak"}).translator == "apertium"
    assert refused(AUTO, "te", {"whisper", "apertium", "espeak"}).code == "pair_unsupported"


def test_a_language_that_nothing_ready_recognises() -> None:
    error = refused("hi", "en", {"pocketsphinx", "google", "espeak"})
    assert error.code == "recognition_unsupported"
    assert "Hindi" in str(error)
    assert "Whisper: get whisper first." in str(error)
    assert "paste the transcript" in str(error)


def test_a_pair_that_nothing_ready_translates() -> None:
    error = refused("en", "te", EMBEDDED)
    assert error.code == "pair_unsupported"
    assert "English into Telugu" in str(error)
    assert "get google first." in str(error)
    assert "Apertium" not in str(error), "it could not, ready or not"
    assert "subtitles in the target language" in str(error)
    assert "the detected language" in str(refused(AUTO, "te", {*EMBEDDED, "whisper"}))


@needs_spanish
def test_a_translator_that_could_is_named() -> None:
    error = refused("en", "es", {"pocketsphinx", "espeak"})
    assert "get google first." in str(error)
    assert "get apertium first." in str(error)


def test_a_language_that_no_ready_voice_speaks() -> None:
    error = refused("en", "es", EVERYTHING - {"espeak"})
    assert error.code == "voice_unsupported"
    assert "Spanish" in str(error)
    assert "get espeak first." in str(error)


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"recognizer": "whisper"}, "recognition_unsupported"),
        ({"translator": "google"}, "pair_unsupported"),
    ],
)
def test_a_wish_that_is_not_ready_is_not_replaced(choices: dict[str, object], code: str) -> None:
    error = refused("en", "es", EMBEDDED, **choices)
    assert error.code == code
    assert "first." in str(error)


@pytest.mark.parametrize("choices", [{"recognizer": "x"}, {"translator": "x"}, {"voice": "x"}, {"voice": "whisper"}])
def test_an_engine_that_is_not_known(choices: dict[str, object]) -> None:
    assert refused("en", "es", EVERYTHING, **choices).code == "engine_unknown"


@pytest.mark.parametrize(("source", "target"), [("xx", "en"), ("en", "xx"), ("en", AUTO)])
def test_a_language_that_is_not_known(source: str, target: str) -> None:
    assert refused(source, target, EVERYTHING).code == "unknown_language"


def test_what_the_engines_say_of_themselves() -> None:
    assert speaks(spec("asr", "pocketsphinx"), "en")
    assert not speaks(spec("asr", "pocketsphinx"), "es")
    assert speaks(spec("asr", "whisper"), "te")
    assert all(speaks(spec("tts", "espeak"), code) for code in ("en", "es", "fr", "de", "hi", "te", "ta", "ur"))
    assert translates(spec("translate", "google"), "en", "te")
    assert not translates(spec("translate", "apertium"), "en", "te")


def test_the_real_probe_is_the_default() -> None:
    with pytest.raises(PipelineError) as caught:
        choose("en", "te", CONFIG)
    assert caught.value.code == "pair_unsupported"
    assert "VOCASYNC_NETWORK" in str(caught.value)


# --- live speech ------------------------------------------------------------------------------------------------------
ON_CPU, ON_GPU = replace(CONFIG, device="cpu"), replace(CONFIG, device="cuda")


def live(source: str, target: str, config: EngineConfig, ready: set[str], **choices: str):  # noqa: ANN201
    return choose_live(source, target, config, probe=only(*ready), **choices)


@needs_spanish
def test_live_speech_is_dubbed_by_what_keeps_up() -> None:
    ready = {*EMBEDDED, "whisper", "xtts"}
    assert live("en", "es", ON_CPU, ready) == (Plan("pocketsphinx", "apertium", "espeak"), "en", ())
    assert live("en-GB", "es-MX", ON_GPU, ready) == (Plan("whisper", "apertium", "xtts"), "en", ())
    assert live("en", "en", ON_CPU, ready)[0] == Plan("pocketsphinx", "", "espeak")


@needs_spanish
def test_what_is_wished_for_is_taken_with_a_warning() -> None:
    made, spoken, notes = live("en", "es", ON_CPU, {*EMBEDDED, "whisper", "xtts"}, recognizer="whisper", voice="xtts")
    assert made == Plan("whisper", "apertium", "xtts")
    assert spoken == "en"
    assert [note.partition(":")[0] for note in notes] == ["Whisper", spec("tts", "xtts").label]
    assert all("too slow" in note for note in notes)


@needs_spanish
def test_the_language_is_detected_by_what_can_else_it_is_the_only_one() -> None:
    assert live(AUTO, "es", ON_GPU, {*EMBEDDED, "whisper"})[1:] == (AUTO, ())
    for choices in ({}, {"recognizer": "pocketsphinx"}):
        made, spoken, (note,) = live(AUTO, "es", ON_CPU, {*EMBEDDED, "whisper"}, **choices)
        assert (made.recognizer, spoken) == ("pocketsphinx", "en")
        assert "English" in note


def test_live_speech_that_nothing_quick_recognises_names_what_is_slow() -> None:
    for source in ("hi", AUTO):
        with pytest.raises(PipelineError) as caught:
            live(source, "en", ON_CPU, {"whisper", "espeak", "google"})
        assert caught.value.code == "recognition_unsupported"
        assert "Whisper: it is too slow" in str(caught.value)
        assert "choose it yourself" in str(caught.value)
        assert "subtitles" not in str(caught.value)
    assert live("hi", "en", ON_CPU, {"whisper", "espeak", "google"}, recognizer="whisper")[0].recognizer == "whisper"


def test_what_costs_money_is_not_chosen_for_live_speech() -> None:
    ready = {"google-speech", "google", "espeak"}
    with pytest.raises(PipelineError, match="costs money"):
        live(AUTO, "en", ON_CPU, ready)
    made, spoken, notes = live(AUTO, "en", ON_CPU, ready, recognizer="google-speech")
    assert (made.recognizer, spoken, notes) == ("google-speech", AUTO, ())


@pytest.mark.parametrize(("size", "slow"), [("tiny", False), ("base", True)])
def test_small_models_keep_up_without_a_gpu(size: str, slow: bool) -> None:
    sized = replace(ON_CPU, size=size)
    row = spec("asr", "faster-whisper")
    assert bool(too_slow(row, sized)) == slow
    assert too_slow(row, replace(sized, device="cuda")) == ""
    assert live("en", "en", sized, {*EMBEDDED, "faster-whisper"})[0].recognizer == (
        "pocketsphinx" if slow else "faster-whisper"
    )


def test_a_recogniser_that_only_hears_recordings_is_not_taken_live(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(replace(row, streams=False) if row.name == "whisper" else row for row in specs("asr"))
    monkeypatch.setattr(auto, "specs", lambda stage: rows if stage == "asr" else specs(stage))
    with pytest.raises(PipelineError) as caught:
        live("en", "en", ON_GPU, {"whisper", "espeak"})
    assert caught.value.code == "recognition_unsupported"
    assert "Whisper:" not in str(caught.value).replace("faster-whisper:", "")


@pytest.mark.parametrize(
    ("source", "target", "code"), [("xx", "en", "unknown_language"), ("en", AUTO, "unknown_language")]
)
def test_live_languages_that_are_not_known(source: str, target: str, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        live(source, target, ON_CPU, EMBEDDED)
    assert caught.value.code == code
