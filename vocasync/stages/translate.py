"""Translate segment by segment: in batches, with what was translated before taken from the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vocasync.artifacts import fingerprint
from vocasync.engines.base import Translated, Translator
from vocasync.engines.translate.cache import TranslationCache
from vocasync.engines.translate.keeping import lost
from vocasync.progress import Part, Progress
from vocasync.stages.glossary import Term, put_in
from vocasync.types import Segment

UNSURE = "translation_unsure"
BATCH = 40
"""Segments between two looks at whether the work is still wanted, and between two writes to the cache."""


def translate(
    segments: Sequence[Segment],
    translator: Translator | None,
    source: str,
    target: str,
    cache: TranslationCache,
    progress: Progress,
    glossary: Sequence[Term] = (),
) -> tuple[Segment, ...]:
    """Give every segment its ``translation``.

    A translation that is there already (the user's subtitles, a correction) is kept as it is. With no translator, or
    into the same language, the text itself is what will be spoken. Segments in which the engine did not know some word
    get the flag ``translation_unsure``, and so do those in which a word of the glossary got lost.

    Raises what the translator raises; what was translated until then is in the cache.
    """
    if translator is None or source == target:
        return tuple(replace(segment, translation=segment.translation or segment.text) for segment in segments)
    texts = [put_in(glossary, segment.text.strip()) for segment in segments]
    wanted = [at for at, segment in enumerate(segments) if texts[at] and not segment.translation]
    keys = {at: _key(texts, at, translator, source, target) for at in wanted}
    known = cache.get(list(keys.values()))
    missing = [at for at in wanted if keys[at] not in known]
    for number, batch in enumerate(batches := list(_batches(missing))):
        part = Part(progress, number / len(batches), (number + 1) / len(batches))
        part.check()
        made = _batch(texts, batch, translator, source, target, part)
        entries = {keys[at]: translated for at, translated in zip(batch, made, strict=True)}
        cache.put(entries)
        known.update(entries)
    progress.report(1.0)
    return tuple(
        _translated(segment, texts[at], known[keys[at]]) if at in keys else segment
        for at, segment in enumerate(segments)
    )


def _key(texts: Sequence[str], at: int, translator: Translator, source: str, target: str) -> str:
    context = (texts[max(0, at - 1) : at], texts[at + 1 : at + 2]) if translator.contextual else ()
    return fingerprint(texts[at], source, target, translator.name, translator.version, context)


def _batches(missing: Sequence[int]) -> Iterator[list[int]]:
    """Runs of consecutive segments, so that what an engine sees as neighbours are neighbours."""
    batch: list[int] = []
    for at in missing:
        if batch and (at != batch[-1] + 1 or len(batch) == BATCH):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _batch(
    texts: Sequence[str], batch: Sequence[int], translator: Translator, source: str, target: str, progress: Progress
) -> list[Translated]:
    """Translate a run, between its neighbours."""
    first, end = batch[0], batch[-1] + 1
    around = (texts[first - 1] if first else "", texts[end] if end < len(texts) else "")
    return translator.translate(texts[first:end], source, target, progress, around)


def _translated(segment: Segment, text: str, made: Translated) -> Segment:
    unsure = made.unsure or lost(text, made.text)
    flags = tuple(flag for flag in segment.flags if flag != UNSURE) + ((UNSURE,) if unsure else ())
    return replace(segment, translation=made.text, flags=flags)
