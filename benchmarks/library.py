"""A full site: pages and the REST interface with 10,000 voices and 100,000 jobs, and the search by likeness against
reading every embedding for every search.

``python -m benchmarks.library`` measures on the database of ``VOCASYNC_DATABASE_URL`` (a SQLite file in a temporary
folder without one); a PostgreSQL must be empty.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.table import CONSOLE, show

if TYPE_CHECKING:
    from accounts.models import User

VOICES, JOBS, PEOPLE = 10_000, 100_000, 200
TIMES = 40
MEASURE = "--measure"


def main() -> None:
    """Measure in a process whose settings point at a site of its own."""
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "vocasite.settings",
            "VOCASYNC_VAR": name,
            "VOCASYNC_NETWORK": "false",
            "VOCASYNC_LOG_LEVEL": "ERROR",
            "VOCASYNC_API_RATE": "100000/min",
        }
        subprocess.run([sys.executable, "-m", "benchmarks.library", MEASURE], check=True, env=environment)


def measure() -> None:
    """Load the site, then time it."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import override_settings

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    began = time.perf_counter()
    someone = load()
    CONSOLE.print(
        f"{connection.vendor}: {VOICES:,} voices, {JOBS:,} jobs loaded in {time.perf_counter() - began:.0f} s"
    )
    with override_settings(ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        rows = [timed(what, act) for what, act in requests(someone)]
        show("Answers with a full library", ("", "p50", "p95", "slowest"), rows)
        show("The search by likeness alone", ("", "p50", "p95", "speed"), searches(someone))


def load() -> User:
    """People, voices and jobs, drawn anew but always the same. Returns somebody with many of each."""
    from django.utils import timezone

    from accounts.models import User
    from dubbing.models import DubbingJob, Job
    from voices.models import VoiceLanguage, VoiceProfile, VoiceTag

    draw = np.random.default_rng(7)
    people = User.objects.bulk_create(
        User(username=f"person{number}", email=f"person{number}@example.org") for number in range(PEOPLE)
    )
    centres = draw.normal(size=(400, 256))
    vectors = np.abs(centres[draw.integers(400, size=VOICES)] + 0.6 * draw.normal(size=(VOICES, 256)))
    names = ["Anna", "Bruno", "Chidi", "Dana", "Emil", "Farah", "Gita", "Hugo"]
    languages, tags = ["en", "es", "de", "fr", "hi", "te"], ["warm", "narrator", "young", "deep", "news"]
    voices = [
        VoiceProfile(
            owner=people[number % PEOPLE],
            name=(name := f"{names[number % 8]} {number}"),
            whose="own",
            consent="verified" if number % 3 else "none",
            is_public=number % 3 != 0 and number % 2 == 0,
            grade="ABCD"[number % 4],
            quality=draw.random(),
            seconds=30.0,
            f0_low=90.0,
            f0_median=120.0,
            f0_high=180.0,
            pace=4.0,
            peaks=[round(float(value), 2) for value in draw.random(200)],
            embedding=vectors[number],
            fingerprint=f"{number:064d}",
            search_text=f"{name} {tags[number % 5]} {languages[number % 6]}".lower(),
            updated_at=timezone.now(),
        )
        for number in range(VOICES)
    ]
    VoiceProfile.objects.bulk_create(voices, batch_size=500)
    coded = [VoiceLanguage(voice=voice, code=languages[number % 6]) for number, voice in enumerate(voices)]
    VoiceLanguage.objects.bulk_create(coded, batch_size=2000)
    tagged = [VoiceTag(voice=voice, tag=tags[number % 5]) for number, voice in enumerate(voices)]
    VoiceTag.objects.bulk_create(tagged, batch_size=2000)
    for first in range(0, JOBS, 5000):
        jobs = [
            Job(owner=people[number % PEOPLE], kind="dubbing", title=f"Episode {number}", status="succeeded")
            for number in range(first, first + 5000)
        ]
        Job.objects.bulk_create(jobs, batch_size=500)
        details = [DubbingJob(job=job, source="a.mp4", source_name="a.mp4", target_language="es") for job in jobs]
        DubbingJob.objects.bulk_create(details, batch_size=500)
    return people[0]


def requests(someone: User) -> list[tuple[str, Callable[[], object]]]:
    """What is asked for: a name, and a call that asks and checks the answer."""
    from django.test import Client

    from voices.models import VoiceProfile

    client = Client()
    client.force_login(someone)
    liked = [str(pk) for pk in VoiceProfile.objects.filter(owner=someone).values_list("pk", flat=True)[:TIMES]]
    turn = iter(liked * 10)

    def get(address: Callable[[], str]) -> Callable[[], object]:
        def ask() -> object:
            answer = client.get(address())
            if answer.status_code != 200:
                raise RuntimeError(f"{address()} answered {answer.status_code}")
            return answer

        return ask

    addresses: dict[str, Callable[[], str]] = {
        "page: library": lambda: "/voices/",
        "page: library, a word and a language": lambda: "/voices/?text=anna&language=en",
        "page: library, public, page 20": lambda: "/voices/?scope=public&page=20",
        "page: library, more like a voice": lambda: f"/voices/?voice={next(turn)}",
        "page: a voice": lambda: f"/voices/{next(turn)}/",
        "page: dubs": lambda: "/dubs/",
        "page: dubs, page 20": lambda: "/dubs/?page=20",
        "API: voices": lambda: "/api/voices?limit=50",
        "API: voices, a word": lambda: "/api/voices?text=narrator&limit=50",
        "API: voices like one": lambda: f"/api/voices/{next(turn)}/similar?limit=50",
        "API: jobs": lambda: "/api/jobs?limit=50",
        "API: jobs, done, page 10": lambda: "/api/jobs?status=succeeded&limit=50&offset=450",
    }
    return [(name, get(address)) for name, address in addresses.items()]


def timed(what: str, act: Callable[[], object]) -> list[str]:
    """A row: percentiles of the time in ms, after a first call that does not count."""
    spent = samples(act)
    return [what, *(f"{value:.1f} ms" for value in (*np.percentile(spent, (50, 95)), max(spent)))]


def samples(act: Callable[[], object]) -> list[float]:
    act()
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def searches(someone: User) -> list[list[str]]:
    """The plain way (the baseline) reads every embedding from the database for each search."""
    from voices import search, selectors
    from voices.models import VoiceProfile

    rows = selectors.visible_voices(someone)
    wanted = VoiceProfile.objects.filter(owner=someone).exclude(embedding=None)[0].embedding

    def plainly() -> list[Any]:
        found = [(float(vector @ wanted), pk) for pk, vector in rows.values_list("pk", "embedding")]
        return [pk for _, pk in sorted(found, reverse=True)[:50]]

    def indexed() -> list[Any]:
        return [pk for pk, _ in search.nearest(rows, wanted, limit=50)]

    if plainly() != indexed():
        raise RuntimeError("the search does not find what the plain way finds")
    plain, ours = samples(plainly), samples(indexed)
    ratio = float(np.median(plain) / np.median(ours))
    return [
        ["read every embedding (baseline)", *(f"{value:.1f} ms" for value in np.percentile(plain, (50, 95))), "1.0 ×"],
        ["this search", *(f"{value:.1f} ms" for value in np.percentile(ours, (50, 95))), f"{ratio:.1f} ×"],
    ]


if __name__ == "__main__":
    if MEASURE in sys.argv:
        measure()
    else:
        main()
