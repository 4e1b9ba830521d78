"""What a look-up costs beyond the request that it makes: the whole use case, beside the bare request.

    python benchmarks/lookups.py [--rounds 300]

The three emulated systems run in a process of their own. Of each, one look-up is made in turn by `LookUp` (permission,
schema, read-only policy, the day's count in SQLite, the adapter's client with its breaker and bulkhead, the answer
read into a table, evidence made) and by a bare httpx2 client on a connection that is kept, with the body read and
nothing else done. Told are medians of the wall clock, and of this process's own processor time, which other work on
the machine does not lengthen.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx2
from attrs import frozen

from sophia import Sophia
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.runs import Run, RunStatus
from sophia.domain.secrets import Secret

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SEARCH = "search index=wineventlog EventCode=4625 | stats count by TargetUserName | sort -count"
SHOW = "<show><high-availability><state></state></high-availability></show>"
SECRET = "a-credential-of-the-benchmark"


@frozen
class Case:
    """A look-up, and the request that it comes down to."""

    source: str
    tool: str
    arguments: Mapping[str, object]
    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


def cases() -> tuple[Case, ...]:
    now = time.time()
    search = {
        "search": SEARCH,
        "earliest_time": f"{now - 86_400:.3f}",
        "latest_time": f"{now:.3f}",
        "output_mode": "json",
        "preview": "false",
    }
    bearer = {"Authorization": f"Bearer {SECRET}"}
    return (
        Case(
            "splunk",
            "splunk_query",
            {"operation": "search", "search": SEARCH.removeprefix("search ")},
            "POST",
            "/services/search/v2/jobs/export",
            FORM | bearer,
            urlencode(search),
        ),
        Case(
            "panos",
            "palo_alto_status",
            {"operation": "show", "view": "ha"},
            "POST",
            "/api/",
            FORM | {"X-PAN-KEY": SECRET},
            urlencode({"type": "op", "cmd": SHOW}),
        ),
        Case(
            "grafana",
            "grafana_fetch",
            {"operation": "alerts"},
            "GET",
            "/api/alertmanager/grafana/api/v2/alerts?active=true&silenced=false&inhibited=false",
            bearer,
        ),
    )


@contextmanager
def emulated(systems: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The URL of each system."""
    told = [{"system": system, "device": "fw-madrid-2", "secret": SECRET} for system in systems]
    with subprocess.Popen(
        [sys.executable, "-m", "sophia.testing.emulators.systems"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(told)}\n")
        process.stdin.flush()
        yield dict(zip(systems, json.loads(process.stdout.readline()), strict=True))
        process.stdin.close()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the wall clock, and of this process's processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)


def measure(case: Case, sophia: Sophia, url: str, rounds: int) -> None:
    look_up = sophia._use_cases.turns.look_up()  # noqa: SLF001 -- what a turn uses; there is no other way to it
    scope = sophia.scope("acme", "ana")
    run = Run("run_1", "thr_1", "msg_1", RunStatus.RUNNING, datetime.now(UTC), attempt=1)
    source = look_up.source(scope, case.tool, case.arguments)
    with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:

        def bare() -> None:
            client.request(case.method, case.path, headers=case.headers, content=case.body).raise_for_status()

        def whole() -> None:
            assert look_up(scope, run, source, case.arguments, lambda: None).finding.rows

        for work in (bare, whole) * 20:  # connections, caches
            work()
        figures = [(timed(bare), timed(whole)) for _ in range(rounds)]
    told = []
    for clock, name in enumerate(("wall", "processor")):
        asked = statistics.median(bare[clock] for bare, _ in figures)
        looked = statistics.median(whole[clock] for _, whole in figures)
        more = statistics.median(whole[clock] - bare[clock] for bare, whole in figures)
        told.append(f"{name} {asked:.2f} ms bare, {looked:.2f} ms looked up, {more:+.2f} ms (p50 of the differences)")
    print(f"{case.source}: {'; '.join(told)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    todo = cases()
    with tempfile.TemporaryDirectory() as folder, emulated(tuple(case.source for case in todo)) as urls:
        sources = [
            {"name": name, "type": name, "url": url, "credential": "system/key", "caps": {"a_day": 1_000_000}}
            for name, url in urls.items()
        ]
        company = {"id": "acme", "users": [{"id": "ana"}], "sources": sources}
        with Sophia(parse_settings({"companies": [company]}, Path(folder))) as sophia:
            sophia.set_credential("acme", "system", "key", Secret(SECRET))
            for case in todo:
                measure(case, sophia, urls[case.source], rounds)


if __name__ == "__main__":
    main()
