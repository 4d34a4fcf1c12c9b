"""ElevenLabs against a local server that speaks its protocol: copies of voices, speech, and what goes wrong."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.local_http import Reply, serving
from tests.vocasync.engines.tts.elevenlabs_server import KEY, PREMADE, ElevenLabsServer, config
from tests.vocasync.engines.tts.speech import talk
from vocasync import retries
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.engines.tts import elevenlabs, elevenlabs_account
from vocasync.errors import Cancelled, PipelineError
from vocasync.lending import lending
from vocasync.progress import Silent, listening
from vocasync.spending import Spent, counting
from vocasync.types import SpeechRequest, VoiceReference

TEXT = "Hello world, this is a test."
BUSY = Reply(429, {"detail": {"status": "too_many_concurrent_requests", "message": "Wait."}}, {"Retry-After": "0"})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.01)


@pytest.fixture
def server() -> Iterator[ElevenLabsServer]:
    with serving(ElevenLabsServer) as running:
        yield running


@pytest.fixture
def place(server: ElevenLabsServer, tmp_path: Path) -> EngineConfig:
    return config(server, tmp_path / "cache")


@pytest.fixture
def engine(place: EngineConfig) -> Iterator[Any]:
    made = elevenlabs.create(place)
    yield made
    made.close()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[VoiceReference]:
    """Three people."""
    folder = tmp_path_factory.mktemp("clips")
    for number, voice in enumerate(("en-us+m3", "en-us+f2", "en-us+m7")):
        soundfile.write(folder / f"{number}.wav", talk(voice, 4.0, 16_000, pitch=30 + 20 * number), 16_000)
    return [
        VoiceReference(folder / f"{number}.wav", of=f"0000000{number}-0000-0000-0000-000000000000")
        for number in range(3)
    ]


def conditioned(engine: VoiceEngine, clip: VoiceReference, path: Path) -> Any:
    engine.prepare(clip, path, Silent())
    return engine.load(path)


def refused(engine: VoiceEngine, voice: Any = None) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest(TEXT, "en"), voice)
    assert KEY not in str(caught.value) + repr(caught.value.params)
    return caught.value


# --- copies of voices -------------------------------------------------------------------------------------------------
def test_a_voice_is_copied_once_whoever_asks(
    engine: VoiceEngine, place: EngineConfig, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    voice = conditioned(engine, clips[0], tmp_path / "voice")
    [copy] = server.copies.values()
    assert copy.name.startswith("Vocasync ")
    assert copy.sound.startswith(b"RIFF")
    engine.synthesize(SpeechRequest(TEXT, "en"), voice)
    conditioned(engine, clips[0], tmp_path / "again")
    flash = elevenlabs.create_flash(place)
    flash.synthesize(SpeechRequest(TEXT, "en"), flash.load(tmp_path / "voice"))
    flash.close()
    assert len(server.copies) == 1


def test_a_copy_that_was_made_elsewhere_is_found(
    engine: VoiceEngine, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    voice = conditioned(engine, clips[0], tmp_path / "voice")
    other = elevenlabs.create(config(server, tmp_path / "another machine"))
    other.synthesize(SpeechRequest(TEXT, "en"), voice)
    other.close()
    assert len(server.copies) == 1


def test_each_account_has_a_copy_of_its_own(
    engine: VoiceEngine, place: EngineConfig, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    server.keys.add("another key")
    voice = conditioned(engine, clips[0], tmp_path / "voice")
    first = dict(server.copies)
    server.voices = {pk: one for pk, one in server.voices.items() if pk not in first}  # the other account
    other = elevenlabs.create(replace(place, keys=(("elevenlabs", "another key"),)))
    other.synthesize(SpeechRequest(TEXT, "en"), voice)
    other.close()
    assert len(server.copies) == 1
    assert not server.copies.keys() & first.keys()


def test_a_copy_that_is_gone_is_made_anew(
    engine: VoiceEngine, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    voice = conditioned(engine, clips[0], tmp_path / "voice")
    before = engine.synthesize(SpeechRequest(TEXT, "en"), voice).audio.samples
    [gone] = server.copies
    del server.voices[gone]
    with lending() as told, counting() as spent:
        after = engine.synthesize(SpeechRequest(TEXT, "en"), voice).audio.samples
    assert np.array_equal(before, after)
    assert spent == [Spent("tts", "elevenlabs", len(TEXT))]
    assert [(one.remote, one.back) for one in told] == [(gone, False), (gone, True), (next(iter(server.copies)), False)]


def test_where_there_is_no_room_the_copy_that_rested_longest_goes(
    engine: VoiceEngine, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    server.limit = 2
    server.voices["hers"] = replace(server.voices[PREMADE[0][0]], name="My own", category="cloned")
    server.limit = 3
    voices = [conditioned(engine, clip, tmp_path / f"{number}") for number, clip in enumerate(clips[:2])]
    first, second = (pk for pk in server.copies if pk != "hers")
    for path in (tmp_path / "cache").rglob("*.id"):
        os.utime(path, (1, 1) if path.read_text() == second else (2, 2))
    with lending() as told:
        voices.append(conditioned(engine, clips[2], tmp_path / "2"))
    assert second not in server.copies
    assert {first, "hers"} < server.copies.keys()
    assert [one.remote for one in told if one.back] == [second]
    for voice in voices:  # and comes back when it is asked for
        engine.synthesize(SpeechRequest(TEXT, "en"), voice)
    assert "hers" in server.copies


def test_a_plan_without_any_room_says_so(
    engine: VoiceEngine, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    server.limit = 0
    with pytest.raises(PipelineError) as caught:
        conditioned(engine, clips[0], tmp_path / "voice")
    assert (caught.value.code, caught.value.permanent) == ("clone_limit", True)
    assert "(0 / 0)" in str(caught.value)


def test_a_copy_that_has_to_be_verified_is_not_left_there(
    engine: VoiceEngine, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    server.wants_verification = True
    with pytest.raises(PipelineError, match="verify this voice") as caught:
        conditioned(engine, clips[0], tmp_path / "voice")
    assert caught.value.code == "service_refused"
    assert server.copies == {}


def test_it_is_told_whose_voice_was_copied(engine: VoiceEngine, clips: list[VoiceReference], tmp_path: Path) -> None:
    with lending() as told:
        voice = conditioned(engine, clips[1], tmp_path / "voice")
        engine.synthesize_many([SpeechRequest(TEXT, "en"), SpeechRequest("Yes.", "en")], voice)
    assert {(one.service, one.of, one.back) for one in told} == {("elevenlabs", clips[1].of, False)}


def test_a_copy_is_removed(
    engine: VoiceEngine, place: EngineConfig, server: ElevenLabsServer, clips: list[VoiceReference], tmp_path: Path
) -> None:
    voice = conditioned(engine, clips[0], tmp_path / "voice")
    [pk] = server.copies
    elevenlabs_account.remove(place, pk)
    elevenlabs_account.remove(place, pk)  # gone already
    assert server.copies == {}
    engine.synthesize(SpeechRequest(TEXT, "en"), voice)  # not asked for by its old id first
    assert [asked.path for asked in server.spoken()] == [f"/v1/text-to-speech/{next(iter(server.copies))}"]


# --- speech -----------------------------------------------------------------------------------------------------------
def test_settings_seed_and_model_are_sent(engine: VoiceEngine, place: EngineConfig, server: ElevenLabsServer) -> None:
    options = (("similarity", 0.9), ("speed", 1.1), ("stability", 0.2), ("style", 0.3))
    engine.synthesize(SpeechRequest(TEXT, "hi", seed=-1, options=options), None)
    flash = elevenlabs.create_flash(place)
    flash.synthesize(SpeechRequest(TEXT, "hi"), None)
    flash.close()
    first, second = (asked.json for asked in server.spoken())
    assert first["voice_settings"] == {"similarity_boost": 0.9, "speed": 1.1, "stability": 0.2, "style": 0.3}
    assert (first["model_id"], first["seed"]) == ("eleven_multilingual_v2", 2**32 - 1)
    assert "language_code" not in first
    assert (second["model_id"], second["language_code"]) == ("eleven_flash_v2_5", "hi")
    assert second["voice_settings"] == {"similarity_boost": 0.75, "speed": 1.0, "stability": 0.5, "style": 0.0}


def test_what_is_billed_is_counted(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    with counting() as spent:
        engine.synthesize_many([SpeechRequest(text, "en") for text in (TEXT, "Yes.", "…?!", "😀", "a\0b \ud800")], None)
        list(engine.stream(SpeechRequest("One more.", "en"), None))  # type: ignore[attr-defined]
    assert {(one.stage, one.engine) for one in spent} == {("tts", "elevenlabs")}
    assert sum(one.amount for one in spent) == server.characters
    assert len(server.spoken()) == 4, "what has no word in it is not asked for"


def test_the_accounts_own_voices_are_listed_without_copies_of_people(
    place: EngineConfig, server: ElevenLabsServer
) -> None:
    server.voices["mine"] = replace(server.voices[PREMADE[0][0]], name="A friend", category="cloned")
    listed = registry.stock_voices("elevenlabs", place)
    assert [(one.name, one.sex) for one in listed] == [(pk, sex) for pk, _, sex in PREMADE]
    assert registry.stock_voices("elevenlabs", place) == listed
    assert len(server.asked) == 1, "kept for an hour"


@pytest.mark.parametrize("reply", [Reply(mode="drop"), Reply(503), Reply(200, "<html>"), Reply(401)])
def test_a_page_does_not_wait_for_a_list(place: EngineConfig, server: ElevenLabsServer, reply: Reply) -> None:
    server.script = [reply]
    assert registry.stock_voices("elevenlabs", place) == ()
    assert registry.stock_voices("elevenlabs", place) == ()
    assert len(server.asked) == 1


def test_nothing_is_listed_without_a_key_or_the_internet(place: EngineConfig, server: ElevenLabsServer) -> None:
    assert registry.stock_voices("elevenlabs", replace(place, keys=())) == ()
    assert registry.stock_voices("elevenlabs", replace(place, network=False)) == ()
    assert server.asked == []


# --- what goes wrong --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reply", "code", "permanent"),
    [
        (Reply(401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}), "service_key", True),
        (Reply(401, {"detail": {"status": "quota_exceeded", "message": "0 credits left."}}), "service_quota", True),
        (Reply(401, {"detail": {"type": "x", "code": "quota_exceeded", "message": "x"}}), "service_quota", True),
        (Reply(422, {"detail": [{"loc": ["body"], "msg": "out of range"}]}), "service_refused", True),
        (Reply(200, b"x", {"Content-Type": "audio/pcm"}), "service_failed", False),
        (Reply(200, {"detail": "x"}), "service_failed", False),
    ],
)
def test_what_another_try_would_not_change(
    engine: VoiceEngine, server: ElevenLabsServer, reply: Reply, code: str, permanent: bool
) -> None:
    registry.stock_voices("elevenlabs", engine.model._config)  # type: ignore[attr-defined]
    server.script = [reply]
    problem = refused(engine)
    assert (problem.code, problem.permanent) == (code, permanent)
    assert len(server.spoken()) == 1


@pytest.mark.parametrize(
    "reply", [BUSY, Reply(500), Reply(503), Reply(mode="drop"), Reply(200, b"\0\1" * 9, mode="short")]
)
def test_what_passes_is_tried_again(engine: VoiceEngine, server: ElevenLabsServer, reply: Reply) -> None:
    registry.stock_voices("elevenlabs", engine.model._config)  # type: ignore[attr-defined]
    server.script = [reply]
    said = engine.synthesize(SpeechRequest(TEXT, "en"), None).audio
    assert said.duration > 1
    assert len(server.spoken()) == 2


def test_a_sound_that_breaks_off_is_paid_for_twice_and_then_told(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    registry.stock_voices("elevenlabs", engine.model._config)  # type: ignore[attr-defined]
    broken = Reply(200, b"\0\1" * 900, mode="reset")
    server.script = [broken, broken]
    with counting() as spent:
        problem = refused(engine)
    assert (problem.code, problem.permanent) == ("service_unreachable", False)
    assert [one.amount for one in spent] == [len(TEXT)] * 2


def test_a_stream_that_breaks_off_says_so_and_frees_the_engine(engine: Any, server: ElevenLabsServer) -> None:
    registry.stock_voices("elevenlabs", engine.model._config)
    server.script = [Reply(200, b"\0\1" * 50_000, mode="short")]
    with counting() as spent:
        pieces = engine.stream(SpeechRequest(TEXT, "en"), None)
        assert len(next(pieces).samples) > 0
        with pytest.raises(PipelineError) as caught:
            list(pieces)
    assert caught.value.code == "service_unreachable"
    assert [one.amount for one in spent] == [len(TEXT)]
    assert engine.synthesize(SpeechRequest(TEXT, "en"), None).audio.duration > 1


def test_a_service_that_is_always_busy_gives_up(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    registry.stock_voices("elevenlabs", engine.model._config)  # type: ignore[attr-defined]
    server.script = [BUSY] * retries.ATTEMPTS
    problem = refused(engine)
    assert (problem.code, problem.permanent) == ("service_busy", False)


def test_waiting_can_be_cancelled(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    class Unwanted(Silent):
        def check(self) -> None:
            if len(server.spoken()):
                raise Cancelled

    registry.stock_voices("elevenlabs", engine.model._config)  # type: ignore[attr-defined]
    server.script = [Reply(429, headers={"Retry-After": "50"})]
    with listening(Unwanted()), pytest.raises(Cancelled):
        engine.synthesize(SpeechRequest(TEXT, "en"), None)


def test_an_account_without_a_voice_of_its_own(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    server.voices.clear()
    assert "no voice of its own" in str(refused(engine))


def test_a_stock_voice_that_went_is_named(engine: VoiceEngine, server: ElevenLabsServer) -> None:
    name = registry.stock_voices("elevenlabs", engine.model._config)[1].name  # type: ignore[attr-defined]
    del server.voices[name]
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest(TEXT, "en", stock=name), None)
    assert caught.value.code == "stock_unknown"


def test_the_key_is_in_no_log_and_no_file(
    engine: VoiceEngine,
    server: ElevenLabsServer,
    clips: list[VoiceReference],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    conditioned(engine, clips[0], tmp_path / "voice")
    server.script = [Reply(401, {"detail": {"status": "invalid_api_key", "message": f"{KEY} is not valid"}})]
    refused(engine)
    assert KEY not in caplog.text
    assert KEY not in repr(engine.model._config)  # type: ignore[attr-defined]
    for path in tmp_path.rglob("*"):
        assert KEY not in path.name
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
