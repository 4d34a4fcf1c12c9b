"""A live worker with the engines that everybody has: speech in, words and a dub out, over lines that break."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async

from accounts import limits
from accounts.models import AuditEntry, User
from live.messages import Close, Piece
from live.models import LiveSession
from tests import factory
from tests.live.host.conftest import Client, Host, fresh, row_of, until
from tests.live.host.test_worker import ended, recording

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

START = {"target_language": "es", "source_language": "en", "sample_rate": 48_000, "channels": 2}
RATE = 48_000
CHUNK = 4800
TEXT = "The morning was quiet and cold."


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine that tests is: nothing comes too late to be spoken."""
    monkeypatch.setattr("vocasync.pipelines.live.playout.LATEST", 3600.0)


def chunks(text: str = TEXT) -> list[bytes]:
    """Stereo at 48 kHz, a tenth of a second each, with silence around."""
    spoken = factory.speech_samples(text, rate=RATE)
    quiet = np.zeros(RATE // 2, np.float32)
    mono = np.concatenate([quiet, spoken, quiet, quiet])
    pcm = (np.stack([mono, mono], axis=1) * 32_000).astype("<i2")
    return [pcm[at : at + CHUNK].tobytes() for at in range(0, len(pcm), CHUNK)]


async def send(client: Client, sound: list[bytes], first: int = 0) -> None:
    for number, pcm in enumerate(sound, first):
        await client.sound(number, pcm)


def texts(told: list[Any], kind: str) -> list[str]:
    return [one["text"] for one in told if isinstance(one, dict) and one["type"] == kind and "seq" in one]


async def test_speech_is_dubbed_over_a_line_that_breaks(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    sound = chunks()
    await client.say("start_dubbing", **START)
    await send(client, sound[:12])
    started = await client.until("started")
    assert started["engines"]["asr"] == "pocketsphinx"
    assert (started["source_language"], started["target_language"]) == ("en", "es")
    await client.say("start_dubbing", **START)
    assert await client.error() == "live_started"
    await client.line.close()

    back, ready = await host.open(row, client.durable[-1])
    assert (ready["state"], ready["resumed"], ready["sample_rate"]) == ("running", True, RATE)
    assert 0 < ready["heard"] <= 12
    await send(back, sound[ready["heard"] :], ready["heard"])
    await back.say("stop")
    stopped = await back.until("stopped")
    await back.say("ack", seq=stopped["seq"])
    assert await back.over() == Close.STOPPED

    told = [*client.told, *back.told]
    numbers = [*client.durable, *back.durable]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert len(texts(told, "transcript")) == len(texts(told, "translation")) > 0
    pieces = [one for one in told if isinstance(one, Piece)]
    assert sum(len(piece.pcm) / 2 / piece.rate for piece in pieces) > 0.5
    assert any(piece.last for piece in pieces)
    await until(lambda: ended(row))
    done = await fresh(row)
    assert (done.state, done.target_language, done.engines["asr"]) == ("stopped", "es", "pocketsphinx")
    assert done.clauses == len(texts(told, "transcript"))
    assert done.heard_seconds > 1.0
    assert done.speakers[0]["number"] == 0
    used = await database_sync_to_async(limits.audio_used)(alice)
    assert used == pytest.approx(done.heard_seconds)


async def test_chunks_in_json_begin_a_session_and_are_answered_in_json(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    for number, pcm in enumerate(chunks()):
        audio = base64.b64encode(pcm).decode()
        more = {"target_language": "es", "source_language": "en", "sample_rate": RATE, "channels": 2}
        await client.say("audio_chunk", seq=number, audio=audio, **(more if number < 2 else {}))
    await client.until("started")
    await client.say("settings", preserve_voice=False)
    await client.until("speaker")
    await client.say("create_voice_clone", speaker_id=0, audio_samples=[recording(3.0)], declared=True)
    await until(lambda: AuditEntry.objects.filter(action="live.declared").aexists())
    await client.say("create_voice_clone", speaker_id=7, audio_samples=[recording(3.0)], declared=True)
    assert await client.error() == "speaker_unheard"
    assert await AuditEntry.objects.filter(action="live.declared").acount() == 2  # before any voice is there
    await LiveSession.objects.filter(pk=row.pk).aupdate(worker="another")  # which has it now, so this one lets it go
    await client.until("stopped")
    assert not await ended(row)
    assert [one for one in client.told if isinstance(one, dict) and one["type"] == "audio"]


async def test_nobody_is_dubbed_beyond_their_share(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    await User.objects.filter(pk=alice.pk).aupdate(max_audio_minutes_day=0)
    await client.say("start_dubbing", **START)
    assert await client.error() == "audio_limit"
    await User.objects.filter(pk=alice.pk).aupdate(max_audio_minutes_day=1)
    await database_sync_to_async(limits.take_audio)(alice, 58.9)
    await client.say("start_dubbing", **START)
    await client.until("started")
    await send(client, chunks())
    error = await client.until("error", code="audio_limit")
    assert error["fatal"]
    stopped = await client.until("stopped")
    await client.say("ack", seq=stopped["seq"])
    assert await client.over() == Close.FORBIDDEN
    await until(lambda: ended(row))
    assert (await fresh(row)).error_code == "audio_limit"
    assert texts(client.told, "transcript")  # what was heard is told


async def test_a_session_that_breaks_down_takes_no_other_with_it(
    host: Host, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = await host.open(await row_of(alice, "session-one"))
    sound, _ = await host.open(await row_of(alice, "session-two"))
    await broken.say("start_dubbing", **START)
    await broken.until("started")
    hosted = next(one for one in host.worker._hosted.values() if one._row.session_id == "session-one")

    def breaks(*_: Any) -> None:
        raise RuntimeError("the recogniser has died")

    monkeypatch.setattr(hosted._engine._backlog, "take", breaks)
    error = await broken.until("error", fatal=True)
    assert error["code"]
    await broken.until("stopped")
    await sound.say("start_dubbing", **START)
    await sound.until("started")
    await send(sound, chunks())
    await sound.say("stop")
    await sound.until("stopped")
    assert texts(sound.told, "transcript")
