"""Whether a picture can be made to speak: which faces are in it, what is wrong with each, and what to do about it.

Limits were set on some 150 faces of photos that people publish, on the same ones blurred, darkened, covered and made
smaller, and on animals. What is caught of animals: cats, birds and monkeys are not seen as faces at all; dogs are seen,
with less certainty than any person was. A drawing or a doll passes where it looks enough like a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from vocasync.engines.base import FaceFinder
from vocasync.errors import PipelineError
from vocasync.media.images import Opened
from vocasync.types import JSON, Face, Picture

if TYPE_CHECKING:
    from vocasync.stages.faces import Measures

Severity = Literal["refuse", "warn"]

SEVERAL = "several_faces"
"""The code of the problem that goes when one of the faces is picked."""

MOST = 12
"""Faces of a picture that are told of, at most."""

_RIVAL_SCORE, _RIVAL_HEIGHT = 0.75, 0.35  # of another face that might be meant as well: score, height to the largest
_HUMAN_SCORE, _HUMAN_MESH = 0.74, 0.97
_SMALLEST, _SMALL = 36.0, 60.0
_TURNED, _YAW, _ROLL = 0.40, 18.0, 30.0
_BLURRED, _SOFT = 0.27, 0.40
_BLACK, _DARK = 20.0, 32.0
_WHITE, _BRIGHT = 0.4, 0.05
_SHUT, _HALF_SHUT = 0.155, 0.185
_HIDDEN = 0.12
_NO_LIPS, _FOREIGN = 0.035, 0.62
_OUTSIDE = 0.02
_DOUBTS = frozenset({"too_dark", "too_bright", "blurred"})
"""What makes a person's face uncertain as well: it is refused for that, and not for being no person's."""


@dataclass(frozen=True, slots=True)
class FaceProblem:
    """Something that keeps a face from speaking (``refuse``) or from doing it well (``warn``). text: what is the case;
    advice: what to do; both sentences for the person."""

    code: str
    severity: Severity
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of a picture, in its pixels. landmarks: x and y of the 468 points."""

    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    problems: tuple[FaceProblem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it can be made to speak."""
        return all(problem.severity != "refuse" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class PortraitReport:
    """What was found in a picture. size: its width and height, as it is worked with. faces: the surest and largest
    first. chosen: which of them is to speak, None while that is open. problems: of the picture as a whole. outlines:
    numbers of landmarks that make closed lines, to draw them by. notes: what was done to the picture."""

    size: tuple[int, int]
    faces: tuple[SeenFace, ...] = ()
    chosen: int | None = None
    problems: tuple[FaceProblem, ...] = ()
    outlines: tuple[tuple[int, ...], ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    @property
    def concerns(self) -> tuple[FaceProblem, ...]:
        """What is to be said: of the picture, and of the face that is to speak."""
        return self.problems + (self.faces[self.chosen].problems if self.chosen is not None else ())

    @property
    def usable(self) -> bool:
        """Whether the portrait can speak as it is."""
        return self.chosen is not None and all(problem.severity != "refuse" for problem in self.concerns)

    @property
    def advice(self) -> str:
        """What to do first, "" where nothing is wrong."""
        ordered = sorted(self.concerns, key=lambda problem: problem.severity != "refuse")
        return f"{ordered[0].text} {ordered[0].advice}".strip() if ordered else ""

    def as_json(self) -> JSON:
        """Plain values, which can be stored; :func:`report_of` reads them. ``usable`` and ``advice`` are among them."""
        return {**asdict(self), "usable": self.usable, "advice": self.advice}

    def choosing(self, chosen: int) -> PortraitReport:
        """The same when this face is picked. Raises ``face_unknown``."""
        if not 0 <= chosen < len(self.faces):
            raise PipelineError("face_unknown", count=len(self.faces))
        return replace(self, chosen=chosen, problems=tuple(one for one in self.problems if one.code != SEVERAL))


def report_of(stored: JSON) -> PortraitReport:
    """The report that :meth:`PortraitReport.as_json` gave."""
    faces = tuple(
        SeenFace(tuple(face["box"]), tuple((x, y) for x, y in face["landmarks"]), _problems(face["problems"]))
        for face in stored["faces"]
    )
    width, height = stored["size"]
    outlines = tuple(tuple(line) for line in stored["outlines"])
    problems, notes = _problems(stored["problems"]), tuple(stored["notes"])
    return PortraitReport((width, height), faces, stored["chosen"], problems, outlines, notes)


def check(opened: Opened, finder: FaceFinder, chosen: int | None = None) -> PortraitReport:
    """Look at a picture. ``chosen``: which of its faces is to speak, where somebody has said so; without that, the only
    one. Raises ``face_unknown`` where there is no such face."""
    from vocasync.stages.faces import OUTLINES

    picture = opened.picture
    found = finder.faces(picture)[:MOST]
    if chosen is not None and not 0 <= chosen < len(found):
        raise PipelineError("face_unknown", count=len(found))
    faces = tuple(_seen(picture, face, finder) for face in found)
    problems = _of_all(found, chosen)
    if chosen is None and found and not problems:
        chosen = 0
    height, width = picture.shape[:2]
    return PortraitReport((width, height), faces, chosen, problems, OUTLINES, opened.notes)


def read_face(picture: Picture, finder: FaceFinder, chosen: int = 0) -> Face:
    """The face of a picture that was looked at before, by its number in the report. Raises ``face_unknown``."""
    found = finder.faces(picture)
    if not 0 <= chosen < len(found):
        raise PipelineError("face_unknown", count=len(found))
    return found[chosen]


def drawn(picture: Picture, report: PortraitReport) -> Picture:
    """The picture with what was found in it drawn on: points and outlines of each face, the chosen one in green."""
    import cv2

    canvas = picture.copy()
    for number, face in enumerate(report.faces):
        colour = (80, 220, 120) if number == report.chosen else (250, 190, 60)
        points = np.array(face.landmarks)
        wide = max(1, round((face.box[2] - face.box[0]) / 250))
        for line in report.outlines:
            places = np.round(points[list(line)] * 16).astype(np.int32)
            cv2.polylines(canvas, [places], True, colour, wide, cv2.LINE_AA, shift=4)
        for x, y in np.round(points * 16).astype(int):
            cv2.circle(canvas, (int(x), int(y)), 12 * wide, colour, -1, cv2.LINE_AA, shift=4)
    return canvas


def _problems(stored: Sequence[JSON]) -> tuple[FaceProblem, ...]:
    return tuple(FaceProblem(**problem) for problem in stored)


def _of_all(found: Sequence[Face], chosen: int | None) -> tuple[FaceProblem, ...]:
    if not found:
        text = "No face was found in this picture."
        advice = (
            "Choose a photo in which one face is large, seen from the front and in good light, and not covered by a "
            "mask, a hand or hair."
        )
        return (FaceProblem("no_face", "refuse", text, advice),)
    tallest = max(face.box[3] - face.box[1] for face in found)
    rivals = [
        face for face in found if face.score >= _RIVAL_SCORE and face.box[3] - face.box[1] >= _RIVAL_HEIGHT * tallest
    ]
    if chosen is None and len(rivals) > 1:
        text, advice = f"There are {len(rivals)} faces in this picture.", "Pick the one that is to speak."
        return (FaceProblem(SEVERAL, "refuse", text, advice),)
    return ()


def _seen(picture: Picture, face: Face, finder: FaceFinder) -> SeenFace:
    from vocasync.stages.faces import measured

    measures = measured(picture, face, max(finder.eyes(picture, face)))
    problems = [problem for look in _LOOKS if (problem := look(face, measures)) is not None]
    if any(problem.code in _DOUBTS for problem in problems):
        problems = [problem for problem in problems if problem.code != "not_human"]
    left, top, right, bottom = (round(value, 1) for value in face.box)
    landmarks = tuple((round(float(x), 1), round(float(y), 1)) for x, y in face.landmarks[:, :2])
    return SeenFace((left, top, right, bottom), landmarks, tuple(problems))


def _not_human(face: Face, measures: Measures) -> FaceProblem | None:
    if face.score >= _HUMAN_SCORE and face.mesh_score >= _HUMAN_MESH:
        return None
    text = "This does not look like the face of a person."
    advice = "Choose a photo of a person; if it is one, choose another photo, without anything before the face."
    return FaceProblem("not_human", "refuse", text, advice)


def _cut_off(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.needed and not measures.outside:
        return None
    if measures.needed and measures.outside < _OUTSIDE:
        text, advice = (
            "The edge of the picture touches the face.",
            "A photo with some room around the head looks better.",
        )
        return FaceProblem("cut_off", "warn", text, advice)
    text, advice = "The edge of the picture cuts the face off.", "Choose a photo that shows the whole head."
    return FaceProblem("cut_off", "refuse", text, advice)


def _size(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.apart >= _SMALL:
        return None
    if measures.apart >= _SMALLEST:
        text = "The face is small in this picture, so the lips will look soft."
        return FaceProblem("small", "warn", text, "A photo that shows the face larger looks better.")
    text = f"The face is too small: the eyes are {measures.apart:.0f} pixels apart, and {_SMALLEST:.0f} are needed."
    return FaceProblem("too_small", "refuse", text, "Crop the photo around the head, or choose one taken closer.")


def _side(face: Face, measures: Measures) -> FaceProblem | None:
    if abs(measures.turned) <= _TURNED and abs(measures.yaw) <= _YAW:
        return None
    text = "The face is turned to the side."
    return FaceProblem("side_angle", "refuse", text, "Choose a photo in which the person looks into the camera.")


def _tilt(face: Face, measures: Measures) -> FaceProblem | None:
    if abs(measures.roll) <= _ROLL:
        return None
    text = f"The head is tilted by {abs(measures.roll):.0f} degrees."
    return FaceProblem("tilted", "refuse", text, "Turn the photo so that the head is upright, or choose another one.")


def _light(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.light < _BLACK:
        text = "The face is too dark to be seen."
        return FaceProblem("too_dark", "refuse", text, "Choose a photo in which light falls onto the face.")
    if measures.glare > _WHITE:
        text = "The face is overexposed: most of it is white."
        return FaceProblem("too_bright", "refuse", text, "Choose a photo taken in softer light.")
    if measures.light < _DARK:
        return FaceProblem("dark", "warn", "The face is rather dark.", "A photo taken in more light looks better.")
    if measures.glare > _BRIGHT:
        text = "Parts of the face are overexposed."
        return FaceProblem("bright", "warn", text, "A photo taken in softer light looks better.")
    return None


def _sharpness(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.sharpness >= _SOFT:
        return None
    if measures.sharpness >= _BLURRED:
        text = "The face is not quite sharp."
        return FaceProblem("soft", "warn", text, "A sharper photo looks better.")
    text = "The face is blurred."
    return FaceProblem("blurred", "refuse", text, "Choose a photo that is in focus and was taken with a steady hand.")


def _mouth(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.lips >= _NO_LIPS and measures.foreign <= _FOREIGN:
        return None
    text = "The mouth is covered or cannot be made out."
    advice = "Choose a photo that shows the whole mouth, without a mask or a hand before it."
    return FaceProblem("mouth_covered", "refuse", text, advice)


def _eyes(face: Face, measures: Measures) -> FaceProblem | None:
    if measures.lens < _HIDDEN:
        text = "The eyes cannot be seen, as behind dark glasses, so they will not blink well."
        return FaceProblem("eyes_hidden", "warn", text, "A photo that shows the eyes looks better.")
    if measures.eyes < _SHUT:
        text = "The eyes are closed."
        return FaceProblem("eyes_closed", "refuse", text, "Choose a photo with open eyes.")
    if measures.eyes < _HALF_SHUT:
        return FaceProblem("eyes_narrow", "warn", "The eyes are half closed.", "A photo with open eyes looks better.")
    return None


_LOOKS: tuple[Callable[[Face, Measures], FaceProblem | None], ...] = (
    _not_human, _cut_off, _size, _side, _tilt, _light, _sharpness, _mouth, _eyes,
)  # fmt: skip
