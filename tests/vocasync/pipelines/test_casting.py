"""What a speaker's own voice is cut from, before and after hand edits; what decides how everybody sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from vocasync.pipelines.casting import Role, pools, roles
from vocasync.types import Region, Segment, SpeakerVoice, Turn, VoiceKind, VoiceReference

Pairs = list[tuple[Segment, Segment]]
SECONDS = 4.0


def pairs(found: Sequence[int], edited: Sequence[int] | None = None) -> Pairs:
    """Segments of four seconds, by who speaks in them."""
    before = [
        Segment(index, 5.0 * index, 5.0 * index + SECONDS, "x", speaker=speaker) for index, speaker in enumerate(found)
    ]
    return [
        (one, replace(one, speaker=speaker))
        for one, speaker in zip(before, found if edited is None else edited, strict=True)
    ]


def cut_from(given: Pairs) -> dict[int, list[int]]:
    return {speaker: [segment.index for segment in segments] for speaker, segments in pools(given).items()}


def cast(given: Pairs, turns: Sequence[Turn] = (), voices: dict[int, SpeakerVoice] | None = None) -> dict[int, Role]:
    before, after = zip(*given, strict=True)
    return roles(before, after, turns, voices or {})


def test_everybody_has_their_own_segments() -> None:
    assert cut_from(pairs([0, 1, 0, 2, 1])) == {0: [0, 2], 1: [1, 4], 2: [3]}


def test_one_segment_that_goes_to_somebody_else_changes_no_voice() -> None:
    found = [0, 1, 0, 1, 0, 1]
    assert cut_from(pairs(found, [0, 1, 1, 1, 0, 1])) == cut_from(pairs(found))
    assert cut_from(pairs([0, 1, 0, 1], [0, 1, 1, 1])) == cut_from(pairs([0, 1, 0, 1])), "not even half of the speech"


def test_a_few_of_many_segments_change_no_voice() -> None:
    found = [0] * 9 + [1]
    assert cut_from(pairs(found, [1, 1, *found[2:]])) == cut_from(pairs(found))


def test_two_who_are_one_are_both_drawn_on() -> None:
    assert cut_from(pairs([0, 1, 0, 2, 1], [0, 0, 0, 2, 0])) == {0: [0, 1, 2, 4], 2: [3]}


def test_one_who_was_two_keeps_what_is_left() -> None:
    assert cut_from(pairs([0, 0, 0, 0, 0], [0, 1, 1, 0, 1])) == {0: [0, 3], 1: [1, 2, 4]}


def test_somebody_new_has_what_they_were_given() -> None:
    assert cut_from(pairs([0, 0, 0, 0], [0, 0, 7, 0])) == {0: [0, 1, 2, 3], 7: [2]}


def test_two_whose_labels_were_exchanged_keep_their_voices() -> None:
    assert cut_from(pairs([0, 1, 0, 1], [1, 0, 1, 0])) == {0: [1, 3], 1: [0, 2]}


def test_what_was_shared_out_is_drawn_on_by_whoever_got_most_of_it() -> None:
    assert cut_from(pairs([0, 1, 1, 1, 2], [0, 0, 0, 2, 2])) == {0: [0, 1, 2], 2: [4]}


def test_a_voice_is_cut_where_its_speaker_has_the_turn() -> None:
    turns = [Turn(0, 0.0, 1.5), Turn(1, 1.5, 3.0), Turn(0, 3.0, 4.5), Turn(1, 5.5, 9.0)]
    found = cast(pairs([0, 1, 0]), turns)
    assert found[0].regions == (Region(0.0, 1.5), Region(3.0, 4.0), Region(10.0, 14.0))
    assert found[1].regions == (Region(5.5, 9.0),)
    by_hand = cast(pairs([0, 1, 0], [0, 1, 5]), turns)
    assert by_hand[5].regions == (Region(10.0, 14.0),)


def test_whoever_speaks_alone_is_known_to() -> None:
    assert cast(pairs([0, 0]))[0].alone
    assert not any(role.alone for role in cast(pairs([0, 1])).values())
    assert cast(pairs([0, 1], [0, 0]))[0].alone


PROFILE = SpeakerVoice(VoiceKind.PROFILE, VoiceReference(Path("voice.wav")), "a fingerprint")


def test_voices_that_were_chosen_are_not_cut_from_the_recording() -> None:
    stock = SpeakerVoice(VoiceKind.STOCK, stock="f5")
    found = cast(pairs([0, 1, 2, 0]), voices={0: PROFILE, 1: stock, 2: PROFILE, 9: stock})
    assert set(found) == {0, 1, 2}
    assert found[0].name == found[2].name != "", "a voice of the library is prepared once"
    assert found[1].name == ""
    assert not any(role.regions for role in found.values())


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (SpeakerVoice(VoiceKind.PROFILE, VoiceReference(Path("moved.wav")), "a fingerprint"), True),
        (SpeakerVoice(VoiceKind.PROFILE, VoiceReference(Path("voice.wav")), "another"), False),
        (SpeakerVoice(VoiceKind.STOCK), False),
        (SpeakerVoice(), False),
    ],
)
def test_a_voice_of_the_library_is_known_by_its_fingerprint(other: SpeakerVoice, same: bool) -> None:
    one, two = (cast(pairs([0, 1]), voices={0: voice})[0] for voice in (PROFILE, other))
    assert (one.made_from == two.made_from) is same
    assert (one.name == two.name) is same
