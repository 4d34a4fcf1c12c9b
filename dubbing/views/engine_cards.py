"""The engines in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vocasync.engines.services import service
from vocasync.engines.terms import STEPS, priced
from vocasync.languages import LANGUAGES
from vocasync.weights.catalogue import model
from web.icons import icon
from work.engines import EngineRow

STAGES = {
    "asr": ("Recognition", "Turns speech into words with times.", icon("ear")),
    "align": ("Alignment", "Places words that you give on the sound.", icon("text-cursor-input")),
    "translate": ("Translation", "Turns the words into the other language.", icon("languages")),
    "tts": ("Voice", "Speaks the translation in the speaker's voice.", icon("audio-lines")),
    "convert": ("Conversion", "Moves the sound of a recording into another voice.", icon("audio-waveform")),
    "lipsync": ("Lips", "Moves the lips of a picture with what is said.", icon("smile")),
    "face": ("Faces", "Finds faces in pictures, and where everything is in a face.", icon("scan-face")),
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
    """An engine, and the words about it. price: "" for what costs nothing."""

    row: EngineRow
    kind: str
    languages: str
    licence_url: str
    price: str


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


TITLES = {
    "recognition": "Recognition",
    "alignment": "Alignment",
    "speakers": "Speakers told apart",
    "translation": "Translation",
    "voice": "Voice",
    "conversion": "Conversion",
    "similarity": "Measure",
    "face": "Face found",
    "lipsync": "Lips",
    "watermark": "Watermark",
}
"""The steps of ``DubbingJob.engines`` (:data:`vocasync.engines.terms.STEPS`) in words."""

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
    if not row.service and row.kind != "cloud":
        return ""
    return SENT.get(row.stage, "").format(service=service(row.service).label if row.service else row.label)


class Made(NamedTuple):
    """What did a step of a result, in words. forbids: the licence where that forbids commercial use."""

    step: str
    engine: str
    forbids: str


def made_by(table: list[EngineRow], used: dict[str, str]) -> list[Made]:
    """The engines of a result. used: step to name and version ("espeak 1")."""
    rows = {(row.stage, row.name): row for row in table}
    made = []
    for step, stage in STEPS.items():
        name, _, version = used.get(step, "").partition(" ")
        row = rows.get((stage, name))
        label = OWN_WORDS.get(name) or (row.label if row else name)
        forbids = row.licence if row and not row.commercial else ""
        made += [Made(TITLES[step], f"{label} {version}".strip(), forbids)] if name else []
    return made


MOST_BETTER = 2
"""Better engines of a stage that a result names; the page of engines has them all."""


def better_engines(table: list[EngineRow], used: dict[str, str]) -> list[EngineRow]:
    """Engines of better quality than those that were used, which are not ready here: the best of each stage, those
    that cost nothing first."""
    names: dict[str, str] = {stage: used.get(step, "").partition(" ")[0] for step, stage in STEPS.items()}
    quality = {row.stage: row.quality for row in table if names.get(row.stage) == row.name}
    better = [row for row in table if not row.ready and row.quality > quality.get(row.stage, row.quality)]
    return [row for stage in quality for row in _best(better, stage)]


def _best(rows: list[EngineRow], stage: str) -> list[EngineRow]:
    of_it = (row for row in rows if row.stage == stage)
    return sorted(of_it, key=lambda row: (row.price is not None, -row.quality))[:MOST_BETTER]


def _cards(table: list[EngineRow], stage: str) -> tuple[Card, ...]:
    return tuple(
        Card(row, KINDS.get(row.kind, row.kind), _languages(row), _licence_url(row), priced(row.price))
        for row in table
        if row.stage == stage
    )


LICENCES = {
    "MIT": "https://opensource.org/license/mit",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "BSD-2-Clause": "https://opensource.org/license/bsd-2-clause",
    "GPL-2.0-or-later": "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
    "GPL-3.0-or-later": "https://www.gnu.org/licenses/gpl-3.0.html",
}
"""Where the texts of licences are, by how the names in the table begin."""


def _licence_url(row: EngineRow) -> str:
    """Where the licence is to be read: that of its model, else that of its program; "" where neither is known."""
    if row.weights:
        return model(row.weights).licence.url
    return next((url for name, url in LICENCES.items() if row.licence.startswith(name)), "")


def _languages(row: EngineRow) -> str:
    if row.stage in ("translate", "speaker", "align", "watermark", "convert", "lipsync", "face"):
        return ""
    if not row.languages:
        return "Many languages"
    if len(row.languages) > 6:
        return f"{len(row.languages)} languages"
    return ", ".join(LANGUAGES[code].name for code in row.languages if code in LANGUAGES)
