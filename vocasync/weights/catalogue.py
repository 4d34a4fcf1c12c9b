"""The models that can be had: their files, where these are published, and on what terms.

A model's files lie in ``<models folder>/<its folder>/<name of the file>``. Nothing here was downloaded during
development: sizes and checksums are the publishers' own statements, and what a publisher does not state is learnt at
the first download (:mod:`vocasync.weights.fetch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocasync.errors import PipelineError

HUGGING_FACE = "https://huggingface.co"

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model.

    name: path inside the model's folder, with ``/``. url: where it is published; "" where no address can be relied on,
    so that it has to be copied by hand. sha256: of its bytes, hex, or how that begins where the publisher states only
    so much; "" where nothing is known. size: bytes, 0 where unknown. needed: False for what the model runs without.
    instead: other names under which the same file serves, and may be published at the same place. archive: the name is
    that of a file inside the ZIP file at ``url``.
    """

    name: str
    url: str = ""
    sha256: str = ""
    size: int = 0
    needed: bool = True
    instead: tuple[str, ...] = ()
    archive: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that it may have, the published one first."""
        return (self.name, *self.instead)


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of use. commercial: whether they allow that. asks: whether an operator has to accept them first. summary:
    what they say, for the person who is to accept them; the text at ``url`` is what counts."""

    name: str
    url: str
    summary: str
    commercial: bool = True
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """Weights. name: as in ``manage.py models``. size: of all files together, in bytes, roughly. folder: inside the
    models folder; several models may share one. source: the page that people find it on."""

    name: str
    label: str
    files: tuple[File, ...]
    licence: Licence
    about: str
    size: int
    folder: str
    source: str


MIT = Licence("MIT", "https://opensource.org/license/mit", "Free to use, also commercially.")
APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", "Free to use, also commercially.")
CPML = Licence(
    "Coqui Public Model License 1.0.0",
    "https://tts-hub.github.io/cpml",
    "The model and what it makes may be used for non-commercial purposes only: for yourself, for tests and research, "
    "not for what somebody is paid for or earns by. Coqui closed in January 2024, so no commercial licence can be "
    "bought. Whoever passes the model on has to pass on these terms.",
    commercial=False,
    asks=True,
)
CC_BY_NC_ND = Licence(
    "CC BY-NC-ND 4.0",
    "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "The model may be used and passed on unchanged, with its authors named, for non-commercial purposes only; changed "
    "versions may not be passed on.",
    commercial=False,
    asks=True,
)
CC_BY_NC = Licence(
    "CC BY-NC 4.0, research only",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    "The code and, by its authors' statement, the model may be used for non-commercial research only, with the authors "
    "named.",
    commercial=False,
    asks=True,
)
WAV2LIP = Licence(
    "Research only (Wav2Lip)",
    "https://github.com/Rudrabha/Wav2Lip#disclaimer",
    "Its authors give no licence, and allow personal, research and other non-commercial use only, because of the data "
    "that the model was trained on.",
    commercial=False,
    asks=True,
)


def _hub(
    repository: str, name: str, local: str = "", *, size: int = 0, needed: bool = True, instead: tuple[str, ...] = ()
) -> File:
    """A file of a Hugging Face repository. local: its name in the model's folder, if that is another one."""
    url = f"{HUGGING_FACE}/{repository}/resolve/main/{name}"
    return File(local or name, url, size=size, needed=needed, instead=instead)


# --- recognition ------------------------------------------------------------------------------------------------------
_WHISPER = "https://openaipublic.azureedge.net/main/whisper/models"
_WHISPERS = {
    "tiny": ("tiny.pt", "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9", 76),
    "base": ("base.pt", "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e", 145),
    "small": ("small.pt", "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794", 484),
    "medium": ("medium.pt", "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1", 1_528),
    "large": ("large-v3.pt", "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb", 3_087),
    "turbo": ("large-v3-turbo.pt", "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a", 1_618),
}
"""By size: the file, the SHA-256 that is part of its address, and megabytes."""


def _whisper(size: str) -> Model:
    name, sha256, megabytes = _WHISPERS[size]
    instead = () if name == f"{size}.pt" else (f"{size}.pt",)
    return Model(
        f"whisper-{size}",
        f"Whisper {size}",
        (File(name, f"{_WHISPER}/{sha256}/{name}", sha256, instead=instead),),
        MIT,
        "Recognition in 99 languages (openai-whisper).",
        megabytes * _MB,
        "whisper",
        "https://github.com/openai/whisper",
    )


