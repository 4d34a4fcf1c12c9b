"""The page of notices, the bell, and the banner over every page of somebody suspended."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.models import Notice, User
from accounts.notices import mark_read, tell, unread_count
from voices.models import Decision
from web.views.notices import PAGE


@pytest.fixture
def as_alice(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


@pytest.fixture
def notice(alice: User) -> Notice:
    return tell(alice, "“<b>Anna</b>” is public now.", "/voices/")


def test_the_list_shows_what_is_unread(alice: User, bob: User, as_alice: Client, notice: Notice) -> None:
    tell(bob, "Not for Alice.")
    page = as_alice.get("/notices/").text
    assert "“&lt;b&gt;Anna&lt;/b&gt;” is public now." in page
    assert "Not for Alice" not in page
    assert page.count('class="unread"') == 1
    mark_read(user=alice)
    assert 'class="unread"' not in as_alice.get("/notices/").text


def test_an_empty_list_says_what_would_be_there(as_alice: Client) -> None:
    page = as_alice.get("/notices/").text
    assert "Decisions about your voices" in page
    assert "Mark all" not in page


def test_a_long_list_has_pages(alice: User, as_alice: Client) -> None:
    for number in range(PAGE + 1):
        tell(alice, f"Number {number}.")
    assert "Number 0." not in as_alice.get("/notices/").text
    assert "Number 0." in as_alice.get("/notices/?page=2").text
    assert as_alice.get("/notices/?page=nonsense").status_code == 200


def test_to_open_one_reads_it(as_alice: Client, alice: User, notice: Notice) -> None:
    answer = as_alice.post(reverse("web:notice-read", args=[notice.pk]), {"open": "1"})
    assert answer.headers["Location"] == "/voices/"
    assert unread_count(alice) == 0


def test_to_read_one_or_all(as_alice: Client, alice: User, notice: Notice) -> None:
    tell(alice, "Two.")
    tell(alice, "Three.")
    answer = as_alice.post(reverse("web:notice-read", args=[notice.pk]))
    assert answer.headers["Location"] == "/notices/"
    assert unread_count(alice) == 2
    as_alice.post(reverse("web:notices-read"))
    assert unread_count(alice) == 0


def test_one_without_a_link_leads_nowhere(as_alice: Client, alice: User) -> None:
    plain = tell(alice, "Your account works again.")
    answer = as_alice.post(reverse("web:notice-read", args=[plain.pk]), {"open": "1"})
    assert answer.headers["Location"] == "/notices/"


def test_another_persons_notice_does_not_exist(charlie: User, notice: Notice) -> None:
    browser = Client()
    browser.force_login(charlie)
    assert browser.post(reverse("web:notice-read", args=[notice.pk])).status_code == 404
    browser.post(reverse("web:notices-read"))
    notice.refresh_from_db()
    assert notice.read_at is None


@pytest.mark.parametrize("address", ["/notices/", "/notices/read/", "/notices/1/read/"])
def test_nobody_is_asked_to_sign_in(address: str, db: None) -> None:
    answer = Client().post(address)
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_nothing_is_read_by_looking(as_alice: Client, notice: Notice) -> None:
    for name, args in (("notice-read", [notice.pk]), ("notices-read", [])):
        assert as_alice.get(reverse(f"web:{name}", args=args)).status_code == 405


def test_the_bell_counts_once_a_page(alice: User, as_alice: Client, notice: Notice) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = as_alice.get("/notices/").text
    assert 'aria-label="Notices, 1 unread"' in page
    counts = [one["sql"] for one in queries if "COUNT" in one["sql"] and "read_at" in one["sql"]]
    assert len(counts) == 1
    mark_read(user=alice)
    assert 'aria-label="Notices"' in as_alice.get("/engines/").text
    for number in range(100):
        tell(alice, str(number))
    assert "99+" in as_alice.get("/engines/").text
    assert "Notices" not in Client().get("/engines/").text


def test_who_is_suspended_is_told_on_every_page(alice: User, bob: User, as_alice: Client) -> None:
    assert "suspended" not in as_alice.get("/engines/").text
    services.suspend(user=alice, by=bob, reason="“Anna” is somebody else's <voice>.")
    for address in ("/engines/", "/dubs/", "/notices/", "/account/"):
        page = as_alice.get(address).text
        assert "“Anna” is somebody else&#x27;s &lt;voice&gt;." in page
        assert 'href="/notices/">Read your notices' in page
    decision = Decision.objects.create(
        kind=Decision.Kind.SUSPEND, user=alice, subject_name="alice", reason="Why.", moderator=bob
    )
    assert f'href="{reverse("voices:decision", args=[decision.pk])}"' in as_alice.get("/engines/").text
    assert "suspended" not in Client().get("/engines/").text
    services.restore(user=alice, by=bob, reason="")
    assert "suspended" not in as_alice.get("/engines/").text
