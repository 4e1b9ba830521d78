"""Callers of a server in another process: plain sockets, so that they can hang up, dawdle and come back."""

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self

from leaks import overheard
from served import COMPANY, KEY

PATIENCE = 90.0  # seconds after which what should have come is taken not to come

LAST = {"run.completed", "run.failed", "run.cancelled"}

PROBLEM = "urn:sophia:problem:"


class Event(NamedTuple):
    sequence: int
    name: str
    data: dict[str, Any]


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def problem(self) -> str:
        """The name of what went wrong."""
        return self.body["type"].removeprefix(PROBLEM)


class Stream:
    """A response that is read as it comes."""

    def __init__(self, connection: socket.socket, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self.headers = response.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()

    def __iter__(self) -> Iterator[Event]:
        """The events, up to the last one or as far as the connection goes."""
        fields: dict[str, str] = {}
        while True:
            try:
                line = self._response.readline().decode()
            except (OSError, http.client.HTTPException):
                return
            if not line.endswith("\n"):
                return
            if line != "\n":
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
            elif fields:
                if "event" in fields:
                    yield (event := Event(int(fields["id"]), fields["event"], json.loads(fields["data"])))
                    if event.name in LAST:
                        return
                fields = {}

    def drop(self) -> None:
        """Hang up without a word more: what is under way to this caller is refused."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.__exit__()


class Caller:
    """A user of the company, at one server."""

    def __init__(self, port: int, user: int = 0) -> None:
        self.port = port
        self.headers = {"X-Agent-Access-Key": KEY, "X-User-Id": f"u{user}"}

    def __call__(
        self, method: str, path: str, body: object = None, after: Callable[[], object] = int, **headers: str
    ) -> Reply:
        """A whole response; sent ``after`` something was done. Raises OSError or HTTPException when none comes."""
        found = self._request(method, path, body, after, headers)
        if isinstance(found, Reply):
            return found
        connection, response = found
        with contextlib.closing(connection), contextlib.closing(response):
            return _reply(response)

    def stream(self, method: str, path: str, body: object = None, **headers: str) -> Stream | Reply:
        """A response that is read as it comes, unless it is a refusal."""
        found = self._request(method, path, body, int, headers)
        return found if isinstance(found, Reply) else Stream(*found)

    def _request(
        self, method: str, path: str, body: object, after: Callable[[], object], headers: Mapping[str, str]
    ) -> tuple[socket.socket, http.client.HTTPResponse] | Reply:
        """The response that begins; whole if it is a refusal."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        sock = connection.sock
        with contextlib.ExitStack() as unless_it_begins:
            unless_it_begins.callback(sock.close)
            after()
            if body is None:
                connection.request(method, path, headers=sent)
            else:
                connection.request(method, path, json.dumps(body), {**sent, "Content-Type": "application/json"})
            response = connection.getresponse()
            unless_it_begins.callback(response.close)
            if response.status != 200:
                return _reply(response)
            unless_it_begins.pop_all()
        return sock, response

    def ask(self, message: str, *, key: str | None = None, **more: object) -> Reply:
        headers = {} if key is None else {"Idempotency_Key": key}
        overheard.plant("a message", message)
        return self("POST", "/chat", {"companyId": COMPANY, "message": message, **more}, **headers)

    def ask_streaming(self, message: str, *, key: str | None = None, **more: object) -> Stream | Reply:
        headers = {} if key is None else {"Idempotency_Key": key}
        overheard.plant("a message", message)
        body = {"companyId": COMPANY, "message": message, "stream": True, **more}
        return self.stream("POST", "/chat", body, **headers)

    def events(self, run_id: str, after: int = 0) -> Stream | Reply:
        headers = {"Last_Event_ID": str(after)} if after else {}
        return self.stream("GET", f"/runs/{run_id}/events", **headers)

    def log(self, run_id: str, after: int = 0) -> list[Event]:
        """A run's events to its end."""
        stream = self.events(run_id, after)
        assert isinstance(stream, Stream), stream
        with stream:
            return list(stream)

    def items(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self("GET", f"{path}?limit=100{cursor}").body
            found += page["items"]
            if page["nextCursor"] is None:
                return found
            cursor = f"&cursor={page['nextCursor']}"


def at_once(port: int, bodies: Sequence[object], user: int = 0, **headers: str) -> list[Reply]:
    """Replies to posts that are all connected first and then sent together; streams are read to their end."""
    together = threading.Barrier(len(bodies), timeout=PATIENCE)
    caller = Caller(port, user)
    with ThreadPoolExecutor(len(bodies)) as callers:
        return list(callers.map(lambda body: caller("POST", "/chat", body, after=together.wait, **headers), bodies))


def _reply(response: http.client.HTTPResponse) -> Reply:
    text = response.read().decode()
    if response.status != http.client.OK:
        overheard.tell(f"the answer {response.status} over HTTP", text)
    return Reply(response.status, response.headers, json.loads(text) if text.startswith("{") else text)


def events_in(text: str) -> list[Event]:
    """The events of a stream that was read whole."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block and not block.startswith(":")]
    return [Event(int(id_[4:]), name[7:], json.loads(data[6:])) for id_, name, data in blocks]


def text_of(events: Sequence[Event]) -> str:
    """What was said."""
    return "".join(event.data["text"] for event in events if event.name == "message.delta")


def is_whole(events: Sequence[Event]) -> bool:
    """Whether a log has every event in its place, from the first to one last."""
    last = [event.name in LAST for event in events]
    return [event.sequence for event in events] == list(range(1, len(events) + 1)) and last == [False] * (
        len(events) - 1
    ) + [True]


def eventually(condition: Any, patience: float = PATIENCE) -> Any:
    """What a condition gives once it gives something, within patience."""
    until = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < until, "this should have come about by now"
        time.sleep(0.05)
    return found
