"""Turns a second: SOPHIA beside what others need for a stored turn, in the same run.

    python benchmarks/turns.py [--bench ../shared/bench] [--peers FOLDER] [--seconds 4] [--repetitions 3]
    python benchmarks/turns.py --full examples/sophia.toml

The first is the storage path: a runtime without latency words twenty pieces of three words, nothing is embedded by a
model and the knowledge base is empty; intent, recall, run log, idempotency, audit and messages are what they always
are. 1, 16 and 64 clients (``wrk``, a Debian package) wait for JSON. The floor is Flask with two rows in SQLite, from
the folder of the peers' benchmarks; with ``--peers``, where its ``setup.sh`` was run, LangGraph and agno as well.
Each server is started afresh for each repetition, one after the other; the medians are printed as ratios to the floor.

The second asks the questions of an example company with the real embedder, index and runtime, one after the other, and
tells where the time goes: the first time, and when the sentences of the passages have been compared before.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import attrs
from served import KEY, Served, cpu_seconds, free_port, tree, wait_for

from sophia import Sophia
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.bootstrap.settings_file import load_settings
from sophia.entrypoints.cli.options import quiet_logs

CLIENTS = (1, 16, 64)
USERS = 1000
HERE = Path(__file__).parent
BENCH = HERE.parents[1] / "shared" / "bench"
WARM = '{"message":"hi","session_id":"warm","stream":false}'
FORM = "message=hi&stream=false&session_id=warm&user_id=u1"


class Peer:
    """Another server, from the folder of the peers' benchmarks, copied to a scratch folder."""

    def __init__(self, folder, bench, command, path, *, form=False, chunk_ms=0):
        shutil.copytree(bench, folder, ignore=shutil.ignore_patterns("results", "__pycache__"), dirs_exist_ok=True)
        self.folder, self.port, self.path, self.form = folder, free_port(), path, form
        log = folder / "server.log"
        environment = {"DB": "sqlite", "DB_FILE": str(folder / "peer.db"), "CHUNK_MS": str(chunk_ms)}
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [part.format(port=self.port) for part in command],
            cwd=folder,
            env={**os.environ, **environment, "PYTHONPATH": str(folder)},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        wait_for(self.port, self.process, log, path, "POST", FORM if form else WARM, {"Content-Type": kind})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pids = tree(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in pids[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._log.close()

    def load(self, clients, seconds):
        more = {"BODY": "form" if self.form else "json", "STREAM": "0", "RUNID": f"{clients}-{time.time():.0f}"}
        return wrk(self.port, self.path, self.folder / "post.lua", clients, seconds, self.process, more)


class ServedSophia(Served):
    """SOPHIA with a scripted runtime."""

    def load(self, clients, seconds):
        more = {"KEY": KEY, "USERS": str(USERS)}
        return wrk(self.port, "/chat", HERE / "turns.lua", clients, seconds, self.process, more)


def wrk(port, path, script, clients, seconds, process, environment):
    """What wrk says, with the server's milliseconds of processor a request."""
    pids = tree(process.pid)
    before = cpu_seconds(pids)
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{clients}",
            f"-d{seconds}s",
            "--timeout=30s",
            "-s",
            script,
            f"http://127.0.0.1:{port}{path}",
        ],
        env={**os.environ, "CONC": str(clients), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    found = next(line for line in done.stdout.splitlines() if line.startswith("JSON "))
    figures = json.loads(found[5:])
    return figures | {"cpu_ms": round((cpu_seconds(pids) - before) * 1000 / max(1, figures["req"]), 2)}


def servers(bench, peers):
    """Everything that is measured: how it is started, in a folder that is given, by name."""

    def flask(workers):
        command = ["-m", "gunicorn", "app_floor:app", "-b", "127.0.0.1:{port}", "-w", str(workers), "-k", "gthread"]
        python = [sys.executable, *command, "--threads", "16", "--log-level", "error", "--no-control-socket"]
        return lambda folder: Peer(folder, bench, python, "/turn")

    def uvicorn(app, workers, path, *, form):
        command = [str(peers / "chat/bin/uvicorn"), f"{app}:app", "--host", "127.0.0.1", "--port", "{port}"]
        more = ["--workers", str(workers), "--log-level", "error", "--no-access-log"]
        return lambda folder: Peer(folder, bench, command + more, path, form=form)

    found = {
        "floor 2w": flask(2),
        "sophia 2w": lambda folder: ServedSophia(folder, workers=2, users=USERS, noted=False),
        "floor 1w": flask(1),
        "sophia 1w": lambda folder: ServedSophia(folder, workers=1, users=USERS, noted=False),
    }
    if peers is not None:
        found["langgraph 1w"] = uvicorn("app_langgraph", 1, "/chat", form=False)
        for workers in (1, 2):
            found[f"agno {workers}w"] = uvicorn("app_agno", workers, "/agents/sophia/runs", form=True)
    return found


def storage(bench, peers, seconds, repetitions, only):
    measured = defaultdict(list)
    for _ in range(repetitions):
        for name, start in servers(bench, peers).items():
            if only and name not in only:
                continue
            with (
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
                start(Path(folder) / "run") as server,
            ):
                server.load(8, 1)
                for clients in CLIENTS:
                    measured[name, clients].append(figures := server.load(clients, seconds))
                    print(json.dumps({"benchmark": "turns", "server": name, "clients": clients, **figures}), flush=True)
    medians = {
        at: {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}
        for at, runs in measured.items()
    }
    print(f"\n{'':14}{'clients':>8}{'turns/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'failed':>8}  of the floor")
    for (name, clients), found in medians.items():
        floor = medians.get((f"floor {name[-2:]}", clients))
        ratio = f"{found['rps'] / floor['rps']:13.2f}" if floor else ""
        failed = found["err"] + found["non2xx"]
        print(
            f"{name:14}{clients:8}{found['rps']:9.0f}{found['p50']:8.1f}{found['p99']:8.1f}{found['cpu_ms']:8.2f}"
            f"{failed:8.0f}{ratio}"
        )


class Stopwatch:
    """Time by what it was spent on; what is inside something else counts for itself alone."""

    def __init__(self):
        self.spent = defaultdict(float)
        self._open = threading.local()

    @contextlib.contextmanager
    def on(self, name):
        outer = getattr(self._open, "inner", None)
        self._open.inner = 0.0
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            if threading.current_thread() is threading.main_thread():
                self.spent[name] += took - self._open.inner
            self._open.inner = None if outer is None else outer + took


class Timed:
    """An adapter whose methods are timed, each under its own name or the one for all."""

    def __init__(self, adapter, watch, **names):
        self._adapter, self._watch, self._names = adapter, watch, names

    def __getattr__(self, name):
        found = getattr(self._adapter, name)
        return self._wrap(name, found) if name in self._names else found

    def _wrap(self, name, found):
        def timed(*values, **more):
            with self._watch.on(self._names[name]):
                return found(*values, **more)

        return timed


class TimedRecords(Timed):
    """Transactions, with what is done inside them."""

    def _wrap(self, name, found):
        @contextlib.contextmanager
        def timed(scope):
            with self._watch.on(self._names[name]), found(scope) as tx:
                yield tx

        return timed


class TimedRuntime(Timed):
    """A runtime whose words are timed, not what becomes of them."""

    def _wrap(self, name, found):
        def timed(turn, tools):
            events = found(turn, tools)
            while True:
                with self._watch.on(self._names[name]):
                    event = next(events, None)
                if event is None:
                    return
                yield event

        return timed


def full(path):
    """Ask the examples' questions, one after the other, and tell where the time goes."""
    quiet_logs()
    settings = load_settings(path)
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        settings = attrs.evolve(settings, service=attrs.evolve(settings.service, data_dir=folder))
        plain = Sophia(settings)
        embedder = Timed(plain.embedder, watch, embed_query="embed the question", embed_passages="embed sentences")
        runtime = ExtractiveAgentRuntime(embedder, default_language=settings.service.language)
        timed = Sophia(
            settings,
            embedder=embedder,
            index=Timed(plain.index, watch, search="search"),
            records=TimedRecords(plain.records, watch, read="read", write="write"),
            runtime=TimedRuntime(runtime, watch, respond="respond"),
        )
        company = settings.companies[0].id
        timed.refresh(company)
        asked = json.loads((path.parent / company / "questions.json").read_text())["answered"]
        questions = [item["question"] for item in asked]
        vectors = [plain.embedder.embed_query(question) for question in questions]
        began = time.perf_counter()
        for question, vector in zip(questions, vectors, strict=True):
            timed.classifier(question, vector)
        classifying = time.perf_counter() - began
        timed.ask("Who may enter the server room?", company=company)
        for when in ("first", "again", "again"):
            watch.spent.clear()
            watch.spent["classify"] = classifying
            took, processor = [], time.process_time()
            for question in questions:
                began = time.perf_counter()
                timed.ask(question, company=company)
                took.append(time.perf_counter() - began)
            _report(when, took, time.process_time() - processor, watch.spent)


def _report(when, took, processor, spent):
    whole, of_it = statistics.mean(took) * 1000, {k: v * 1000 / len(took) for k, v in spent.items()}
    of_it["rest"] = whole - sum(of_it.values())
    figures = {
        "turns": len(took),
        "mean_ms": round(whole, 1),
        "p50_ms": round(statistics.median(took) * 1000, 1),
        "max_ms": round(max(took) * 1000, 1),
        "cpu_ms": round(processor * 1000 / len(took), 1),
        "of_it_ms": {name: round(ms, 2) for name, ms in sorted(of_it.items(), key=lambda part: -part[1])},
    }
    print(json.dumps({"benchmark": "full turn", "when": when, **figures}))
    print(f"{when}: {whole:.1f} ms, p50 {figures['p50_ms']}, {figures['cpu_ms']} ms of processor")
    print("  " + ", ".join(f"{name} {ms}" for name, ms in figures["of_it_ms"].items()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=BENCH, help="the folder of the peers' benchmarks")
    parser.add_argument("--peers", type=Path, help="the folder in which its setup.sh was run; it holds `chat`")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="just these servers")
    parser.add_argument("--full", type=Path, metavar="SETTINGS", help="the full turn of these companies")
    given = parser.parse_args()
    if given.full:
        full(given.full)
    else:
        peers = given.peers and given.peers.absolute()
        storage(given.bench.absolute(), peers, given.seconds, given.repetitions, given.only)
