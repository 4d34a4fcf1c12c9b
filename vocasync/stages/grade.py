"""What is wrong with a recording, how good a voice made of several would be, and why: pure functions of numbers.

Every finding and every reason says in words what was measured and what to do about it. Where the limits lie was
measured on real recordings: docs/voice-quality.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vocasync.compat import StrEnum

LONGEST_SECONDS = 600.0
"""More of a recording is not read: a voice needs a minute of speech at most."""

SHORTEST_SPEECH, SHORT_SPEECH = 1.5, 3.0
"""Seconds of speech below which nothing can be made of a recording, and below which a voice is hardly known by it."""

_NOISY, _TOO_NOISY = 15.0, 3.0  # dB
_CLIPPED, _TOO_CLIPPED = 0.001, 0.03  # share of samples at a ceiling
_NARROW = 4500.0  # Hz; telephones end at 3400 to 4000
_QUIET = -42.0  # LUFS
UNLIKE, _TOO_UNLIKE = 0.78, 0.72
"""Cosine of the two voices that the speech falls apart into: below it two people seem to speak; surely."""
_DISAGREES, _ANOTHER = 0.72, 0.60  # cosine with the voice's other samples
_TONAL, _MUSIC = 3.6, 3.9  # held tones, 0 to 5
_UNMODULATED, _CHANT = 0.3, 0.22  # syllables' share of the level's changes
_SUSTAINED, _HELD = 0.55, 0.3
_WHISPERED = 0.04

ENOUGH_SECONDS = 60.0
"""Seconds of speech that engines are given at most."""
_SOON_ENOUGH = 10.0  # seconds from which a sample that is much worse than the best is left out
_MUCH_WORSE = 0.6


class Severity(StrEnum):
    """What a finding means for a recording."""

    REFUSE = "refuse"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that would harm a voice. text: what was measured, in words; advice: what to record instead."""

    code: str
    severity: Severity
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of a recording; None where there was too little to measure.

    seconds, speech_seconds: of the recording, and of it with speech. snr: speech above noise, dB. clipping: share of
    samples at a ceiling. bandwidth: Hz up to which there is speech. loudness: LUFS. speakers: how many people.
    unity: cosine of the two voices that the speech falls apart into best. agreement: cosine with the other samples.
    tonality: how long the strongest partials are held (0 to 5: music). modulation: power of the changes of level at the
    pace of syllables, relative to the level's own. sustained: share of voiced frames inside long even stretches, held:
    share of them on a steady note. voiced: seconds with a pitch for each second of speech.
    """

    seconds: float
    speech_seconds: float = 0.0
    snr: float | None = None
    clipping: float = 0.0
    bandwidth: float | None = None
    loudness: float | None = None
    speakers: int | None = None
    unity: float | None = None
    agreement: float | None = None
    tonality: float = 0.0
    modulation: float = 1.0
    sustained: float = 0.0
    held: float = 0.0
    voiced: float = 1.0


_RECORD = "Record 10 to 60 seconds of one person reading aloud in a quiet room."


def judge(heard: Measures, *, record: str = _RECORD) -> tuple[Finding, ...]:
    """What is wrong with a recording, the worst first; empty for a good one. record: what to record at best."""
    if heard.seconds > LONGEST_SECONDS:
        return (_too_long(heard.seconds),)
    if heard.speech_seconds < SHORTEST_SPEECH:
        return (_without_speech(heard, record),)
    found = [finding for rule in _RULES if (finding := rule(heard)) is not None]
    return tuple(worst_first(found))


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """What refuses a recording before what flags it, else in order."""
    return sorted(findings, key=lambda finding: finding.severity is Severity.FLAG)


def _too_long(seconds: float) -> Finding:
    return Finding(
        "too_long",
        Severity.REFUSE,
        f"The recording is {seconds / 60:.0f} minutes long; {LONGEST_SECONDS / 60:.0f} minutes are the most.",
        "Cut out a minute in which only this person speaks, clearly and without noise: more does not make it better.",
    )


def _without_speech(heard: Measures, record: str) -> Finding:
    if heard.loudness is None:
        text = "The recording is silent."
        return Finding("silent", Severity.REFUSE, text, "Check the microphone, or choose the right file.")
    if heard.tonality >= _TONAL and heard.speech_seconds < heard.seconds / 2:
        return _music(Severity.REFUSE, "Music was found, and hardly any speech.")
    if heard.speech_seconds > 0:
        return too_short(heard.speech_seconds, SHORTEST_SPEECH, record)
    text = "No speech was found, only noise or other sounds."
    return Finding("no_speech", Severity.REFUSE, text, record)


def too_short(seconds: float, least: float, record: str) -> Finding:
    """Too little speech to make anything of."""
    below = math.floor(seconds * 10) / 10  # 1.49 is not told as 1.5
    text = f"There are only {below:.1f} s of speech; at least {least:.1f} s are needed."
    return Finding("too_short", Severity.REFUSE, text, record)


def _short(heard: Measures) -> Finding | None:
    if heard.speech_seconds >= SHORT_SPEECH:
        return None
    text = f"There are only {heard.speech_seconds:.1f} s of speech."
    return Finding("short", Severity.FLAG, text, "Record 10 seconds or more, or add further samples.")


def _noisy(heard: Measures) -> Finding | None:
    if heard.snr is None or heard.snr >= _NOISY:
        return None
    too = heard.snr < _TOO_NOISY
    text = f"The speech is only {max(heard.snr, 0):.0f} dB louder than the noise around it; good recordings have 30 dB."
    advice = "Record in a quiet room, close to the microphone, with fans and windows shut."
    return Finding("noisy", Severity.REFUSE if too else Severity.FLAG, text, advice)


def _covered(heard: Measures) -> bool:
    """Whether noise may hide what is there."""
    return heard.snr is not None and heard.snr < _NOISY


def _clipped(heard: Measures) -> Finding | None:
    if heard.clipping < _CLIPPED:
        return None
    too = heard.clipping >= _TOO_CLIPPED
    text = f"{100 * heard.clipping:.1f} % of the sound is clipped: it was recorded too loud."
    advice = "Turn the microphone's level down and record again; turning the recording down does not help any more."
    return Finding("clipped", Severity.REFUSE if too else Severity.FLAG, text, advice)


def _narrow(heard: Measures) -> Finding | None:
    if heard.bandwidth is None or heard.bandwidth >= _NARROW or _covered(heard):
        return None
    text = f"There is no sound above {heard.bandwidth:.0f} Hz, as on a telephone."
    advice = "Record with a microphone of the computer or telephone itself, not through a call."
    return Finding("narrow", Severity.FLAG, text, advice)


def _quiet(heard: Measures) -> Finding | None:
    if heard.loudness is None or heard.loudness >= _QUIET:
        return None
    text = f"The recording is very quiet ({heard.loudness:.0f} LUFS)."
    return Finding("quiet", Severity.FLAG, text, "Go closer to the microphone, or turn its level up, and record again.")


def _several(heard: Measures) -> Finding | None:
    apart = heard.unity is not None and heard.unity < UNLIKE
    if not apart and (heard.speakers or 1) < 2:
        return None
    sure = apart and heard.unity is not None and heard.unity < _TOO_UNLIKE
    count = max(2, heard.speakers or 2)
    text = (
        f"{count} people seem to speak in this recording."
        if count > 2
        else "Two people seem to speak in this recording."
    )
    advice = "Use a recording, or cut out a part, in which only this person speaks."
    return Finding("several_speakers", Severity.REFUSE if sure else Severity.FLAG, text, advice)


def _disagrees(heard: Measures) -> Finding | None:
    return None if heard.agreement is None else stranger(heard.agreement)


def stranger(agreement: float) -> Finding | None:
    """What a recording's likeness to the voice's other samples says, by itself."""
    if agreement >= _DISAGREES:
        return None
    if agreement < _ANOTHER:
        text = f"This sounds like another person than the voice's other samples (similarity {agreement:.2f})."
        advice = "Choose a recording of the same person; for another person, make another voice."
        return Finding("another_person", Severity.REFUSE, text, advice)
    text = f"This sounds unlike the voice's other samples (similarity {agreement:.2f})."
    advice = "Listen whether it is the same person; if so, record as the other samples were, in an even tone."
    return Finding("disagrees", Severity.FLAG, text, advice)


STRANGE = frozenset({"another_person", "disagrees"})
"""Codes of :func:`stranger`."""


def _tuneful(heard: Measures) -> Finding | None:
    if heard.tonality >= _MUSIC and heard.modulation < _UNMODULATED:
        return _music(Severity.REFUSE, "This is music, or speech with loud music.")
    if heard.held >= _HELD and heard.modulation < _UNMODULATED:
        return _music(Severity.REFUSE, "This is singing: the voice holds its notes.")
    if heard.tonality >= _TONAL:
        return _music(Severity.FLAG, "There seems to be music, or a hum, behind the voice.")
    if heard.modulation < _CHANT and heard.sustained >= _SUSTAINED:
        return _music(Severity.FLAG, "This seems to be singing.")
    return None


def _voiceless(heard: Measures) -> Finding | None:
    if heard.voiced >= _WHISPERED or _covered(heard):
        return None
    text = "There is hardly any voice in the speech: it may be whispered."
    return Finding("voiceless", Severity.REFUSE, text, "Record somebody who speaks aloud.")


def _music(severity: Severity, text: str) -> Finding:
    return Finding("music", severity, text, "Use speech without music: one person talking or reading, not singing.")


_RULES: tuple[Callable[[Measures], Finding | None], ...] = (
    _disagrees,
    _voiceless,
    _several,
    _tuneful,
    _noisy,
    _clipped,
    _short,
    _narrow,
    _quiet,
)


# --- the voice --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What the grade of a voice needs to know of a sample (see :class:`Measures`).

    usable: not refused, and wanted by its owner. flags: codes of its findings.
    """

    speech_seconds: float
    snr: float | None = None
    clipping: float | None = None
    bandwidth: float | None = None
    loudness: float | None = None
    speakers: int | None = None
    agreement: float | None = None
    usable: bool = True
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a voice has its grade. ``advice`` is "" where there is nothing to do."""

    code: str
    good: bool
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class VoiceGrade:
    """grade: A (excellent) to D (poor), "" without samples. quality: 0 to 1, what the grade is cut from. seconds: of
    speech that engines use. chosen: positions of the samples that they use, the best first."""

    grade: str = ""
    quality: float = 0.0
    seconds: float = 0.0
    reasons: tuple[Reason, ...] = ()
    chosen: tuple[int, ...] = ()


_GRADES = (("A", 0.8), ("B", 0.6), ("C", 0.35), ("D", 0.0))
_AMOUNT = ((1.5, 0.25), (3.0, 0.45), (10.0, 0.85), (30.0, 1.0))
_PARTS: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = (
    ("snr", ((0.0, 0.1), (10.0, 0.5), (20.0, 0.8), (30.0, 1.0))),
    ("clipping", ((0.0, 1.0), (0.001, 0.9), (0.01, 0.5), (0.03, 0.2))),
    ("bandwidth", ((2500.0, 0.3), (3400.0, 0.45), (5000.0, 0.75), (7000.0, 1.0))),
    ("loudness", ((-60.0, 0.5), (-42.0, 0.8), (-32.0, 1.0))),
    ("agreement", ((0.6, 0.3), (0.72, 0.7), (0.8, 1.0))),
)
"""How good each measure is by itself, as points of a line; a sample's worth is the product."""
_DOUBTED = {"several_speakers": 0.5, "music": 0.5}


