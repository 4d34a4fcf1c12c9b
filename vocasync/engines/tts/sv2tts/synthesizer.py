"""The synthesizer: Tacotron (Y. Wang et al. 2017) that is told the speaker, with attention that knows where it was
(J. Chorowski et al., "Attention-based models for speech recognition", NeurIPS 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from vocasync.engines.shapes import State, filled, measured, one_thread, part, size
from vocasync.engines.tts.sv2tts import integers
from vocasync.engines.tts.sv2tts.chance import Chance, together
from vocasync.engines.tts.sv2tts.checkpoint import read
from vocasync.engines.tts.sv2tts.layers import Cbhg, PreNet, Sizes

MOST_FRAMES = 2000
"""25 s: a line that does not stop by itself ends here."""

_LEAST_FRAMES = 10  # before which a stop is not believed
_STOP = 0.5
_BLOCK = 64  # steps whose dropout is drawn at once, and after which it is told how far it is

_HEAVY = ("prenet.fc1", "prenet.fc2", "attn_rnn", "rnn_input", "res_rnn1", "res_rnn2", "mel_proj")
"""What the decoder waits for; attention and the stop, which are little work, stay as they are."""

Tick = Callable[[float], None]
"""Told from time to time what share is done; raises when it is no longer wanted."""


class Encoder(nn.Module):
    """The text, as the decoder may look at it."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.embedding = nn.Embedding(*state["embedding.weight"].shape)
        self.pre_net = PreNet.of(part(state, "pre_net."))
        self.cbhg = Cbhg(Sizes.of(part(state, "cbhg.")))

    def forward(self, symbols: Tensor, lengths: Tensor, chances: Sequence[Chance]) -> Tensor:
        """Symbols, shape (lines, longest), to shape (lines, longest, width)."""
        drawn = [one.masks(int(length), self.pre_net.widths) for one, length in zip(chances, lengths, strict=True)]
        masks = together(drawn)
        embedded = self.embedding(symbols)
        hidden = self.pre_net(embedded, (masks[0].to(embedded), masks[1].to(embedded)))
        found: Tensor = self.cbhg(hidden, lengths)
        return found


