"""Callers that dawdle, or have gone without a word, while others want to be served."""

import contextlib
import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import PATIENCE, Caller, eventually
from served import COMPANY, KEY, Served, rss_mb

pytestmark = pytest.mark.proof

DAWDLERS = 200
OTHERS = 20
MUCH = "Tell me everything (pieces 300) (bytes 1000)"
MEGABYTES_EACH = 3  # of the server's memory that one of them may cost at the most


class Dawdlers:
    """Callers over sockets with little room, who read as they please: nothing, or a byte a second."""

    def __init__(self, port: int, sent: bytes, reading: bool) -> None:
        self._reading = reading
        self._done = threading.Event()
        self._sockets = [self._connect(port, sent) for _ in range(DAWDLERS)]
        self._thread = threading.Thread(target=self._dawdle)
        self._thread.start()

    @staticmethod
    def _connect(port: int, sent: bytes) -> socket.socket:
        connection = socket.socket()
        # As over a network: on the loopback a segment has 64 KiB, and the server's buffers are made for several.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", port))
        connection.sendall(sent)
        connection.settimeout(0)
        return connection

    def _dawdle(self) -> None:
        while not self._done.wait(1.0):
            for connection in self._sockets if self._reading else ():
                with contextlib.suppress(OSError):  # what the server has closed by now is no failure of ours
                    connection.recv(1)

    def leave(self) -> None:
        self._done.set()
        self._thread.join()
        for connection in self._sockets:
            connection.close()


def _request(message: str, more: str = "") -> bytes:
    body = json.dumps({"companyId": COMPANY, "message": message, "stream": True})
    return (
        "POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Agent-Access-Key: {KEY}\r\nX-User-Id: u1\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, users=2) as served:
        yield served


@pytest.mark.parametrize(
    ("sent", "reading", "runs"),
    [
        pytest.param(_request(MUCH), False, True, id="never reads"),
        pytest.param(_request(MUCH), True, True, id="reads a byte a second"),
        pytest.param(_request("Hello (pieces 1)", "Connection: close\r\n"), False, True, id="never closes"),
        pytest.param(_request(MUCH)[:60], False, False, id="sends half a request"),
        pytest.param(b"", False, False, id="sends nothing"),
    ],
)
def test_others_are_served(server: Served, sent: bytes, *, reading: bool, runs: bool) -> None:
    caller = Caller(server.port)
    for _ in range(20):
        assert caller.ask("Warm up (pieces 1)").status == 200
    before = rss_mb(server.pids)
    dawdlers = Dawdlers(server.port, sent, reading)
    try:
        time.sleep(5)
        took, most = [], before
        for _ in range(OTHERS):
            began = time.monotonic()
            assert caller.ask("How often are backups made (pieces 5)?").status == 200
            took.append(time.monotonic() - began)
            most = max(most, rss_mb(server.pids))
        begun = len(Caller(server.port, 1).items("/threads"))
        if runs:
            eventually(lambda: _all_ended(server))
    finally:
        dawdlers.leave()
    if runs:
        eventually(lambda: len(Caller(server.port, 1).items("/threads")) == DAWDLERS and _all_ended(server))
    print(
        f"\n{DAWDLERS} callers, {begun} taken up: others wait {statistics.median(took) * 1000:.0f} ms, at most "
        f"{max(took) * 1000:.0f} ms; RSS {before:.0f} MB, with them {most:.0f} MB, after {rss_mb(server.pids):.0f} MB"
    )
    assert most < before + DAWDLERS * MEGABYTES_EACH


def _all_ended(server: Served) -> bool:
    caller = Caller(server.port, 1)
    return all(
        message["role"] == "assistant"
        for thread in caller.items("/threads")
        for message in caller.items(f"/threads/{thread['threadId']}/messages")[-1:]
    )
