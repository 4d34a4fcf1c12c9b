"""Notices over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.notices import mark_read, tell, unread_count


@pytest.fixture
def as_alice(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


def post(browser: Client, body: Any) -> Any:
    return browser.post("/api/notices/read", body, content_type="application/json")


def test_the_list_is_ones_own_and_says_what_is_unread(alice: User, bob: User, as_alice: Client) -> None:
    old, new = tell(alice, "One."), tell(alice, "Two.", "/dubs/")
    tell(bob, "Another.")
    mark_read(user=alice, ids=[old.pk])
    rows = as_alice.get("/api/notices").json()["results"]
    assert [(row["id"], row["text"], row["link"]) for row in rows] == [(new.pk, "Two.", "/dubs/"), (old.pk, "One.", "")]
    assert rows[0]["read_at"] is None
    assert rows[1]["read_at"] is not None
    unread = as_alice.get("/api/notices?unread=true&limit=1").json()
    assert (unread["count"], unread["results"][0]["id"]) == (1, new.pk)
    assert [row["id"] for row in as_alice.get("/api/notices?unread=false").json()["results"]] == [old.pk]


def test_some_or_all_are_marked(alice: User, bob: User, as_alice: Client) -> None:
    first, *_others = [tell(alice, str(number)) for number in range(3)]
    foreign = tell(bob, "Another.")
    assert post(as_alice, {"ids": [first.pk, foreign.pk, 10**6]}).json() == {"marked": 1}
    assert (unread_count(alice), unread_count(bob)) == (2, 1)
    assert post(as_alice, {"ids": []}).json() == {"marked": 0}
    assert post(as_alice, {}).json() == {"marked": 2}
    assert unread_count(bob) == 1


@pytest.mark.parametrize("ids", ["1", [0], ["x"], [[1]], [1] * 501, [10**30]])
def test_ids_that_are_none_are_refused(alice: User, as_alice: Client, ids: Any) -> None:
    tell(alice, "One.")
    answer = post(as_alice, {"ids": ids})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["ids"]
    assert unread_count(alice) == 1


def test_nobody_gets_in(db: None) -> None:
    assert Client().get("/api/notices").status_code == 401
    assert post(Client(), {}).status_code == 401
