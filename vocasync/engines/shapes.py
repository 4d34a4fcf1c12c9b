"""A checkpoint's tensors, looked through before a network is built from their shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from vocasync.engines.devices import threads_kept
from vocasync.weights import safe

State = Mapping[str, Tensor]
Net = TypeVar("Net", bound=nn.Module)


@contextmanager
def measured(path: Path) -> Iterator[None]:
    """Weights that lack a tensor, or have one of a shape that no network can be built for, are damaged."""
    try:
        yield
    except KeyError as error:
        raise safe.damaged(path, f"it lacks “{error.args[0]}”") from error
    except (IndexError, RuntimeError, TypeError, ValueError) as error:
        raise safe.damaged(path, f"no network has such shapes ({str(error).splitlines()[0]})") from error


def size(state: State, name: str, axis: int = 0) -> int:
    """How long a tensor is in one direction. Raises KeyError for one that is not there."""
    return int(state[name].shape[axis])


def count(state: State, pattern: str) -> int:
    """How many there are of a tensor whose name has a running number, as ``highways.{}.W1.weight``."""
    number = 0
    while pattern.format(number) in state:
        number += 1
    return number


def part(state: State, prefix: str) -> State:
    """The tensors of a module in it, under their names there."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def filled(net: Net, state: State, path: Path) -> Net:
    """The network with its weights, all of them and no others, at rest. Raises ``weights_damaged``."""
    safe.load_state(net, state, path)
    return net.eval().requires_grad_(False)


@contextmanager
def one_thread() -> Iterator[None]:
    """Thousands of small steps one after the other: threads would spend them waiting for each other."""
    with threads_kept():
        torch.set_num_threads(1)
        yield
