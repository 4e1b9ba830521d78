"""A server that is told to stop while it answers."""

import threading
import time
from pathlib import Path

import pytest
from callers import LAST, Caller, Event, Stream, is_whole, text_of
from served import Served

pytestmark = pytest.mark.proof

STOP_SECONDS = 3
BRIEF = "How often are backups made (pieces 20) (every 100)?"
LONG = "How often are backups made (pieces 100) (every 100)?"
CALLERS = 20


class Listening(threading.Thread):
    """Asks and listens, goes on at another server when the stream breaks, and hears the run to its end."""

    def __init__(self, number: int, question: str, one: Served, other: Served) -> None:
        super().__init__()
        self.caller = Caller(one.port, number)
        self._other = Caller(other.port, number)
        self._question = question
        self.begun = threading.Event()
        self.heard: list[Event] = []
        self.heard_here = 0

    def run(self) -> None:
        stream = self.caller.ask_streaming(self._question)
        assert isinstance(stream, Stream)
        self.run_id = stream.headers["Location"].removeprefix("/runs/")
        with stream:
            for event in stream:
                self.heard.append(event)
                self.begun.set()
        self.heard_here = len(self.heard)
        if self.heard[-1].name not in LAST:
            self.heard += self._other.log(self.run_id, self.heard[-1].sequence)


def test_a_server_that_is_told_to_stop(tmp_path: Path) -> None:
    more = f"stop_seconds = {STOP_SECONDS}"
    with (
        Served(tmp_path / "one", users=CALLERS, service=more) as one,
        Served(tmp_path / "other", users=CALLERS, service=more, data_dir=one.data_dir) as other,
    ):
        listening = [Listening(n, LONG if n % 2 else BRIEF, one, other) for n in range(CALLERS)]
        for listener in listening:
            listener.start()
        for listener in listening:
            assert listener.begun.wait(30)
        workers = one.workers
        one.terminate()
        told = time.monotonic()
        time.sleep(0.3)  # a question may be taken until the word has come to each worker
        refused = _refusals(one)
        assert one.process.wait(60) == 0
        took = time.monotonic() - told
        for listener in listening:
            listener.join(120)
        logs = [Caller(other.port, n).log(listener.run_id) for n, listener in enumerate(listening)]
        spoken = (one.data_dir / "spoken.log").read_text().splitlines()

    assert refused, "nobody was refused while the server was stopping"
    for status, retry_after in refused:
        assert status == 503
        assert int(retry_after) > 0
    for listener, log in zip(listening, logs, strict=True):
        assert is_whole(log)
        assert listener.heard == log
        assert log[-1].name == "run.completed"
        assert (
            text_of(log[max(n for n, event in enumerate(log) if event.name == "run.started") :])
            == log[-1].data["answer"]
        )
    brief, long = listening[::2], listening[1::2]
    players = {
        listener.run_id: {line.split()[1] for line in spoken if line.startswith(listener.run_id)}
        for listener in listening
    }
    assert all(len(players[listener.run_id]) == 1 for listener in brief)
    assert all(len(players[listener.run_id]) == 2 for listener in long)
    assert all(sum(event.name == "run.started" for event in listener.heard) == 2 for listener in long)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    print(
        f"\nended {took:.1f} s after it was told, of {STOP_SECONDS} s; {len(refused)} refused meanwhile; "
        f"{len(brief)} turns finished there, {len(long)} by the other server"
    )


def _refusals(server: Served) -> list[tuple[int, str]]:
    """What new questions are told, from now until nobody answers any more."""
    refused = []
    while server.process.poll() is None:
        try:
            reply = Caller(server.port).ask("One more thing")
        except OSError:
            time.sleep(0.05)
            continue
        refused.append((reply.status, reply.headers.get("Retry-After", "")))
        time.sleep(0.1)
    return refused
