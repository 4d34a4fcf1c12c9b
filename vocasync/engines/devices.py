"""Where models run: what the machine has, or what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

AUTO = "auto"


def device(wanted: str) -> str:
    """A PyTorch device: ``wanted``, or for ``auto`` the best there is of ``cuda``, ``mps`` and ``cpu``."""
    import torch

    if wanted != AUTO:
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def halves(name: str) -> bool:
    """Whether models run in half precision there: on NVIDIA GPUs, where it is both faster and smaller."""
    return name.startswith("cuda")


def memory_of(name: str) -> int:
    """Bytes that a device has: an NVIDIA GPU's own, else what this machine, or the container around us, may use."""
    if name.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(name).total_memory)
    import psutil

    whole = int(psutil.virtual_memory().total)
    limit = _GROUP_LIMIT.read_text().strip() if _GROUP_LIMIT.is_file() else "max"
    return min(whole, int(limit)) if limit.isdigit() else whole


@contextmanager
def threads_kept() -> Iterator[None]:
    """PyTorch's number of threads is afterwards what it was: libraries that share OpenMP with it may change it."""
    import torch

    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def weight_of(*modules: Any) -> int:
    """Bytes of the tensors of ``torch.nn.Module`` objects, those of layers of eight bits included, which PyTorch does
    not count as parameters; what several share counts once."""
    tensors = {
        tensor.data_ptr(): tensor.numel() * tensor.element_size()
        for module in modules
        for tensor in (*module.parameters(), *module.buffers(), *_packed(module))
        if not tensor.is_sparse  # of such there are some numbers at most, and they have no one place in memory
    }
    return sum(tensors.values())


def _packed(module: Any) -> Iterator[Any]:
    import torch

    kind = torch.ao.nn.quantized.dynamic.Linear
    layers: list[Any] = [one for one in module.modules() if isinstance(one, kind)]
    for layer in layers:
        yield from (tensor for tensor in (layer.weight(), layer.bias()) if tensor is not None)
