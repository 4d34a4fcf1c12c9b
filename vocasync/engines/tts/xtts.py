"""XTTS v2 through ``coqui-tts``: 17 languages, a voice from a few seconds of speech.

A language model turns text into codes of sound, and what it holds of each code (its latents) becomes sound in a
vocoder. The library says one text at a time and goes over every text twice, first for the codes and then for their
latents. Here several texts are said at once: what comes before the first code has no position of its own beside what it
holds, so texts of unlike length are filled up in front and the filling is masked; the latents are taken from the first
pass, as the library itself does when it streams. Each line draws from its own random numbers, so that it sounds the
same in whatever company it is said.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vocasync.engines import quantized
from vocasync.engines.base import EngineConfig, setting
from vocasync.engines.devices import device, halves, weight_of
from vocasync.engines.tts import coqui, hindi, sampling
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.engines.tts.pretrained import failing
from vocasync.media.audio import resample
from vocasync.types import Audio, FloatArray, VoiceReference
from vocasync.weights import safe, store

_LISTENING_RATE = 22_050
_TOP_K, _TOP_P = 50, 0.85
_OVERLAP = 1024  # samples over which the library joins pieces of a stream
_STREAM_CODES = 20  # a piece of a stream: about a second
_UNTOUCHED = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}  # nothing is drawn but what was drawn already

_OF_TRAINING = ("torch_mel_spectrogram_style_encoder.", "torch_mel_spectrogram_dvae.", "dvae.")
_SECOND_NAMES = ("gpt.gpt_inference.", "gpt.gpt.wte.")  # of tensors that have another one too
_CONFIGURATION = (
    "TTS.tts.configs.xtts_config.XttsConfig",
    "TTS.tts.models.xtts.XttsArgs",
    "TTS.tts.models.xtts.XttsAudioConfig",
    "TTS.config.shared_configs.BaseDatasetConfig",
)
"""Classes that the published file names beside its tensors."""


_TOLD = ("model_args", "gpt_cond_len", "gpt_cond_chunk_len", "max_ref_len", "sound_norm_refs")
"""What of config.json matters to speaking. The rest is about training, and names files."""


class Passed:
    """Stands for an object of a checkpoint that is of no use: neither built nor looked at."""

    def __setstate__(self, state: Any) -> None:
        return None


class Xtts:
    """XTTS v2 as a :class:`vocasync.engines.tts.neural.Model`."""

    name = "xtts"
    batch = 8
    seeded = True
    paced = True
    styled = True

    def __init__(self, network: Any, speakers: Mapping[str, Arrays], version: str, place: str) -> None:
        self.version = version
        self.sample_rate = int(network.args.output_sample_rate)
        self.languages = coqui.xtts_languages()
        self.stocks = frozenset(speakers)
        self.device = place
        self.memory_bytes = weight_of(network)
        self._network = network
        self._places = int(network.args.gpt_max_text_tokens)
        self._speakers = speakers

    def most_chars(self, code: str) -> int:
        """The library's own figure."""
        return coqui.XTTS_CHARS[code]

    def too_long(self, text: str, code: str) -> bool:
        """Whether it has as many tokens as the model has places for, or is as long with its numbers written out."""
        read = self._readable(text, code)
        return len(read) > self.most_chars(code) or len(self._tokens(read, code)) >= self._places

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """``latents``: what the language model knows of the voice and its tone, shape (1, n, width); ``speaker``: what
        the vocoder knows of the voice, shape (1, 512, 1)."""
        import torch

        config = self._network.config
        sound = torch.from_numpy(resample(clip, _LISTENING_RATE).samples)[None]
        sound = sound[:, : config.max_ref_len * _LISTENING_RATE]
        if config.sound_norm_refs:
            sound = sound / sound.abs().max() * 0.75
        with coqui.quiet():
            latents = self._network.get_gpt_cond_latents(
                sound, _LISTENING_RATE, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
            )
            speaker = self._network.get_speaker_embedding(sound, _LISTENING_RATE)
        return {"latents": latents.float().cpu().numpy(), "speaker": speaker.float().cpu().numpy()}

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """See the protocol. The tone is the emotion's by the lines' strength, the voice stays."""
        import torch

        latents, speaker = self._told(lines[0], voice, emotion)
        with torch.inference_mode(), coqui.quiet():
            said = self._latents([self._prefix(line, latents) for line in lines], lines)
            return [self._sound(one, speaker, line.rate) for one, line in zip(said, lines, strict=True)]

    def stream(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> Iterator[FloatArray]:
        """The sound of a line, about a second at a time."""
        latents, speaker = self._told(line, voice, emotion)
        pieces = self._network.inference_stream(
            self._readable(line.text, line.language),
            line.language,
            latents,
            speaker,
            stream_chunk_size=_STREAM_CODES,
            overlap_wav_len=_OVERLAP,
            repetition_penalty=_setting(line, "repetition_penalty"),
            speed=line.rate,
            logits_processor=_drawing([line]),
            **_UNTOUCHED,
        )
        while True:
            with coqui.quiet(), sampling.seeded([line.seed], self.device):  # the library draws all the same
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece.float().cpu().numpy()

    # --- what a line is said with -------------------------------------------------------------------------------------
    def _told(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> tuple[Any, Any]:
        """Latents in the tone that is asked for, and the speaker: tensors where the network is."""
        import torch

        given = coqui.own(self._speakers, line.stock, "speakers_xtts.pth") if voice is None else voice
        latents = given["latents"]
        if emotion is not None:
            latents = latents + np.float32(np.clip(line.strength, 0.0, 1.0)) * (emotion["latents"] - latents)
        return (
            torch.from_numpy(np.asarray(latents, np.float32)).to(self.device, self._precision),
            torch.from_numpy(given["speaker"]).to(self.device),
        )

    @property
    def _precision(self) -> Any:
        return self._network.gpt.mel_embedding.weight.dtype

    def _tokens(self, read: str, code: str) -> list[int]:
        found: list[int] = self._network.tokenizer.encode(read, lang=code)
        return found

    def _readable(self, text: str, code: str) -> str:
        """The text with its numbers so that the library can write them out."""
        written = (hindi.spelt(text) if code == "hi" else text).strip().lower()
        return coqui.readable(written, lambda way: self._tokens(way, code))

    def _prefix(self, line: Line, latents: Any) -> Any:
        """What the language model sees before the first code: voice and text, shape (n, width)."""
        import torch

        gpt = self._network.gpt
        tokens = self._tokens(self._readable(line.text, line.language), line.language)
        gpt.compute_embeddings(latents, torch.tensor([tokens], dtype=torch.int32, device=self.device))
        return gpt.gpt_inference.cached_prefix_emb[0]

    # --- saying it ----------------------------------------------------------------------------------------------------
    def _latents(self, prefixes: Sequence[Any], lines: Sequence[Line]) -> list[Any]:
        """The latents of each line, shape (codes, width) each."""
        import torch

        gpt = self._network.gpt
        longest = max(len(prefix) for prefix in prefixes)
        embedded = [torch.nn.functional.pad(one, (0, 0, longest - len(one), 0)) for one in prefixes]
        gpt.gpt_inference.store_prefix_emb(torch.stack(embedded))
        told = torch.ones(len(lines), longest + 1, dtype=torch.long, device=self.device)
        told[:, -1] = gpt.start_audio_token
        seen = torch.ones_like(told)
        for row, prefix in zip(seen, prefixes, strict=True):
            row[: longest - len(prefix)] = 0
        with _listening(gpt.final_norm) as heard:
            made = gpt.gpt_inference.generate(
                told,
                attention_mask=seen,
                bos_token_id=gpt.start_audio_token,
                pad_token_id=gpt.stop_audio_token,
                eos_token_id=gpt.stop_audio_token,
                max_length=gpt.max_gen_mel_tokens + told.shape[1],
                repetition_penalty=_setting(lines[0], "repetition_penalty"),
                logits_processor=_drawing(lines),
                do_sample=False,
            )
        codes, latents = made[:, told.shape[1] :], torch.stack(heard, dim=1)
        return [one[: _spoken(row, gpt.stop_audio_token)] for row, one in zip(codes, latents, strict=True)]

    def _sound(self, latents: Any, speaker: Any, rate: float) -> FloatArray:
        import torch

        whole = latents.float().T[None]
        if rate != 1.0 and len(latents) > rate:
            whole = torch.nn.functional.interpolate(whole, scale_factor=1 / rate, mode="linear")
        sound: FloatArray = self._network.hifigan_decoder(whole.transpose(1, 2), g=speaker).cpu().numpy().reshape(-1)
        return sound


def _setting(line: Line, name: str) -> float:
    return setting(coqui.XTTS_SETTINGS, name, line.options)


def _spoken(codes: Any, stop: int) -> int:
    """How many codes there are, with the one that ends the line."""
    ends = (codes == stop).nonzero()
    return int(ends[0]) + 1 if len(ends) else len(codes)


# --- drawing ----------------------------------------------------------------------------------------------------------
class _Drawn:
    """Leaves of each line's scores the one code that is drawn by its own seed: the chances are those of the scores."""

    def __init__(self, seeds: Sequence[int]) -> None:
        import torch

        self._luck = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, told: Any, scores: Any) -> Any:
        import torch

        luck = torch.stack([torch.empty(scores.shape[-1]).exponential_(generator=one) for one in self._luck])
        drawn = (scores - luck.log().to(scores.device)).argmax(dim=-1, keepdim=True)
        return torch.full_like(scores, -torch.inf).scatter(1, drawn, 0.0)


def _drawing(lines: Sequence[Line]) -> Any:
    from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    return LogitsProcessorList(
        [
            TemperatureLogitsWarper(_setting(lines[0], "temperature")),
            TopKLogitsWarper(_TOP_K),
            TopPLogitsWarper(_TOP_P),
            _Drawn([line.seed for line in lines]),
        ]
    )


@contextlib.contextmanager
def _listening(norm: Any) -> Iterator[list[Any]]:
    """What a layer gives for the newest position, call by call."""
    heard: list[Any] = []
    handle = norm.register_forward_hook(lambda _module, _given, made: heard.append(made[:, -1]))
    try:
        yield heard
    finally:
        handle.remove()


# --- loading ----------------------------------------------------------------------------------------------------------
def create(config: EngineConfig) -> NeuralVoice:
    """Load the model. Raises ``weights_unsafe``, ``weights_damaged``."""
    folder, place = store.folder(coqui.XTTS, config.models), device(config.device)
    network = _network(folder)
    if place == "cpu" and config.option("xtts_precision") == "int8":
        quantized.int8(network.gpt.gpt)
    if halves(place):
        _halve(network)
    version = f"1-{store.mark(coqui.XTTS, config.models)}"
    return NeuralVoice(Xtts(network.to(place), _speakers(folder / "speakers_xtts.pth"), version, place))


def _network(folder: Path) -> Any:
    """The network with its weights. Not by the library's own loader: it builds objects that the file describes, and
    writes the file anew without them."""
    coqui.hush()
    tokenizer = _tokenizer(folder / "vocab.json")
    path = folder / "model.pth"
    state = _state(path)
    with coqui.quiet(), failing(folder / "config.json"), coqui.unfilled():
        from TTS.tts.models.xtts import Xtts as Network

        network = Network(_configuration(folder / "config.json", tokenizer))
        network.hifigan_decoder = _vocoder(network.args, state)
    with coqui.quiet():
        safe.load_state(network, state, path, assign=True)
        network.tokenizer = tokenizer
        network.eval()
    return network


def _configuration(path: Path, tokenizer: Any) -> Any:
    from TTS.tts.configs.xtts_config import XttsConfig

    told = coqui.settings_of(path)
    config = XttsConfig()
    config.from_dict({name: told[name] for name in _TOLD if name in told})
    config.model_args.gpt_number_text_tokens = tokenizer.get_number_tokens()
    config.model_args.gpt_start_text_token = tokenizer.tokenizer.token_to_id("[START]")
    config.model_args.gpt_stop_text_token = tokenizer.tokenizer.token_to_id("[STOP]")
    return config


def _tokenizer(path: Path) -> Any:
    with coqui.quiet():
        from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer

    try:
        found = VoiceBpeTokenizer(vocab_file=path)
    except Exception as error:  # the library raises nothing narrower
        raise safe.damaged(path, "it is no vocabulary" if path.is_file() else "it is not there") from error
    if None in (found.tokenizer.token_to_id("[START]"), found.tokenizer.token_to_id("[STOP]")):
        raise safe.damaged(path, "it has no signs for the start and the end of a text")
    return found


def _state(path: Path) -> dict[str, Any]:
    """The tensors that speaking takes."""
    found = safe.load_checkpoint(path, [(Passed, name) for name in _CONFIGURATION])
    state = found.get("model") if isinstance(found, dict) else None
    if not isinstance(state, dict):
        raise safe.damaged(path, "there is no “model” in it")
    named = {name.removeprefix("xtts."): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in named.items() if not name.startswith((*_OF_TRAINING, *_SECOND_NAMES))}


def _vocoder(args: Any, state: Mapping[str, Any]) -> Any:
    """The vocoder as wide as its weights, of which the configuration says nothing."""
    from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder

    first = state.get("hifigan_decoder.waveform_decoder.conv_pre.weight")
    return HifiDecoder(
        input_sample_rate=args.input_sample_rate,
        output_sample_rate=args.output_sample_rate,
        output_hop_length=args.output_hop_length,
        ar_mel_length_compression=args.gpt_code_stride_len,
        decoder_input_dim=args.decoder_input_dim,
        d_vector_dim=args.d_vector_dim,
        cond_d_vector_in_each_upsampling_layer=args.cond_d_vector_in_each_upsampling_layer,
        **({} if first is None else {"upsample_initial_channel_decoder": len(first)}),
    )


def _speakers(path: Path) -> dict[str, Arrays]:
    """The voices that come with the model, by name; none where the file is not there, which it runs without."""
    if not path.is_file():
        return {}
    with failing(path):
        return {
            name: {
                "latents": own["gpt_cond_latent"].float().numpy(),
                "speaker": own["speaker_embedding"].float().numpy(),
            }
            for name, own in safe.load_checkpoint(path).items()
        }


def _halve(network: Any) -> None:
    """The language model in half precision. Listening and the vocoder, which are small, stay as they are."""
    import torch

    gpt = network.gpt.half()
    gpt.conditioning_encoder.float()
    gpt.conditioning_perceiver.float()
    nothing = torch.zeros((), dtype=torch.half)
    gpt.gpt.wpe = lambda positions: nothing.to(positions.device)  # the library's, which is zeros, is not in halves
    network.hifigan_decoder.register_forward_pre_hook(lambda _module, given: (given[0].float(), *given[1:]))
