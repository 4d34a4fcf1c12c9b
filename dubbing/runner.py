"""Walks a job through the stages of its pipeline.

A stage of one unit is done in place, under the job's lease. A stage of several becomes :class:`WorkUnit` rows: the
job's lease is given up, any worker takes units, and whoever does the last one wakes the job and walks on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from dubbing import events, failures, queue, states, sync
from dubbing.claims import claim_job
from dubbing.kinds import kind_of
from dubbing.models import Job, WorkUnit
from dubbing.reporting import Meter, Reporter, UnitReporter
from dubbing.requests import JobPipeline, pipeline_for
from dubbing.selectors import with_details
from engines import spending
from vocasync.errors import Cancelled
from vocasync.pipelines.base import Unit
from work import leases, shutdown
from work.leases import Claim, Keeper

Status = Job.Status
MAX_ROUNDS = 20
"""Times a stage may plan anew after its units are done (the first may show what the others are)."""


def advance(job_id: uuid.UUID) -> None:
    """Take the job up, if nobody has it, and carry it as far as it goes."""
    while not shutdown.requested() and (claim := claim_job(job_id)) is not None:
        if not _walk(claim, job_id) or not _work_units(job_id):
            return


def run_unit(unit_id: int) -> None:
    """Take a unit up, if nobody has it; after the last one of its stage, walk on with the job."""
    woken = _do_unit(unit_id)
    if woken is not None:
        advance(woken)


def _work_units(job_id: uuid.UUID) -> bool:
    """Do units of the job while there are any to take; True when the last one was done here."""
    woken = None
    while woken is None:
        unit_id = WorkUnit.objects.filter(leases.due(), job=job_id).values_list("pk", flat=True).first()
        if unit_id is None or shutdown.requested():
            return False
        woken = _do_unit(unit_id)
    return True


# --- the job ----------------------------------------------------------------------------------------------------
def _walk(claim: Claim, job_id: uuid.UUID) -> bool:
    """Stage by stage; True when the job was left to its units."""
    with Keeper(claim) as keeper, failures.told(claim, job_id, keeper):
        failures.refuse_endless(claim, job_id)
        job = with_details(Job.objects.filter(pk=job_id)).get()
        return Walk(job, claim, keeper).run()
    return False


class Walk:
    """One worker's walk through a job's stages."""

    def __init__(self, job: Job, claim: Claim, keeper: Keeper) -> None:
        self._job = job
        self._claim = claim
        self._keeper = keeper
        self._kind = kind_of(job)
        self._pipeline: JobPipeline = pipeline_for(job)
        self._reached = self._position(job.stage)

    def _position(self, stage: str) -> int:
        stages = self._pipeline.stages
        return stages.index(stage) if stage in stages else -1

    def run(self) -> bool:
        """True when the job was left to its units."""
        for stage in self._pipeline.stages:
            self._keeper.check()
            if stage == "review" and self._pipeline.needs_review():
                self._wait_for_review(stage)
                return False
            if self._left_to_units(stage):
                return True
        self._succeed()
        return False

    def _left_to_units(self, stage: str) -> bool:
        """Do a stage, all of it (False) or up to where others take part (True)."""
        before: tuple[str, ...] = ()
        worked = False
        for _ in range(MAX_ROUNDS):
            units = self._pipeline.plan(stage)
            if not units:
                break
            names = tuple(unit.name for unit in units)
            if names == before:
                raise RuntimeError(f"the stage {stage} plans {names} again after doing them")
            before, worked = names, True
            self._enter(stage)
            if len(units) > 1:
                self._hand_out(stage, units)
                return True
            self._do(stage, units[0].name)
        self._enter(stage)
        self._pipeline.finish(stage)
        self._keeper.check()
        if worked or self._position(stage) >= self._reached:
            self._write_down(stage)
        return False

    def _enter(self, stage: str) -> None:
        """Say where the job is now, when this is further than it was."""
        position = self._position(stage)
        if position <= self._reached:
            return
        self._reached = position
        self._job.stage = stage
        progress = Meter(self._job, self._pipeline, stage).at(0.0)
        with transaction.atomic():
            fresh = {"stage": stage, "stage_progress": 0.0, "progress": progress, "attempt": 1}
            if not self._claim.held.update(**fresh):
                raise Cancelled
            states.announce(self._job.pk)
        events.prune(self._job)

    def _do(self, stage: str, unit: str) -> None:
        reporter = Reporter(self._keeper, Meter(self._job, self._pipeline, stage))
        with _accounted(self._job, self._keeper, reporter):
            self._pipeline.run(stage, unit, reporter)

    def _hand_out(self, stage: str, units: tuple[Unit, ...]) -> None:
        """Make the units rows that any worker can take, and give the job's own lease up."""
        with transaction.atomic():
            done = WorkUnit.objects.filter(job=self._job, stage=stage, status=WorkUnit.Status.DONE)
            if {one.name for one in units} <= set(done.values_list("name", flat=True)):
                raise RuntimeError(f"the stage {stage} plans its units again after they were done")
            if not self._claim.held.update(lease_token="", lease_until=None):
                raise Cancelled
            WorkUnit.objects.filter(job=self._job).delete()
            rows = [WorkUnit(job=self._job, stage=stage, name=one.name, weight=one.weight) for one in units]
            WorkUnit.objects.bulk_create(rows, batch_size=200)
            for row in WorkUnit.objects.filter(job=self._job).order_by("pk"):
                queue.hint_unit(row.pk)

    def _write_down(self, stage: str) -> None:
        """Rows for what is there after a stage."""
        heard = self._pipeline.transcript()
        if heard is not None and stage == self._kind.speakers:
            sync.speakers(self._job, heard, self._pipeline.speakers() or ())
            # What follows is asked for with what is known of the speakers now: voices, corrections by new numbers.
            self._pipeline = pipeline_for(with_details(Job.objects.filter(pk=self._job.pk)).get())
        if heard is not None and stage == self._kind.words:
            sync.transcript(self._job, heard)
        if stage in self._kind.takes:
            sync.takes(self._job, self._pipeline.takes())

    def _wait_for_review(self, stage: str) -> None:
        heard = self._pipeline.transcript()
        if heard is not None:
            sync.transcript(self._job, heard)
        progress = Meter(self._job, self._pipeline, stage).at(0.0)
        token = self._claim.token
        states.move(
            self._job.pk, (Status.RUNNING,), Status.WAITING, token=token, stage=stage, progress=progress, attempt=0
        )

    def _succeed(self) -> None:
        made = self._pipeline.result()
        done = {"stage": "", "stage_progress": 1.0, "progress": 1.0, "error_code": "", "error_params": {}}
        with transaction.atomic():
            # The rows first: whoever hears that it is done finds everything there.
            sync.result(self._job, made)
            WorkUnit.objects.filter(job=self._job).delete()
            if not states.move(self._job.pk, (Status.RUNNING,), Status.SUCCEEDED, token=self._claim.token, **done):
                raise Cancelled
        events.prune(self._job)


