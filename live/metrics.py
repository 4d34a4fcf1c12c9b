"""What the live workers counted, for Prometheus. Each worker is a series of its own, which begins anew with it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from live import selectors
from live.models import LiveSession, LiveWorker
from vocasync.pipelines.live.numbers import COMPONENTS, Tally

PREFIX = "vocasync_live_"

SUMS = {
    "sound": ("sound_seconds", "Sound that came in."),
    "heard": ("heard_seconds", "Speech in it."),
    "spoken": ("spoken_seconds", "Dub that was given."),
    "work": ("work_seconds", "Work that was done for it."),
    "clauses": ("clauses", "Clauses whose text is final."),
}
"""By what a tally calls a sum: its name and what it is here."""


class LiveCollector(Collector):
    """Reads the table of workers whenever it is asked."""

    def collect(self) -> Iterator[Metric]:
        rows = list(selectors.workers())
        counted = {row.name: _tally(row) for row in rows}
        yield from _rooms(rows)
        yield _states()
        yield _delays(counted)
        yield from _sums(counted)
        yield _counts(counted, "errors", "Things that went wrong, by code.", "code")
        yield _counts(counted, "dropped", "What was left out to keep up: pauses in seconds.", "what")
        yield _shares(counted, "real_time_factor", "Seconds of work a second of sound that came in.")
        yield _shares(counted, "similarity", "Mean cosine of the dub to its speakers.")


def _tally(row: LiveWorker) -> Tally:
    tally = Tally()
    if row.numbers:
        tally.merge(row.numbers)
    return tally


def _rooms(rows: list[LiveWorker]) -> Iterator[Metric]:
    sessions = GaugeMetricFamily(f"{PREFIX}worker_sessions", "Sessions that a worker does now.", labels=["worker"])
    room = GaugeMetricFamily(f"{PREFIX}worker_room", "Sessions that a worker takes at most.", labels=["worker"])
    for row in rows:
        sessions.add_metric([row.name], row.sessions)
        room.add_metric([row.name], row.room)
    yield from (sessions, room)


def _states() -> Metric:
    found = GaugeMetricFamily(f"{PREFIX}sessions", "Sessions that are open, by state.", labels=["state"])
    states = list(selectors.open_sessions().values_list("state", flat=True))
    for state in (LiveSession.State.WAITING, LiveSession.State.RUNNING):
        found.add_metric([state.value], states.count(state.value))
    return found


def _delays(counted: dict[str, Tally]) -> Metric:
    name, about = f"{PREFIX}delay_seconds", "From the end of a clause as it arrived, by component."
    found = HistogramMetricFamily(name, about, labels=["worker", "component"])
    for worker, tally in counted.items():
        for component in COMPONENTS:
            histogram = tally.histogram(component)
            buckets = [(str(bound), float(count)) for bound, count in histogram.buckets()]
            found.add_metric([worker, component], [*buckets, ("+Inf", float(histogram.count))], histogram.sum)
    return found


def _sums(counted: dict[str, Tally]) -> Iterator[Metric]:
    plain = {worker: tally.plain()["sums"] for worker, tally in counted.items()}
    for key, (name, about) in SUMS.items():
        found = CounterMetricFamily(f"{PREFIX}{name}", about, labels=["worker"])
        for worker, sums in plain.items():
            found.add_metric([worker], sums[key])
        yield found


def _counts(counted: dict[str, Tally], name: str, about: str, label: str) -> Metric:
    found = CounterMetricFamily(f"{PREFIX}{name}", about, labels=["worker", label])
    for worker, tally in counted.items():
        for key, value in sorted(tally.plain()[name].items()):
            found.add_metric([worker, key], value)
    return found


def _shares(counted: dict[str, Tally], name: str, about: str) -> Metric:
    found = GaugeMetricFamily(f"{PREFIX}{name}", about, labels=["worker"])
    for worker, tally in counted.items():
        value: float | None = getattr(tally.numbers(), name)
        if value is not None:
            found.add_metric([worker], value)
    return found
