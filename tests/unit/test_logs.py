"""What SOPHIA logs, as a library and as a program. Each runs in a process of its own: logging is global."""

import json
import socket
import struct
import subprocess
import sys

import pytest
from gunicorn.config import Config

from sophia.entrypoints.http.server_log import ServerLog

FAIL = """
import logging, sys
from sophia.logs import get_logger

def fail(question):
    raise RuntimeError("no luck")

def work():
    log = get_logger("sophia.work")
    log.info("work.begun", tenant="acme", thread="thr_1")
    try:
        fail("".join(["hun", "ter2"]))
    except RuntimeError:
        log.exception("work.failed")
"""

CONFIGURE = """
from sophia.bootstrap.logs import log_to_stderr
from sophia.bootstrap.settings import LogSettings
log_to_stderr(LogSettings({level!r}, {format!r}))
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", FAIL + program], capture_output=True, text=True, check=True)


def test_a_library_says_nothing_by_itself() -> None:
    done = run("work()")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_program_that_uses_logging_gets_the_events() -> None:
    done = run("logging.basicConfig(level='INFO', format='%(name)s %(levelname)s %(message)s'); work()")
    begun = done.stderr.splitlines()[0]
    assert begun.startswith("sophia.work INFO {")
    assert "'event': 'work.begun'" in begun
    assert "'tenant': 'acme'" in begun


def test_a_program_that_has_configured_structlog_keeps_its_configuration() -> None:
    done = run("import structlog; structlog.configure(); work(); structlog.get_logger().info('theirs')")
    assert "theirs" in done.stdout
    assert "work.begun" not in done.stdout + done.stderr


def test_json_is_a_line_an_event() -> None:
    done = run(
        CONFIGURE.format(level="info", format="auto")
        + "from structlog.contextvars import bound_contextvars\n"
        + "with bound_contextvars(request='req_1', trace_id='ab'):\n    work()\n"
        + "logging.getLogger('somebody.else').warning('it %s', 'rains')\n"
        + "logging.getLogger('somebody.else').info('dull')\n"
    )
    begun, failed, foreign = map(json.loads, done.stderr.splitlines())
    assert list(begun)[:4] == ["timestamp", "level", "event", "logger"]
    assert (
        begun.items()
        >= {
            "level": "info",
            "event": "work.begun",
            "logger": "sophia.work",
            "tenant": "acme",
            "thread": "thr_1",
            "request": "req_1",
            "trace_id": "ab",
        }.items()
    )
    assert begun["timestamp"].endswith("Z")
    assert (failed["level"], failed["event"]) == ("error", "work.failed")
    assert (foreign["event"], foreign["logger"], foreign["level"]) == ("it rains", "somebody.else", "warning")


@pytest.mark.parametrize("format", ["json", "text"])
def test_a_traceback_names_the_lines_and_not_what_was_in_the_variables(format: str) -> None:
    done = run(CONFIGURE.format(level="info", format=format) + "work()")
    assert "RuntimeError: no luck" in done.stderr
    assert "hunter2" not in done.stderr
    assert done.stdout == ""


def test_a_level_leaves_out_what_is_below_it() -> None:
    done = run(CONFIGURE.format(level="error", format="json") + "work()")
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["work.failed"]


@pytest.mark.parametrize("format", ["json", "text"])
def test_what_is_logged_cannot_forge_a_line(format: str) -> None:
    done = run(
        CONFIGURE.format(level="info", format=format)
        + "evil = '\\n2026-01-01 [info] forged\\x1b[2J\\r'\n"
        + "from sophia.logs import get_logger\n"
        + "get_logger('sophia.work').info('document.failed', document=evil)\n"
        + "logging.getLogger('somebody.else').warning('cannot read %s', evil)\n"
    )
    ours, theirs = done.stderr.splitlines()
    assert "document.failed" in ours
    assert "cannot read" in theirs
    assert "forged" in ours
    assert "forged" in theirs
    assert "\x1b" not in done.stderr


def test_that_a_client_falls_silent_is_no_error_of_the_servers(caplog: pytest.LogCaptureFixture) -> None:
    log = ServerLog(Config())
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 1000))
    try:
        ours.recv(1)
    except OSError:
        log.exception("Socket error processing request.")
    assert caplog.records == []
    ours.close()
    theirs.close()
    try:
        ours.recv(1)
    except OSError:
        log.exception("Socket error processing request.")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
