"""The pages of faces."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from PIL import Image

from accounts.models import User
from tests.voices.rows import PDF, SEEN, face_row, moderator, upload
from tests.voices.views.pages import JSON, browser, html
from voices import consent, files, moderation
from voices.models import ConsentRecord, Errand, FaceProfile


def photo(width: int = 200, height: int = 160) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), (180, 150, 130)).save(held, "PNG")
    return held.getvalue()


def sent(**changes: Any) -> dict[str, Any]:
    given = {"picture": upload(photo(), "me.png"), "whose": "own", "declared": "on"} | changes
    return {name: value for name, value in given.items() if value is not None}


def several(owner: User) -> FaceProfile:
    problem = {"code": "several_faces", "severity": "refuse", "text": "There are 2 faces.", "advice": "Pick one."}
    report = {**SEEN, "faces": SEEN["faces"] * 2, "chosen": None, "problems": [problem]}
    return face_row(owner, report=report, chosen=None, state="refused")


def test_the_page_is_there_to_begin_with(alice: User, bob: User) -> None:
    face_row(bob, name="Of Bob")
    page = html(browser(alice).get("/faces/"))
    assert "No face yet" in page
    assert "Of Bob" not in page


def test_a_photo_is_added_by_a_script_and_by_a_plain_form(alice: User) -> None:
    client = browser(alice)
    answer = client.post("/faces/", sent(name="Me"), headers=JSON)
    assert answer.status_code == 201
    row = FaceProfile.objects.get()
    errand = Errand.objects.get(kind="face", subject=str(row.pk))
    assert answer.json() == {
        "id": str(row.pk),
        "url": f"/faces/{row.pk}/",
        "card": f"/faces/{row.pk}/card/",
        "errand": str(errand.pk),
    }
    card = html(client.get(f"/faces/{row.pk}/card/"))
    assert f'data-errand="{errand.pk}"' in card
    assert "Being looked at" in card
    plain = client.post("/faces/", sent(whose="other", person_name="Ann Lee"))
    other = FaceProfile.objects.get(whose="other")
    assert plain.headers["Location"] == f"/faces/{other.pk}/"
    assert "You declared that Ann Lee agreed" in html(client.get(f"/faces/{other.pk}/"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"picture": None}, "picture"),
        ({"picture": upload(b"Dear diary", "me.png")}, "picture"),
        ({"picture": upload(b"", "me.png")}, "picture"),
        ({"picture": upload(b"<svg/>", "me.png")}, "picture"),
        ({"picture": upload(photo(9, 9), "me.png")}, "picture"),
        ({"whose": "other"}, "person_name"),
        ({"whose": "nobody"}, "whose"),
        ({"declared": None}, "declared"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes: dict[str, Any], field: str, alice: User) -> None:
    answer = browser(alice).post("/faces/", sent(**changes), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    page = browser(alice).post("/faces/", sent(**changes))
    assert page.status_code == 422
    assert not FaceProfile.objects.exists()


def test_what_was_found_is_there_to_be_drawn_and_names_end_no_script(alice: User) -> None:
    row = several(alice)
    FaceProfile.objects.filter(pk=row.pk).update(name="</script><b>Al</b>")
    page = browser(alice).get(f"/faces/{row.pk}/").content.decode()
    assert "<b>Al</b>" not in page
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)
    assert found is not None
    drawing = json.loads(found[1])
    assert (drawing["size"], drawing["chosen"], len(drawing["faces"])) == ([64, 64], None, 2)
    assert "There are 2 faces." in page
    assert "Pick one" in page


def test_one_of_several_is_picked(alice: User) -> None:
    row, client = several(alice), browser(alice)
    answer = client.post(f"/faces/{row.pk}/choose/", {"number": 1}, headers=JSON)
    assert answer.json() == {"card": f"/faces/{row.pk}/card/", "state": "ready"}
    row.refresh_from_db()
    assert (row.chosen, row.state) == (1, "ready")
    assert "Ready" in html(client.get(f"/faces/{row.pk}/card/"))
    missing = client.post(f"/faces/{row.pk}/choose/", {"number": 7}, headers=JSON)
    assert missing.status_code == 422
    assert "Pick one of them again" in missing.json()["message"]


def test_it_is_called_otherwise(alice: User) -> None:
    row, client = face_row(alice), browser(alice)
    client.post(f"/faces/{row.pk}/", {"name": "At sea", "whose": "other", "person_name": "Ann"})
    row.refresh_from_db()
    assert (row.name, row.whose, row.person_name) == ("At sea", "other", "Ann")
    refused = client.post(f"/faces/{row.pk}/", {"name": "At sea", "whose": "other", "person_name": ""})
    assert "Say whose face it is." in html(refused)


def test_a_statement_is_brought_decided_and_the_consent_taken_back(alice: User) -> None:
    row, client = face_row(alice, whose="other", person_name="Ann"), browser(alice)
    page = html(client.get(f"/faces/{row.pk}/"))
    assert "Ann knows that Vocasync makes their picture speak" in page
    given = {"statement": upload(PDF, "letter.pdf"), "person_name": "Ann", "declared": "on"}
    assert client.post(f"/faces/{row.pk}/statement/", given).status_code == 302
    assert "A statement waits for a moderator" in html(client.get(f"/faces/{row.pk}/"))
    moderation.consent_decide(record=ConsentRecord.objects.get(), moderator=moderator(), granted=True)
    assert "The consent is verified." in html(client.get(f"/faces/{row.pk}/"))
    client.post(f"/faces/{row.pk}/withdraw/", {"reason": ""})
    row.refresh_from_db()
    assert row.consent == "withdrawn"
    assert "was withdrawn. Choose another face." in html(client.get(f"/faces/{row.pk}/"))


def test_a_face_that_was_taken_down_says_why_and_how_to_appeal(alice: User) -> None:
    row = face_row(alice)
    decision = moderation.face_takedown(face=row, moderator=moderator(), reason="It is a child.")
    page = html(browser(alice).get(f"/faces/{row.pk}/"))
    assert "It is a child." in page
    assert f"/decisions/{decision.pk}/" in page
    assert f"/faces/{row.pk}/" in html(browser(alice).get(f"/decisions/{decision.pk}/"))


def test_it_is_deleted(alice: User) -> None:
    row, other, client = face_row(alice), face_row(alice, name="Other"), browser(alice)
    assert client.post(f"/faces/{row.pk}/delete/", headers=JSON).json() == {"deleted": True}
    assert "“Other” was deleted." in html(client.post(f"/faces/{other.pk}/delete/", follow=True))
    assert not FaceProfile.objects.exists()


# --- moderators -------------------------------------------------------------------------------------------------------
def test_moderators_see_the_picture_only_where_it_is_in_question(alice: User) -> None:
    row, client = face_row(alice, whose="other", person_name="Ann"), browser(moderator())
    path = files.face_picture(row.pk)
    path.parent.mkdir(parents=True)
    path.write_bytes(photo())
    picture = f"/admin/moderation/faces/{row.pk}/picture/"
    assert client.get(picture).status_code == 404
    assert picture not in html(client.get(f"/admin/moderation/faces/{row.pk}/"))
    record = consent.statement_submit(likeness=row, by=alice, upload=upload(PDF, "a.pdf"), person_name="Ann")
    queue = html(client.get("/admin/moderation/"))
    assert picture in queue
    assert f"/admin/moderation/statements/{record.pk}/" in queue
    shown = client.get(picture)
    assert (shown.headers["Content-Type"], b"".join(shown)) == ("image/png", photo())  # type: ignore[arg-type]
    client.post(f"/admin/moderation/decide/consent/{record.pk}/", {"action": "grant"})
    row.refresh_from_db()
    assert row.consent == "verified"
    decide = f"/admin/moderation/decide/face/{row.pk}/"
    client.post(decide, {"action": "takedown", "reason": "A child."})
    row.refresh_from_db()
    assert row.taken_down_at is not None
    assert "The face was taken down" in html(client.get("/admin/moderation/"))
    client.post(decide, {"action": "restore"})
    client.post(decide, {"action": "withdraw", "reason": "Ann wrote."})
    row.refresh_from_db()
    assert (row.taken_down_at, row.consent) == (None, "withdrawn")
