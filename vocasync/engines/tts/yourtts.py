"""YourTTS through ``coqui-tts``: English, French and Portuguese in a given voice, and one voice turned into another.

What the network (VITS) knows of a voice is one vector of a speaker encoder. The library's own way to speak in a given
voice computes that vector for every sentence; here it is computed once. Several lines are said at once: text, rhythm
and melody side by side; the vocoder, which is most of the work and knows nothing of where a line ends, line by line.
Each line has its own random numbers, so that it sounds the same in whatever company it is said.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vocasync.engines.base import EngineConfig, setting
from vocasync.engines.devices import device, weight_of
from vocasync.engines.tts import coqui
from vocasync.engines.tts.neural import Arrays, Conditioning, Line, NeuralVoice
from vocasync.engines.tts.pretrained import failing
from vocasync.media.audio import resample
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, VoiceReference
from vocasync.weights import safe, store

_CHARS = 250  # a line: the network knows no limit, but loses the melody of long sentences
_HEARD = 30  # seconds from which a voice is known
_LEAST = 0.1  # seconds that can be turned into another voice
_PIECE, _SHARED = 20.0, 0.5  # seconds that are converted at once, and that one piece has in common with the next

_OF_TRAINING = ("disc.", "speaker_encoder.", "audio_transform.")
_CHARACTERS = "TTS.tts.models.vits.VitsCharacters"
_TOLD = ("model_args", "audio", "characters", "text_cleaner", "add_blank", "enable_eos_bos_chars")
"""What of config.json matters to speaking. The rest is about training, and names files."""


class YourTts:
    """YourTTS as a :class:`vocasync.engines.tts.neural.Model`.

    Of an emotion reference it takes as much of the speaker as the two voices are alike, by the strength: all of the
    same person's, next to nothing of somebody else's, whose voice is not what was asked for. Melody, dynamics and pace
    are laid over its sound."""

    name = "yourtts"
    batch = 8
    seeded = True
    paced = True
    styled = True
    laid = True

    def __init__(self, network: Any, listener: Listener, speakers: Mapping[str, Arrays], version: str) -> None:
        self.version = version
        self.sample_rate = int(network.config.audio.sample_rate)
        self.languages = frozenset(coqui.YOURTTS_LANGUAGES)
        self.stocks = frozenset(speakers)
        self.device = str(network.device)
        self.memory_bytes = weight_of(network, listener.encoder)
        self._network = network
        self._listener = listener
        self._speakers = speakers

    def most_chars(self, code: str) -> int:
        """As many in each language."""
        return _CHARS

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """``speaker``: the vector of the voice, shape (dimensions,)."""
        return {"speaker": self._listener.vector(clip)}

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """See the protocol."""
        import torch

        tokens = [torch.tensor(self._tokens(line)) for line in lines]
        lengths = torch.tensor([len(one) for one in tokens])
        speaker = torch.from_numpy(self._told(lines[0], voice, emotion))
        language = self._network.language_manager.name_to_id[coqui.YOURTTS_LANGUAGES[lines[0].language]]
        self._set(lines[0])
        with torch.inference_mode(), coqui.quiet(), _own_luck([line.seed for line in lines]):
            made = self._network.inference(
                torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True).to(self.device),
                {
                    "x_lengths": lengths.to(self.device),
                    "d_vectors": speaker.expand(len(lines), -1).to(self.device),
                    "language_ids": torch.full((len(lines),), language, device=self.device),
                },
            )
        ends = made["y_mask"].sum(dim=(1, 2)).long() * self._network.config.audio.hop_length
        sounds = made["model_outputs"][:, 0].cpu().numpy()
        return [sound[: int(end)] for sound, end in zip(sounds, ends, strict=True)]

    def convert(self, audio: Audio, voice: Arrays, progress: Progress, source: Arrays | None = None) -> Audio:
        """What is said in ``audio``, said by ``voice``: as long, at ``sample_rate``. source: the voice of whoever says
        it; None to hear that from the sound itself."""
        sound = resample(audio, self.sample_rate)
        if sound.duration < _LEAST or not np.any(sound.samples):
            return sound
        speaker = self._heard(sound) if source is None else source["speaker"]
        piece, shared = round(_PIECE * sound.rate), round(_SHARED * sound.rate)
        starts = range(0, max(1, len(sound.samples) - shared), piece - shared)
        made = np.zeros(len(sound.samples), np.float32)
        for number, start in enumerate(starts):
            progress.check()
            part = self._converted(sound.samples[start : start + piece], speaker, voice["speaker"], number)
            _fade_in(made, part, start, shared)
            progress.report((number + 1) / len(starts))
        return Audio(made, sound.rate)

    def _heard(self, sound: Audio) -> FloatArray:
        return self._listener.vector(Audio(sound.samples[: _HEARD * sound.rate], sound.rate))

    def _converted(self, samples: FloatArray, source: FloatArray, target: FloatArray, number: int) -> FloatArray:
        import torch
        from TTS.tts.models.vits import wav_to_spec

        told = self._network.config.audio
        whole = torch.from_numpy(np.pad(samples, (0, max(0, told.fft_size - len(samples)) + told.hop_length)))
        with torch.inference_mode(), coqui.quiet(), _own_luck([number]):
            heard = wav_to_spec(
                whole[None].to(self.device), told.fft_size, told.hop_length, told.win_length, center=False
            )
            vectors = [torch.from_numpy(one)[None].to(self.device) for one in (source, target)]
            frames = torch.tensor([heard.shape[-1]], device=self.device)
            made, _, _ = self._network.inference_voice_conversion(heard, frames, *vectors)
        found: FloatArray = np.nan_to_num(made.reshape(-1)[: len(samples)].cpu().numpy())
        return np.clip(found, -1.0, 1.0)

    # --- what a line is said with -------------------------------------------------------------------------------------
    def _tokens(self, line: Line) -> list[int]:
        """The text's signs, its numbers and abbreviations written out: the network knows no digits."""
        from TTS.tts.layers.xtts.tokenizer import multilingual_cleaners

        with coqui.quiet():
            written = coqui.readable(line.text, lambda text: multilingual_cleaners(text, line.language))
            found: list[int] = self._network.tokenizer.text_to_ids(
                multilingual_cleaners(written, line.language), coqui.YOURTTS_LANGUAGES[line.language]
            )
        return found or [0]

    def _told(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> FloatArray:
        """The vector of the speaker, in the tone that is asked for."""
        given = coqui.own(self._speakers, line.stock, "speakers.json") if voice is None else voice
        own: FloatArray = given["speaker"]
        if emotion is None:
            return own
        other = emotion["speaker"]
        norms = float(np.linalg.norm(own) * np.linalg.norm(other))
        alike = max(0.0, float(own @ other) / norms) if norms else 0.0
        return own + np.float32(np.clip(line.strength, 0.0, 1.0) * alike) * (other - own)

    def _set(self, line: Line) -> None:
        self._network.length_scale = 1 / line.rate
        self._network.inference_noise_scale = _setting(line, "variation")
        self._network.inference_noise_scale_dp = _setting(line, "rhythm")


class YourTtsVoice(NeuralVoice):
    """YourTTS as a voice engine that also turns one voice into another."""

    model: YourTts

    def convert(
        self, audio: Audio, voice: Conditioning, progress: Progress, source: Conditioning | None = None
    ) -> Audio:
        """See :meth:`YourTts.convert`."""
        with self._lock:
            return self.model.convert(audio, voice.arrays, progress, source.arrays if source else None)


class Listener:
    """The speaker encoder that the voices of YourTTS were trained with."""

    def __init__(self, encoder: Any, config: Any) -> None:
        from TTS.utils.audio import AudioProcessor

        self.encoder = encoder
        self._config = config
        self._sound = AudioProcessor(config.audio)

    def vector(self, clip: Audio) -> FloatArray:
        """The voice of a clip, shape (dimensions,), as the library finds it in a file."""
        import torch

        samples = self._levelled(resample(clip, self._sound.sample_rate).samples)
        if not self._config.model_params.get("use_torch_spec", False):
            samples = self._sound.melspectrogram(samples)
        with torch.inference_mode(), coqui.quiet():
            given = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None]
            found = self.encoder.compute_embedding(given.to(next(self.encoder.parameters()).device))
        vector: FloatArray = np.nan_to_num(found[0].float().cpu().numpy())
        return vector

    def _levelled(self, samples: FloatArray) -> Any:
        from TTS.utils.audio.numpy_transforms import rms_volume_norm

        if self._sound.do_trim_silence:
            samples = self._sound.trim_silence(samples)
        if self._sound.do_sound_norm:
            samples = self._sound.sound_norm(samples)
        return rms_volume_norm(x=samples, db_level=self._sound.db_level) if self._sound.do_rms_norm else samples


