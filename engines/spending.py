"""What people spend on services: counted while it happens, told by job and by month, and held below a limit.

Amounts are written by ``F`` updates of one row a month, job and engine, from any number of workers at once. What was
written stays, whatever becomes of the work: a vendor bills what failed as well.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.limits import limits_for
from accounts.models import User
from engines.clones import Register, recorded
from engines.keys import own_services
from engines.models import Spending
from vocasync.compat import UTC
from vocasync.engines.base import Stage
from vocasync.engines.costs import Cost, Estimate, Prices, cost_of, parse_prices, price_of
from vocasync.engines.registry import spec, specs
from vocasync.errors import PipelineError
from vocasync.spending import Spent, counting


def prices() -> Prices:
    """The site's own prices (``settings.PRICES``). Raises ValueError; ``manage.py check`` finds that before."""
    return parse_prices(settings.PRICES)


# --- counting ---------------------------------------------------------------------------------------------------------
class Ledger:
    """Writes down what was spent, and which voices were copied to services, since it last did. Threads may share it."""

    def __init__(self, user: User, job: uuid.UUID | None, spent: Sequence[Spent], copies: Register) -> None:
        self._user, self._job, self._spent, self._copies = user, str(job or ""), spent, copies
        self._own = own_services(user)
        self._prices = prices()
        self._written = 0
        self._guard = threading.Lock()

    def write(self) -> None:
        """Write it, all or nothing."""
        self._copies.write()
        with self._guard:
            new = self._spent[self._written :]
            if not new:
                return
            with transaction.atomic():
                for (stage, engine), amount in _added(new).items():
                    self._add(stage, engine, amount)
            self._written += len(new)

    def _add(self, stage: Stage, engine: str, amount: float) -> None:
        row = spec(stage, engine)
        price = price_of(row, self._prices)
        if price is None:
            return
        cost = cost_of(row, amount, price)
        kept, _made = Spending.objects.get_or_create(
            user=self._user,
            month=this_month(),
            job=self._job,
            stage=stage,
            engine=engine,
            unit=cost.unit,
            own_key=cost.service in self._own,
        )
        Spending.objects.filter(pk=kept.pk).update(amount=F("amount") + amount, usd=F("usd") + cost.usd)


def _added(spent: Iterable[Spent]) -> dict[tuple[Stage, str], float]:
    sums: dict[tuple[Stage, str], float] = {}
    for one in spent:
        key = (cast("Stage", one.stage), one.engine)
        sums[key] = sums.get(key, 0.0) + one.amount
    return sums


@contextmanager
def counted(user: User, job: uuid.UUID | None = None) -> Iterator[Ledger]:
    """Count what is spent inside on the person's account, and write down which voices are copied to services, however
    it ends. job: for which; None for none."""
    with recorded(user, job) as copies, counting() as spent:
        ledger = Ledger(user, job, spent, copies)
        try:
            yield ledger
        finally:
            ledger.write()


# --- telling ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Line:
    """What was spent on an engine. own_key: with the person's own key."""

    stage: str
    engine: str
    label: str
    amount: float
    unit: str
    usd: float
    own_key: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """What was spent. usd: US dollars, all lines together."""

    lines: tuple[Line, ...] = field(default=())

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)


def bill_of_job(job: uuid.UUID) -> Bill:
    """What a job cost so far, all its runs together."""
    return bills_of_jobs([job])[job]


def bills_of_jobs(jobs: Iterable[uuid.UUID]) -> dict[uuid.UUID, Bill]:
    """:func:`bill_of_job` for several, in one look."""
    wanted = list(jobs)
    rows: dict[str, list[Spending]] = {}
    for row in Spending.objects.filter(job__in=[str(job) for job in wanted]):
        rows.setdefault(row.job, []).append(row)
    return {job: _bill(rows.get(str(job), [])) for job in wanted}


def bill_of_month(user: User) -> Bill:
    """What the person spent this month (UTC), on everything."""
    return _bill(_this_months(user))


def _bill(rows: Iterable[Spending]) -> Bill:
    """Rows of several months and jobs, put together by engine."""
    labels = {(str(row.stage), row.name): row.label for row in specs()}
    sums: dict[tuple[str, str, str, bool], tuple[float, float]] = {}
    for row in rows:
        key = (row.stage, row.engine, row.unit, row.own_key)
        amount, usd = sums.get(key, (0.0, 0.0))
        sums[key] = (amount + row.amount, usd + row.usd)
    return Bill(
        tuple(
            Line(stage, engine, labels.get((stage, engine), engine), amount, unit, usd, own_key)
            for (stage, engine, unit, own_key), (amount, usd) in sorted(sums.items())
        )
    )


def this_month() -> date:
    """The first day of the month (UTC)."""
    return timezone.now().astimezone(UTC).date().replace(day=1)


def _this_months(user: User) -> QuerySet[Spending]:
    return Spending.objects.filter(user=user, month=this_month())


# --- the limit --------------------------------------------------------------------------------------------------------
def spent_on_site(user: User) -> float:
    """US dollars that the person spent this month with the site's keys. Their own keys are their own affair."""
    return float(_this_months(user).aggregate(usd=Sum("usd", filter=Q(own_key=False), default=0.0))["usd"])


def check_limit(user: User, expected: Estimate) -> None:
    """Raise ``spending_limit`` where what is expected is more than the person has left of this month's limit."""
    limit = limits_for(user).usd_month
    usd = _on_site(expected.lines, own_services(user)) if limit is not None and expected.usd else 0.0
    if limit is None or not usd:
        return
    left = limit - spent_on_site(user)
    if usd > left:
        raise PipelineError("spending_limit", usd=usd, left=max(0.0, left), limit=limit)


def check_going_on(user: User, job: uuid.UUID) -> None:
    """Raise ``spending_reached`` for a job that spends money of the site's while the person's limit is used up: what
    was expected of it may have been too little, and others run beside it."""
    limit = limits_for(user).usd_month
    if limit is None or not Spending.objects.filter(job=str(job), own_key=False, usd__gt=0).exists():
        return
    if spent_on_site(user) >= limit:
        raise PipelineError("spending_reached", limit=limit)


def _on_site(lines: Iterable[Cost], own: frozenset[str]) -> float:
    return sum(line.usd for line in lines if line.service not in own)
