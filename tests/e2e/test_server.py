"""``sophia serve --demo`` as it is started: processes, sockets, a real model, and Ctrl-C."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPResponse
from pathlib import Path
from typing import IO

import httpx
import jwt
import pytest
from conformance import Contract
from harness import PATIENCE, Caller
from leaks import overheard
from playwright.sync_api import Browser, expect
from prometheus_client.parser import text_string_to_metric_families

CONFIG = """
[service]
port = {port}
workers = 2
language = "en"

[[companies]]
id = "acme"
name = "Acme"
  [[companies.users]]
  id = "muñoz"
  [[companies.sources]]
  name = "docs"
  path = "docs"
  type = "folder"

[[companies]]
id = "globex"
name = "Globex"
"""

DOCUMENTS = {
    "backups.md": "# Backup policy\n\nBackups of the file servers are made every night at two o'clock.\n",
    "passwords.md": "# Password policy\n\nA password has at least fourteen characters and is changed once a year.\n",
}


class Server:
    """A server in a process group of its own, as a terminal has it."""

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        self.port = free_port()
        (directory / "docs").mkdir(exist_ok=True)
        for name, text in DOCUMENTS.items():
            (directory / "docs" / name).write_text(text)
        config = directory / "sophia.toml"
        config.write_text(CONFIG.format(port=self.port))
        self.log = directory / "stderr.txt"
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "sophia", "serve", *(arguments or ["--demo"]), "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self.keys = self._read_keys()
        # What it prints from now on is not of interest, but somebody has to take it.
        self._drain = threading.Thread(target=self._pipe.read, daemon=True)
        self._drain.start()

    @property
    def _pipe(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _read_keys(self) -> dict[str, str]:
        keys: dict[str, str] = {}
        for line in self._pipe:
            if found := re.fullmatch(r"Open (\S+) to see what is handed over, and to answer it.\n", line):
                self.backend = found[1]
            if found := re.fullmatch(r"(\w+): access key (\S+)\n", line):
                keys[found[1].lower()] = found[2]
                overheard.plant("a key", found[2])
            if len(keys) == 2 or line.startswith("Serving "):
                return keys
        self.process.wait(PATIENCE)
        raise AssertionError(f"the server has not begun to serve:\n{self.log.read_text()}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[int]:
        """Those children that are forks; the emulated backend is a program of its own."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        program = Path(f"/proc/{self.process.pid}/cmdline").read_bytes()
        pids = [int(pid) for pid in children.read_text().split()]
        return [pid for pid in pids if Path(f"/proc/{pid}/cmdline").read_bytes() == program]

    def interrupt(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/metrics")  # overheard
            self.interrupt()
        self._drain.join(PATIENCE)
        self._pipe.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"))
    yield started
    started.close()


@pytest.fixture
def acme(server: Server, contract: Contract) -> Iterator[Caller]:
    headers = {"X-Agent-Access-Key": server.keys["acme"], "Connection": "close"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as client:
        yield Caller(client, contract)


@contextlib.contextmanager
def only(server: Server, caller: Caller, worker: int) -> Iterator[None]:
    """One worker serves, the others stand still (but not while they keep the database to themselves)."""
    others = [pid for pid in server.workers if pid != worker]
    try:
        while True:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                caller.http.delete("/threads/none", timeout=5).raise_for_status()
            except httpx.HTTPStatusError:
                break
            except httpx.TimeoutException:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def test_it_is_ready_and_knows_the_documents(acme: Caller) -> None:
    assert acme.get("/readyz").json()["status"] == "ok"
    assert {d["title"] for d in acme.get("/documents").json()["items"]} == {"Backup policy", "Password policy"}
    assert acme.get("/sources").json()["items"][0]["pendingChunks"] == 0


def test_it_answers_with_a_quote_that_stands_there(acme: Caller) -> None:
    answer = acme.ask("How often are backups made?").json()
    quote = answer["citations"][0]
    stored = acme.get(f"/documents/{quote['documentId']}", params={"version": quote["documentVersion"]}).json()
    assert "every night" in quote["quote"]
    assert stored["text"][quote["start"] : quote["end"]] == quote["quote"]


def test_it_hands_over(server: Server, acme: Caller) -> None:
    handoff = acme.ask("Block the IP 203.0.113.7 on the perimeter firewall").json()["handoff"]
    assert (handoff["decision"], handoff["category"], handoff["status"]) == ("handed_off", "change", "delivered")
    assert acme.get(f"/tickets/{handoff['ticketId']}").json()["externalId"] == handoff["externalId"]
    shown = httpx.get(server.backend).text
    assert handoff["externalId"] in shown
    assert handoff["summary"] in shown


def test_its_page_lets_itself_in_and_shows_where_an_answer_stands(server: Server, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    page.goto(server.url)
    expect(page.get_by_role("combobox", name="User")).to_have_value("muñoz")
    page.get_by_role("textbox").fill("How often are backups made?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Citation 1: Backup policy").first.click()
    expect(page.locator("mark")).to_have_text("Backups of the file servers are made every night at two o'clock.")
    assert complaints == []
    context.close()


def test_a_stream_over_a_socket_is_resumed(acme: Caller) -> None:
    with acme.ask_streaming("How long does a password last?") as stream:
        first = next(stream)
    path = f"/runs/{first.data['runId']}/events"
    with acme.stream(path) as stream:
        events = list(stream)
    assert (events[0], events[-1].name) == (first, "run.completed")
    for after in range(1, len(events) + 1):
        with acme.stream(path, after=after) as stream:
            assert list(stream) == events[after:]


def test_a_client_that_hangs_up_finds_its_answer_later(server: Server, acme: Caller) -> None:
    body = json.dumps({"companyId": "acme", "message": "How often are backups made?", "stream": True})
    head = (
        f"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Agent-Access-Key: {server.keys['acme']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall((head + body).encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(256)
    location = re.search(rb"^Location: (\S+)\r$", received, re.MULTILINE)
    assert location is not None
    with acme.stream(f"{location[1].decode()}/events") as stream:
        outcome = list(stream)[-1]
    assert acme.get(location[1].decode()).json()["answer"] == outcome.data


def test_one_worker_knows_what_the_other_has_done(server: Server, acme: Caller) -> None:
    first, second = server.workers
    with only(server, acme, first):
        answer = acme.ask("How often are backups made?", key="two-workers").json()
    with only(server, acme, second):
        assert acme.get(f"/runs/{answer['runId']}").json()["answer"] == answer
        assert acme.ask("How often are backups made?", key="two-workers").json() == answer
        with acme.stream(f"/runs/{answer['runId']}/events") as stream:
            assert list(stream)[-1].data == answer
        assert acme.ask("And passwords?", threadId=answer["threadId"]).status_code == 200


def test_companies_have_keys_of_their_own(server: Server, acme: Caller) -> None:
    thread = acme.ask("How often are backups made?").json()["threadId"]
    other = {"X-Agent-Access-Key": server.keys["globex"]}
    assert acme.get(f"/threads/{thread}", headers=other).status_code == 404
    assert acme.ask(companyId="globex").status_code == 403
    assert acme.get("/documents", headers=other).json()["items"] == []


def test_headers_and_paths_beyond_ascii(acme: Caller) -> None:
    user = {"X-User-Id": "muñoz".encode()}
    assert acme.get("/threads", headers=user).status_code == 200
    assert acme.get("/threads", headers={"X-User-Id": b"mu\xf1oz"}).status_code == 200
    assert acme.get("/threads", headers={"X-User-Id": b"\xff"}).status_code == 403
    for id_ in ("%00", "a%00b", "%ff", "%F0%9F%98%80", "%ED%A0%80", "..%2f..%2fetc"):
        assert acme.get(f"/threads/{id_}").status_code == 404


def test_a_body_is_limited_whether_its_length_is_known_or_not(acme: Caller) -> None:
    message = b'{"companyId": "acme", "message": "How often are backups made?"}'
    for size, status in ((0, 200), (70_000, 413), (2_000_000, 413)):
        content = message + b" " * size
        pieces = (content[start : start + 8192] for start in range(0, len(content), 8192))
        for body in (content, pieces):
            response = acme.post("/chat", content=body, headers={"Content-Type": "application/json"})
            assert response.status_code == status


def test_a_long_text_in_an_address_is_taken(acme: Caller) -> None:
    assert acme.get("/messages/search", params={"q": "ñ" * 1000}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "code", "told"),
    [
        (b"GET /messages/search?q=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long", "8190 bytes"),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 9000 + b"\r\n\r\n", 431, "headers-too-large", "8190 bytes"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, "headers-too-large", "100 header fields"),
        (b"a confidential text\r\n\r\n", 400, "invalid-input", "HTTP/1.1"),
        (b"GET / HTTP/1.1\r\na confidential text\r\n\r\n", 400, "invalid-input", "HTTP/1.1"),
    ],
)
def test_what_is_no_request_is_refused_with_a_problem(
    server: Server, sent: bytes, status: int, code: str, told: str
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(sent)
        response = HTTPResponse(client)
        response.begin()
        problem = json.loads(response.read())
    assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["type"]) == (status, f"urn:sophia:problem:{code}")
    assert told in problem["detail"]
    log = server.log.read_text()
    assert f'"request": "{problem["instance"]}"' in log
    assert problem["instance"] == response.headers["X-Request-Id"]
    assert "a confidential text" not in log


def test_it_listens_on_the_loopback_only(server: Server) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = [line[1] for line in listening if line[3] == "0A" and line[1].endswith(f":{server.port:04X}")]
    assert addresses == [f"0100007F:{server.port:04X}"]


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    server = Server(tmp_path, SOPHIA__SERVICE__REFRESH_ON_START="false")
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            assert client.get("/readyz").status_code == 200
            workers = server.workers
            assert server.interrupt() == 0
    finally:
        server.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert "Error" not in server.log.read_text()
    assert "SIGKILL" not in server.log.read_text()
    with socket.create_server(("127.0.0.1", server.port)):
        pass


def test_its_log_is_lines_of_json_and_tells_no_text(server: Server, acme: Caller) -> None:
    body = {"companyId": "acme", "message": "How often are backups made?"}
    answer = acme.post("/chat", json=body, headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}).json()
    acme.get("/threads", params={"companyId": "acme", "limit": "17"})
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert all({"timestamp", "level", "event", "logger"} <= line.keys() for line in lines)
    (ended,) = (line for line in lines if line["event"] == "run.ended" and line["run"] == answer["runId"])
    assert (ended["tenant"], ended["thread"], ended["outcome"]) == ("acme", answer["threadId"], "completed")
    assert (ended["trace_id"], ended["level"]) == ("ab" * 16, "info")
    assert datetime.fromisoformat(ended["timestamp"]).utcoffset() == timedelta(0)
    (asked,) = (line for line in lines if line["event"] == "http.request" and line["request"] == ended["request"])
    assert (asked["method"], asked["route"], asked["status"], asked["tenant"]) == ("POST", "/chat", 200, "acme")
    assert "refresh.ended" in {line["event"] for line in lines}
    log = server.log.read_text()
    for told in ("backups", "every night", "limit=", server.keys["acme"]):
        assert told not in log, told


def test_its_numbers_are_those_of_all_workers(server: Server, acme: Caller) -> None:
    """Many connections, so that each worker gets some; then each worker is asked."""

    def numbers() -> dict[str, float]:
        return {
            str(sample.labels | {"": sample.name}): sample.value
            for family in text_string_to_metric_families(acme.get("/metrics").text)
            for sample in family.samples
        }

    health = str({"method": "GET", "route": "/healthz", "status": "200", "": "sophia_http_requests_total"})
    runs = str({"outcome": "completed", "": "sophia_runs_total"})
    before = numbers()

    def ask() -> None:
        with httpx.Client(base_url=server.url, headers={"Connection": "close"}, timeout=PATIENCE) as client:
            for _ in range(50):
                assert client.get("/healthz").status_code == 200

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(ask) for _ in range(8)]:
            done.result()
    for _ in range(3):
        assert acme.ask("How often are backups made?").status_code == 200
    for worker in server.workers:
        with only(server, acme, worker):
            after = numbers()
            assert after[health] - before.get(health, 0) == 400
            assert after[runs] - before[runs] == 3
            assert after[str({"": "sophia_runs_playing"})] == 0
            assert after[str({"": "sophia_documents"})] == 2
    # The refresh that it began with is a process of its own.
    assert before[str({"status": "completed", "": "sophia_refreshes_total"})] == 2


