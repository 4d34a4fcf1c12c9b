"""``auto``: the best ready engine for a language or a pair. Pure functions of the registry and what is ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from vocasync.engines.base import EngineConfig, EngineSpec, Readiness, Stage
from vocasync.engines.lipsync.costs import ends, on_gpu
from vocasync.engines.registry import dotted, readiness, spec, specs
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.types import Ways

AUTO = "auto"
Probe = Callable[[EngineSpec], Readiness]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which engines a job will use, "" where a step is not needed."""

    recognizer: str
    translator: str
    voice: str
    watermark: str = ""
    converter: str = ""


def speaks(row: EngineSpec, code: str) -> bool:
    """Whether the engine handles this one language (recognition and voices)."""
    known: frozenset[str] = dotted(row.routes)() if row.routes else row.languages
    return not known or code in known


def translates(row: EngineSpec, source: str, target: str) -> bool:
    """Whether the translator handles the pair; a source still to be detected may be any."""
    if not row.routes:
        return True
    pairs: frozenset[tuple[str, str]] = dotted(row.routes)()
    return (source, target) in pairs or (source == DETECT and any(into == target for _, into in pairs))


def ready_watermark(config: EngineConfig) -> str:
    """The best watermark that can be put into a dub here, "" where there is none."""
    return next((row.name for row in specs("watermark") if readiness(row, config).ready), "")


def choose_lipsync(wanted: str, config: EngineConfig) -> str:
    """The engine that moves lips; of itself none whose work here would hardly end. Raises ``engine_unknown``,
    ``engine_not_ready``."""

    def fits(row: EngineSpec) -> bool:
        return wanted != AUTO or ends(row.name, config.device)

    row = _best("lipsync", wanted, fits, lambda one: readiness(one, config))
    if row is None:
        lacking = next(one for one in specs("lipsync") if wanted in (AUTO, one.name))
        raise PipelineError("engine_not_ready", label=lacking.label, missing=readiness(lacking, config).missing)
    return row.name


def _best(stage: Stage, wanted: str, fits: Callable[[EngineSpec], bool], probe: Probe) -> EngineSpec | None:
    rows = [row for row in specs(stage) if wanted in (AUTO, row.name)]
    if not rows:
        raise PipelineError("engine_unknown", name=wanted)
    free = [row for row in rows if wanted != AUTO or row.price is None]  # nobody pays for what they did not choose
    ready = [row for row in free if fits(row) and probe(row).ready]
    return ready[0] if ready else None


def _remedy(stage: Stage, fits: Callable[[EngineSpec], bool], probe: Probe, also: str) -> str:
    fitting = [row for row in specs(stage) if fits(row)]
    ways = [f"{row.label}: {probe(row).missing}" for row in fitting if not probe(row).ready]
    paid = [
        f"{row.label} is ready; it costs money, so choose it yourself."
        for row in fitting
        if row.price is not None and probe(row).ready
    ]
    return " ".join(filter(None, [*paid, *ways, also]))


def choose(
    source: str,
    target: str,
    config: EngineConfig,
    *,
    recognizer: str = AUTO,
    translator: str = AUTO,
    voice: str = AUTO,
    has_text: bool = False,
    has_translation: bool = False,
    probe: Probe | None = None,
) -> Plan:
    """The engines for a dub from ``source`` (or ``auto``) into ``target``.

    has_text: the user gave the words in the source language. has_translation: in the target language.
    Raises ``recognition_unsupported``, ``pair_unsupported``, ``voice_unsupported`` (each names the ways out),
    ``unknown_language``, ``engine_unknown``.
    """
    probe = probe or (lambda row: readiness(row, config))
    target = language(target).code
    source = source if source == DETECT else language(source).code
    heard = "" if has_text or has_translation else _recognizer(source, recognizer, probe)
    changed = "" if has_translation or source == target else _translator(source, target, translator, probe)
    return Plan(heard, changed, _voice(target, voice, probe))


class Asked(Protocol):
    """What a dub is asked to be, as far as engines go: a ``DubRequest``, or a form that will become one."""

    @property
    def source_language(self) -> str: ...
    @property
    def target_language(self) -> str: ...
    @property
    def subtitles(self) -> object | None: ...
    @property
    def subtitles_are(self) -> str: ...
    @property
    def transcript(self) -> str: ...
    @property
    def recognizer(self) -> str: ...
    @property
    def translator(self) -> str: ...
    @property
    def voice_engine(self) -> str: ...


def choose_for(asked: Asked, config: EngineConfig, heard: str = "") -> Plan:
    """:func:`choose` for what was asked. heard: the source language, where it is known by now."""
    return choose(
        heard or asked.source_language,
        asked.target_language,
        config,
        recognizer=asked.recognizer,
        translator=asked.translator,
        voice=asked.voice_engine,
        has_text=has_text(asked),
        has_translation=has_translation(asked),
    )


class AskedOfSound(Asked, Protocol):
    """The same where the recording's own sound may be converted."""

    @property
    def ways(self) -> str: ...
    @property
    def converter(self) -> str: ...


