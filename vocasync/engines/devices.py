"""Where models run: what the machine has, or what it is told."""

from __future__ import annotations

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