def _setting(line: Line, name: str) -> float:
    return setting(coqui.YOURTTS_SETTINGS, name, line.options)


def _fade_in(made: FloatArray, part: FloatArray, start: int, shared: int) -> None:
    """Put a piece where it belongs, faded over what it has in common with the one before."""
    common = shared if start else 0
    ramp = np.linspace(0.0, 1.0, min(common, len(part)), dtype=np.float32)
    made[start : start + len(ramp)] *= 1 - ramp
    made[start : start + len(ramp)] += part[: len(ramp)] * ramp
    made[start + len(ramp) : start + len(part)] = part[len(ramp) :]


@contextlib.contextmanager
def _own_luck(seeds: Sequence[int]) -> Iterator[None]:
    """Inside, the network's normal random numbers are those of each line's own seed, however long the longest line is;
    PyTorch's own generator, which the whole process shares, is left alone. The batch is the first axis, time the
    last."""
    import torch
    from torch.overrides import TorchFunctionMode

    class OwnLuck(TorchFunctionMode):
        """Answers for ``torch.randn`` and ``torch.randn_like``."""

        calls = 0

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func not in (torch.randn, torch.randn_like):
                return func(*args, **(kwargs or {}))
            self.calls += 1
            like = args[0] if func is torch.randn_like else None
            drawn = _drawn(like.shape if like is not None else args, seeds, self.calls)
            return torch.from_numpy(drawn) if like is None else torch.from_numpy(drawn).to(like)

    with OwnLuck():
        yield


