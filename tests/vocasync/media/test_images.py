from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from vocasync.errors import PipelineError
from vocasync.media.images import LONGEST, encoded, look_at, open_picture

RED, BLUE = (200, 30, 40), (20, 40, 190)


def halves(width: int = 96, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Red to the left, blue to the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(PipelineError) as refused:
        open_picture(path, "me.png")
    assert re.search(r"“me.png” .+\. .*\b([Cc]hoose|[Ss]ave|[Ee]xport)\b", str(refused.value))  # it says what to do
    return refused.value.code


def near(pixel: Any, colour: tuple[int, int, int], within: int = 12) -> bool:
    return bool(np.abs(np.asarray(pixel, int) - colour).max() <= within)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 95, "subsampling": 0}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.avif", {"quality": 95}),
        ("a.tiff", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.bmp", {}),
        ("a.gif", {}),
    ],
)
def test_a_picture_is_read_whatever_kind_of_file_it_is_in(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    opened = open_picture(saved(tmp_path / name, halves(), **options), name)
    assert opened.picture.shape == (80, 96, 3)
    assert opened.picture.dtype == np.uint8
    assert opened.size == (96, 80)
    assert opened.notes == ()
    assert near(opened.picture[40, 10], RED)
    assert near(opened.picture[40, 85], BLUE)


def test_the_kind_is_told_by_what_is_inside_and_not_by_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.jpg", halves(), format="PNG")
    assert near(open_picture(path, "photo.jpg").picture[5, 5], RED, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_kind_of_pixel_comes_out_as_it_is_seen(tmp_path: Path, mode: str) -> None:
    grey = np.tile(np.linspace(0, 255, 96).round().astype(np.uint8), (80, 1))
    ramp = Image.fromarray(grey)
    if mode in ("I;16", "I"):
        ramp = Image.fromarray((grey.astype(np.uint16) * 257).astype(np.uint16 if mode == "I;16" else np.int32))
    elif mode == "F":
        ramp = Image.fromarray(grey.astype(np.float32) / 255)
    elif mode == "PA":
        ramp = ramp.convert("P").convert("PA")
    elif mode == "1":
        ramp = ramp.point(lambda value: 255 * (value > 127)).convert("1")
        grey = np.where(grey > 127, 255, 0).astype(np.uint8)
    else:
        ramp = ramp.convert(mode)
    suffix = "jpg" if mode == "YCbCr" else "tiff" if mode in ("CMYK", "F", "I", "PA") else "png"
    if mode == "PA":
        ramp = ramp.convert("LA")
    path = saved(tmp_path / f"a.{suffix}", ramp)
    picture = open_picture(path, path.name).picture
    assert picture.shape == (80, 96, 3)
    assert np.abs(picture.astype(int) - grey[:, :, None]).max() <= 4


def test_inks_of_a_printer_become_the_colours_that_they_print(tmp_path: Path) -> None:
    picture = open_picture(saved(tmp_path / "a.jpg", halves(mode="CMYK"), quality=98), "a.jpg").picture
    assert near(picture[40, 10], RED)
    assert near(picture[40, 85], BLUE)


def test_sixteen_bits_a_channel_keep_their_brightness(tmp_path: Path) -> None:
    """Pillow cannot write these, so they are written here: PNG, 16 bits, RGB."""
    row = b"\0" + struct.pack(">3H", *(channel * 257 for channel in RED)) * 64
    chunks = [
        (b"IHDR", struct.pack(">2I5B", 64, 64, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * 64)),
        (b"IEND", b""),
    ]
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks))
    assert near(open_picture(path, "a.png").picture[30, 30], RED, 1)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_comes_out_upright(tmp_path: Path, orientation: int) -> None:
    upright = halves()
    stored = {
        1: [], 2: ["FLIP_LEFT_RIGHT"], 3: ["ROTATE_180"], 4: ["FLIP_TOP_BOTTOM"], 5: ["TRANSPOSE"],
        6: ["ROTATE_90"], 7: ["TRANSVERSE"], 8: ["ROTATE_270"],
    }[orientation]  # fmt: skip
    turned = upright
    for step in stored:
        turned = turned.transpose(Image.Transpose[step])
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_picture(saved(tmp_path / "a.jpg", turned, quality=95, exif=exif), "a.jpg")
    assert opened.size == (96, 80)
    assert near(opened.picture[40, 10], RED, 20)
    assert near(opened.picture[40, 85], BLUE, 20)
    assert bool(opened.notes) is (orientation != 1)


def test_nothing_of_what_the_camera_knows_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secretcam"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    path = saved(tmp_path / "a.jpg", halves(), exif=exif, comment=b"taken at home")
    assert b"Secretcam" in path.read_bytes()
    kept = encoded(open_picture(path, "a.jpg").picture)
    assert b"Secretcam" not in kept
    with Image.open(io.BytesIO(kept)) as again:
        again.load()
        assert not again.info
        assert not again.getexif()


