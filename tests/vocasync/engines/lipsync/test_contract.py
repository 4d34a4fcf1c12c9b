"""What every lip sync engine promises: drawn lips as they are, networks with tiny checkpoints of random weights.

What only training gives (a mouth that looks like one) is asked of nobody here; that what is heard makes a difference,
and that everything else does not, of all.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vocasync.engines.lipsync.makers import FPS, MAKERS, Cast, anybody, scene, somebody, talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, EngineSpec, LipSync, Scene
from vocasync.errors import Cancelled
from vocasync.progress import Silent
from vocasync.types import Audio, Face, Picture

FRAMES = 12
Seen = tuple[Picture, Face | None]


class Told:
    """Who listens, and has enough after ``enough`` checks."""

    def __init__(self, enough: int = 1_000_000) -> None:
        self.fractions: list[float] = []
        self.left = enough

    def report(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.fixture(scope="module", params=MAKERS)
def row(request: pytest.FixtureRequest) -> EngineSpec:
    found = registry.spec("lipsync", request.param)
    lacking = [package for package in found.needs.packages if find_spec(package) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)} ({found.needs.step})")
    return found


@pytest.fixture(scope="module")
def engine(row: EngineSpec, tmp_path_factory: pytest.TempPathFactory) -> LipSync:
    config = MAKERS[row.name](tmp_path_factory.mktemp(row.name))
    loaded = registry.load("lipsync", row.name, config)
    assert isinstance(loaded, LipSync)
    return loaded


@pytest.fixture(scope="module")
def quick(row: EngineSpec) -> dict[str, float]:
    """Settings with which the engine is quickest."""
    return {one.name: one.low for one in row.settings if one.name == "ddim_steps"}


@pytest.fixture(scope="module")
def cast(row: EngineSpec, request: pytest.FixtureRequest) -> Cast:
    """Who speaks: a real face for an engine that needs one."""
    if row.kind == "neural":
        return anybody()
    return portrait(request.getfixturevalue("shared_media"))


def portrait(media: Path) -> Cast:
    picture = np.ascontiguousarray(cv2.imread(str(media / "derived" / "grid_id2_vcd_swwp2s.portrait.png"))[..., ::-1])
    (face,) = registry.load("face", "mesh", EngineConfig()).faces(picture)
    return somebody(picture, face)


def same(one: Iterable[Picture], two: Iterable[Picture]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def check_pictures(pictures: list[Picture], cast: Cast, frames: int = FRAMES) -> None:
    assert len(pictures) == frames
    assert {(one.shape, one.dtype) for one in pictures} == {(cast.at(0)[0].shape, np.dtype(np.uint8))}


def test_every_engine_is_asked_to_keep_its_promises() -> None:
    assert {row.name for row in registry.specs("lipsync")} == set(MAKERS)


def test_its_row_says_on_what_terms_it_runs(row: EngineSpec, engine: LipSync) -> None:
    assert row.licence
    assert row.tried or not row.needs.weights
    assert row.about
    assert engine.name == row.name
    assert engine.version


def test_a_still_speaks_for_as_many_frames_as_the_scene_has(
    engine: LipSync, cast: Cast, quick: dict[str, float]
) -> None:
    picture, face = cast.at(0)
    made = list(engine.still(picture, face, scene(talk(), FRAMES, **quick), Silent()))
    check_pictures(made, cast)
    assert np.array_equal(picture, cast.at(0)[0]), "what was given is left alone"
    assert not same(made[1:], made[:-1]), "it moves"


def test_in_a_still_eyes_blink_and_the_head_moves(engine: LipSync, quick: dict[str, float], shared_media: Path) -> None:
    cast = portrait(shared_media)
    picture, face = cast.at(0)
    asked = scene(np.zeros(0, np.float32), 3, **quick)
    blink, head = np.array([0, 1, 0], np.float32), np.zeros((3, 6), np.float32)
    head[2, 0] = 0.05
    alive = replace(asked, performance=replace(asked.performance, blink=blink, head=head))
    top, bottom = (round(face.landmarks[place, 1]) for place in (10, 197))
    before, shut, turned = (one[top:bottom] for one in engine.still(picture, face, alive, Silent()))
    assert np.array_equal(before, picture[top:bottom])
    assert not np.array_equal(shut, before)
    assert not np.array_equal(turned, before)


def test_each_frame_of_a_video_comes_out_once(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    made = list(engine.moving(cast.seen(FRAMES), scene(talk(), FRAMES, **quick), Silent()))
    check_pictures(made, cast)
    for number, (one, (given, _)) in enumerate(zip(made, cast.seen(FRAMES), strict=True)):
        assert not np.array_equal(one, given), f"frame {number} was left as it is"


def test_what_lies_outside_the_face_is_untouched(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    made = engine.moving(cast.seen(FRAMES), scene(talk(), FRAMES, smoothing=1, **quick), Silent())
    for one, (given, face) in zip(made, cast.seen(FRAMES), strict=True):
        assert face is not None
        left, top, right, bottom = (round(side) for side in face.box)
        outside = np.ones(given.shape[:2], bool)
        outside[top : bottom + cast.below, left:right] = False
        assert np.array_equal(one[outside], given[outside])


@pytest.mark.parametrize("gaps", [{0}, {4, 5, 6}, {FRAMES - 1}, set(range(FRAMES))])
def test_frames_without_a_face_come_out_as_they_are(
    engine: LipSync, cast: Cast, quick: dict[str, float], gaps: set[int]
) -> None:
    made = list(engine.moving(cast.seen(FRAMES, gaps), scene(talk(), FRAMES, **quick), Silent()))
    check_pictures(made, cast)
    left = {number for number, one in enumerate(made) if np.array_equal(one, cast.at(number)[0])}
    assert left == gaps


def test_the_same_again_is_the_same(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    asked = scene(talk(), FRAMES, **quick)
    assert same(*(list(engine.moving(cast.seen(FRAMES), asked, Silent())) for _ in range(2)))


def test_frames_do_not_depend_on_how_many_are_made_at_once(
    engine: LipSync, cast: Cast, quick: dict[str, float]
) -> None:
    one, five = (
        list(engine.moving(cast.seen(FRAMES, {3}), scene(talk(), FRAMES, batch=batch, **quick), Silent()))
        for batch in (1, 5)
    )
    assert max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(one, five, strict=True)) <= 1


def test_other_speech_gives_another_mouth(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    asked = (scene(talk(), FRAMES, **quick), scene(talk()[12_000:], FRAMES, **quick))
    assert not same(*(list(engine.still(*cast.at(0), one, Silent())) for one in asked))


def test_silence_keeps_the_mouth_still(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    made = list(engine.still(*cast.at(0), scene(np.zeros(0, np.float32), FRAMES, **quick), Silent()))
    check_pictures(made, cast)
    assert same(made[1:], made[:-1])


def test_sound_that_is_no_number_is_silence(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    silent = scene(np.zeros(0, np.float32), FRAMES, **quick)
    broken = replace(silent, speech=Audio(np.full_like(silent.speech.samples, np.nan), silent.speech.rate))
    assert same(*(list(engine.still(*cast.at(0), one, Silent())) for one in (silent, broken)))


def test_speech_shorter_than_a_frames_window_is_spoken(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    check_pictures(list(engine.still(*cast.at(0), scene(talk(), 2, **quick), Silent())), cast, 2)


def test_no_frames_are_no_frames(engine: LipSync) -> None:
    assert not list(engine.moving(iter(()), scene(talk(), 0), Silent()))


@pytest.mark.parametrize("fps", [12.5, 29.97, 60.0])
def test_any_rate_will_do(engine: LipSync, cast: Cast, quick: dict[str, float], fps: float) -> None:
    check_pictures(list(engine.moving(cast.seen(3), scene(talk(), 3, fps, **quick), Silent())), cast, 3)


def test_whoever_listens_is_told_how_far_it_is(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    told = Told()
    list(engine.moving(cast.seen(FRAMES), scene(talk(), FRAMES, batch=4, **quick), told))
    assert len(set(told.fractions)) >= 3
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[-1] == 1.0


def test_who_has_seen_enough_ends_it(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    given = 0

    def counted() -> Iterator[Seen]:
        nonlocal given
        for one in cast.seen(100):
            given += 1
            yield one

    with pytest.raises(Cancelled):
        list(engine.moving(counted(), scene(talk(), 100, batch=4, **quick), Told(enough=2)))
    assert given <= 8


def test_memory_does_not_grow_with_the_frames(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    def peak(frames: int) -> int:
        asked: Scene = scene(talk(), frames, batch=4, **quick)
        tracemalloc.start()
        for _ in engine.moving(cast.seen(frames), asked, Silent()):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(4)  # what is made once
    assert peak(cast.many) < peak(cast.few) + 4 * cast.at(0)[0].nbytes


def test_far_more_speech_than_frames_is_no_matter(engine: LipSync, cast: Cast, quick: dict[str, float]) -> None:
    asked = scene(talk(), FRAMES, **quick)
    longer = replace(asked, speech=scene(talk(), round(FPS * 3)).speech)
    assert same(
        list(engine.still(*cast.at(0), asked, Silent()))[:4],
        list(engine.still(*cast.at(0), longer, Silent()))[:4],
    )
