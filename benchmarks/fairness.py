"""What a company that asks quietly notices of another that floods the server.

    python benchmarks/fairness.py [--clients 56] [--questions 60] [--repetitions 3]

One worker plays eight runs at once and has 64 threads. The loud company has a number of clients, each of which asks the
next question as soon as the last was answered, with turns of a fifth of a second, or again after 50 ms where it is
refused; the quiet one asks one question after the other, with short turns. The quiet company's times are printed for

* alone: nobody else asks;
* in order: the loud one has no limits, and runs are played in the order in which they came;
* fair: the same, and companies take turns (what SOPHIA does);
* fair, limits: the loud company has limits besides.

Each repetition goes through all of them, with a server started afresh; the times of all are printed together, and as
ratios to `alone`. Loopback only.
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
    """Milliseconds of each of the quiet company's questions; answers and refusals a second of the loud one."""
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
        times, before, since = [], len(statuses), time.perf_counter()
        for _ in range(questions):
            began = time.perf_counter()
            assert quiet.ask(QUIET_QUESTION) == http.HTTPStatus.OK
            times.append((time.perf_counter() - began) * 1000)
        meanwhile, took = statuses[before:], time.perf_counter() - since
        stop.set()
        for thread in crowd:
            thread.join(120)
    answered = meanwhile.count(http.HTTPStatus.OK)
    return times, answered / took, (len(meanwhile) - answered) / took


def main(clients, questions, repetitions):
    times, loud = {mode: [] for mode in MODES}, {mode: [] for mode in MODES}
    for _ in range(repetitions):
        for mode in MODES:
            with tempfile.TemporaryDirectory() as folder:
                took, *rates = measure(Path(folder), mode, clients, questions)
            times[mode] += took
            loud[mode].append(rates)
    print(f"{'':14}{'p50 ms':>10}{'p99 ms':>10}{'p50 x':>8}{'p99 x':>8}{'loud: answered/s, refused/s':>30}")
    base = None
    for mode, all_times in times.items():
        p50, p99 = statistics.median(all_times), statistics.quantiles(all_times, n=100, method="inclusive")[98]
        base = base or (p50, p99)
        answered, refused = (statistics.median(rates) for rates in zip(*loud[mode], strict=True))
        ratios = {"p50_x": round(p50 / base[0], 1), "p99_x": round(p99 / base[1], 1)}
        print(f"{mode:14}{p50:10.0f}{p99:10.0f}{ratios['p50_x']:8}{ratios['p99_x']:8}{answered:20.1f}, {refused:.1f}")
        figures = {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), **ratios, "answered": answered, "refused": refused}
        print(json.dumps({"benchmark": "fairness", "mode": mode, "clients": clients, **figures}), flush=True)


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
