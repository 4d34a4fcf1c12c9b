"""What is spent is counted, however the work ends, told by job and by month, and held below a limit."""

from __future__ import annotations

import threading
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from dubbing import runner, services
from dubbing.models import Job, JobShare
from engines import keys, spending
from engines.models import Spending
from tests.dubbing.conftest import make_job
from tests.dubbing.test_runner import background
from tests.engines.conftest import LINE
from tests.people import meet
from tests.waiting import until
from tests.work.test_leases import together
from vocasite.checks import encryption_keys, prices
from vocasync.compat import UTC
from vocasync.engines.auto import Plan
from vocasync.engines.costs import estimate
from vocasync.errors import PipelineError
from vocasync.spending import spend

PAID = Plan("", "", "elevenlabs")


@pytest.fixture(autouse=True)
def _text_dubs(settings: Settings) -> None:
    settings.PIPELINES = {"dubbing": "tests.dubbing.textdub:pipeline"}


def rows() -> list[tuple[str, float]]:
    return list(Spending.objects.order_by("pk").values_list("job", "amount"))


def limited(user: User, usd: int) -> User:
    User.objects.filter(pk=user.pk).update(max_usd_month=usd)
    return User.objects.get(pk=user.pk)


# --- counting ---------------------------------------------------------------------------------------------------------
def test_amounts_add_up_by_job_engine_and_month(alice: User) -> None:
    job = uuid.uuid4()
    for amount in (100.0, 50.0):
        with spending.counted(alice, job):
            spend("tts", "elevenlabs", amount)
            spend("tts", "elevenlabs-flash", amount)
            spend("tts", "espeak", amount)  # costs nothing
    with spending.counted(alice):
        spend("tts", "elevenlabs", 7.0)
    bill = spending.bill_of_job(job)
    assert [(line.engine, line.amount, line.unit) for line in bill.lines] == [
        ("elevenlabs", 150.0, "characters"),
        ("elevenlabs-flash", 150.0, "characters"),
    ]
    assert bill.usd == pytest.approx(150 * 0.1 / 1000 + 150 * 0.05 / 1000)
    assert spending.bill_of_month(alice).usd == pytest.approx(bill.usd + 7 * 0.1 / 1000)
    assert spending.bill_of_job(uuid.uuid4()).usd == 0


def test_a_month_ends_at_utc(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    with spending.counted(alice):
        spend("tts", "elevenlabs", 1000.0)
    assert spending.spent_on_site(alice) == pytest.approx(0.1)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 2, 28, 23, 59, tzinfo=UTC) + timedelta(minutes=1))
    assert spending.this_month() == date(2026, 3, 1)
    assert spending.spent_on_site(alice) == 0


def test_what_is_raised_inside_loses_nothing(alice: User) -> None:
    def work() -> None:
        with spending.counted(alice):
            spend("tts", "elevenlabs", 20.0)
            raise PipelineError("service_quota", label="ElevenLabs")

    with pytest.raises(PipelineError):
        work()
    assert rows() == [("", 20.0)]


def test_what_was_written_is_not_written_again(alice: User) -> None:
    with spending.counted(alice) as ledger:
        spend("tts", "elevenlabs", 20.0)
        ledger.write()
        assert rows() == [("", 20.0)]
        spend("tts", "elevenlabs", 5.0)
        ledger.write()
        ledger.write()
    assert rows() == [("", 25.0)]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_nothing(alice: User) -> None:
    job = uuid.uuid4()

    def work() -> None:
        with spending.counted(alice, job):
            for _ in range(5):
                spend("tts", "elevenlabs", 2.0)

    together(work, 6)
    assert rows() == [(str(job), 60.0)]


def test_threads_that_copy_the_context_are_counted(alice: User) -> None:
    import contextvars

    with spending.counted(alice):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(spend, "tts", "elevenlabs", 3.0))
        thread.start()
        thread.join()
    assert rows() == [("", 3.0)]


def test_a_sites_own_price_counts(alice: User, settings: Settings) -> None:
    settings.PRICES = {"tts:elevenlabs": {"usd": 1, "per": 1}}
    with spending.counted(alice):
        spend("tts", "elevenlabs", 3.0)
    assert spending.bill_of_month(alice).usd == 3


def test_money_of_ones_own_is_told_apart(alice: User) -> None:
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    with spending.counted(alice):
        spend("tts", "elevenlabs", 1000.0)
    keys.key_delete(user=alice, service="elevenlabs")
    with spending.counted(alice):
        spend("tts", "elevenlabs", 2000.0)
    assert [(line.own_key, line.amount) for line in spending.bill_of_month(alice).lines] == [
        (False, 2000.0),
        (True, 1000.0),
    ]
    assert spending.spent_on_site(alice) == pytest.approx(0.2)