_FASTER = {
    "tiny": ("Systran/faster-whisper-tiny", 78),
    "base": ("Systran/faster-whisper-base", 148),
    "small": ("Systran/faster-whisper-small", 486),
    "medium": ("Systran/faster-whisper-medium", 1_531),
    "large": ("Systran/faster-whisper-large-v3", 3_091),
    "turbo": ("mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1_622),
}


def _faster(size: str) -> Model:
    repository, megabytes = _FASTER[size]
    files = (
        _hub(repository, "model.bin"),
        _hub(repository, "config.json"),
        _hub(repository, "tokenizer.json"),
        _hub(repository, "vocabulary.txt", instead=("vocabulary.json",)),
        _hub(repository, "preprocessor_config.json", needed=False),
    )
    return Model(
        f"faster-whisper-{size}",
        f"faster-whisper {size}",
        files,
        MIT,
        "Whisper for CTranslate2: the same words, several times faster on a CPU.",
        megabytes * _MB,
        f"faster-whisper-{size}",
        f"{HUGGING_FACE}/{repository}",
    )


# --- voices -----------------------------------------------------------------------------------------------------------
_YOUR_TTS = (
    "https://github.com/coqui-ai/TTS/releases/download/v0.10.1_models/"
    "tts_models--multilingual--multi-dataset--your_tts.zip"
)
BARK_LANGUAGES = ("de", "en", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh")
_PROMPTS = ("semantic", "coarse", "fine")


def _xtts() -> Model:
    repository = "coqui/XTTS-v2"
    return Model(
        "xtts-v2",
        "XTTS v2",
        (
            _hub(repository, "model.pth"),
            _hub(repository, "config.json"),
            _hub(repository, "vocab.json"),
            _hub(repository, "speakers_xtts.pth", needed=False),
        ),
        CPML,
        "A voice from a few seconds of speech, in 17 languages.",
        1_878 * _MB,
        "xtts-v2",
        f"{HUGGING_FACE}/{repository}",
    )


def _your_tts() -> Model:
    names = (
        *("model_file.pth", "config.json", "speakers.json", "language_ids.json"),
        *("model_se.pth", "config_se.json"),
    )
    return Model(
        "your-tts",
        "YourTTS",
        tuple(File(name, _YOUR_TTS, archive=True) for name in names),
        CC_BY_NC_ND,
        "A voice from a few seconds of speech, in English, French and Portuguese; also turns one voice into another.",
        430 * _MB,
        "your-tts",
        "https://github.com/coqui-ai/TTS/releases/tag/v0.10.1_models",
    )


def _bark(name: str, label: str, megabytes: int) -> Model:
    repository = f"suno/{name}"
    prompts = (
        f"speaker_embeddings/v2/{language}_speaker_{number}_{prompt}_prompt.npy"
        for language in BARK_LANGUAGES
        for number in range(10)
        for prompt in _PROMPTS
    )
    files = (
        _hub(repository, "pytorch_model.bin", instead=("model.safetensors",)),
        _hub(repository, "config.json"),
        _hub(repository, "generation_config.json"),
        _hub(repository, "tokenizer.json", instead=("vocab.txt",)),
        _hub(repository, "tokenizer_config.json"),
        _hub(repository, "special_tokens_map.json", needed=False),
        _hub(repository, "vocab.txt", needed=False),
        _hub(repository, "speaker_embeddings_path.json", needed=False),
        *(_hub(repository, prompt, needed=False) for prompt in prompts),
    )
    about = "Speaks, laughs and sighs with 130 voices of its own, in 13 languages."
    return Model(name, label, files, MIT, about, megabytes * _MB, name, f"{HUGGING_FACE}/{repository}")


_NEUTTS = "neuphonic/neutts-air"
_NEUTTS_SAMPLES = "https://raw.githubusercontent.com/neuphonic/neutts/main/samples"
_NEUTTS_COMMON = (
    _hub("neuphonic/neucodec-onnx-decoder", "model.onnx", "decoder.onnx"),
    *(
        File(f"voices/{voice}.{kind}", f"{_NEUTTS_SAMPLES}/{voice}.{kind}", needed=False)
        for voice in ("dave", "jo")
        for kind in ("pt", "txt")
    ),
)


def _neutts() -> Model:
    optional = ("generation_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt")
    return Model(
        "neutts-air",
        "NeuTTS Air",
        (
            _hub(_NEUTTS, "model.safetensors", "backbone/model.safetensors", instead=("backbone/pytorch_model.bin",)),
            *(_hub(_NEUTTS, name, f"backbone/{name}") for name in ("config.json", "tokenizer.json")),
            _hub(_NEUTTS, "tokenizer_config.json", "backbone/tokenizer_config.json"),
            *(_hub(_NEUTTS, name, f"backbone/{name}", needed=False) for name in optional),
            *_NEUTTS_COMMON,
        ),
        APACHE,
        "A voice from a few seconds of English speech and its text.",
        2_295 * _MB,
        "neutts-air",
        f"{HUGGING_FACE}/{_NEUTTS}",
    )


def _neutts_gguf() -> Model:
    repository = f"{_NEUTTS}-q4-gguf"
    return Model(
        "neutts-air-gguf",
        "NeuTTS Air (GGUF, 4 bit)",
        (
            _hub(repository, "neutts-air-Q4_0.gguf", "backbone.gguf"),
            *_NEUTTS_COMMON,
        ),
        APACHE,
        "The same, for llama.cpp: smaller, and quicker on a CPU.",
        1_310 * _MB,
        "neutts-air-gguf",
        f"{HUGGING_FACE}/{repository}",
    )


def _neucodec() -> Model:
    semantic = "facebook/w2v-bert-2.0"
    return Model(
        "neucodec",
        "NeuCodec",
        (
            _hub("neuphonic/neucodec", "pytorch_model.bin"),
            *(_hub(semantic, name, f"w2v-bert-2.0/{name}") for name in ("config.json", "preprocessor_config.json")),
            _hub(semantic, "model.safetensors", "w2v-bert-2.0/model.safetensors"),
        ),
        APACHE,
        "Turns a person's clip into what NeuTTS Air hears a voice by. Its semantic part, w2v-BERT 2.0, is under MIT.",
        3_500 * _MB,
        "neucodec",
        f"{HUGGING_FACE}/neuphonic/neucodec",
    )


def _sv2tts() -> Model:
    repository = "CorentinJ/SV2TTS"
    return Model(
        "sv2tts",
        "SV2TTS",
        (
            _hub(repository, "encoder.pt", size=17_090_379, needed=False),  # Resemblyzer's package has the very same
            _hub(repository, "synthesizer.pt", size=370_554_559),
            _hub(repository, "vocoder.pt", size=53_845_290),
        ),
        MIT,
        "The classic in three stages: encoder, Tacotron, WaveRNN. English.",
        441 * _MB,
        "sv2tts",
        f"{HUGGING_FACE}/{repository}",
    )


# --- lips -------------------------------------------------------------------------------------------------------------
def _wav2lip() -> Model:
    drive = (
        "https://drive.usercontent.google.com/download?id=15G3U08c8xsCkOqQxE38Z2XXDnPcOptNk&export=download&confirm=t"
    )
    return Model(
        "wav2lip",
        "Wav2Lip",
        (File("wav2lip.pth", drive, instead=("wav2lip_gan.pth", "Wav2Lip-SD-GAN.pt", "Wav2Lip-SD-NOGAN.pt")),),
        WAV2LIP,
        "Lips that move to another sound.",
        139 * _MB,
        "wav2lip",
        "https://github.com/Rudrabha/Wav2Lip",
    )


def _diff2lip() -> Model:
    return Model(
        "diff2lip",
        "Diff2Lip",
        (File("checkpoint.pt", instead=("e7.24.1.3_model260000_paper.pt",)),),
        CC_BY_NC,
        "Lips that move to another sound, by diffusion: for a GPU.",
        407 * _MB,
        "diff2lip",
        "https://github.com/soumik-kanad/diff2lip",
    )


MODELS: dict[str, Model] = {
    row.name: row
    for row in (
        *map(_whisper, _WHISPERS),
        *map(_faster, _FASTER),
        _xtts(),
        _your_tts(),
        _bark("bark", "Bark", 4_500),
        _bark("bark-small", "Bark (small)", 1_690),
        _neutts(),
        _neutts_gguf(),
        _neucodec(),
        _sv2tts(),
        _wav2lip(),
        _diff2lip(),
    )
}


def model(name: str) -> Model:
    """The model of a name. Raises ``weights_unknown``."""
    try:
        return MODELS[name]
    except KeyError:
        raise PipelineError("weights_unknown", name=name) from None


def name_of(path: Path) -> str:
    """The model that a file belongs to, by its place: "" where it lies in no model's folder."""
    for row in MODELS.values():
        if any(path.parts[-len(parts) :] == parts for parts in _places(row)):
            return row.name
    folders = {row.folder: row.name for row in MODELS.values()}
    return next((folders[part] for part in reversed(path.parts[:-1]) if part in folders), "")


def _places(row: Model) -> list[tuple[str, ...]]:
    return [(row.folder, *name.split("/")) for file in row.files for name in file.names]
