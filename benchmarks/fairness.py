"""What a company that asks quietly notices of another that floods the server.

    python benchmarks/fairness.py [--clients 56] [--questions 60] [--repetitions 3]

One worker plays eight runs at once and has 64 threads. The loud company has a number of clients, each of which asks the
next question as soon as the last was answered, with turns of a fifth of a second, or again after 50 ms where it is
refused; the quiet one asks one question after the other, with short turns. The quiet company's times are printed for

* alone: nobody else asks;
* in order: the loud one has no limits, and runs are played in the order in which they came;
* fair: the same, and companies take turns (what SOPHIA does);
* fair, limits: the loud company has limits besides.

Each repetition goes through all of them, with a server started afresh; the medians are printed, as times and as ratios
to `alone`. Loopback only.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from served import COMPANY, Served, key_of, serve

from sophia.bootstrap.fair_pool import FairPool

QUIET = "globex"
LOUD_QUESTION = "How is it done? (pieces 10) (every 20)"
QUIET_QUESTION = "How is it done? (pieces 2) (every 5)"
LIMITS = """
[limits]
runs = 6
requests = 3000
"""
USUAL, IN_ORDER = (__file__, "--serve"), (__file__, "--serve-in-order")
MODES = {
    "alone": (USUAL, "", 0),
    "in order": (IN_ORDER, "", 1),
    "fair": (USUAL, "", 1),
    "fair, limits": (USUAL, LIMITS, 1),
}


class InOrder(FairPool):
    """Nobody is told from anybody: what came first is first."""

    def submit(self, _company_id, _user_id, work):
        return super().submit("", "", work)


def in_order(sophia):
    sophia.services.background._runs = InOrder(sophia.settings.service.runs, "run")  # noqa: SLF001
    return sophia


class Client:
    """Asks over a connection of its own."""

    def __init__(self, port, company):
        self._company = company
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, question):
        body = json.dumps({"companyId": self._company, "message": question})
        headers = {"X-Agent-Access-Key": key_of(self._company), "Content-Type": "application/json"}
        self._connection.request("POST", "/chat", body, headers)
        response = self._connection.getresponse()
        response.read()
        return response.status


def flood(port, stop, statuses):
    client = Client(port, COMPANY)
    while not stop.is_set():
        status = client.ask(LOUD_QUESTION)
        statuses.append(status)
        if status == http.HTTPStatus.TOO_MANY_REQUESTS:
            stop.wait(0.05)


def measure(folder, mode, clients, questions):
    """Milliseconds of each of the quiet company's questions, and what the loud one was answered."""
    program, limits, loud = MODES[mode]
    company = f'{limits}\n[[companies]]\nid = "{QUIET}"\nlimits = {{ runs = 0, requests = 0 }}\n'
    with Served(folder, workers=1, runs=8, users=0, sections=company, noted=False, program=program) as served:
        stop, statuses = threading.Event(), []
        crowd = [
            threading.Thread(target=flood, args=(served.port, stop, statuses), daemon=True)
            for _ in range(clients * loud)
        ]
        for thread in crowd:
            thread.start()
        time.sleep(2.0 * loud)
        quiet = Client(served.port, QUIET)
        for _ in range(5):
            quiet.ask(QUIET_QUESTION)
        times = []
        for _ in range(questions):
            began = time.perf_counter()
            assert quiet.ask(QUIET_QUESTION) == http.HTTPStatus.OK
            times.append((time.perf_counter() - began) * 1000)
        stop.set()
        for thread in crowd:
            thread.join(120)
    return times, statuses


def main(clients, questions, repetitions):
    found = {mode: [] for mode in MODES}
    for _ in range(repetitions):
        for mode in MODES:
            with tempfile.TemporaryDirectory() as folder:
                times, statuses = measure(Path(folder), mode, clients, questions)
            cut = statistics.quantiles(times, n=100)
            answered = statuses.count(http.HTTPStatus.OK)
            found[mode].append((statistics.median(times), cut[98], max(times), answered, len(statuses) - answered))
    medians = {mode: [statistics.median(column) for column in zip(*rows, strict=True)] for mode, rows in found.items()}
    base = medians["alone"]
    print(f"{'':14}{'p50 ms':>10}{'p99 ms':>10}{'worst':>10}{'p50 x':>8}{'p99 x':>8}{'loud: answered, refused':>26}")
    for mode, (p50, p99, worst, answered, refused) in medians.items():
        ratios = f"{p50 / base[0]:8.1f}{p99 / base[1]:8.1f}"
        print(f"{mode:14}{p50:10.0f}{p99:10.0f}{worst:10.0f}{ratios}{answered:18.0f}, {refused:.0f}")
        print(
            json.dumps(
                {"benchmark": "fairness", "mode": mode, "clients": clients, "p50_ms": round(p50, 1)}
                | {"p99_ms": round(p99, 1), "answered": answered, "refused": refused}
            )
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), silently=True)
    elif sys.argv[1:2] == ["--serve-in-order"]:
        serve(Path(sys.argv[2]), silently=True, adapt=in_order)
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--clients", type=int, default=56)
        parser.add_argument("--questions", type=int, default=60)
        parser.add_argument("--repetitions", type=int, default=3)
        given = parser.parse_args()
        main(given.clients, given.questions, given.repetitions)
