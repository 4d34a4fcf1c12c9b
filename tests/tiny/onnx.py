"""Tiny ONNX files, put together byte by byte: the package that writes them is not otherwise needed here.

Protocol buffers as of https://protobuf.dev/programming-guides/encoding, field numbers as of ``onnx.proto``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INT32, _INT64 = 1, 6, 7
_TYPES = {np.dtype(np.float32): _FLOAT, np.dtype(np.int64): _INT64}


def lookup(table: NDArray[np.float32]) -> bytes:
    """A decoder that says for each code its row of ``table``: codes int32 [B, 1, F] to recon float32 [B, 1, F * n]."""
    nodes = [
        _node("Gather", ("table", "codes"), "rows"),
        _node("Reshape", ("rows", "shape"), "recon"),
    ]
    constants = [_tensor("table", table), _tensor("shape", np.array([0, 1, -1], np.int64))]
    graph = [_part(1, node) for node in nodes]
    graph += [_part(2, b"lookup"), *(_part(5, constant) for constant in constants)]
    graph += [_part(11, _value("codes", _INT32, ("B", 1, "F"))), _part(12, _value("recon", _FLOAT, ("B", 1, "T")))]
    opset = _part(1, b"") + _number(2, 17)
    return _number(1, 8) + _part(7, b"".join(graph)) + _part(8, opset)


def _node(kind: str, given: tuple[str, ...], result: str) -> bytes:
    return b"".join(_part(1, name.encode()) for name in given) + _part(2, result.encode()) + _part(4, kind.encode())


def _tensor(name: str, array: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    dimensions = b"".join(_number(1, size) for size in array.shape)
    return dimensions + _number(2, _TYPES[array.dtype]) + _part(8, name.encode()) + _part(9, array.tobytes())


def _value(name: str, kind: int, shape: tuple[str | int, ...]) -> bytes:
    sizes = (_number(1, size) if isinstance(size, int) else _part(2, size.encode()) for size in shape)
    tensor = _number(1, kind) + _part(2, b"".join(_part(1, size) for size in sizes))
    return _part(1, name.encode()) + _part(2, _part(1, tensor))


def _part(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
