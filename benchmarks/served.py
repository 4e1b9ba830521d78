"""A real server, several processes and all, whose runtime words what the question asks it to word.

    python benchmarks/served.py sophia.toml

serves what that file describes; `Served` writes the file, starts that, and ends it by its process ids.

The question steers the runtime: ``(pieces 40)`` of three words each, ``(every 100)`` milliseconds on a schedule that is
set when the turn begins, ``(bytes 500)`` instead of three words, ``(silent 5)`` seconds before the first word,
``(tools)``: a search before each piece, ``(pid)``: each piece names the process, or ``(user 7)`` this number,
``(stamped)``: each piece begins with the time at which it was due, ``(endless)``. Each piece is noted in
``data_dir/spoken.log`` as ``run pid number``, the end of the work as ``run pid closed``.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

from sophia import Sophia
from sophia.adapters.demo_keys.verifier import DemoKeyVerifier
from sophia.bootstrap.database import open_database
from sophia.bootstrap.logs import log_to_stderr
from sophia.bootstrap.settings_file import load_settings
from sophia.bootstrap.telemetry import counting_together
from sophia.domain.agents import AgentEvent, Spoken, ToolCall, Turn
from sophia.entrypoints.http.server import Server
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.ports.embedder import Embedder
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex

KEY = "a-key-that-opens-this-benchmark-and-nothing-else"
COMPANY = "acme"
PIECES = 20
WORDS = (
    "The refund policy lets customers return any product within thirty days of delivery as long as the packaging is "
    "intact and the receipt is kept please contact support with your order number so that an agent can check the "
    "status issue a label and confirm when the money will reach your bank account usually within five working days of "
    "approval thanks"
).split()

SETTINGS = """
[service]
port = {port}
workers = {workers}
threads = {threads}
runs = {runs}
data_dir = "{data_dir}"
language = "en"
refresh_on_start = false
{more}
[[companies]]
id = "{company}"
users = [{users}]
"""

_PATIENCE = 30.0


class SteeredRuntime(AgentRuntime):
    """Words what the question asks for.

    Args:
        log: where each piece is noted; None: nowhere.
    """

    def __init__(self, log: Path | None = None) -> None:
        self._log = None if log is None else os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    @property
    def version(self) -> str:
        return "steered"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        began = time.monotonic()
        asked = dict(re.findall(r"\((\w+) ?(\d*)\)", turn.question))
        every = int(asked.get("every", 0)) / 1000
        number = 0
        try:
            if "silent" in asked:
                time.sleep(int(asked["silent"]))
            while "endless" in asked or number < int(asked.get("pieces", PIECES)):
                number += 1
                if (early := began + number * every - time.monotonic()) > 0:
                    time.sleep(early)
                self._note(turn, number)
                if "tools" in asked:
                    tools.call(ToolCall(f"call-{number}", "rag_search", {"query": "anything at all"}))
                yield Spoken(_piece(number, asked, began + number * every), claim=False)
        finally:
            self._note(turn, "closed")

    def _note(self, turn: Turn, what: object) -> None:
        if self._log is not None:
            os.write(self._log, f"{turn.run_id} {os.getpid()} {what}\n".encode())


class NoEmbedder(Embedder):
    """Embeds nothing: what is measured is everything else."""

    @property
    def version(self) -> str:
        return "none"

    @property
    def dimension(self) -> int:
        return 1

    def embed_query(self, text: str) -> tuple[float, ...]:  # noqa: ARG002
        raise Unavailable("embedder", "there is none")

    def embed_passages(self, texts):  # noqa: ARG002
        raise Unavailable("embedder", "there is none")


def _piece(number: int, asked: dict[str, str], due: float) -> str:
    if "stamped" in asked:
        return f"{due:.6f} says {number} "
    if "pid" in asked or "user" in asked:
        return f"{asked.get('user') or os.getpid()} says {number} "
    if "bytes" in asked:
        return f"{number} ".ljust(int(asked["bytes"]), "x")
    start = (number - 1) * 3 % len(WORDS)
    return " ".join((WORDS * 2)[start : start + 3]) + " "


class Served:
    """A server with a scripted runtime, in a process group of its own.

    Args:
        folder: for its settings and its log; made if it is not there.
        data_dir: where it keeps its files, so that several can share them; in ``folder`` where none is given.
        users: how many users, ``u0`` and up, the company has.
        service: more lines of ``[service]``.
        sections: more sections.
        noted: whether each piece is noted in ``spoken.log``; where none is, nothing is embedded either.
        program: what is started in place of this file, with what arguments besides.
    """

    def __init__(
        self,
        folder,
        *,
        workers=2,
        threads=64,
        runs=64,
        users=1,
        data_dir=None,
        service="",
        sections="",
        noted=True,
        start=True,
        program=(__file__,),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = (data_dir or folder / "data").absolute()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.noted = noted
        self.program = program
        self.log = folder / "server.log"
        self.settings = folder / "sophia.toml"
        self.settings.write_text(
            SETTINGS.format(
                port=self.port,
                workers=workers,
                threads=threads,
                runs=runs,
                data_dir=self.data_dir,
                more=f"{service}\n{sections}",
                company=COMPANY,
                users=", ".join(f'{{id = "u{n}"}}' for n in range(users)),
            )
        )
        self.process = None
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self):
        """The process ids of the workers."""
        return children(self.process.pid)

    @property
    def pids(self):
        """All process ids, the first one's first."""
        return [self.process.pid, *self.workers]

    def start(self):
        """Start it, and return when each worker answers; seconds to the first answer."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, str(self.settings), *([] if self.noted else ["--silently"])],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        wait_for(self.port, self.process, self.log)
        return time.monotonic() - began

    def terminate(self):
        """Ask it to stop in peace, as a supervisor does."""
        os.kill(self.process.pid, signal.SIGTERM)

    def kill(self):
        """Let all its processes die at once; the process ids of its workers."""
        os.kill(self.process.pid, signal.SIGSTOP)  # or it would start workers again
        pids = self.pids
        for pid in reversed(pids):
            kill(pid)
        self.process.wait(_PATIENCE)
        return pids[1:]

    def stop(self, patience=60.0):
        """End it, in peace if it does; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.terminate()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def wait_for(port, process, log, path="/healthz", method="GET", body=None, headers=None):
    """Return when a server answers with 200."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server has ended with {process.returncode}; see {log}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
        finally:
            connection.close()
    raise RuntimeError(f"the server does not answer; see {log}")


def kill(pid):
    """End one process of ours at once."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def children(pid):
    """The processes that a process has started, as long as it is there."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def tree(pid):
    """A process and all below it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


def cpu_seconds(pids):
    """Processor time, of the program and of the system on its behalf, that processes have used."""
    return sum(sum(map(int, _stat(pid)[11:13])) for pid in pids) / os.sysconf("SC_CLK_TCK")


def rss_mb(pids):
    """Resident memory, what they share counted once each."""
    return sum(int(_stat(pid)[21]) for pid in pids) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _stat(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def key_of(company):
    return KEY if company == COMPANY else f"{KEY}, for {company}"


def _make(settings, log):
    runtime, keys = SteeredRuntime(log), DemoKeyVerifier({c.id: key_of(c.id) for c in settings.companies})
    embedder = NoEmbedder() if log is None else HashingEmbedder()
    return Sophia(settings, runtime=runtime, key_verifier=keys, embedder=embedder, index=MemoryKnowledgeIndex())


def serve(path, *, silently, adapt=lambda sophia: sophia):
    """Serve what a settings file describes; ``adapt`` is given the SOPHIA of each worker first."""
    given = load_settings(path)
    log_to_stderr(given.logs)
    open_database(given).dispose()
    spoken = None if silently else given.data_dir / "spoken.log"
    with counting_together():
        Server(given.service, lambda: adapt(_make(given, spoken))).run()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), silently="--silently" in sys.argv)
