"""Live dubbing under load: how long after the end of a clause its dub is heard; for one session, more, and for long.

Real narration is sent over the site's own socket as fast as it is spoken, to a site of its own with its live workers
(or to one that is there: ``--site`` and ``--key``). All delays are the client's: from when the sample at which a
clause's last word ends was sent, until the message, or the first sound, was there. The baseline is the plain way in
this process: wait for a pause of half a second, then recognise, translate and speak, one after the other.

    python -m benchmarks.live --sessions 1,2,3 --seconds 60
    python -m benchmarks.live --soak 30
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import jiwer
import numpy as np
import psutil
import soundfile

from benchmarks import inputs
from benchmarks.livecourse import STEPS, Course, dub, together
from benchmarks.liveplain import plain_delays, transcript_of
from benchmarks.table import CONSOLE, machine, show
from tests.browser.conftest import standing
from vocasync.types import FloatArray

RATE = inputs.RATE
GAP_SECONDS = 0.4
LIMIT_SECONDS = 1.0
"""Total p95 beyond which a machine has too many sessions."""


def narration(folder: Path) -> bytes:
    """A reading, and a pause: 16 bits, mono, at ``RATE``."""
    source, _ = inputs.narration(folder)
    samples, _ = soundfile.read(source, dtype="int16")
    return bytes(np.concatenate([samples, np.zeros(round(GAP_SECONDS * RATE), np.int16)]).tobytes())


def speech(seconds: float, folder: Path) -> bytes:
    """The same again and again, cut to length."""
    piece, size = narration(folder), 2 * round(seconds * RATE)
    return (piece * (size // len(piece) + 1))[:size]


def samples_of(pcm: bytes) -> FloatArray:
    """The same in [-1, 1]."""
    return np.asarray(np.frombuffer(pcm, np.int16) / 32768, np.float32)


# --- the site ---------------------------------------------------------------------------------------------------------
MAKE_KEY = (
    "from accounts.models import User; from accounts.services import api_key_create;"
    "user = User.objects.create_user('load', 'load@example.com');"
    "print(api_key_create(owner=user, name='load', scopes=['live', 'read'])[1])"
)


@contextmanager
def site_of(given: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str]]:
    """Address and key: of the site that was named, or of one made for the occasion."""
    if given.site:
        yield given.site, given.key
        return
    own = {
        "VOCASYNC_LIVE_SESSIONS_PERSON": "100",
        "VOCASYNC_MAX_CONCURRENT_REQUESTS": "100",
        "VOCASYNC_MAX_AUDIO_MINUTES_DAY": "100000",
    }
    with standing(folder, live=True, **own) as site:
        key = site.manage("shell", "-v", "0", "-c", MAKE_KEY).strip().splitlines()[-1]
        yield site.address, key


def workers() -> list[psutil.Process]:
    """The live workers that this process started."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "live" in one.cmdline():
                found.append(one)
    return found


def _rss(processes: Sequence[psutil.Process]) -> float:
    return float(sum(one.memory_info().rss for one in processes) / 2**20)


def _cpu(processes: Sequence[psutil.Process]) -> float:
    return float(sum(sum(one.cpu_times()[:2]) for one in processes))


# --- tables -----------------------------------------------------------------------------------------------------------
COLUMNS = (
    "sessions",
    "clauses",
    "recognition",
    "translation",
    "synthesis",
    "total p50",
    "total p95",
    "p99",
    "cores",
    "MiB",
    "pressure",
    "words",
)


def percentile(values: Sequence[float], share: float) -> str:
    """In milliseconds; "-" for none."""
    return f"{1000 * float(np.percentile(values, share)):.0f}" if values else "-"


def joined(courses: Sequence[Course]) -> dict[str, list[float]]:
    """The delays of several sessions."""
    each = [course.delays() for course in courses]
    return {name: [value for one in each for value in one[name]] for name in STEPS}


def row(courses: Sequence[Course], cores: float, memory: float, words: int) -> list[str]:
    """A line of the table. words: of the batch transcript."""
    found = joined(courses)
    heard = sum(len(course.text.split()) for course in courses) / len(courses)
    return [
        str(len(courses)),
        str(sum(len(course.finals) for course in courses)),
        *(percentile(found[name], 95) for name in ("recognition", "translation", "synthesis")),
        *(percentile(found["total"], share) for share in (50, 95, 99)),
        f"{cores:.2f}",
        f"{memory:.0f}",
        str(max((level for course in courses for level in course.pressure), default=0)),
        f"{100 * heard / max(1, words):.0f} %",
    ]


def plain_row(pcm: bytes) -> tuple[list[str], float]:
    """The baseline's line, and its total p95 in seconds."""
    found = plain_delays(samples_of(pcm))
    p95 = float(np.percentile(found["total"], 95))
    steps = [percentile(found[name], 95) for name in ("recognition", "translation", "synthesis")]
    totals = [percentile(found["total"], share) for share in (50, 95, 99)]
    return ["plain way, 1", str(len(found["total"])), *steps, *totals, "-", "-", "-", "-"], p95