def _drawn(shape: Sequence[int], seeds: Sequence[int], call: int) -> FloatArray:
    """Normal random numbers, shape (lines, channels, frames): of each line the first ones are always the same."""
    lines, channels, frames = shape
    found: list[FloatArray] = [
        np.random.default_rng([abs(seed), call]).standard_normal((frames, channels), np.float32).T
        for seed in seeds[:lines]
    ]
    return np.stack(found)


# --- loading ----------------------------------------------------------------------------------------------------------
def create(config: EngineConfig) -> YourTtsVoice:
    """Load the model. Raises ``weights_unsafe``, ``weights_damaged``."""
    coqui.hush()
    folder, place = store.folder(coqui.YOURTTS, config.models), device(config.device)
    speakers = _speakers(folder / "speakers.json")
    network, encoder = _network(folder), _encoder(folder)
    listener = Listener(encoder[0].to(place), encoder[1])
    version = f"1-{store.mark(coqui.YOURTTS, config.models)}"
    return YourTtsVoice(YourTts(network.to(place), listener, speakers, version))


def _network(folder: Path) -> Any:
    path = folder / "model_file.pth"
    state = _state(path, _OF_TRAINING)
    with coqui.quiet(), failing(folder / "config.json"):
        from TTS.tts.models.vits import Vits

        network = Vits(_configuration(folder))
    languages = set(coqui.YOURTTS_LANGUAGES.values()) - set(network.language_manager.name_to_id)
    if languages:
        raise safe.damaged(folder / "language_ids.json", f"“{min(languages)}” is missing")
    with coqui.quiet():
        safe.load_state(network, state, path)
        network.eval()
    network.waveform_decoder = _line_by_line(network.waveform_decoder)
    return network


def _configuration(folder: Path) -> Any:
    """The model's own configuration, without what only training takes, and with the files where they are here."""
    from TTS.tts.configs.vits_config import VitsConfig

    told = coqui.settings_of(folder / "config.json")
    coqui.settings_of(folder / "language_ids.json")
    config = VitsConfig()
    config.from_dict({name: told[name] for name in _TOLD if name in told})
    config.use_phonemes = False
    config.characters.characters_class = _CHARACTERS
    config.model_args.d_vector_file = [str(folder / "speakers.json")]
    config.model_args.language_ids_file = str(folder / "language_ids.json")
    config.model_args.speaker_encoder_model_path = ""
    config.model_args.speaker_encoder_config_path = ""
    config.model_args.use_speaker_encoder_as_loss = False
    config.model_args.init_discriminator = False
    return config


def _encoder(folder: Path) -> tuple[Any, Any]:
    """The speaker encoder and its configuration."""
    path = folder / "model_se.pth"
    told = coqui.settings_of(folder / "config_se.json")
    state = _state(path)
    with coqui.quiet(), failing(folder / "config_se.json"):
        from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
        from TTS.encoder.utils.generic_utils import setup_encoder_model

        config = SpeakerEncoderConfig()
        config.from_dict({name: told[name] for name in ("model_params", "audio") if name in told})
        encoder = setup_encoder_model(config)
    safe.load_state(encoder, state, path)
    return encoder.eval(), config


def _state(path: Path, passed: tuple[str, ...] = ()) -> dict[str, Any]:
    found = safe.load_checkpoint(path)
    state = found.get("model") if isinstance(found, dict) else None
    if not isinstance(state, dict):
        raise safe.damaged(path, "there is no “model” in it")
    return {name: tensor for name, tensor in state.items() if not name.startswith(passed)} if passed else state


def _speakers(path: Path) -> dict[str, Arrays]:
    """The voices that come with the model, by their names without blanks: the mean of a speaker's clips, as the library
    has it. Some names differ in a line break only; the first one stands for both."""
    clips: dict[str, dict[str, list[Any]]] = {}
    with failing(path):
        for clip in coqui.settings_of(path).values():
            name = str(clip["name"])
            clips.setdefault(name.strip(), {}).setdefault(name, []).append(clip["embedding"])
        return {
            name: {"speaker": np.mean(np.asarray(next(iter(same.values())), np.float32), axis=0)}
            for name, same in clips.items()
        }


def _line_by_line(vocoder: Any) -> Any:
    """The vocoder for batches: each line's sound is made of that line alone, without the filling behind it, which would
    be heard at its end."""
    import torch

    class LineByLine(torch.nn.Module):
        """Of what is masked, which is zeros, nothing is made."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, told: Any, g: Any = None) -> Any:
            """told: shape (lines, channels, frames). g: shape (lines, dimensions, 1)."""
            if len(told) == 1:
                return self.inner(told, g=g)
            ends = [int(one.any(dim=0).nonzero().max()) + 1 if one.any() else 1 for one in told]
            made = [
                self.inner(told[line : line + 1, :, :end], g=g[line : line + 1])[0].T for line, end in enumerate(ends)
            ]
            return torch.nn.utils.rnn.pad_sequence(made, batch_first=True).transpose(1, 2)

    return LineByLine(vocoder)
