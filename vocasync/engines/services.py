"""The services that engines ask over the network with a key: their names, and where a key comes from."""

from __future__ import annotations

from dataclasses import dataclass

OFFLINE = "It needs the internet, whose use is turned off here (VOCASYNC_NETWORK)."
"""The line that says why nothing is asked over the network."""


@dataclass(frozen=True, slots=True)
class Service:
    """name: as in ``EngineConfig.keys``. key: what the key is, for the person. url: where one gets it. lines: whether
    the key is a file's text (JSON) rather than a line."""

    name: str
    label: str
    key: str
    url: str
    lines: bool = False


SERVICES: tuple[Service, ...] = (
    Service("elevenlabs", "ElevenLabs", "API key", "https://elevenlabs.io/app/settings/api-keys"),
    Service("google", "Google Cloud", "service account key (JSON)", "https://console.cloud.google.com/iam-admin", True),
    Service("deepl", "DeepL", "API key", "https://www.deepl.com/your-account/keys"),
    Service("microsoft", "Microsoft Translator", "resource key", "https://portal.azure.com"),
    Service("libretranslate", "LibreTranslate", "API key", "https://portal.libretranslate.com"),
)


def service(name: str) -> Service:
    """The service of a name. Raises KeyError."""
    return {row.name: row for row in SERVICES}[name]


def no_key(name: str) -> str:
    """The line that says that there is no key for a service, and what to do."""
    return (
        f"There is no key for {service(name).label}: add yours on your account page, or set "
        f"VOCASYNC_{name.upper()}_KEY for the whole site."
    )
