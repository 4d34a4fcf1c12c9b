"""How far the work is: kept in memory by the work, written down by the thread that keeps its lease."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, FloatField, Sum
from django.utils import timezone

from dubbing import events
from dubbing.models import Job, WorkUnit
from dubbing.pace import Pace, measured
from vocasync.pipelines.base import Pipeline
from work.leases import Claim, Keeper


class Meter:
    """Turns a stage's fraction into the job's progress and time left, and writes them down."""

    def __init__(self, job: Job, pipeline: Pipeline, stage: str) -> None:
        at = pipeline.stages.index(stage)
        self._job = job
        self._stage = stage
        self._low = sum(pipeline.weights.get(one, 0.0) for one in pipeline.stages[:at])
        self._share = pipeline.weights.get(stage, 0.0)
        self._pace: Pace | None = None

    def at(self, fraction: float) -> float:
        """The job's progress, 0 to 1, when ``fraction`` of this stage is done."""
        return min(1.0, self._low + self._share * fraction)

    def write(self, fraction: float, **held: str) -> None:
        """Write it to the job (only while it has ``held`` values) and to its log."""
        self._pace = self._pace or measured(self._job)
        progress = self.at(fraction)
        eta = self._pace.eta(timezone.now(), progress, self.at(1.0))
        # Never backwards: units that are planned anew begin at nothing, but a bar that shrinks frightens.
        rows = Job.objects.filter(
            pk=self._job.pk, status=Job.Status.RUNNING, stage=self._stage, progress__lte=progress, **held
        )
        payload = {"stage": self._stage, "stage_progress": fraction, "progress": progress, "eta_seconds": eta}
        with transaction.atomic():  # Whoever sees the job this far finds the event that says so.
            if rows.update(progress=progress, stage_progress=fraction, eta_seconds=eta):
                events.record(self._job, "progress", payload)


class Reporter:
    """The progress of work under a lease (a :class:`vocasync.progress.Progress`)."""

    def __init__(self, keeper: Keeper, meter: Meter) -> None:
        self._keeper = keeper
        self._claim: Claim = keeper.claim
        self._meter = meter
        self._fraction = 0.0
        self._written = 0.0

    def report(self, fraction: float, note: str = "") -> None:
        self._fraction = min(1.0, max(self._fraction, fraction))

    def check(self) -> None:
        self._keeper.check()

    def flush(self) -> None:
        """Write what was reported since the last time."""
        fraction = round(self._fraction, 4)
        if fraction > self._written:
            self._written = fraction
            self._write(fraction)

    def _write(self, fraction: float) -> None:
        self._meter.write(fraction, lease_token=self._claim.token)


class UnitReporter(Reporter):
    """The progress of one unit; the stage's is the weighted mean of its units."""

    def __init__(self, keeper: Keeper, meter: Meter, unit: WorkUnit) -> None:
        super().__init__(keeper, meter)
        self._unit = unit

    def _write(self, fraction: float) -> None:
        self._claim.held.update(progress=fraction)
        self._meter.write(stage_fraction(self._unit))


def stage_fraction(unit: WorkUnit) -> float:
    """How much of the unit's stage is done, over all its units."""
    done = F("weight") * F("progress")
    sums = WorkUnit.objects.filter(job=unit.job_id, stage=unit.stage).aggregate(
        done=Sum(done, output_field=FloatField()), all=Sum("weight")
    )
    return float(sums["done"] or 0.0) / float(sums["all"] or 1.0)
