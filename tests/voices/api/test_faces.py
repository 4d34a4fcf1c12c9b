"""Faces through the REST interface."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.people import Person, program_of
from tests.voices.rows import PDF, SEEN, face_row, upload
from tests.voices.shelf import SOUND, Shelf
from voices.models import Errand, FaceProfile


def photo() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (200, 160), (180, 150, 130)).save(held, "PNG")
    return held.getvalue()


def test_made_read_changed_deleted(alice: Person) -> None:
    made = alice.program.post("/api/faces", {"picture": upload(photo(), "me.png"), "whose": "own"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["state"], body["faces"], body["chosen"]) == ("me", "checking", [], None)
    assert str(Errand.objects.get(kind="face").pk) == body["errand"]
    address = f"/api/faces/{body['id']}"
    assert alice.program.get(f"{address}/picture").status_code == 404, "not looked at yet"
    changed = alice.program.patch(address, {"whose": "other", "person_name": "Ann"}, "application/json").json()
    assert (changed["whose"], changed["person_name"], changed["name"]) == ("other", "Ann", "me")
    assert alice.program.get("/api/faces").json()["count"] == 1
    assert alice.program.delete(address).status_code == 204
    assert alice.program.get(address).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"picture": upload(b"Dear diary", "me.png")}, 422, "picture"),
        ({"picture": upload(b"", "me.png")}, 422, "picture"),
        ({"picture": "me.png"}, 400, "picture"),
        ({"whose": "nobody"}, 400, "whose"),
        ({"whose": "other"}, 400, "person_name"),
        ({"name": "a" * 121}, 400, "name"),
    ],
)
def test_what_cannot_be_says_which_field(alice: Person, changes: dict[str, Any], status: int, field: str) -> None:
    given = {"picture": upload(photo(), "me.png"), "whose": "own"} | changes
    answer = alice.program.post("/api/faces", given)
    assert answer.status_code == status
    assert field in {answer.json().get("field"), *answer.json().get("fields", {})}
    assert not FaceProfile.objects.exists()


def test_what_was_found_is_told_and_one_of_several_picked(alice: Person) -> None:
    problem = {"code": "several_faces", "severity": "refuse", "text": "Two.", "advice": "Pick."}
    report = {**SEEN, "faces": SEEN["faces"] * 2, "chosen": None, "problems": [problem], "advice": "Two. Pick."}
    row = face_row(alice.user, report=report, chosen=None, state="refused")
    body = alice.program.get(f"/api/faces/{row.pk}").json()
    assert (body["advice"], body["problems"][0]["code"], len(body["faces"])) == ("Two. Pick.", "several_faces", 2)
    choose = f"/api/faces/{row.pk}/choose"
    assert alice.program.post(choose, {"number": 5}, "application/json").json()["code"] == "face_unknown"
    picked = alice.program.post(choose, {"number": 1}, "application/json").json()
    assert (picked["state"], picked["chosen"], picked["advice"]) == ("ready", 1, "")


def test_the_picture_is_for_its_owner(alice: Person, shelf: Shelf) -> None:
    answer = alice.program.get(f"/api/faces/{shelf.face.pk}/picture")
    assert answer.headers["Content-Type"] == "image/png"
    assert b"".join(answer) == SOUND  # type: ignore[arg-type]
    assert "private" in answer.headers["Cache-Control"]


def test_a_statement_is_brought_and_taken_back(alice: Person) -> None:
    row = face_row(alice.user, whose="other", person_name="Ann")
    given = {"statement": upload(PDF, "a.pdf"), "person_name": "Ann"}
    assert alice.program.post(f"/api/faces/{row.pk}/statement", given).json()["status"] == "pending"
    again = {"statement": upload(PDF, "a.pdf"), "person_name": "Ann"}
    assert alice.program.post(f"/api/faces/{row.pk}/statement", again).status_code == 409
    assert alice.program.post(f"/api/faces/{row.pk}/withdraw", {}, "application/json").status_code == 204
    assert alice.program.post(f"/api/faces/{row.pk}/withdraw", {}, "application/json").status_code == 409
    assert alice.program.get(f"/api/faces/{row.pk}").json()["consent"] == "withdrawn"


def test_a_key_without_the_scope_opens_nothing(alice: Person, shelf: Shelf) -> None:
    program = program_of(alice, ["jobs"])
    assert program.get("/api/faces").status_code == 403
    assert program.get(f"/api/faces/{shelf.face.pk}/picture").status_code == 403
