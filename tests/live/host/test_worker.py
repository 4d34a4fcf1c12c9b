"""A live worker before any engine is loaded: who is let in, who takes over, how sessions end."""

from __future__ import annotations

import asyncio
import base64
import io
import uuid
from typing import Any

import numpy as np
import pytest
import soundfile
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.models import User
from live import lines, services
from live.host import connection, hosted, worker
from live.host.samples import read
from live.lines import unix
from live.messages import Close
from live.models import LiveSession, LiveWorker
from tests import factory
from tests.live.host.conftest import Host, fresh, row_of, until
from vocasync.engines.cache import ENGINES
from vocasync.errors import PipelineError

pytestmark = pytest.mark.django_db(transaction=True)

START = {"target_language": "es", "source_language": "en"}


async def test_a_session_greets_answers_and_says_what_is_wrong(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, ready = await host.open(row)
    assert (ready["type"], ready["session_id"], ready["resumed"]) == ("ready", "session-one", False)
    assert (ready["state"], ready["heard"], ready["seq"]) == ("waiting", 0, 0)
    await client.say("ping", at=3.5)
    assert await client.until("pong") == {"type": "pong", "at": 3.5, "heard": 0, "seq": 0}
    await client.say("nonsense")
    assert await client.error() == "message_unknown_type"
    await client.line.send(lines.binary(b"garbage"))
    assert await client.error() == "frame_unreadable"
    for kind, fields in (("settings", {"sound": False}), ("create_voice_clone", brought("x" * 400))):
        await client.say(kind, **fields)
        assert await client.error() == "live_unstarted"
    await client.sound(0, b"\0\0")
    assert await client.error() == "live_unstarted"
    assert (await fresh(row)).worker == (await LiveWorker.objects.aget()).name


def brought(*samples: Any) -> dict[str, Any]:
    encoded = [one if isinstance(one, dict) else base64.b64encode(one.encode()).decode() for one in samples]
    return {"speaker_id": 0, "audio_samples": encoded, "declared": True}


async def test_what_cannot_be_done_is_said_and_can_be_asked_for_otherwise(host: Host, alice: User) -> None:
    client, _ = await host.open(await row_of(alice))
    await client.say("start_dubbing", target_language="xx")
    error = await client.until("error")
    assert (error["code"], error["fatal"]) == ("unknown_language", False)
    await client.say("start_dubbing", **START, voice=str(uuid.uuid4()))
    assert (await client.until("error"))["field"] == "voice"
    _, ready = await host.open(await row_of(alice))
    assert ready["state"] == "waiting"


async def test_a_second_line_takes_over(host: Host, alice: User) -> None:
    row = await row_of(alice)
    first, _ = await host.open(row)
    second, ready = await host.open(row, connection="connection-2")
    assert (ready["resumed"], ready["connection_id"]) == (True, "connection-2")
    assert await first.over() == Close.TAKEN_OVER
    await second.say("ping", at=1)
    await second.until("pong")


async def test_a_session_stopped_before_it_began_ends_well(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    await client.say("stop")
    stopped = await client.until("stopped")
    await until(lambda: counted(0))  # what is only told its end takes nobody's place
    await client.say("ack", seq=stopped["seq"])
    assert await client.over() == Close.STOPPED
    await until(lambda: ended(row))
    assert (await fresh(row)).state == "stopped"


async def ended(row: LiveSession) -> bool:
    return (await fresh(row)).ended_at is not None


async def test_nobody_opens_what_is_not_theirs_or_over(host: Host, alice: User, bob: User) -> None:
    row = await row_of(alice)
    stranger = LiveSession(pk=row.pk, owner=bob)
    client, refused = await host.open(stranger)
    assert (refused["code"], await client.over()) == ("live_over", Close.INTERNAL)
    await LiveSession.objects.filter(pk=row.pk).aupdate(ended_at=timezone.now())
    client, refused = await host.open(row)
    assert refused["code"] == "live_over"


async def test_a_worker_takes_no_more_than_it_has_room_for(host: Host, alice: User) -> None:
    for number in range(2):
        await host.open(await row_of(alice, f"session-{number}"))
    client, refused = await host.open(await row_of(alice, "session-more"))
    assert (refused["code"], await client.over()) == ("no_live_worker", Close.NO_WORKER)
    await until(lambda: counted(2))


async def counted(sessions: int) -> bool:
    return (await LiveWorker.objects.aget()).sessions == sessions


async def test_a_worker_that_has_been_idle_for_long_makes_room_for_a_new_one(
    host: Host, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.2)
    await asyncio.sleep(0.5)
    client, _ = await host.open(await row_of(alice))  # one that has done nothing yet is as good as new
    await asyncio.sleep(0.5)
    await client.say("ping", at=1)  # and one that does something is not idle
    await client.until("pong")
    await client.say("stop")
    await client.say("ack", seq=(await client.until("stopped"))["seq"])
    assert await client.over() == Close.STOPPED
    await asyncio.wait_for(host.task, 10)
    assert not await LiveWorker.objects.aexists()


@pytest.mark.slow
async def test_what_all_need_is_loaded_before_anybody_asks(
    host: Host, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ENGINES.clear()
    monkeypatch.setattr(worker, "WARM_BYTES", 0)
    client, _ = await host.open(await row_of(alice))
    assert (await client.until("loading"))["stage"] == "speaker"
    await until(lambda: ENGINES.taken() > 0)
    second, _ = await host.open(await row_of(alice, "session-two"))
    await second.say("ping", at=1)
    await second.until("pong")
    assert [one["type"] for one in second.told if isinstance(one, dict)] == ["ready", "pong"]  # it is there already


async def test_whoever_is_suspended_is_stopped(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    await User.objects.filter(pk=alice.pk).aupdate(suspended_at=timezone.now(), suspended_reason="Spam.")
    error = await client.until("error", code="suspended")
    assert error["fatal"]
    assert "Spam." in error["message"]
    assert await client.over() == Close.FORBIDDEN
    await until(lambda: ended(row))
    assert (await fresh(row)).error_code == "suspended"


async def test_a_session_that_is_ended_from_elsewhere_says_goodbye(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    await database_sync_to_async(services.session_stop)(session=row)
    stopped = await client.until("stopped")
    await client.say("ack", seq=stopped["seq"])
    assert await client.over() == Close.STOPPED


async def test_a_session_whose_client_stays_away_is_lost(host: Host, alice: User, settings: Any) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    settings.LIVE_RESUME_SECONDS = 0.1
    await asyncio.sleep(0.3)
    assert not await ended(row)  # who is connected may be as silent as they like
    await client.line.close()
    await until(lambda: ended(row))
    assert (await fresh(row)).state == "lost"
    await until(lambda: counted(0))


async def test_who_never_acknowledges_the_end_is_not_waited_for(
    host: Host, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted, "LINGER_SECONDS", 0.1)
    client, _ = await host.open(await row_of(alice))
    await client.say("stop")
    await client.until("stopped")
    assert await client.over() == Close.STOPPED


async def test_a_worker_that_stops_sends_its_clients_to_another(host: Host, alice: User) -> None:
    row = await row_of(alice)
    client, _ = await host.open(row)
    await host.stop()
    assert await client.error() == "live_worker_lost"
    assert await client.over() == Close.WORKER_LOST
    assert (await fresh(row)).state == "lost"
    assert not await LiveWorker.objects.aexists()


async def test_a_line_that_says_nothing_sensible_is_closed(host: Host, alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("live.host.worker.OPEN_SECONDS", 0.1)
    for first in (lines.binary(b"?"), lines.control({"open": {"session": "x"}}), lines.control({"open": []}), None):
        client = await host.client()
        if first is not None:
            await client.line.send(first)
        assert await client.over() is None
    await host.open(await row_of(alice))


async def test_a_reader_that_takes_nothing_is_given_up_and_may_come_back(
    host: Host, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STUCK_SECONDS", 0.2)
    monkeypatch.setattr(unix, "CLOSE_SECONDS", 0.2)
    row = await row_of(alice)
    await host.open(row)
    session = host.worker._hosted[row.pk]
    for number in range(40):  # more than the system keeps for a socket, and more than is sent ahead
        session._outbox.text(
            {"type": "translation", "clause": number, "text": "x" * 100_000, "language": "es", "unsure": False}
        )
    session._wake()
    await until(lambda: session._connection is None)
    back, ready = await host.open(row)
    assert ready["resumed"]
    seen = [await back.next() for _ in range(40)]
    assert [one["clause"] for one in seen if isinstance(one, dict)] == [*range(40)]


# --- recordings that are brought --------------------------------------------------------------------------------------
def recording(seconds: float, rate: int = 22_050, name: str = "WAV") -> str:
    samples = factory.speech_samples("She sells sea shells by the sea shore.", rate=rate)
    samples = np.resize(samples, round(seconds * rate))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([samples, samples], axis=1), rate, format=name)
    return base64.b64encode(buffer.getvalue()).decode()


def test_recordings_are_read_whatever_they_are_in(alice: User) -> None:
    found = read(alice, [recording(2.0), recording(1.5, 44_100, "FLAC")])
    assert [round(one.sound.duration, 1) for one in found] == [2.0, 1.5]
    assert {one.sound.rate for one in found} == {16_000}


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (recording(31.0), "recording_long"),
        (base64.b64encode(b"not a recording").decode(), "not_media"),
        ({"upload": str(uuid.uuid4())}, "recording_gone"),
    ],
)
def test_what_is_no_recording_is_refused(alice: User, sample: Any, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        read(alice, [sample])
    assert caught.value.code == code
