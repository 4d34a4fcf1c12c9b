"""Text in whatever encoding a person brings it."""

from __future__ import annotations

from dataclasses import dataclass

_ENCODINGS = (
    *("utf_16", "utf_16_le", "utf_16_be", "cp1252", "cp1250", "cp1254", "cp1251", "koi8_r", "cp1253", "cp1256"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
"""What text in the languages that Vocasync knows was saved in before UTF-8."""
_LATIN = {
    "cp1252": (
        "áéíóúüñ",
        "àâæçéèêëîïôùûüÿœ",
        "äöüß",
        "àèéìîòóù",
        "àáâãçéêíóôõúü",
        "àçèéíïòóúü·",
        "áèéêëïóöü",
        "åäæéöø",
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýžäĺľôŕ", "áéíóöőúüű", "ăâîșțşţ"),
    "cp1254": ("çğıöşüâîû\u0307",),  # İ in lower case is i with a dot above
}
"""Letters of the languages of each Latin code page: the bytes are valid in all of them, the words in one language."""
_MARKS = frozenset("“”„‘’‚«»‹›–—…¿¡°€£©®·♪\u00a0")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with plain line ends. encoding: that it was read in. sure: False where that had to be guessed."""

    text: str
    encoding: str
    sure: bool


def decode(content: bytes) -> Decoded | None:
    """The text that some bytes are, or None where they are none."""
    from charset_normalizer import from_bytes

    try:
        return Decoded(_plain_ends(content.decode("utf-8-sig")), "utf-8", True)
    except UnicodeDecodeError:
        best = from_bytes(content, cp_isolation=list(_ENCODINGS)).best()
    if best is None or "\0" in str(best):
        return None
    encoding = best.encoding
    if encoding in _LATIN:
        encoding = max(_LATIN, key=lambda page: _likelihood(content, page))  # the first of equals
    text = content.decode(encoding, "replace").removeprefix("\ufeff")
    return Decoded(_plain_ends(text), encoding.replace("_", "-"), False)


def _likelihood(content: bytes, page: str) -> float:
    """The share of what is not ASCII that one of the page's languages is written with."""
    strange = [letter for letter in content.decode(page, "replace").lower() if not letter.isascii()]
    known = (sum(letter in letters or letter in _MARKS for letter in strange) for letters in _LATIN[page])
    return max(known) / max(1, len(strange))


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
