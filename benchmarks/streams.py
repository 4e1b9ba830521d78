"""Many streams at once: how late the words come, SOPHIA beside plain Flask in the same run; and a stream's first event.

    python benchmarks/streams.py [--bench ../shared/bench] [--peers FOLDER] [--streams 100 500 1000] [--repetitions 3]

Every stream words twenty pieces, 100 ms apart on a schedule that is set when it begins. Both servers are gunicorn with
two workers of 1,000 threads each; SOPHIA stores what it says before it says it. The figures are those of `sse_load`,
medians of the repetitions (lost: streams that were not whole, of all repetitions; behind: SOPHIA's words behind their
source, without the wait to be begun); memory is what all processes of a server have resident at the most. The first
event is what one client waits from its request to ``run.started``, nobody else being there.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from served import KEY, Served, cpu_seconds, rss_mb, tree
from sse_load import percentile
from turns import BENCH, HERE, Peer

MS = 100
USERS = 1000
QUESTION = {"companyId": "acme", "message": f"What is the refund policy (every {MS}) (stamped)", "stream": True}
HEADERS = {"Content-Type": "application/json", "X-Agent-Access-Key": KEY}
FIRST_EVENTS = 200


class Floor(Peer):
    """Plain Flask that streams and stores nothing."""

    url = property(lambda self: f"http://127.0.0.1:{self.port}/stream")
    options = ()

    def __init__(self, folder, bench):
        command = "-m gunicorn app_floor:app -b 127.0.0.1:{port} -w 2 -k gthread --threads 1000 --log-level error"
        python = [sys.executable, *command.split(), "--no-control-socket"]
        super().__init__(folder, bench, python, "/stream", chunk_ms=MS)


class Sophia(Served):
    """SOPHIA with a scripted runtime, a thread for each stream."""

    url = property(lambda self: f"http://127.0.0.1:{self.port}/chat")
    options = (
        "--stamped",
        "--body",
        json.dumps(QUESTION),
        *(part for name, value in HEADERS.items() for part in ("--header", f"{name}: {value}") if name[0] == "X"),
    )

    def __init__(self, folder):
        super().__init__(folder, workers=2, threads=1000, runs=1000, users=USERS, noted=False)


def load(server, client, streams):
    """One run of the client, beside what the server used meanwhile."""
    pids, most, done = tree(server.process.pid), [0.0], threading.Event()

    def watch():
        while not done.wait(0.5):
            most[0] = max(most[0], rss_mb(pids))

    watching = threading.Thread(target=watch)
    before = cpu_seconds(pids)
    watching.start()
    try:
        said = subprocess.run(
            [client, HERE / "sse_load.py", server.url, str(streams), *server.options],
            capture_output=True,
            text=True,
            check=True,
            timeout=180,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
    finally:
        done.set()
        watching.join()
    figures = json.loads(said.stdout.removeprefix("JSON "))
    return figures | {"rss_mb": round(most[0]), "server_cpu_s": round(cpu_seconds(pids) - before, 2)}


def first_events(server, count=FIRST_EVENTS):
    """Milliseconds from a request to ``run.started``: one after the other, each over a connection of its own."""
    body = json.dumps({**QUESTION, "message": "What is the refund policy (pieces 1)"}).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    request = f"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    took = []
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
            time.sleep(0.01)
            sent = time.perf_counter()
            connection.sendall(request)
            heard, at = b"", None
            while b"event: run.completed" not in heard:
                heard += connection.recv(65536)
                if at is None and b"event: run.started" in heard:
                    at = time.perf_counter()
            took.append(at - sent)
    return {"requests": count, "p50": percentile(took, 0.5), "p99": percentile(took, 0.99)}


def measure(bench, client, counts, repetitions):
    measured = defaultdict(list)
    for _ in range(repetitions):
        for name, start in {"floor": lambda folder: Floor(folder, bench), "sophia": Sophia}.items():
            with (
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
                start(Path(folder) / "run") as server,
            ):
                if name == "sophia":
                    measured["first"].append(first := first_events(server))
                    print(json.dumps({"benchmark": "first event", "server": name, **first}), flush=True)
                for streams in counts:
                    measured[name, streams].append(figures := load(server, client, streams))
                    print(json.dumps({"benchmark": "streams", "server": name, **figures}), flush=True)
    firsts = measured.pop("first")
    print(
        f"\nfirst event: p50 {statistics.median(f['p50'] for f in firsts):.1f} ms, "
        f"p99 {statistics.median(f['p99'] for f in firsts):.1f} ms"
    )
    print(
        f"\n{'':8}{'streams':>8}{'lost':>6}{'lag p50':>9}{'lag p99':>9}{'behind p99':>12}{'max ms':>9}"
        f"{'RSS MB':>8}{'CPU s':>7}"
    )
    for (name, streams), runs in measured.items():
        lost = sum(run["streams"] - run["whole"] for run in runs)
        middle = {
            figure: statistics.median([run[figure] for run in runs if run.get(figure) is not None] or [float("nan")])
            for figure in ("lag_p50", "lag_p99", "behind_p99", "lag_max", "rss_mb", "server_cpu_s")
        }
        print(
            f"{name:8}{streams:8}{lost:6}{middle['lag_p50']:9.1f}{middle['lag_p99']:9.1f}{middle['behind_p99']:12.1f}{middle['lag_max']:9.1f}"
            f"{middle['rss_mb']:8.0f}{middle['server_cpu_s']:7.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=BENCH, help="the folder of the peers' benchmarks")
    parser.add_argument("--peers", type=Path, help="the folder in which its setup.sh was run: its Python has uvloop")
    parser.add_argument("--streams", type=int, nargs="*", default=[100, 500, 1000])
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    python = given.peers.absolute() / "chat/bin/python" if given.peers else sys.executable
    measure(given.bench.absolute(), python, given.streams, given.repetitions)
