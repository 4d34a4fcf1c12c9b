"""Phones without a text: what is heard has times, and silence is heard as nothing."""

from __future__ import annotations

import numpy as np

from tests import factory
from vocasync.engines.asr.allphone import heard
from vocasync.engines.asr.g2p import PHONES
from vocasync.types import ANALYSIS_RATE, Audio


def test_phones_follow_each_other_inside_the_sound() -> None:
    audio = Audio(factory.speech_samples("My mother bought a new car."), ANALYSIS_RATE)
    marks = heard(audio)
    assert len(marks) >= 6
    assert {mark.kind for mark in marks} == {"phoneme"}
    assert {mark.text for mark in marks} <= set(PHONES)
    edges = [edge for mark in marks for edge in (mark.start, mark.end)]
    assert edges == sorted(edges)
    assert edges[0] < audio.duration / 3
    assert edges[-1] > audio.duration * 2 / 3


def test_what_was_heard_before_changes_nothing() -> None:
    audio = Audio(factory.speech_samples("My mother bought a new car."), ANALYSIS_RATE)
    first = heard(audio)
    heard(Audio(factory.tone_samples(1.0), ANALYSIS_RATE))
    assert heard(audio) == first


def test_silence_has_no_phones() -> None:
    assert heard(Audio(np.zeros(ANALYSIS_RATE, np.float32), ANALYSIS_RATE)) == ()