@contextmanager
def _accounted(job: Job, keeper: Keeper, reporter: Reporter) -> Iterator[None]:
    """Write down while the work goes on how far it is, what is spent, and which voices are copied to services: a worker
    that is killed takes half a second's worth of that with it. Raises ``spending_reached``."""
    spending.check_going_on(job.owner, job.pk)
    with spending.counted(job.owner, job.pk) as ledger:

        def flush() -> None:
            ledger.write()
            reporter.flush()

        keeper.flush_with(flush)
        try:
            yield
        finally:
            keeper.flush_with(_nothing)


def _nothing() -> None:
    return None


# --- the units --------------------------------------------------------------------------------------------------
def _do_unit(unit_id: int) -> uuid.UUID | None:
    """Do one unit; the id of its job when this was the last one and the job is to be walked on with."""
    claim = leases.claim(WorkUnit, unit_id)
    if claim is None:
        return None
    unit = WorkUnit.objects.select_related("job__owner").filter(pk=unit_id).first()
    if unit is None:
        return None
    with Keeper(claim) as keeper, failures.told(claim, unit.job_id, keeper):
        failures.refuse_endless(claim, unit.job_id)
        pipeline = pipeline_for(unit.job)
        reporter = UnitReporter(keeper, Meter(unit.job, pipeline, unit.stage), unit)
        with _accounted(unit.job, keeper, reporter):
            pipeline.run(unit.stage, unit.name, reporter)
        done = {"status": WorkUnit.Status.DONE, "progress": 1.0, "lease_token": "", "lease_until": None}
        if claim.held.update(**done) and wake(unit.job_id):
            return unit.job_id
    return None


def wake(job_id: uuid.UUID) -> bool:
    """Queue a job whose units are all done; False when some are not, or somebody else was quicker."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None or WorkUnit.objects.filter(job=job).exclude(status=WorkUnit.Status.DONE).exists():
            return False
        waiting = Job.objects.filter(pk=job_id, status=Status.RUNNING, lease_token="")
        return bool(waiting.update(status=Status.QUEUED, lease_until=None, attempt=0))
