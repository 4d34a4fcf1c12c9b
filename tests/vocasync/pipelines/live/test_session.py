from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.factory import FloatArray, speech_samples
from tests.vocasync.pipelines.live.engines import Counting, Lengthening, Room, Tone
from vocasync import retries
from vocasync.engines.base import EngineConfig, Translated
from vocasync.errors import PipelineError
from vocasync.pipelines.live.events import (
    Event,
    Loading,
    Numbers,
    Pressure,
    Ready,
    Sound,
    SpeakerHeard,
    Spoken,
    Stopped,
    Transcript,
    Translation,
    Trouble,
)
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.pipelines.live.session import LiveSession
from vocasync.spending import counting, spend
from vocasync.types import Audio

RATE = 16_000
CHUNK = 1_024


@pytest.fixture(autouse=True)
def no_threads_are_left() -> Iterator[None]:
    """Every session's threads end with it."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith(("live-", "wardrobe", "translate")):
            thread.join(5.0)
            assert not thread.is_alive(), thread.name


class Talk:
    """A session, and everything that it tells. Its clock goes on with the sound, however slow the machine is."""

    def __init__(self, room: Room | None = None, manner: Manner | None = None) -> None:
        self.room = room or Room()
        self.now = 0.0
        self.events: list[Event] = []
        request = LiveRequest(manner or Manner("es", "en"))
        self.session = LiveSession(
            request, EngineConfig(), self.events.append, workshop=self.room, clock=lambda: self.now
        )

    def begin(self) -> Talk:
        self.session.start()
        self.until(lambda: bool(self.of(Ready)))
        return self

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def until(self, there: Callable[[], bool]) -> None:
        """Wait for something that other threads do."""
        while not there():
            assert not self.of(Stopped)
            time.sleep(0.001)

    def say(self, samples: FloatArray, chunk: int = CHUNK) -> None:
        """Sound as it comes: each piece when what was said before is dealt with."""
        for at in range(0, len(samples), chunk):
            self.until(lambda: not any(self.session.numbers().waiting.values()))
            self.feed(samples[at : at + chunk])

    def pour(self, samples: FloatArray) -> None:
        """The same at once."""
        for at in range(0, len(samples), CHUNK):
            self.feed(samples[at : at + CHUNK])

    def feed(self, samples: FloatArray) -> None:
        self.now += len(samples) / RATE
        self.session.feed(samples, self.now)

    def texts(self) -> list[str]:
        return [word for event in self.finals() for word in event.text.lower().strip(".").split()]

    def finals(self) -> list[Transcript]:
        return [event for event in self.of(Transcript) if event.final]


def speech() -> FloatArray:
    """Some seconds of speech with a pause behind them."""
    return np.concatenate([speech_samples(), np.zeros(RATE, np.float32)])


def follows(talk: Talk) -> None:
    """Everything is told once, and in order."""
    places: dict[tuple[type, int], list[int]] = {}
    for place, event in enumerate(talk.events):
        number = getattr(event, "clause", None)
        if number is not None and not (isinstance(event, Transcript) and not event.final):
            places.setdefault((type(event), number), []).append(place)
    count = len(talk.finals())
    assert [event.clause for event in talk.finals()] == list(range(count))
    for kind in (Translation, Spoken):
        assert sorted(event.clause for event in talk.of(kind)) == [event.clause for event in talk.of(kind)]
    assert [event.clause for event in talk.of(Spoken)] == list(range(count))
    for number in range(count):
        steps = [places[kind, number] for kind in (Transcript, Translation, Sound, Spoken) if (kind, number) in places]
        assert all(max(one) < min(two) for one, two in pairwise(steps))
    assert isinstance(talk.events[-1], Stopped)
    assert len(talk.of(Stopped)) == 1


def test_all_that_is_said_is_told_once_and_in_order() -> None:
    talk = Talk().begin()
    talk.say(np.concatenate([speech(), speech()]))
    talk.session.stop()
    follows(talk)
    assert talk.texts() == talk.room.recognizer.final
    assert len(talk.finals()) > 3
    assert [event.text for event in talk.of(Translation)] == [
        event.text.lower().replace("en", "es") for event in talk.finals()
    ]
    for number in range(len(talk.finals())):
        pieces = [event for event in talk.of(Sound) if event.clause == number]
        assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        assert sum(len(piece.samples) for piece in pieces) > 0
    assert all(not event.reason and event.delays is not None for event in talk.of(Spoken))
    assert any(not event.final for event in talk.of(Transcript))
    assert [event.stage for event in talk.of(Loading)] == ["asr"]


def test_times_are_the_sessions_and_delays_are_told() -> None:
    talk = Talk().begin()
    talk.say(np.concatenate([np.zeros(3 * RATE, np.float32), speech()]))
    talk.session.stop()
    finals = talk.finals()
    assert 2.5 < finals[0].start < 4.0
    assert all(one.end <= two.start + 0.01 for one, two in pairwise(finals))
    numbers = talk.of(Stopped)[0].numbers
    assert numbers.delays["total"].count == numbers.clauses == len(finals)
    assert numbers.delays["recognition"].p99 < 2.0
    assert numbers.spoken == pytest.approx(sum(event.seconds for event in talk.of(Spoken)))
    assert 0 < talk.session.heard_seconds < numbers.spoken + 60
    assert numbers.real_time_factor > 0
    assert numbers.waiting == {"sound_ms": 0, "recognised": 0, "translated": 0}


def test_a_clause_that_cannot_be_translated_or_spoken_costs_nobody_else_anything() -> None:
    talk = Talk(Room(translator=Lengthening(refuses="0001"), voice=Tone(refuses="0012"))).begin()
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    assert [event.code for event in talk.of(Trouble)] == ["translation_failed", "voice_failed"]
    silent = [event for event in talk.of(Spoken) if event.reason]
    assert [event.clause for event in silent] == [event.clause for event in talk.of(Trouble)]
    assert all(event.delays is None for event in silent)
    assert len(talk.of(Translation)) == len(talk.finals()) - 1
    assert talk.texts() == talk.room.recognizer.final
    assert talk.of(Stopped)[0].numbers.errors == {"translation_failed": 1, "voice_failed": 1}


def test_a_recogniser_that_fails_once_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    talk = Talk(Room(Counting(fails=1, fails_from=60))).begin()
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    assert [(event.code, event.fatal) for event in talk.of(Trouble)] == [("hearing_failed", False)]
    assert talk.room.recognizer.opened == talk.room.recognizer.closed == 2
    assert set(talk.room.recognizer.final) <= set(talk.texts())


def test_a_dead_recogniser_ends_the_session_and_what_was_said_before_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    talk = Talk(Room(Counting(fails=10**6, fails_from=70))).begin()
    talk.pour(speech())
    assert talk.session.wait()
    follows(talk)
    assert [event.fatal for event in talk.of(Trouble)] == [False] * retries.ATTEMPTS + [True]
    assert talk.of(Trouble)[-1].code == "live_broken"
    assert set(talk.room.recognizer.final) <= set(talk.texts())
    assert talk.finals()


def test_engines_that_cannot_be_loaded_end_it() -> None:
    talk = Talk(Room(fails=True))
    talk.session.start()
    assert talk.session.wait()
    assert [type(event) for event in talk.events] == [Loading, Trouble, Stopped]
    assert talk.of(Trouble)[0].fatal


def test_sound_that_comes_while_engines_are_loaded_is_heard() -> None:
    room = Room()
    room.waits.clear()
    talk = Talk(room)
    talk.session.start()
    talk.pour(speech())
    room.waits.set()
    talk.session.stop()
    follows(talk)
    assert talk.texts() == room.recognizer.final
    assert talk.finals()


def test_too_much_at_once_is_said_and_left_out_and_nothing_that_was_recognised_is() -> None:
    talk = Talk().begin()
    talk.pour(np.concatenate([speech()] * 4))
    talk.session.stop()
    follows(talk)
    assert talk.of(Pressure)[-1].level in (0, 3)
    assert max(event.level for event in talk.of(Pressure)) == 3
    assert {event.code for event in talk.of(Trouble)} == {"chunks_dropped"}
    assert not any(event.fatal for event in talk.of(Trouble))
    assert talk.texts() == talk.room.recognizer.final
    numbers = talk.of(Stopped)[0].numbers
    assert numbers.dropped["partials"] > 0
    assert numbers.errors["chunks_dropped"] >= 1


def test_another_target_language_holds_from_the_next_clause_on() -> None:
    talk = Talk().begin()
    talk.say(speech())
    talk.session.change(Manner("fr", "en"))
    talk.until(lambda: len(talk.of(Ready)) == 2)
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    languages = [event.language for event in talk.of(Translation)]
    assert languages == sorted(languages)
    assert set(languages) == {"es", "fr"}
    assert talk.room.voice.languages[-1] == "fr"
    assert talk.texts() == talk.room.recognizer.final
    assert talk.room.recognizer.opened == 1
    assert sorted(talk.room.closed) == ["es", "fr"]


def test_another_source_language_is_heard_with_what_was_said_before_kept() -> None:
    talk = Talk().begin()
    talk.say(speech()[: 3 * RATE])
    talk.session.change(Manner("es", "fr"))
    talk.until(lambda: len(talk.of(Ready)) == 2)
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    assert {event.language for event in talk.finals()} == {"en", "fr"}
    assert talk.texts() == talk.room.recognizer.final
    assert talk.room.recognizer.opened == talk.room.recognizer.closed == 2


def test_a_language_that_is_detected_is_the_one_that_is_translated_from() -> None:
    talk = Talk(Room(Counting(detects="fr")), Manner("es")).begin()
    talk.say(speech())
    talk.session.stop()
    assert {event.language for event in talk.finals()} == {"fr"}
    assert talk.of(Ready)[0].language == "auto"
    assert {event.language for event in talk.of(Translation)} == {"es"}


def test_what_cannot_be_is_refused_and_the_old_goes_on() -> None:
    talk = Talk()
    with pytest.raises(PipelineError) as caught:
        talk.session.change(Manner("fr", "en"))
    assert caught.value.code == "live_unready"
    talk.begin()
    with pytest.raises(PipelineError) as caught:
        talk.session.change(Manner("ko", "en"))
    assert caught.value.code == "pair_unsupported"
    talk.room.fails = True
    talk.session.change(Manner("fr", "en"))
    talk.until(lambda: bool(talk.of(Trouble)))
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    assert {event.language for event in talk.of(Translation)} == {"es"}
    with pytest.raises(PipelineError) as caught:
        talk.session.change(Manner("fr", "en"))
    assert caught.value.code == "live_over"


def test_of_several_changes_the_last_one_holds() -> None:
    talk = Talk().begin()
    talk.room.waits.clear()
    for code in ("fr", "it", "pt"):
        talk.session.change(Manner(code, "en"))
    talk.room.waits.set()
    talk.until(lambda: len(talk.of(Ready)) == 2)
    talk.say(speech())
    talk.session.stop()
    assert {event.language for event in talk.of(Translation)} == {"pt"}


def test_everybody_gets_their_own_voice_unless_that_is_not_wanted() -> None:
    talk = Talk().begin()
    talk.say(speech())
    talk.until(lambda: any(event.voice == "own" for event in talk.of(SpeakerHeard)))
    talk.session.change(Manner("es", "en", preserve_voice=False))
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    heard = talk.of(SpeakerHeard)
    assert (heard[0].new, heard[0].speaker) == (True, 0)
    assert heard[0].seconds > 0
    assert talk.of(Spoken)[-1].voice == "stock"
    assert talk.room.voice.voices[-1] is None


def test_a_voice_that_is_brought_is_spoken_with() -> None:
    talk = Talk().begin()
    recording = Audio(speech_samples(), RATE)
    with pytest.raises(PipelineError) as caught:
        talk.session.give_voice(0, [recording])
    assert caught.value.code == "speaker_unheard"
    talk.say(speech())
    talk.until(lambda: bool(talk.of(Spoken)))
    talk.session.give_voice(0, [recording])
    talk.until(lambda: any(event.voice == "given" for event in talk.of(SpeakerHeard)))
    talk.say(speech())
    talk.session.stop()
    assert talk.of(Spoken)[-1].voice == "given"
    assert talk.room.voice.voices[-1] == pytest.approx(recording.duration, abs=0.01)


def test_text_alone_is_told_where_no_sound_is_wanted() -> None:
    talk = Talk(manner=Manner("es", "en", sound=False)).begin()
    talk.say(speech())
    talk.session.stop()
    follows(talk)
    assert not talk.of(Sound)
    assert all(event.reason for event in talk.of(Spoken))
    assert len(talk.of(Translation)) == len(talk.finals()) > 0


def test_what_is_under_way_is_not_told_where_it_is_not_wanted() -> None:
    talk = Talk(manner=Manner("es", "en", partials=False)).begin()
    talk.say(speech())
    talk.session.stop()
    assert talk.finals() == talk.of(Transcript)


def test_stopping_a_voice_that_never_ends_leaves_the_text() -> None:
    asked = threading.Event()
    talk = Talk(Room(voice=Tone(works=lambda _seconds: time.sleep(0.5 if asked.is_set() else 0.0)))).begin()
    asked.set()
    talk.pour(speech())
    talk.session.stop(timeout=0.1)
    follows(talk)
    assert talk.texts() == talk.room.recognizer.final
    late = [event for event in talk.of(Spoken) if event.reason]
    assert late
    assert all(event.delays is None for event in late)


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("way", ["stop", "close"])
def test_it_can_be_ended_from_any_thread_and_as_often_as_one_likes(way: str, started: bool) -> None:
    talk = Talk()
    if started:
        talk.begin()
        talk.pour(speech())
    threads = [threading.Thread(target=getattr(talk.session, way)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    talk.session.close()
    talk.session.stop()
    talk.session.start()  # nothing comes back
    talk.pour(speech())
    assert talk.session.wait()
    assert len(talk.of(Stopped)) == 1
    assert isinstance(talk.events[-1], Stopped)
    assert talk.room.closed == (["es"] if started else [])


def test_closing_while_engines_are_loaded_ends_it() -> None:
    room = Room()
    room.waits.clear()
    talk = Talk(room)
    talk.session.start()
    talk.session.close()
    room.waits.set()
    assert talk.session.wait()
    assert not talk.of(Ready)
    assert len(talk.of(Stopped)) == 1
    assert room.closed == ["es"]


class Paid(Lengthening):
    """Costs something."""

    def translate(self, texts: Sequence[str], *given: Any, **named: Any) -> list[Translated]:
        spend("translate", "paid", sum(map(len, texts)))
        return super().translate(texts, *given, **named)


def test_what_is_spent_is_counted_by_who_counts_where_the_session_is_made() -> None:
    with counting() as spent:
        talk = Talk(Room(translator=Paid())).begin()
    before = len(spent)
    with counting() as elsewhere:
        talk.say(speech())
    talk.session.stop()
    assert sum(one.amount for one in spent[before:]) == sum(len(event.text) for event in talk.finals()) > 0
    assert not elsewhere


def test_numbers_are_told_about_once_a_second() -> None:
    talk = Talk().begin()
    talk.say(np.zeros(10 * RATE, np.float32))
    talk.session.stop()
    assert 8 <= len(talk.of(Numbers)) <= 11


def test_long_silence_is_nothing_at_all() -> None:
    talk = Talk().begin()
    talk.say(np.zeros(120 * RATE, np.float32), RATE // 2)
    talk.session.stop()
    assert {type(event) for event in talk.events} <= {Loading, Ready, Numbers, Stopped}
    assert talk.session.heard_seconds == 0
    assert talk.room.recognizer.opened == 0
