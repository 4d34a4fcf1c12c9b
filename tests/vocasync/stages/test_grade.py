"""Findings, grades and reasons are functions of numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vocasync.stages.grade import (
    ENOUGH_SECONDS,
    LONGEST_SECONDS,
    Measures,
    SampleFacts,
    Severity,
    judge,
    rate,
)

GOOD = Measures(
    seconds=20.0,
    speech_seconds=16.0,
    snr=35.0,
    bandwidth=10_000.0,
    loudness=-20.0,
    speakers=1,
    unity=0.92,
    agreement=0.88,
    tonality=2.3,
    modulation=0.8,
    sustained=0.4,
    held=0.02,
    voiced=0.6,
)
FINE = SampleFacts(speech_seconds=20.0, snr=35.0, clipping=0.0, bandwidth=10_000.0, loudness=-20.0, agreement=0.9)


def _codes(heard: Measures) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.value) for finding in judge(heard)]


def test_nothing_is_wrong_with_a_good_recording() -> None:
    assert judge(GOOD) == ()


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"seconds": LONGEST_SECONDS + 1}, "too_long", "refuse"),
        ({"speech_seconds": 1.4}, "too_short", "refuse"),
        ({"speech_seconds": 2.9}, "short", "flag"),
        ({"speech_seconds": 0.0}, "no_speech", "refuse"),
        ({"speech_seconds": 0.0, "loudness": None}, "silent", "refuse"),
        ({"speech_seconds": 0.0, "tonality": 4.5}, "music", "refuse"),
        ({"snr": 14.0}, "noisy", "flag"),
        ({"snr": 1.0}, "noisy", "refuse"),
        ({"clipping": 0.002}, "clipped", "flag"),
        ({"clipping": 0.05}, "clipped", "refuse"),
        ({"bandwidth": 3400.0}, "narrow", "flag"),
        ({"loudness": -50.0}, "quiet", "flag"),
        ({"speakers": 3}, "several_speakers", "flag"),
        ({"unity": 0.75}, "several_speakers", "flag"),
        ({"unity": 0.6, "speakers": 2}, "several_speakers", "refuse"),
        ({"agreement": 0.7}, "disagrees", "flag"),
        ({"agreement": 0.5}, "another_person", "refuse"),
        ({"tonality": 4.2, "modulation": 0.1}, "music", "refuse"),
        ({"tonality": 3.7}, "music", "flag"),
        ({"held": 0.5, "modulation": 0.1}, "music", "refuse"),
        ({"sustained": 0.7, "modulation": 0.2}, "music", "flag"),
        ({"voiced": 0.01}, "voiceless", "refuse"),
    ],
)
def test_each_harm_is_found_by_itself(changes: dict[str, float], code: str, severity: str) -> None:
    assert _codes(replace(GOOD, **changes)) == [(code, severity)]


def test_limits_belong_to_the_good_side() -> None:
    assert judge(replace(GOOD, speech_seconds=3.0, snr=15.0, loudness=-42.0, agreement=0.72, unity=0.78)) == ()


def test_the_worst_comes_first() -> None:
    found = judge(replace(GOOD, loudness=-50.0, snr=14.0, clipping=0.05))
    assert [finding.severity for finding in found] == [Severity.REFUSE, Severity.FLAG, Severity.FLAG]


def test_a_finding_tells_the_number_and_what_to_do() -> None:
    (finding,) = judge(replace(GOOD, snr=9.4))
    assert "9 dB" in finding.text
    assert "quiet room" in finding.advice


def test_too_little_is_told_as_less_than_is_needed() -> None:
    (finding,) = judge(replace(GOOD, speech_seconds=1.49))
    assert "1.4 s" in finding.text
    assert "1.5 s" in finding.text


def test_an_hour_is_told_as_such() -> None:
    (finding,) = judge(Measures(3600.0))
    assert "60 minutes" in finding.text
    assert "10 minutes" in finding.text
    assert finding.advice


def test_what_noise_may_hide_is_not_called_narrow() -> None:
    assert _codes(replace(GOOD, snr=8.0, bandwidth=2500.0)) == [("noisy", "flag")]


def test_a_second_of_speech_is_short_and_not_music() -> None:
    assert _codes(Measures(1.0, 1.0, loudness=-20.0, tonality=4.2)) == [("too_short", "refuse")]


def test_who_asks_says_what_to_record() -> None:
    (finding,) = judge(replace(GOOD, speech_seconds=0.5), record="Shout for ten seconds.")
    assert finding.advice == "Shout for ten seconds."


def test_no_samples_give_no_grade() -> None:
    found = rate([])
    assert (found.grade, found.quality, found.chosen) == ("", 0.0, ())
    assert [reason.good for reason in found.reasons] == [False]
    assert rate([replace(FINE, usable=False)]).grade == ""


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({}, "A"),
        ({"snr": 18.0}, "B"),
        ({"bandwidth": 3400.0}, "C"),
        ({"speech_seconds": 3.0}, "C"),
        ({"snr": 8.0, "clipping": 0.01}, "D"),
    ],
)
def test_grades_from_excellent_to_poor(changes: dict[str, float], grade: str) -> None:
    assert rate([replace(FINE, **changes)]).grade == grade


def test_more_and_better_is_never_worse() -> None:
    qualities = [rate([replace(FINE, speech_seconds=seconds)]).quality for seconds in (1.5, 3, 6, 10, 30, 60)]
    assert qualities == sorted(qualities)
    qualities = [rate([replace(FINE, snr=snr)]).quality for snr in (0.0, 5.0, 10.0, 20.0, 40.0)]
    assert qualities == sorted(qualities)


def test_reasons_name_the_good_and_the_bad_with_advice() -> None:
    found = rate([replace(FINE, speech_seconds=5.0, bandwidth=3400.0)])
    good = {reason.code for reason in found.reasons if reason.good}
    bad = {reason.code: reason.advice for reason in found.reasons if not reason.good}
    assert good == {"clean", "alike"}
    assert set(bad) == {"little", "dull"}
    assert all(bad.values())


def test_doubts_about_what_is_used_are_a_reason() -> None:
    doubted = rate([replace(FINE, flags=("several_speakers",))])
    assert "doubtful" in {reason.code for reason in doubted.reasons}
    assert doubted.quality < rate([FINE]).quality


def test_the_best_are_chosen_up_to_a_minute() -> None:
    samples = [replace(FINE, snr=snr) for snr in (12.0, 40.0, 20.0, 28.0, 25.0)]
    found = rate(samples)
    assert found.chosen == (1, 3, 4)
    assert found.seconds >= ENOUGH_SECONDS


def test_a_poor_sample_is_used_only_while_there_is_little() -> None:
    poor = replace(FINE, snr=3.0)
    assert rate([poor, FINE]).chosen == (1,)
    assert rate([poor, replace(FINE, speech_seconds=5.0)]).chosen == (1, 0)
    assert rate([poor]).chosen == (0,)


def test_refused_and_unwanted_samples_are_not_chosen() -> None:
    assert rate([replace(FINE, usable=False), FINE]).chosen == (1,)


def test_equals_stay_in_order() -> None:
    short = replace(FINE, speech_seconds=5.0)
    assert rate([short, short, short]).chosen == (0, 1, 2)