# --- jobs -------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_job_counts_every_unit_also_what_failed_and_was_retried(alice: User) -> None:
    job = make_job(alice, "!spend synthesize 10\n!fail synthesize service_busy 1\nOne.\nTwo.")
    runner.advance(job.pk)
    assert rows() == [(str(job.pk), 10.0)], "a try that failed is paid for"
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    runner.advance(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert rows() == [(str(job.pk), 20.0)]


@pytest.mark.django_db(transaction=True)
def test_units_of_one_stage_add_up(alice: User) -> None:
    job = make_job(alice, "!spend synthesize 10\n" + "\n".join(f"Line {number}" for number in range(8)))
    runner.advance(job.pk)
    assert rows() == [(str(job.pk), 30.0)]


@pytest.mark.django_db(transaction=True)
def test_what_was_spent_is_written_while_the_unit_is_at_work_and_stays_when_it_is_cancelled(alice: User) -> None:
    job = make_job(alice, "!spend ingest 10\n!pause 20\nOne.")
    thread = background(lambda: runner.advance(job.pk))
    until(rows)
    assert rows() == [(str(job.pk), 10.0)], "before the unit is done: a worker that is killed now loses nothing"
    services.job_cancel(job=job)
    thread.join(20)
    assert not thread.is_alive()
    assert rows() == [(str(job.pk), 10.0)]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_deleted_leaves_what_it_cost(alice: User) -> None:
    job = make_job(alice, "!spend ingest 1000\nOne.")
    runner.advance(job.pk)
    services.job_delete(job=job)
    assert spending.bill_of_month(alice).usd == pytest.approx(0.1)


# --- telling ----------------------------------------------------------------------------------------------------------
def test_the_owner_sees_what_a_job_cost_and_others_do_not(db: None) -> None:
    alice, bob = meet("alice"), meet("bob")
    job = make_job(alice.user, status="failed")
    JobShare.objects.create(job=job, user=bob.user)
    with spending.counted(alice.user, job.pk):
        spend("tts", "elevenlabs", 1200.0)
    address = f"/api/jobs/{job.pk}"
    [line] = alice.program.get(address).json()["cost"]["lines"]
    assert (line["engine"], line["amount"], line["own_key"]) == ("elevenlabs", 1200.0, False)
    assert alice.program.get("/api/jobs").json()["results"][0]["cost"]["usd"] == pytest.approx(0.12)
    assert bob.program.get(address).json()["cost"] is None
    assert bob.program.get("/api/jobs?whose=shared").json()["results"][0]["cost"] is None
    page = f"/dubs/{job.pk}/"
    assert "$0.12" in alice.browser.get(page).text
    assert "$0.12" not in bob.browser.get(page).text
    assert alice.program.get("/api/me").json()["used"]["usd_month"] == pytest.approx(0.12)


def test_a_job_that_cost_nothing_says_nothing(db: None) -> None:
    alice = meet("alice")
    job = make_job(alice.user, status="failed")
    assert alice.program.get(f"/api/jobs/{job.pk}").json()["cost"] == {"usd": 0, "lines": []}
    assert 'id="cost"' not in alice.browser.get(f"/dubs/{job.pk}/").text


@pytest.mark.parametrize(
    ("asked", "usd", "per_minute"),
    [
        ({}, 60 * 15 * 0.1 / 1000, True),
        ({"seconds": 600}, 600 * 15 * 0.1 / 1000, False),
        ({"seconds": 600, "tracks": 2}, 2 * 600 * 15 * 0.1 / 1000, False),
        ({"seconds": 600, "characters": 500}, 0.05, False),
        ({"seconds": 0}, 0, False),
    ],
)
def test_a_check_says_what_it_will_cost(
    db: None, settings: Settings, asked: dict[str, Any], usd: float, per_minute: bool
) -> None:
    settings.ENGINES = settings.ENGINES | {"network": True, "keys": {"elevenlabs": LINE}}
    question = {"source": "en", "target": "es", "voice_engine": "elevenlabs", "has_translation": True}
    answer = meet("alice").program.get("/api/check", question | asked).json()
    assert answer["cost"]["usd"] == pytest.approx(usd)
    assert answer["cost"]["per_minute"] is per_minute
    assert [line["engine"] for line in answer["cost"]["lines"]] == ["elevenlabs"]
    assert answer["cost"]["basis"]


@pytest.mark.parametrize(
    "asked", [{"seconds": -1}, {"seconds": "nan"}, {"seconds": 1e9}, {"characters": -1}, {"tracks": 3}]
)
def test_a_check_of_nonsense_is_refused(db: None, asked: dict[str, Any]) -> None:
    answer = meet("alice").program.get("/api/check", {"target": "es"} | asked)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(asked)


def test_nobody_is_given_what_costs_money_without_choosing_it(db: None, settings: Settings) -> None:
    settings.ENGINES = settings.ENGINES | {"network": True, "keys": {"elevenlabs": LINE}}
    alice = meet("alice")
    answer = alice.program.get("/api/check", {"target": "es", "has_translation": True}).json()
    assert answer["engines"]["voice"] == "espeak"


# --- the limit --------------------------------------------------------------------------------------------------------
def test_what_is_more_than_is_left_is_refused(alice: User) -> None:
    spending.check_limit(alice, estimate(PAID, seconds=0.0, characters=10_000_000))  # no limit
    alice = limited(alice, 2)
    with spending.counted(alice):
        spend("tts", "elevenlabs", 15_000.0)
    spending.check_limit(alice, estimate(PAID, seconds=0.0, characters=4_000))
    with pytest.raises(PipelineError, match=r"about \$0\.60, and \$0\.50 of your \$2 a month") as caught:
        spending.check_limit(alice, estimate(PAID, seconds=0.0, characters=6_000))
    assert caught.value.code == "spending_limit"
    spending.check_limit(alice, estimate(Plan("", "", "espeak"), seconds=1e9))  # what is free stays free
    keys.key_set(user=alice, service="elevenlabs", key=LINE)
    spending.check_limit(alice, estimate(PAID, seconds=0.0, characters=6_000))  # one's own money is one's own


def test_a_limit_of_nothing_refuses_all_that_costs(alice: User) -> None:
    with pytest.raises(PipelineError):
        spending.check_limit(limited(alice, 0), estimate(PAID, seconds=1.0))


@pytest.mark.django_db(transaction=True)
def test_a_job_that_spends_stops_when_the_limit_is_reached_and_free_ones_go_on(alice: User) -> None:
    alice = limited(alice, 1)
    dear = make_job(alice, "!spend ingest 20000\nOne.")
    free = make_job(alice, "One.")
    runner.advance(dear.pk)
    runner.advance(free.pk)
    dear.refresh_from_db()
    free.refresh_from_db()
    assert (dear.status, dear.error_code, free.status) == ("failed", "spending_reached", "succeeded")
    with pytest.raises(PipelineError) as caught:
        services.job_retry(job=dear)
    assert caught.value.code == "spending_reached"
    limited(alice, 10)
    services.job_retry(job=Job.objects.select_related("owner").get(pk=dear.pk))
    runner.advance(dear.pk)
    dear.refresh_from_db()
    assert dear.status == "succeeded"


def test_the_limit_is_on_the_account_page(db: None) -> None:
    alice = meet("alice")
    limited(alice.user, 5)
    with spending.counted(alice.user):
        spend("tts", "elevenlabs", 20_000.0)
    assert "$2.00 of $5" in alice.browser.get("/account/").text


# --- settings ---------------------------------------------------------------------------------------------------------
def test_wrong_settings_are_found_at_start(settings: Settings) -> None:
    assert prices(None) == encryption_keys(None) == []
    settings.PRICES, settings.ENCRYPTION_KEYS = {"tts:acme": 1}, ["a secret that is no key"]
    [wrong_price], [wrong_key] = prices(None), encryption_keys(None)  # type: ignore[misc]
    assert "tts:acme" in wrong_price.msg
    assert "number 1" in wrong_key.msg
    assert "secret" not in wrong_key.msg + str(wrong_key.hint)


def test_a_submission_beyond_the_limit_leaves_nothing(
    alice: User, settings: Settings, tmp_path: Any, media_root: Any
) -> None:
    from tests import factory

    settings.ENGINES = settings.ENGINES | {"network": True, "keys": {"elevenlabs": LINE}}
    sound = factory.tone(tmp_path / "a.wav", 2.0)
    asked = {
        "owner": limited(alice, 0),
        "source": ContentFile(sound.read_bytes(), name="a.wav"),
        "subtitles": ContentFile(b"1\n00:00:00,000 --> 00:00:01,000\nHola.\n", name="a.srt"),
        "subtitles_are": "target",
        "target_language": "es",
        "voice_engine": "elevenlabs",
    }
    with pytest.raises(PipelineError) as caught:
        services.job_create_dubbing(**asked)
    assert caught.value.code == "spending_limit"
    assert not Job.objects.exists()
    assert not [path for path in media_root.rglob("*") if path.is_file()]
    client = Client()
    client.force_login(alice)
    asked["owner"] = limited(alice, 1)
    for name in ("source", "subtitles"):
        asked[name].seek(0)
    assert services.job_create_dubbing(**asked).status == "queued"
