"""What the files of a text that was spoken say of where they come from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from vocasync.artifacts import fingerprint
from vocasync.engines.terms import non_commercial
from vocasync.provenance.manifest import Origin
from vocasync.provenance.stamp import Stamp
from voices.consent import snapshot
from voices.models import Utterance

_TITLE = 40  # characters


def title_of(utterance: Utterance) -> str:
    """How its files are called: its first words."""
    words = utterance.text.split()
    title = ""
    while words and len(title) + len(words[0]) < _TITLE:
        title = f"{title} {words.pop(0)}".strip()
    return title or utterance.text[:_TITLE]


def stamp_of(utterance: Utterance, version: str, watermark: str) -> Stamp:
    """version: of its engine. watermark: the name of what marks it, "" for none."""
    origin = Origin(
        keys=Path(settings.SIGNING),
        site=settings.SITE_URL,
        job=str(utterance.pk),
        made_by=utterance.owner.get_username(),
        made_at=utterance.created_at.isoformat(timespec="seconds"),
        voices=_voices(utterance),
    )
    engines = {"voice": f"{utterance.engine} {version}", **({"watermark": watermark} if watermark else {})}
    made = {
        "target_language": utterance.language,
        "engines": engines,
        "non_commercial": non_commercial(engines),
        **({"reference_sha256": utterance.reference_sha256} if utterance.reference else {}),
    }
    return Stamp.of(origin, fingerprint("speech", utterance.pk.hex, version), made)


def _voices(utterance: Utterance) -> tuple[dict[str, object], ...]:
    voice = utterance.voice
    if voice is None:
        return ()
    return ({"speaker": 0, "id": str(voice.pk), "name": voice.name, "consent": snapshot(voice)},)