def test_what_a_killed_worker_has_counted_stays(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    server = Server(
        tmp_path, TMPDIR=str(scratch), SOPHIA__SERVICE__REFRESH_ON_START="false", SOPHIA__SERVICE__WORKERS="1"
    )
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            assert client.get("/healthz").status_code == 200
            (worker,) = server.workers
            assert len(list(scratch.glob(f"sophia-metrics-*/*_{worker}.db"))) == 3
            os.kill(worker, signal.SIGKILL)
        while server.workers in ([], [worker]):
            time.sleep(0.05)
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            text = client.get("/metrics").text
        assert 'sophia_http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
        assert [path.name for path in scratch.glob(f"sophia-metrics-*/gauge_*_{worker}.db")] == []
    finally:
        server.close()
    assert list(scratch.glob("sophia-metrics-*")) == []


def test_without_the_demo_it_lets_in_who_has_a_key_or_a_token(tmp_path: Path) -> None:
    secret = "a secret of the backend's that is long enough"
    config = tmp_path / "before.toml"  # in the same folder: the same vault
    config.write_text("")
    sophia = [sys.executable, "-m", "sophia"]
    subprocess.run(
        [*sophia, "credentials", "set", "auth/jwt-secret", "--platform", "--config", config],
        input=secret,
        text=True,
        check=True,
        capture_output=True,
    )
    server = Server(tmp_path, "--no-wait", SOPHIA__AUTH__SECRET="platform:auth/jwt-secret")
    try:
        made = subprocess.run(
            [*sophia, "keys", "create", "--company", "acme", "--config", tmp_path / "sophia.toml"],
            capture_output=True,
            text=True,
            check=True,
        )
        key = {"X-Agent-Access-Key": made.stdout.strip()}
        token = {"Authorization": f"Bearer {jwt.encode({'sub': 'muñoz', 'exp': time.time() + 60}, secret)}"}
        stale = {"Authorization": f"Bearer {jwt.encode({'sub': 'muñoz', 'exp': time.time() - 60}, secret)}"}
        found = [httpx.get(f"{server.url}/threads", headers=headers).status_code for headers in ({}, key, token, stale)]
        assert found == [401, 200, 200, 401]
        page = httpx.get(server.url)
        assert (page.status_code, made.stdout.strip() in page.text) == (200, False)
    finally:
        server.close()
    assert "SIGKILL" not in server.log.read_text()  # each worker has ended by itself, told by Ctrl-C and by its master
