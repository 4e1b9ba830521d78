"""How soon SOPHIA serves and how much memory a worker takes, beside a bare Flask under gunicorn in the same run.

    python benchmarks/start.py [--rounds 5] [--chunks 10000] [--imports]

The example companies are taken in once; then servers are started in turn, the bare one and ``sophia serve --demo
--no-wait``. Told are medians: from the command to the first 200 of ``/healthz`` and to the first answered question,
and the processor seconds of the master and one worker until the first 200: what that takes on an idle machine, while
the wall time grows with whatever else runs on it. The memory is that of a server that has answered from a
company of ``--chunks`` passages (see ``index.py``): PSS counts pages that processes share once. ``--imports`` lists
the packages that take the server longest to import.
"""

import argparse
import collections
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import attrs
import index

from sophia import Sophia
from sophia.bootstrap.settings import CompanySettings, Settings

EXAMPLES = Path(__file__).parent.parent / "examples"
QUESTION = "¿En cuánto tiempo hay que llamar a la aseguradora si tenemos un incidente?"
FLOOR = """
from flask import Flask

app = Flask(__name__)

@app.get("/healthz")
def health():
    return {"status": "ok"}
"""


@contextmanager
def running(command, environment, cwd=None):
    """A server and its processes; ended by SIGTERM to the one that was started."""
    with tempfile.TemporaryFile() as out:
        server = subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=subprocess.DEVNULL, cwd=cwd)
        server.out = out
        try:
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def first_200(server, port, path="/healthz"):
    """Wait until the server answers 200."""
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(request)
                if b" 200 " in connection.recv(100):
                    return
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"no 200 from {path}")


def ask(port, key, company, question=QUESTION):
    body = json.dumps({"companyId": company, "message": question}).encode()
    headers = {"Content-Type": "application/json", "X-Agent-Access-Key": key}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/chat", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    if answer["status"] != "completed":
        raise SystemExit(f"no answer: {answer}")
    return answer


def keys(server):
    """The demo's keys, in the order of the companies, as the server has printed them."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        printed = os.pread(server.out.fileno(), 1 << 16, 0).decode()
        if found := re.findall(r"access key (\S+)", printed):
            return found
        time.sleep(0.005)
    raise SystemExit("the server printed no key")


def processes(pid):
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in processes(int(child)))]


def cpu_seconds(pid):
    """Processor seconds of one process (of its first thread)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def path_seconds(master):
    """Processor seconds that no second processor could have saved: of the master and its busiest worker."""
    workers = [pid for pid in processes(master)[1:] if b"refresh" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return cpu_seconds(master) + max(map(cpu_seconds, workers))


def memory(pid):
    """RSS and PSS in MB."""
    found = dict(re.findall(r"^(Rss|Pss): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE))
    return int(found["Rss"]) / 1024, int(found["Pss"]) / 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(settings, data_dir, **service):
    """Command, environment and port of a SOPHIA."""
    port = free_port()
    service = {"data_dir": str(data_dir), "port": port, **service}
    environment = {f"SOPHIA__SERVICE__{key.upper()}": str(value) for key, value in service.items()}
    command = [sys.executable, "-m", "sophia", "serve", "--demo", "--no-wait", "--config", str(settings)]
    return command, environment, port


def start_floor(folder):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "8", "--no-control-socket"]
    began = time.perf_counter()
    with running([*command, "-b", f"127.0.0.1:{port}", "floor:app"], {}, folder) as server:
        first_200(server, port)
        return time.perf_counter() - began, path_seconds(server.pid)


def start_sophia(data_dir):
    command, environment, port = serve(EXAMPLES / "sophia.toml", data_dir)
    began = time.perf_counter()
    with running(command, environment) as server:
        first_200(server, port)
        served, spent = time.perf_counter() - began, path_seconds(server.pid)
        ask(port, keys(server)[0], "acme")
        return served, spent, time.perf_counter() - began


def run(arguments, data_dir):
    """Seconds and processor seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    environment = os.environ | {"SOPHIA__SERVICE__DATA_DIR": str(data_dir)}
    subprocess.run([sys.executable, "-m", "sophia", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starts(folder, rounds):
    data_dir = folder / "examples"
    config = ("--config", str(EXAMPLES / "sophia.toml"))
    run(("refresh", *config), data_dir)
    (folder / "floor.py").write_text(FLOOR)
    figures = collections.defaultdict(list)
    for _ in range(rounds):
        for name, took in (
            ("bare Flask", start_floor(folder)),
            ("sophia serve", start_sophia(data_dir)),
            ("sophia --help", run(("--help",), data_dir)),
            ("sophia ask", run(("ask", QUESTION, "--company", "acme", *config), data_dir)),
        ):
            figures[name].append(took)
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in figures.items()
    }
    print(f"{'':16}  first 200  processor  first answer   (s, medians of {rounds})")
    for name, (first, processor, *answered) in medians.items():
        print(f"{name:16} {first:10.2f} {processor:10.2f} {answered[0] if answered else '':>13.4}")
    print(f"sophia serve / bare Flask: {medians['sophia serve'][0] / medians['bare Flask'][0]:.1f}", flush=True)


def worker_memory(folder, chunks):
    settings = folder / "memory.toml"
    settings.write_text('[[companies]]\nid = "bench"\n')
    data_dir = folder / "memory"
    sophia = Sophia(attrs.evolve(Settings(), directory=data_dir, companies=(CompanySettings("bench"),)))
    index.fill(sophia, "bench", chunks)
    sophia.close()
    command, environment, port = serve(settings, data_dir / "var", refresh_on_start="false", workers=2)
    with running(command, environment) as server:
        first_200(server, port)
        (key,) = keys(server)
        children = processes(server.pid)[1:]
        fresh = [memory(pid) for pid in children]
        for question in index.questions() * 2:
            ask(port, key, "bench", question)
        print(f"memory with {chunks:,} chunks, MB:        RSS     PSS")
        for name, (rss, pss) in (
            ("master", memory(server.pid)),
            *(("worker, before a question", each) for each in fresh),
            *(("worker, after questions", memory(pid)) for pid in children),
        ):
            print(f"  {name:30} {rss:7.0f} {pss:7.0f}")


def imports():
    """The packages that take longest to import for the server, on their own account."""
    command = [sys.executable, "-X", "importtime", "-c", "import sophia.entrypoints.http.server"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    spent = collections.Counter()
    for own, name in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\w+)", told, re.MULTILINE):
        spent[name] += int(own) / 1000
    print(f"imports of the server: {spent.total():.0f} ms (with the measuring)")
    for name, took in spent.most_common(15):
        print(f"  {name:20} {took:7.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--imports", action="store_true")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="sophia-start-"))
    try:
        if options.imports:
            imports()
        starts(scratch, options.rounds)
        if options.chunks:
            worker_memory(scratch, options.chunks)
    finally:
        shutil.rmtree(scratch)