def curve(site: str, key: str, pcm: bytes, counts: Sequence[int]) -> None:
    """Print the table for each number of sessions."""
    text = transcript_of(samples_of(pcm))
    plain, plain_p95 = plain_row(pcm)
    rows, notes = [plain], []
    for count in counts:
        processes = workers()
        before, began = _cpu(processes), time.monotonic()
        courses = asyncio.run(together(site, key, pcm, count))
        cores = (_cpu(processes) - before) / (time.monotonic() - began)
        rows.append(row(courses, cores, _rss(processes), len(text.split())))
        notes += _notes(count, courses, text, plain_p95)
    title = f"Live dubbing, English to Spanish, {len(pcm) / 2 / RATE:.0f} s a session; delays p95 in ms"
    show(title, COLUMNS, rows, f"{machine()}; cores and MiB of the live workers; words: of the batch transcript's")
    for note in notes:
        CONSOLE.print(note)


def _notes(count: int, courses: Sequence[Course], text: str, plain_p95: float) -> list[str]:
    total = joined(courses)["total"]
    p95 = float(np.percentile(total, 95)) if total else float("inf")
    distance = jiwer.wer(text, courses[0].text) if courses[0].text else 1.0
    unspoken = sum(len(course.unspoken) for course in courses)
    lag = max((lag for course in courses for _, lag in course.lags), default=0.0)
    over = "" if p95 <= LIMIT_SECONDS else f"; beyond {LIMIT_SECONDS:.0f} s"
    errors = sorted({code for course in courses for code in course.errors})
    return [
        f"{count} at once: {plain_p95 / p95:.1f} times as quick as the plain way{over}; words otherwise than in the "
        f"batch transcript {100 * distance:.0f} %; text alone for {unspoken} clauses; dub behind at most {lag:.1f} s; "
        f"ended {sum(course.stopped for course in courses)} of {count}; errors: {', '.join(errors) or 'none'}"
    ]


# --- for long ---------------------------------------------------------------------------------------------------------
def soak(site: str, key: str, piece: bytes, minutes: float) -> None:
    """Print minute by minute how one long session goes, then its text against the batch transcript's: the same reading
    again and again, at least so long."""
    times = math.ceil(minutes * 60 * RATE * 2 / len(piece))
    pcm = piece * times
    memory: list[tuple[float, float]] = []
    course = asyncio.run(_watched(site, key, pcm, memory))
    rows = []
    first = course.sent[0]
    for minute in range(round(len(pcm) / 2 / RATE / 60)):
        since, until = first + 60 * minute, first + 60 * (minute + 1)
        found = course.delays(since, until)["total"]
        lag = max((lag for at, lag in course.lags if since <= at < until), default=0.0)
        held = [mib for at, mib in memory if since <= at < until]
        mib = f"{max(held):.0f}" if held else "-"
        rows.append([str(minute + 1), str(len(found)), percentile(found, 50), percentile(found, 95), f"{lag:.1f}", mib])
    show("One long session", ("minute", "clauses", "total p50", "p95, ms", "behind, s", "MiB"), rows, machine())
    text = " ".join([transcript_of(samples_of(piece))] * times)
    live, batch = len(course.text.split()), len(text.split())
    CONSOLE.print(
        f"words: {live} live, {batch} in the batch transcript ({100 * live / max(1, batch):.0f} %); "
        f"{100 * jiwer.wer(text, course.text):.0f} % otherwise; stopped in order: {course.stopped}; "
        f"text alone for {len(course.unspoken)} clauses; errors: {', '.join(sorted(set(course.errors))) or 'none'}"
    )


async def _watched(site: str, key: str, pcm: bytes, memory: list[tuple[float, float]]) -> Course:
    async def watch() -> None:
        while True:
            with suppress(psutil.Error):
                memory.append((time.monotonic(), _rss(workers())))
            await asyncio.sleep(5)

    watching = asyncio.create_task(watch())
    try:
        return await dub(site, key, pcm)
    finally:
        watching.cancel()


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", default="1,2,3", help="how many at once, one run each")
    parser.add_argument("--seconds", type=float, default=60.0, help="of speech a session")
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES", help="one session, for long")
    parser.add_argument("--site", default="", help="address of a running site; without it, one is started")
    parser.add_argument("--key", default="", help="API key for it, with the scope live")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    asked = _arguments(given)
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        folder = Path(name)
        with site_of(asked, folder / "site") as (site, key):
            if asked.soak:
                soak(site, key, narration(folder), asked.soak)
            else:
                counts = [int(count) for count in asked.sessions.split(",")]
                curve(site, key, speech(asked.seconds, folder), counts)


if __name__ == "__main__":
    main()
