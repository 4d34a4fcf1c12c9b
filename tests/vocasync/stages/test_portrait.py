from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync import portraits
from vocasync.engines.base import EngineConfig
from vocasync.engines.face.mesh import BlazeMesh, create
from vocasync.errors import PipelineError
from vocasync.media.images import Opened, open_picture
from vocasync.stages.portrait import PortraitReport, check, drawn, read_face, report_of
from vocasync.types import Face, Picture

Sitter = tuple[Picture, Face]


@pytest.fixture(scope="module")
def finder() -> BlazeMesh:
    return create(EngineConfig())


@pytest.fixture(scope="module", params=[portraits.astronaut, portraits.speaker], ids=["astronaut", "speaker"])
def sitter(request: pytest.FixtureRequest, shared_media: Path, finder: BlazeMesh) -> Sitter:
    """A portrait whose face is large enough, and the face."""
    picture = portraits.scaled(request.param(shared_media), 1.8)
    (face,) = finder.faces(picture)
    return picture, face


@pytest.fixture(scope="module")
def woman(shared_media: Path, finder: BlazeMesh) -> Sitter:
    picture = portraits.astronaut(shared_media)
    return picture, finder.faces(picture)[0]


def looked_at(picture: Picture, finder: BlazeMesh, chosen: int | None = None) -> PortraitReport:
    height, width = picture.shape[:2]
    return check(Opened(np.ascontiguousarray(picture), (width, height)), finder, chosen)


def codes(report: PortraitReport) -> set[str]:
    return {problem.code for problem in report.concerns}


def test_portraits_of_people_are_accepted_as_they_come(shared_media: Path, finder: BlazeMesh) -> None:
    for name in ("scikit-image/astronaut.png", "derived/grid_id2_vcd_swwp2s.portrait.png"):
        report = check(open_picture(shared_media / name, name), finder)
        assert report.usable, report.advice
        assert codes(report) == {"small"}  # their eyes are some 45 pixels apart
        assert report.chosen == 0


def test_a_portrait_that_is_large_and_sharp_has_nothing_said_against_it(woman: Sitter, finder: BlazeMesh) -> None:
    report = looked_at(portraits.scaled(woman[0], 1.5), finder)
    assert (report.usable, report.concerns, report.advice) == (True, (), "")
    assert len(report.faces[0].landmarks) == 468


@pytest.mark.parametrize("name", ["bbaf2n", "pwij3p", "id2_vcd_swwp2s"])
def test_frames_of_people_who_speak_are_accepted(
    shared_media: Path, finder: BlazeMesh, tmp_path: Path, name: str
) -> None:
    source, frame = shared_media / f"LipNet/{name}.mpg", tmp_path / "frame.png"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", source, "-frames:v", "1", str(frame)], check=True)
    report = check(open_picture(frame, "frame.png"), finder)
    assert report.usable, report.advice


def test_a_cat_has_no_face_that_could_speak(shared_media: Path, finder: BlazeMesh) -> None:
    report = check(open_picture(shared_media / "scikit-image/chelsea.png", "chelsea.png"), finder)
    assert not report.usable
    assert codes(report) == {"no_face"}
    assert (report.faces, report.chosen) == ((), None)


def test_what_is_seen_with_little_certainty_is_not_taken_for_a_person(woman: Sitter, finder: BlazeMesh) -> None:
    """As dogs are: a crude drawing of a face, which the detector takes for one half-heartedly if at all."""
    picture = np.full((400, 400, 3), (214, 170, 140), np.uint8)
    for x, y, across, down, colour in (
        (140, 160, 34, 16, 40), (260, 160, 34, 16, 40), (200, 230, 16, 26, 120), (200, 300, 70, 12, 60),
    ):  # fmt: skip
        outline = [(x + across * np.cos(a), y + down * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)]
        picture = portraits.painted(picture, np.array(outline), (colour, colour, colour), 2.0)
    report = looked_at(np.pad(picture, ((100, 100), (100, 100), (0, 0)), mode="edge"), finder)
    assert not report.usable
    assert codes(report) & {"no_face", "not_human"}


