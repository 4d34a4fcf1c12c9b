"""The registry's rows of translation."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs, Price

_TRIED = (
    "Tested against a local server that speaks the documented protocol, its errors included; the real service was not "
    "reachable during development."
)

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
    EngineSpec(
        name="libretranslate",
        stage="translate",
        label="LibreTranslate",
        path="vocasync.engines.translate.libretranslate:create",
        kind="cloud",
        quality=40,
        licence="AGPL-3.0 (a separate program) or web service",
        needs=Needs(packages=("requests",), probe="vocasync.engines.translate.network:missing_libretranslate"),
        routes="vocasync.engines.translate.pairs:libretranslate_pairs",
        tried=_TRIED,
        about="A server of your own (the text stays with you), or libretranslate.com with a key.",
    ),
    EngineSpec(
        name="microsoft",
        stage="translate",
        label="Microsoft Translator",
        path="vocasync.engines.translate.microsoft:create",
        kind="cloud",
        quality=55,
        licence="Web service",
        needs=Needs(packages=("requests",), service="microsoft"),
        routes="vocasync.engines.translate.pairs:microsoft_pairs",
        price=Price(10.0, 1_000_000, "characters", "2025-06"),
        tried=_TRIED,
        about="Needs the internet; the text is sent to Microsoft.",
    ),
    EngineSpec(
        name="google-cloud",
        stage="translate",
        label="Google Cloud Translation",
        path="vocasync.engines.translate.google_v3:create",
        kind="cloud",
        quality=60,
        licence="Web service",
        needs=Needs(packages=("grpc", "google.cloud.translate_v3"), step="make engines", service="google"),
        routes="vocasync.engines.translate.pairs:google_pairs",
        price=Price(20.0, 1_000_000, "characters", "2025-06"),
        tried=_TRIED,
        about="Needs the internet; the text is sent to Google. Takes glossaries that are kept in your project.",
    ),
    EngineSpec(
        name="deepl",
        stage="translate",
        label="DeepL",
        path="vocasync.engines.translate.deepl:create",
        kind="cloud",
        quality=65,
        licence="Web service",
        needs=Needs(packages=("requests",), service="deepl"),
        routes="vocasync.engines.translate.pairs:deepl_pairs",
        price=Price(25.0, 1_000_000, "characters", "2025-06"),
        tried=_TRIED,
        about="Needs the internet; the text is sent to DeepL. Sees the neighbouring segments as context. Keys of the "
        "free plan cost nothing up to their limit.",
    ),
)
