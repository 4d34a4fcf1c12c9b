"""Phones for NeuTTS: what phonemizer 3.4.0 made of the same texts, with stress marks and punctuation kept."""

from __future__ import annotations

import pytest

from vocasync.engines.tts.phones import phones

PHONEMIZER = {
    "Hello there, how are you? I'm fine.": "həlˈoʊ ðˈɛɹ, hˈaʊ ɑːɹ juː? aɪm fˈaɪn.",
    "It costs $5.99 — 50% off...": "ɪt kˈɔsts dˈɑːlɚ fˈaɪv pɔɪnt nˈaɪn nˈaɪn — fˈɪfti pɚsˈɛnt ˈɔf...",
    '"Quoted text", (in brackets) he said: "no".': '"kwˈoʊɾᵻd tˈɛkst", (ɪn bɹˈækɪts) hiː sˈɛd: "nˈoʊ".',
    "Wait... what?! No way!!": "wˈeɪt... wˌʌt?! nˈoʊ wˈeɪ!!",
    "The U.S.A. has 50 states, e.g. Ohio.": "ðə jˈuː.ˈɛs.ˈeɪ. hɐz fˈɪfti stˈeɪts, ˈiː.dʒˈiː. oʊhˈaɪoʊ.",
    "Well-known, state-of-the-art": "wˈɛlnˈoʊn, stˈeɪɾʌvðɪˈɑːɹt",
    "1,234,567 people": "wˈʌn mˈɪliən tˈuːhˈʌndɹɪd θˈɜːɾi fˈɔːɹ θˈaʊzənd fˈaɪvhˈʌndɹɪd sˈɪksti sˈɛvən pˈiːpəl",
    "She said “hello” and left…": "ʃiː sˈɛd “həlˈoʊ” ænd lˈɛft…",
    "word ,  word .word": "wˈɜːd , wˈɜːd .wˈɜːd",
    "What? -- Nothing.": "wˌʌt? nˈʌθɪŋ.",
    "Rock 'n' roll & blues": "ɹˈɑːk ˈɛn ɹˈoʊl ænd blˈuːz",
    "नमस्ते hello": "(hi)nəmˈʌsteː(en-us) həlˈoʊ",
    "…?!": "…?!",
}
"""English."""


@pytest.mark.parametrize("text", PHONEMIZER)
def test_phones_are_those_that_the_model_was_trained_on(text: str) -> None:
    assert phones(text, "en-us") == PHONEMIZER[text]


def test_what_follows_a_decimal_number_is_read_too() -> None:
    assert phones("3.14 is pi.", "en-us") == "θɹˈiː pɔɪnt wˈʌn fˈɔːɹ ɪz pˈaɪ."  # phonemizer 3.4.0 stops at the point


def test_other_languages() -> None:
    assert phones("Guten Tag, wie geht es Ihnen?", "de") == "ɡˈuːtən tˈɑːk, viː ɡˈeːt ɛs ˈiːnən?"
    assert phones("¿Dónde está? ¡Aquí!", "es") == "¿dˈonde estˈa? ¡akˈi!"