@pytest.mark.parametrize(
    "change",
    [
        lambda picture, face: picture[:, ::-1],
        lambda picture, face: np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
        lambda picture, face: portraits.turned(picture, 15),
        lambda picture, face: portraits.lighter(picture, 0.55),
        lambda picture, face: portraits.blurred(picture, face, 0.01),
        lambda picture, face: np.pad(picture, ((200, 90), (150, 300), (0, 0)), constant_values=255),
    ],
    ids=["mirrored", "grey", "a little tilted", "darker", "a little soft", "with a frame"],
)
def test_what_does_no_harm_is_accepted(
    sitter: Sitter, finder: BlazeMesh, change: Callable[[Picture, Face], Picture]
) -> None:
    report = looked_at(change(*sitter), finder)
    assert report.usable, report.advice


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("mouth_covered", portraits.covered),
        ("mouth_covered", lambda picture, face: portraits.covered(picture, face, (90, 140, 190))),
        ("mouth_covered", lambda picture, face: portraits.covered(picture, face, (25, 25, 28))),
        ("eyes_closed", portraits.shut),
        ("blurred", lambda picture, face: portraits.blurred(picture, face, 0.06)),
        ("too_dark", lambda picture, face: portraits.lighter(picture, 0.15)),
        ("too_bright", lambda picture, face: portraits.lighter(picture, 2.8)),
        ("tilted", lambda picture, face: portraits.turned(picture, 38)),
        ("side_angle", lambda picture, face: portraits.swung(picture, face, 35)),
        ("side_angle", lambda picture, face: portraits.swung(picture, face, -35)),
        ("cut_off", lambda picture, face: picture[:, round(face.landmarks[4, 0]) :]),
        ("cut_off", lambda picture, face: picture[: round(face.landmarks[17, 1])]),
    ],
)
def test_what_could_not_speak_is_refused_and_told_why(
    sitter: Sitter, finder: BlazeMesh, code: str, change: Callable[[Picture, Face], Picture]
) -> None:
    report = looked_at(change(*sitter), finder)
    assert not report.usable
    assert code in codes(report), codes(report)
    assert report.advice


@pytest.mark.parametrize(("span", "code"), [(12, "too_small"), (24, "too_small"), (42, "small"), (70, None)])
def test_small_faces_are_refused_or_warned_of(woman: Sitter, finder: BlazeMesh, span: int, code: str | None) -> None:
    picture, face = woman
    apart = np.linalg.norm(face.landmarks[[33, 133], :2].mean(axis=0) - face.landmarks[[263, 362], :2].mean(axis=0))
    report = looked_at(portraits.scaled(picture, span / float(apart)), finder)
    assert (codes(report) & {"too_small", "small"}) == ({code} if code else set())
    assert report.usable is (code != "too_small")


def test_eyes_behind_dark_glasses_are_only_warned_of(sitter: Sitter, finder: BlazeMesh) -> None:
    report = looked_at(portraits.shaded(*sitter), finder)
    assert "eyes_hidden" in codes(report)


def test_of_several_faces_one_has_to_be_picked(shared_media: Path, finder: BlazeMesh) -> None:
    both = portraits.beside(portraits.astronaut(shared_media), portraits.scaled(portraits.speaker(shared_media), 1.4))
    report = looked_at(both, finder)
    assert not report.usable
    assert report.chosen is None
    assert [problem.code for problem in report.problems] == ["several_faces"]
    assert len(report.faces) == 2
    for number, face in enumerate(report.faces):
        picked = looked_at(both, finder, number)
        assert picked.usable
        assert picked.chosen == number
        assert picked.faces[number].box == face.box
        read = read_face(both, finder, number)
        assert np.allclose(np.array(face.landmarks), read.landmarks[:, :2], atol=0.1)


def test_a_small_face_in_the_background_does_not_count(woman: Sitter, finder: BlazeMesh) -> None:
    picture = portraits.scaled(woman[0], 1.8)
    small = portraits.scaled(woman[0][:252, 100:352], 0.5)
    picture = np.concatenate([picture, np.full((len(picture), 200, 3), 90, np.uint8)], axis=1)
    picture[40 : 40 + len(small), -160 : -160 + small.shape[1]] = small
    report = looked_at(picture, finder)
    assert report.usable, report.advice
    assert report.chosen == 0


def test_a_face_that_is_not_there_cannot_be_picked(woman: Sitter, finder: BlazeMesh) -> None:
    for chosen in (-1, 1, 7):
        with pytest.raises(PipelineError) as refused:
            looked_at(woman[0], finder, chosen)
        assert refused.value.code == "face_unknown"
        with pytest.raises(PipelineError):
            read_face(woman[0], finder, chosen)


def test_a_picture_of_nothing_says_what_to_do(finder: BlazeMesh) -> None:
    report = looked_at(np.full((300, 200, 3), 140, np.uint8), finder)
    assert codes(report) == {"no_face"}
    assert "from the front" in report.advice


def test_a_report_can_be_stored_and_comes_back_the_same(sitter: Sitter, finder: BlazeMesh) -> None:
    report = looked_at(portraits.shut(*sitter), finder)
    stored = json.dumps(report.as_json())
    assert report_of(json.loads(stored)) == report
    for problem in report.concerns:
        assert re.fullmatch(r"[A-Z].*\.", problem.text)
        assert re.fullmatch(r"[A-Z].*\.", problem.advice)


def test_what_was_found_is_drawn_on_and_nothing_else_changes(sitter: Sitter, finder: BlazeMesh) -> None:
    picture, face = sitter
    report = looked_at(picture, finder)
    shown = drawn(picture, report)
    changed = (shown != picture).any(axis=2)
    left, top, right, bottom = (round(value) for value in face.box)
    assert changed[top:bottom, left:right].mean() > 0.1
    changed[top - 8 : bottom + 8, left - 8 : right + 8] = False
    assert not changed.any()