def plan_for(asked: AskedOfSound, config: EngineConfig) -> Plan:
    """:func:`choose_for`, with the converter where one is needed; of what is only converted, no words have to be known.
    The voice engine is then whose own voice may be wanted. Raises ``engine_not_ready`` as well."""
    if asked.ways == Ways.SPEAK:
        return choose_for(asked, config)
    converter = choose_converter(asked.converter, config)
    if asked.ways == Ways.CONVERT:
        return Plan("", "", "" if asked.voice_engine == AUTO else asked.voice_engine, converter=converter)
    return replace(choose_for(asked, config), converter=converter)


def choose_converter(wanted: str, config: EngineConfig, probe: Probe | None = None) -> str:
    """The best ready engine that converts sound, or the one that is wanted. Raises ``engine_not_ready``,
    ``engine_unknown``."""
    ready = probe or (lambda row: readiness(row, config))
    row = _best("convert", wanted, lambda _: True, ready)
    if row is None:
        first = next(row for row in specs("convert") if wanted in (AUTO, row.name))
        raise PipelineError("engine_not_ready", label=first.label, missing=ready(first).missing)
    return row.name


def has_text(asked: Asked) -> bool:
    """Whether the person gave the words, in either language."""
    return bool(asked.subtitles) or bool(asked.transcript.strip())


def has_translation(asked: Asked) -> bool:
    """Whether the person gave the words in the language that is spoken in the dub."""
    return bool(asked.subtitles) and asked.subtitles_are == "target"


def _recognizer(source: str, wanted: str, probe: Probe, live: bool = False) -> str:
    def fits(row: EngineSpec) -> bool:
        known = row.languages == frozenset() if source == DETECT else speaks(row, source)
        return known and (row.streams or not live)

    row = _best("asr", wanted, fits, probe)
    if row is None:
        name = "speech of an undetected language" if source == DETECT else language(source).name
        raise PipelineError(
            "recognition_unsupported",
            language=name,
            remedy=_remedy(
                "asr", fits, probe, "" if live else "Or add subtitles (SRT or VTT), or paste the transcript."
            ),
        )
    return row.name


def _translator(source: str, target: str, wanted: str, probe: Probe, live: bool = False) -> str:
    def fits(row: EngineSpec) -> bool:
        return translates(row, source, target)

    row = _best("translate", wanted, fits, probe)
    if row is None:
        raise PipelineError(
            "pair_unsupported",
            source="the detected language" if source == DETECT else language(source).name,
            target=language(target).name,
            remedy=_remedy("translate", fits, probe, "" if live else "Or add subtitles in the target language."),
        )
    return row.name


def _voice(target: str, wanted: str, probe: Probe) -> str:
    def fits(row: EngineSpec) -> bool:
        return speaks(row, target)

    row = _best("tts", wanted, fits, probe)
    if row is None:
        raise PipelineError("voice_unsupported", language=language(target).name, remedy=_remedy("tts", fits, probe, ""))
    return row.name


# --- live speech ------------------------------------------------------------------------------------------------------
def too_slow(row: EngineSpec, config: EngineConfig) -> str:
    """Why an engine cannot keep up with somebody who speaks, a sentence; "" where it can."""
    if row.live:
        return str(dotted(row.live)(config))
    if row.kind == "neural" and not on_gpu(config.device):
        return "it is too slow for live speech without a GPU; choose it yourself if you can wait."
    return ""


def choose_live(
    source: str,
    target: str,
    config: EngineConfig,
    *,
    recognizer: str = AUTO,
    translator: str = AUTO,
    voice: str = AUTO,
    probe: Probe | None = None,
) -> tuple[Plan, str, tuple[str, ...]]:
    """The engines that dub live speech, the language that is listened for (a code, or ``auto`` where the recogniser
    detects it), and sentences for the person. What cannot keep up here is taken only where it is wished for.

    Raises what :func:`choose` raises.
    """
    ready = probe or (lambda row: readiness(row, config))
    wished = (recognizer, translator, voice)

    def quick(row: EngineSpec) -> Readiness:
        state = ready(row)
        slow = too_slow(row, config) if state.ready and row.name not in wished else ""
        return Readiness(False, slow) if slow else state

    target = language(target).code
    spoken, notes = _listened_for(source, recognizer, quick)
    plan = Plan(
        _recognizer(spoken, recognizer, quick, live=True),
        "" if spoken == target else _translator(spoken, target, translator, quick, live=True),
        _voice(target, voice, quick),
    )
    stages: tuple[tuple[Stage, str], ...] = (
        ("asr", plan.recognizer),
        ("translate", plan.translator),
        ("tts", plan.voice),
    )
    chosen = [spec(stage, name) for stage, name in stages if name]
    late = [f"{row.label}: {why}" for row in chosen if (why := too_slow(row, config))]
    return plan, spoken, (*notes, *late)


def _listened_for(source: str, wanted: str, probe: Probe) -> tuple[str, tuple[str, ...]]:
    """The language that a live recogniser is told, and what the person is told of that: where nothing ready tells
    languages apart, it is the one that all of it knows."""
    if source != DETECT:
        return language(source).code, ()
    ready = [row for row in specs("asr") if row.streams and wanted in (AUTO, row.name) and probe(row).ready]
    free = [row for row in ready if wanted != AUTO or row.price is None]
    known = frozenset[str]().union(*(row.languages for row in free))
    if len(known) != 1 or not all(row.languages for row in free):
        return DETECT, ()
    (only,) = known
    said = language(only).name
    return only, (f"Nothing that is ready here detects the language of live speech, so {said} is listened for.",)