def rate(samples: Sequence[SampleFacts]) -> VoiceGrade:
    """How good a voice the samples give, why, and which of them engines are to use.

    Those are the best ones, up to 60 s of speech and at least one; samples much worse than the best are left out once
    there are 10 s. No usable sample gives the grade "".
    """
    chosen = _chosen(samples)
    if not chosen:
        return VoiceGrade(reasons=(_NOTHING,))
    used = [samples[place] for place in chosen]
    seconds = sum(sample.speech_seconds for sample in used)
    clean = float(np.average([_worth(sample) for sample in used], weights=[one.speech_seconds for one in used]))
    quality = clean * _at(min(seconds, ENOUGH_SECONDS), _AMOUNT)
    grade = next(name for name, least in _GRADES if quality >= least)
    reasons = tuple(sorted(_reasons(used, seconds), key=lambda reason: not reason.good))
    return VoiceGrade(grade, round(quality, 3), round(seconds, 2), reasons, tuple(chosen))


_NOTHING = Reason("no_samples", False, "There is no sample that can be used yet.", _RECORD)


def _chosen(samples: Sequence[SampleFacts]) -> list[int]:
    places = [place for place, sample in enumerate(samples) if sample.usable and sample.speech_seconds > 0]
    places.sort(key=lambda place: (-_worth(samples[place]) * _at(samples[place].speech_seconds, _AMOUNT), place))
    chosen: list[int] = []
    seconds = 0.0
    for place in places:
        worse = chosen and _worth(samples[place]) < _MUCH_WORSE * _worth(samples[chosen[0]])
        if seconds >= ENOUGH_SECONDS or (worse and seconds >= _SOON_ENOUGH):
            continue
        chosen.append(place)
        seconds += samples[place].speech_seconds
    return chosen