def test_what_is_transparent_becomes_white_and_that_is_said(tmp_path: Path) -> None:
    image = halves(mode="RGBA")
    image.paste((9, 9, 9, 0), (0, 0, 20, 80))
    opened = open_picture(saved(tmp_path / "a.png", image), "a.png")
    assert near(opened.picture[40, 5], (255, 255, 255), 0)
    assert near(opened.picture[40, 40], RED, 0)
    assert any("white" in note for note in opened.notes)


def test_colours_are_those_of_the_profile_that_comes_with_them(tmp_path: Path) -> None:
    """A profile whose red is the blue of screens, and the other way round."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
    for profile, seen in ((plain, RED), (swapped, RED[::-1]), (b"no profile at all", RED)):
        path = saved(tmp_path / "a.png", halves(), icc_profile=profile)
        assert near(open_picture(path, "a.png").picture[40, 10], seen, 12)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_large_photo_is_made_smaller_and_keeps_its_shape(tmp_path: Path, suffix: str) -> None:
    opened = open_picture(saved(tmp_path / f"a.{suffix}", halves(3000, 1500)), "a")
    assert opened.picture.shape == (LONGEST // 2, LONGEST, 3)
    assert opened.size == (3000, 1500)
    assert near(opened.picture[200, 100], RED)
    assert open_picture(tmp_path / f"a.{suffix}", "a", longest=300).picture.shape == (150, 300, 3)


def test_a_deep_picture_takes_no_more_memory_than_it_has_to(tmp_path: Path) -> None:
    """A few kilobytes of PNG may be 64 megapixels."""
    path = tmp_path / "deep.png"
    Image.fromarray(np.zeros((2000, 2000), np.uint16)).save(path)
    tracemalloc.start()
    open_picture(path, "deep.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2000 * 2000, "bytes a pixel"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"Dear sir or madam", "picture_unknown"),
        (b"<!doctype html><html><body>Not found</body></html>", "picture_unknown"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "picture_drawing"),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n<SVG width="9"></SVG>', "picture_drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), "picture_heic"),
        (b"%PDF-1.7\n%", "picture_unknown"),
        (b"\x89PNG\r\n\x1a\n", "picture_unknown"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "picture_unknown"),
        (b"GIF89a", "picture_unknown"),
    ],
)
def test_what_is_no_photo_is_refused_by_what_it_is(tmp_path: Path, content: bytes, code: str) -> None:
    if code == "picture_heic" and find_spec("pillow_heif") is not None:
        pytest.skip("HEIC can be read here")
    path = tmp_path / "me.png"
    path.write_bytes(content)
    assert refusal(path) == code


@pytest.mark.parametrize("size", [(1, 1), (63, 400), (400, 63), (1, 5000)])
def test_a_picture_of_a_few_pixels_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    assert refusal(saved(tmp_path / "me.png", Image.new("RGB", size))) == "picture_tiny"


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_a_moving_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    more = [halves().rotate(180)]
    path = saved(tmp_path / f"me.{suffix}", halves(), save_all=True, append_images=more, duration=100)
    assert refusal(path) == "picture_animated"
    with pytest.raises(PipelineError, match="moves"):
        look_at(path, path.name)


def test_a_jpeg_with_a_second_view_and_a_tiff_of_two_pages_show_their_first(tmp_path: Path) -> None:
    for path in (tmp_path / "a.mpo", tmp_path / "a.tiff"):
        saved(path, halves(), save_all=True, append_images=[Image.new("RGB", (96, 80))])
        assert near(open_picture(path, path.name).picture[40, 10], RED)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "bmp", "gif", "avif"])
def test_a_picture_that_ends_too_soon_is_refused(tmp_path: Path, suffix: str) -> None:
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 255, (200, 200, 3), np.uint8))
    whole = saved(tmp_path / f"whole.{suffix}", noise).read_bytes()
    for share in (0.2, 0.6, 0.9):
        path = tmp_path / f"me.{suffix}"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert refusal(path) in ("picture_damaged", "picture_unknown")


def test_a_file_that_unpacks_to_more_than_memory_is_refused_by_its_header(tmp_path: Path) -> None:
    header = struct.pack(">2I5B", 200_000, 200_000, 8, 2, 0, 0, 0)
    path = tmp_path / "me.png"
    content = zlib.compress(bytes(10_000_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b""))
    assert refusal(path) == "picture_huge"


@pytest.mark.parametrize("side", [8100, 9600])
def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path, side: int) -> None:
    """In a process of its own, whose peak of memory tells: unpacked, it would take hundreds of megabytes."""
    path = tmp_path / "me.png"
    rows = zlib.compress(bytes(side + 1) * side, 9)
    header = struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    assert path.stat().st_size < 200_000
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom vocasync.media.images import open_picture\n"
        "from vocasync.errors import PipelineError\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    open_picture(Path(sys.argv[1]), 'me.png')\nexcept PipelineError as error:\n    print(error.code)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    code, grown = done.stdout.split()
    assert code == "picture_huge"
    assert int(grown) < 20_000  # kilobytes


def test_text_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    comment = b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    whole = saved(tmp_path / "whole.png", halves()).read_bytes()
    path = tmp_path / "me.png"
    path.write_bytes(whole[:33] + chunk(b"zTXt", comment) + whole[33:])
    assert refusal(path) in ("picture_damaged", "picture_unknown")
