"""The visible mark of a picture that a machine made: two letters in a corner, on a plate of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vocasync.types import FloatArray, Picture

TEXT = "AI"
_HEIGHT = 1 / 22  # of the picture's shorter side
_LEAST_HEIGHT = 14  # pixels: smaller letters cannot be read
_PLATE = 0.55  # how much of the plate covers what is behind it
_INK = 0.92


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """What is laid over a picture. colour: float32, shape (h, w, 3), 0 to 255, times ``cover``, shape (h, w, 1)."""

    top: int
    left: int
    colour: FloatArray
    cover: FloatArray


@lru_cache(maxsize=16)
def mark_for(width: int, height: int) -> Mark:
    """The mark for pictures of a size: white letters on a dark plate, which is readable on light and on dark."""
    from PIL import Image, ImageDraw, ImageFont

    size = max(_LEAST_HEIGHT, round(min(width, height) * _HEIGHT))
    font = ImageFont.load_default(round(size * 0.72))
    left, top, right, bottom = (round(edge) for edge in font.getbbox(TEXT))
    wide = right - left + round(size * 0.6)
    plate, ink = Image.new("L", (wide, size), 0), Image.new("L", (wide, size), 0)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, wide - 1, size - 1), size // 4, fill=255)
    at = ((wide - (right - left)) // 2 - left, (size - (bottom - top)) // 2 - top)
    ImageDraw.Draw(ink).text(at, TEXT, font=font, fill=255)
    letters = np.asarray(ink, np.float32)[..., None] / 255 * _INK
    dark = np.asarray(plate, np.float32)[..., None] / 255 * _PLATE
    cover = np.asarray(letters + dark * (1 - letters), np.float32)
    colour = np.broadcast_to(letters * 255, (size, wide, 3)).astype(np.float32)
    gap = max(2, size // 3)
    fits = np.s_[: min(size, height), : min(wide, width)]
    return Mark(max(0, height - size - gap), max(0, width - wide - gap), colour[fits], cover[fits])


def marked(picture: Picture) -> Picture:
    """The picture with the mark at its lower right; the given one is left as it is."""
    mark = mark_for(picture.shape[1], picture.shape[0])
    rows, columns = mark.cover.shape[:2]
    place = (slice(mark.top, mark.top + rows), slice(mark.left, mark.left + columns))
    out = picture.copy()
    out[place] = np.rint(out[place] * (1 - mark.cover) + mark.colour).astype(np.uint8)
    return out
