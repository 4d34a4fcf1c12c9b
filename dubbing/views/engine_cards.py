"""The engines in words."""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.engines.services import service
from vocasync.languages import LANGUAGES
from web.icons import icon
from work.engines import EngineRow

STAGES = {
    "asr": ("Recognition", "Turns speech into words with times.", icon("ear")),
    "align": ("Alignment", "Places words that you give on the sound.", icon("text-cursor-input")),
    "translate": ("Translation", "Turns the words into the other language.", icon("languages")),
    "tts": ("Voice", "Speaks the translation in the speaker's voice.", icon("audio-lines")),
    "speaker": ("Measure", "Says how alike two voices are.", icon("gauge")),
    "watermark": ("Watermark", "Marks dubbed voices so that they can be told from real ones.", icon("audio-waveform")),
}
KINDS = {
    "embedded": "Built in",
    "neural": "Needs a model",
    "cloud": "Uses the internet",
}


@dataclass(frozen=True, slots=True)
class Card:
    """An engine, and the words about it."""

    row: EngineRow
    kind: str
    languages: str


@dataclass(frozen=True, slots=True)
class Group:
    """The engines of one step, best first. icon: of the sprite."""

    title: str
    about: str
    icon: str
    cards: tuple[Card, ...]
    ready: bool


def engine_groups(table: list[EngineRow]) -> list[Group]:
    """The table by step."""
    return [
        Group(title, about, symbol, _cards(table, stage), any(row.ready for row in table if row.stage == stage))
        for stage, (title, about, symbol) in STAGES.items()
        if any(row.stage == stage for row in table)
    ]


STEPS = {
    "recognition": ("Recognition", "asr"),
    "alignment": ("Alignment", "align"),
    "speakers": ("Speakers told apart", "speaker"),
    "translation": ("Translation", "translate"),
    "voice": ("Voice", "tts"),
    "similarity": ("Measure", "speaker"),
    "watermark": ("Watermark", "watermark"),
}
"""The steps of ``DubbingJob.engines``: their title, and the stage of the registry."""

OWN_WORDS = {"subtitles": "Your subtitles", "transcript": "Your transcript"}


SENT = {
    "asr": "The sound of the recording is sent to {service}.",
    "translate": "The words are sent to {service}.",
    "tts": "The words are sent to {service}, and speech of everybody whose voice is to be heard: a copy of each voice "
    "is made there, which is removed when the dub, or the voice of your library, is deleted.",
}
"""By stage, what leaves the site for an engine that asks a service."""


def sends(row: EngineRow) -> str:
    """What leaves the site for this engine; "" where nothing does."""
    return SENT.get(row.stage, "").format(service=service(row.service).label) if row.service else ""


def made_by(table: list[EngineRow], used: dict[str, str]) -> list[tuple[str, str]]:
    """Step and engine of a result, in words. used: step to name and version ("espeak 1")."""
    labels = {(row.stage, row.name): row.label for row in table}
    made = []
    for step, (title, stage) in STEPS.items():
        name, _, version = used.get(step, "").partition(" ")
        if name:
            made.append((title, " ".join([OWN_WORDS.get(name) or labels.get((stage, name), name), version]).strip()))
    return made


def better_engines(table: list[EngineRow], used: dict[str, str]) -> list[EngineRow]:
    """Engines of better quality than those that were used, which are not ready here."""
    names = {stage: used.get(step, "").partition(" ")[0] for step, (_, stage) in STEPS.items()}
    quality = {row.stage: row.quality for row in table if names.get(row.stage) == row.name}
    return [row for row in table if not row.ready and row.quality > quality.get(row.stage, row.quality)]


def _cards(table: list[EngineRow], stage: str) -> tuple[Card, ...]:
    return tuple(Card(row, KINDS.get(row.kind, row.kind), _languages(row)) for row in table if row.stage == stage)


def _languages(row: EngineRow) -> str:
    if row.stage in ("translate", "speaker", "align", "watermark"):
        return ""
    if not row.languages:
        return "Many languages"
    if len(row.languages) > 6:
        return f"{len(row.languages)} languages"
    return ", ".join(LANGUAGES[code].name for code in row.languages if code in LANGUAGES)
