"""Pictures that people bring: opened with care, and brought to one form.

What a file claims in its header is looked at before anything is unpacked. Only pixels come out: places, cameras and
thumbnails that the file knows of stay behind.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from vocasync.errors import PipelineError
from vocasync.types import Picture

LONGEST = 1024
MEGAPIXELS = 64
SMALLEST = 64
"""Pixels of the shorter side under which nobody can be seen."""

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
_MOVING = frozenset({"GIF", "PNG", "WEBP", "AVIF", "HEIF"})
"""Formats in which further frames are an animation. In a JPEG they are a second view, in a TIFF further pages."""

_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, RuntimeError, OverflowError)
"""What decoders raise over a file that is not what it should be."""

_ORIENTATION = 0x0112
_UPRIGHT = 1
_ON_ITS_SIDE = (5, 6, 7, 8)
_BAND = 256  # rows
_DEEP = ("I;16", "I;16B", "I;16L", "I", "F")


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture as it is worked with. size: width and height in pixels as it was brought, upright. notes: sentences
    about what was done to it, for the person."""

    picture: Picture
    size: tuple[int, int]
    notes: tuple[str, ...] = ()


def open_picture(path: Path, name: str, *, longest: int = LONGEST) -> Opened:
    """The picture in a file, upright, in sRGB, at most ``longest`` pixels wide and high. ``name``: what the person
    calls it. Raises ``empty_file`` or one of ``picture_...``."""
    look_at(path, name)
    with _identified(path, name) as image, _sound(name):
        return _opened(image, longest)


def look_at(path: Path, name: str) -> tuple[int, int]:
    """Width and height in pixels of what may be a picture, by its headers alone: nothing is unpacked. Raises as
    :func:`open_picture` does, for what can be told so."""
    if path.stat().st_size == 0:
        raise PipelineError("empty_file", name=name)
    with _identified(path, name) as image:
        _check_size(image, name)
        with _sound(name):
            _check_still(image, name)
        width, height = image.size
        return width, height


def encoded(picture: Picture) -> bytes:
    """A picture as PNG, without anything beside its pixels."""
    held = BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    return held.getvalue()


def _identified(path: Path, name: str) -> Image.Image:
    """The file, of which nothing but the header was read."""
    formats = list(_FORMATS)
    if find_spec("pillow_heif") is not None:
        import_module("pillow_heif").register_heif_opener()
        formats.append("HEIF")
    try:
        return Image.open(path, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PipelineError("picture_huge", name=name, limit=MEGAPIXELS) from error
    except UnidentifiedImageError as error:
        raise _unknown(path, name) from error
    except (*_BROKEN, struct.error, zlib.error) as error:
        raise PipelineError("picture_damaged", name=name) from error


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """What decoders raise inside is that the file is damaged."""
    try:
        yield
    except (*_BROKEN, struct.error, zlib.error) as error:
        raise PipelineError("picture_damaged", name=name) from error


def _unknown(path: Path, name: str) -> PipelineError:
    """Why a file is no picture."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return PipelineError("picture_heic", name=name)
    if b"<svg" in head.lower():
        return PipelineError("picture_drawing", name=name)
    return PipelineError("picture_unknown", name=name)


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MEGAPIXELS * 1_000_000:
        raise PipelineError("picture_huge", name=name, limit=MEGAPIXELS)
    if min(width, height) < SMALLEST:
        raise PipelineError("picture_tiny", name=name, width=width, height=height, limit=SMALLEST)


def _check_still(image: Image.Image, name: str) -> None:
    if image.format in _MOVING and getattr(image, "is_animated", False):
        raise PipelineError("picture_animated", name=name)


def _opened(image: Image.Image, longest: int) -> Opened:
    orientation = image.getexif().get(_ORIENTATION, _UPRIGHT)
    width, height = image.size
    notes = [] if orientation == _UPRIGHT else ["It was turned upright, as the camera noted."]
    image.draft("RGB", (longest, longest))  # a JPEG is unpacked at a fraction of its size where that is enough
    image.load()
    shallow = _shallow(ImageOps.exif_transpose(image))
    shallow.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    done = _in_srgb(_flat(shallow, notes))
    size = (height, width) if orientation in _ON_ITS_SIDE else (width, height)
    return Opened(np.array(done, np.uint8), size, tuple(notes))


def _shallow(image: Image.Image) -> Image.Image:
    """Eight bits a channel, and no palette."""
    if image.mode in _DEEP:
        return _eight_bits(image)
    if image.has_transparency_data:
        return _kept_profile(image, "RGBA")
    if image.mode in ("P", "1"):
        return _kept_profile(image, "RGB")
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, or of numbers of any range, which Pillow itself would cut off at 255."""
    values = np.asarray(image)
    shallow = np.empty(values.shape, np.uint8)
    bands = [slice(top, top + _BAND) for top in range(0, len(values), _BAND)]  # all of it at once would take gigabytes

    def numbers(band: slice) -> NDArray[np.float64]:
        return np.nan_to_num(values[band].astype(np.float64))

    white = 65_535.0 if image.mode != "F" else max(1e-9, *(float(numbers(band).max()) for band in bands))
    for band in bands:
        shallow[band] = np.clip(numbers(band) / white * 255, 0, 255).round()
    return Image.fromarray(shallow)


def _kept_profile(image: Image.Image, mode: str) -> Image.Image:
    converted = image.convert(mode)
    converted.info["icc_profile"] = image.info.get("icc_profile")
    return converted


def _flat(image: Image.Image, notes: list[str]) -> Image.Image:
    """Without transparency: what is behind it is white."""
    if image.mode != "RGBA":
        return image
    behind = Image.new("RGBA", image.size, "white")
    behind.alpha_composite(image)
    if np.asarray(image.getchannel("A")).min() < 255:
        notes.append("Its transparent parts became white.")
    flat = behind.convert("RGB")
    flat.info["icc_profile"] = image.info.get("icc_profile")
    return flat


def _in_srgb(image: Image.Image) -> Image.Image:
    """In the colours that screens have. A profile that does not fit its picture is left out."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            done = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError):
            done = None
        if done is not None:
            return done
    return image.convert("RGB")