class Attention(nn.Module):
    """Where in the text the decoder looks, by what it wants and by where it looked so far."""

    def __init__(self, state: State) -> None:
        super().__init__()
        filters, _, kernel = state["conv.weight"].shape
        width = size(state, "L.weight")
        self.conv = nn.Conv1d(1, filters, kernel, padding=(kernel - 1) // 2)
        self.L = nn.Linear(filters, width, bias=False)
        self.W = nn.Linear(size(state, "W.weight", 1), width)
        self.v = nn.Linear(width, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor, looked: Tensor, outside: Tensor) -> Tensor:
        """Shares of every symbol, shape (lines, longest).

        query: shape (lines, width). keys: (lines, longest, width). looked: the sum of all shares so far. outside: which
        symbols are padding. They were given an energy of 0 in the training; here they get nothing at all, so that a
        line is said as it is alone, where there is none."""
        place = self.L(self.conv(looked[:, None]).transpose(1, 2))
        energies = self.v(torch.tanh(self.W(query)[:, None] + keys + place))[..., 0]
        return torch.softmax(energies.masked_fill(outside, -torch.inf), dim=1)


@dataclass(slots=True)
class _Memory:
    """What the decoder looks at, and what it remembers of the steps before: shape (lines, …) all."""

    text: Tensor
    keys: Tensor
    outside: Tensor
    looked: Tensor
    context: Tensor
    attended: Tensor
    first: tuple[Tensor, Tensor]
    second: tuple[Tensor, Tensor]
    frame: Tensor


class Decoder(nn.Module):
    """A few frames of the spectrogram a step."""

    r: Tensor

    def __init__(self, state: State) -> None:
        super().__init__()
        attended, hidden = size(state, "attn_rnn.weight_hh", 1), size(state, "res_rnn1.weight_hh", 1)
        mixed, (made, wide) = size(state, "attn_rnn.weight_ih", 1), state["mel_proj.weight"].shape
        self.register_buffer("r", torch.tensor(1, dtype=torch.int32))
        self.prenet = PreNet.of(part(state, "prenet."))
        self.attn_net = Attention(part(state, "attn_net."))
        self.attn_rnn = nn.GRUCell(mixed, attended)
        self.rnn_input = nn.Linear(size(state, "rnn_input.weight", 1), hidden)
        self.res_rnn1 = nn.LSTMCell(hidden, hidden)
        self.res_rnn2 = nn.LSTMCell(hidden, hidden)
        self.mel_proj = nn.Linear(wide, made, bias=False)
        self.stop_proj = nn.Linear(size(state, "stop_proj.weight", 1), 1)
        self.mels = size(state, "prenet.fc1.weight", 1)
        self.states = (attended, hidden)

    def begun(self, text: Tensor, keys: Tensor, outside: Tensor) -> _Memory:
        """Before the first step: nothing was looked at, and the frame before is silence."""
        lines, (attended, hidden) = len(text), self.states

        def nothing(*shape: int) -> Tensor:
            return text.new_zeros(lines, *shape)

        return _Memory(
            text=text,
            keys=keys,
            outside=outside,
            looked=nothing(text.shape[1]),
            context=nothing(text.shape[2]),
            attended=nothing(attended),
            first=(nothing(hidden), nothing(hidden)),
            second=(nothing(hidden), nothing(hidden)),
            frame=nothing(self.mels),
        )

    def forward(self, memory: _Memory, masks: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The next frames, shape (lines, r, mels), and how sure it is that they are the last, shape (lines,)."""
        told = self.prenet(memory.frame, masks)
        memory.attended = self.attn_rnn(torch.cat([memory.context, told], dim=1), memory.attended)
        shares = self.attn_net(memory.attended, memory.keys, memory.looked, memory.outside)
        memory.looked = memory.looked + shares
        memory.context = torch.bmm(shares[:, None], memory.text)[:, 0]
        hidden = self.rnn_input(torch.cat([memory.context, memory.attended], dim=1))
        memory.first = self.res_rnn1(hidden, memory.first)
        hidden = hidden + memory.first[0]
        memory.second = self.res_rnn2(hidden, memory.second)
        hidden = hidden + memory.second[0]
        frames = self.mel_proj(hidden).view(len(hidden), self.mels, -1)[..., : self.step].transpose(1, 2)
        memory.frame = frames[:, -1]
        stop = torch.sigmoid(self.stop_proj(torch.cat([hidden, memory.context], dim=1)))
        return frames, stop[:, 0]

    @property
    def step(self) -> int:
        """Frames a step."""
        return int(self.r)

    def narrow(self) -> None:
        """Forget the weights of frames that are cut off: they are for larger steps, early in the training."""
        weight = self.mel_proj.weight.view(self.mels, -1, self.mel_proj.in_features)[:, : self.step].flatten(0, 1)
        self.mel_proj = nn.Linear(self.mel_proj.in_features, len(weight), bias=False)
        self.mel_proj.weight = nn.Parameter(weight.clone(), requires_grad=False)


class Tacotron(nn.Module):
    """Text and a voice to a mel spectrogram."""

    step: Tensor
    stop_threshold: Tensor

    def __init__(self, state: State) -> None:
        super().__init__()
        keys, memory = state["encoder_proj.weight"].shape
        self.encoder = Encoder(part(state, "encoder."))
        self.encoder_proj = nn.Linear(memory, keys, bias=False)
        self.decoder = Decoder(part(state, "decoder."))
        self.postnet = Cbhg(Sizes.of(part(state, "postnet.")))
        self.post_proj = nn.Linear(size(state, "post_proj.weight", 1), size(state, "post_proj.weight"), bias=False)
        self.register_buffer("step", torch.zeros(1, dtype=torch.long))
        self.register_buffer("stop_threshold", torch.tensor(0.0))

    def say(self, texts: Sequence[Sequence[int]], voice: Tensor, chances: Sequence[Chance], tick: Tick) -> list[Tensor]:
        """A mel spectrogram a line, shape (frames, mels), without the silence at its end.

        texts: symbols of each line. voice: the speaker's embedding. chances: each line's own."""
        device = self.encoder_proj.weight.device
        lengths = torch.tensor([len(text) for text in texts])
        symbols = nn.utils.rnn.pad_sequence([torch.tensor(text) for text in texts], batch_first=True).to(device)
        with torch.inference_mode(), one_thread():
            memory = self._read(symbols, lengths, voice.to(device), chances)
            frames, counts = self._decoded(memory, chances, tick)
            refined = self.post_proj(self.postnet(frames, counts))
        return [self._spoken(one[:frames]) for one, frames in zip(refined.cpu(), counts.tolist(), strict=True)]

    def _read(self, symbols: Tensor, lengths: Tensor, voice: Tensor, chances: Sequence[Chance]) -> _Memory:
        text = self.encoder(symbols, lengths, chances)
        text = torch.cat([text, voice.expand(*text.shape[:2], -1)], dim=2)
        outside = (torch.arange(symbols.shape[1]) >= lengths[:, None]).to(text.device)
        begun: _Memory = self.decoder.begun(text, self.encoder_proj(text), outside)
        return begun

    def _decoded(self, memory: _Memory, chances: Sequence[Chance], tick: Tick) -> tuple[Tensor, Tensor]:
        """Frames until every line has stopped, shape (lines, frames, mels), and how many of them are each line's."""
        made: list[Tensor] = []
        ended = torch.full((len(chances),), MOST_FRAMES)
        for start in range(0, MOST_FRAMES, self.decoder.step):
            at = start // self.decoder.step % _BLOCK
            if at == 0:
                tick(start / MOST_FRAMES)
                drawn = together([one.masks(_BLOCK, self.decoder.prenet.widths) for one in chances])
                masks = (drawn[0].to(memory.text), drawn[1].to(memory.text))
            frames, stop = self.decoder(memory, (masks[0][:, at], masks[1][:, at]))
            made.append(frames)
            if start > _LEAST_FRAMES:
                stopped = (stop.cpu() > _STOP) & (ended == MOST_FRAMES)
                ended[stopped] = min(start + self.decoder.step, MOST_FRAMES)
                if (ended < MOST_FRAMES).all():
                    break
        whole = torch.cat(made, dim=1)
        return whole[:, : int(ended.max())], ended.clamp(max=whole.shape[1])

    def _spoken(self, mel: Tensor) -> Tensor:
        """Without the frames at the end in which nothing is loud enough."""
        heard = torch.nonzero(mel.amax(dim=1) >= self.stop_threshold.cpu())
        return mel[: int(heard[-1]) + 1] if len(heard) else mel[:0]


def built(path: Path, *, exact: bool) -> Tacotron:
    """The network of the weights in a file. exact: with the weights as they are; else its decoder in 8-bit integers.

    Raises ``weights_unsafe``, ``weights_damaged``."""
    state = read(path)
    with measured(path):
        net = Tacotron(state)
    net = filled(net, state, path)
    net.decoder.narrow()
    if not exact:
        integers.reckon(net.decoder, *_HEAVY)
    return net