def _worth(sample: SampleFacts) -> float:
    """How good a sample is, whatever its length; 0 to 1."""
    worth = 1.0
    for name, points in _PARTS:
        value = getattr(sample, name)
        worth *= 1.0 if value is None else _at(value, points)
    for code, factor in _DOUBTED.items():
        worth *= factor if code in sample.flags else 1.0
    return worth


def _at(value: float, points: Sequence[tuple[float, float]]) -> float:
    return float(np.interp(value, [point[0] for point in points], [point[1] for point in points]))


def _reasons(used: Sequence[SampleFacts], seconds: float) -> list[Reason]:
    found = [_of_amount(seconds), _of_noise(used), _of_bandwidth(used), _of_clipping(used), _of_agreement(used)]
    if any(sample.flags and set(sample.flags) & set(_DOUBTED) for sample in used):
        text = "In some of what is used, another voice or music may be heard."
        found.append(Reason("doubtful", False, text, "Replace the flagged samples by ones with this person alone."))
    return [reason for reason in found if reason is not None]


def _of_amount(seconds: float) -> Reason:
    if seconds >= 20:
        return Reason("enough", True, f"{seconds:.0f} seconds of speech are used.")
    advice = "Add samples until there are 20 to 60 seconds of speech."
    return Reason("little", False, f"There are only {seconds:.0f} seconds of speech.", advice)


