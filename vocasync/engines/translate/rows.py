"""The registry's rows of translation."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="apertium",
        stage="translate",
        label="Apertium",
        path="vocasync.engines.translate.apertium:create",
        kind="embedded",
        quality=10,
        licence="GPL-2.0-or-later (a separate program)",
        needs=Needs(commands=("apertium", "lt-proc")),
        routes="vocasync.engines.translate.routes:apertium_pairs",
        tried="Measured on 1,000 everyday sentences: chrF 46 to 50 from English.",
        about="Works offline, rule-based.",
    ),
    EngineSpec(
        name="google",
        stage="translate",
        label="Google Translate (deep-translator)",
        path="vocasync.engines.translate.google:create",
        kind="cloud",
        quality=50,
        licence="Web service; deep-translator is MIT",
        needs=Needs(packages=("deep_translator",), probe="vocasync.engines.translate.network:missing_google"),
        tried="Tested against a local server that answers with the same pages; the real service was not reachable "
        "during development.",
        about="Needs the internet; the text is sent to Google.",
    ),
)
