"""Real portraits, and what people do to theirs: made from the pictures of the shared folder."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import griddata

from vocasync.types import Face, Picture

EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
LOWER_LIDS = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (263, 249, 390, 373, 374, 380, 381, 382, 362))


def opened(path: Path) -> Picture:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def astronaut(media: Path) -> Picture:
    """A woman who smiles at the camera, 512 by 512."""
    return opened(media / "scikit-image/astronaut.png")


def speaker(media: Path) -> Picture:
    """A man before a blue wall, 360 by 288."""
    return opened(media / "derived/grid_id2_vcd_swwp2s.portrait.png")


def beside(one: Picture, other: Picture) -> Picture:
    """Two pictures side by side."""
    height = max(len(one), len(other))
    parts = [np.pad(part, ((0, height - len(part)), (0, 0), (0, 0)), mode="edge") for part in (one, other)]
    return np.concatenate(parts, axis=1)


def scaled(picture: Picture, factor: float) -> Picture:
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=kind), np.uint8)


def turned(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def blurred(picture: Picture, face: Face, share: float) -> Picture:
    """Out of focus. share: standard deviation, of the distance of the eyes."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), share * face.inter_ocular), np.uint8)


def lighter(picture: Picture, factor: float) -> Picture:
    return np.clip(picture * factor, 0, 255).astype(np.uint8)


def covered(picture: Picture, face: Face, colour: tuple[int, int, int] | None = None) -> Picture:
    """The mouth behind a rectangle, of the colour of the skin where none is given."""
    points, span = face.landmarks[:, :2], face.inter_ocular
    along = (points[263] - points[33]) / span
    down = np.array([-along[1], along[0]])
    middle = (points[61] + points[291]) / 2
    corners = [
        middle + a * 0.5 * span * along + b * 0.28 * span * down for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    return painted(picture, np.array(corners), colour or skin(picture, face), span * 0.02)


def shut(picture: Picture, face: Face) -> Picture:
    """Closed eyes: skin over them, and lashes along the lower lid."""
    result, tone = picture, skin(picture, face)
    for eye, lid in zip(EYES, LOWER_LIDS, strict=True):
        outline = face.landmarks[list(eye), :2]
        outline = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * 1.25
        result = painted(result, outline, tone, face.inter_ocular * 0.015).copy()
        lashes = np.round(face.landmarks[list(lid), :2]).astype(np.int32)
        dark = tuple(round(value * 0.45) for value in tone)
        cv2.polylines(result, [lashes], False, dark, max(1, round(face.inter_ocular * 0.025)), cv2.LINE_AA)
    return result


def shaded(picture: Picture, face: Face) -> Picture:
    """Dark glasses."""
    result = picture.copy()
    for eye in EYES:
        outline = face.landmarks[list(eye), :2]
        x, y = (round(float(value)) for value in outline.mean(axis=0))
        across, down = (round(float(value) * 0.9) for value in np.ptp(outline, axis=0))
        cv2.ellipse(result, (x, y), (across, down), 0, 0, 360, (15, 15, 18), -1, cv2.LINE_AA)
    return result


def swung(picture: Picture, face: Face, degrees: float) -> Picture:
    """The head turned to the side, with the depth that the mesh gives it."""
    height, width = picture.shape[:2]
    points = face.landmarks
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    depth = griddata(points[:, :2], points[:, 2], (columns, rows), "linear")
    away = griddata(points[:, :2], points[:, 2], (columns, rows), "nearest")
    depth = cv2.GaussianBlur(np.where(np.isnan(depth), away, depth).astype(np.float32), (0, 0), face.inter_ocular / 20)
    middle, angle = points[:, 0].mean(), math.radians(degrees)
    source = columns.astype(np.float32)
    for _ in range(8):  # where does what is seen here come from: the depth is that of the place it comes from
        there = cv2.remap(depth, source, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        source = (middle + (columns - middle - there * math.sin(angle)) / math.cos(angle)).astype(np.float32)
    turned_rows = rows.astype(np.float32)
    return np.asarray(
        cv2.remap(picture, source, turned_rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def painted(picture: Picture, outline: NDArray[np.float64], colour: tuple[int, int, int], soft: float) -> Picture:
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1.0,))
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)[..., None]
    return np.clip(picture * (1 - mask) + np.array(colour, np.float32) * mask, 0, 255).astype(np.uint8)


def skin(picture: Picture, face: Face) -> tuple[int, int, int]:
    """The colour of a cheek."""
    x, y = (round(float(value)) for value in face.landmarks[50, :2])
    reach = max(2, round(face.inter_ocular * 0.08))
    red, green, blue = np.median(picture[y - reach : y + reach, x - reach : x + reach].reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)