def _mean(used: Sequence[SampleFacts], name: str) -> float | None:
    known = [(value, one.speech_seconds) for one in used if (value := getattr(one, name)) is not None]
    return float(np.average([value for value, _ in known], weights=[weight for _, weight in known])) if known else None


def _of_noise(used: Sequence[SampleFacts]) -> Reason | None:
    snr = _mean(used, "snr")
    if snr is None:
        return None
    if snr >= 25:
        return Reason("clean", True, f"The speech is {snr:.0f} dB above the noise.")
    return Reason("noise", False, f"The speech is only {snr:.0f} dB above the noise.", "Record in a quieter room.")


def _of_bandwidth(used: Sequence[SampleFacts]) -> Reason | None:
    hertz = _mean(used, "bandwidth")
    if hertz is None:
        return None
    if hertz >= 7000:
        return Reason("full", True, f"The sound reaches up to {hertz / 1000:.0f} kHz.")
    advice = "Add recordings made with a microphone, not through a telephone call."
    return Reason("dull", False, f"The sound ends at {hertz / 1000:.1f} kHz, so the voice will be dull.", advice)


def _of_clipping(used: Sequence[SampleFacts]) -> Reason | None:
    share = _mean(used, "clipping")
    if share is None or share < _CLIPPED:
        return None
    text = f"{100 * share:.1f} % of the sound is clipped."
    return Reason("clipped", False, text, "Record again with the microphone's level turned down.")


def _of_agreement(used: Sequence[SampleFacts]) -> Reason | None:
    cosine = _mean(used, "agreement")
    if cosine is None:
        return None
    if cosine >= 0.8:
        return Reason("alike", True, f"The samples agree with each other (similarity {cosine:.2f}).")
    text = f"The samples differ from each other (similarity {cosine:.2f})."
    return Reason("unlike", False, text, "Keep those that are recorded alike, in an even tone, and delete the others.")
