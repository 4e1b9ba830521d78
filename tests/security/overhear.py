"""The plugin of pytest that overhears the whole run and fails it where something has leaked; see `leaks`."""

import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from leaks import LogListener, Overheard, hear_responses, overheard

from sophia.application.start_run import Question
from sophia.domain.secrets import Secret

_FOLDER = "SOPHIA_OVERHEARD"  # shared with the workers of pytest-xdist, which are processes of their own


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config._overheard = tempfile.TemporaryDirectory(prefix="overheard-")
        os.environ[_FOLDER] = config._overheard.name
    overheard.collect(Path(os.environ[_FOLDER]))
    listener = LogListener(logging.DEBUG)
    logging.getLogger("sophia").addHandler(listener)
    logging.getLogger("sophia").setLevel(logging.DEBUG)
    logging.getLogger().addHandler(listener)
    _watch(Secret, "a secret", lambda secret: secret.reveal())
    _watch(Question, "a message", lambda question: question.text)
    _watch(subprocess.CompletedProcess, None, _stderr_of)
    for client in (httpx, httpx2):
        hear_responses(client.Response)


def _watch(kind: type, planted: str | None, text: Any) -> None:
    """Overhear what every value of a type holds, from when it is made."""
    made = kind.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        if planted is None:
            overheard.tell("stderr", text(self))
        else:
            overheard.plant(planted, text(self))

    kind.__init__ = init  # type: ignore[misc]


def _stderr_of(done: "subprocess.CompletedProcess[Any]") -> str:
    written = done.stderr or ""
    return written if isinstance(written, str) else written.decode(errors="replace")


@pytest.fixture(scope="session", autouse=True)
def _overhear_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What servers write on stderr goes to a file of their test's folder, and is read when all have run."""
    yield
    for log in tmp_path_factory.getbasetemp().rglob("stderr.txt"):
        for line in log.read_text(errors="replace").splitlines():
            overheard.tell(f"stderr of the server of {log.parent.name}", line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workerinput"):
        return
    folder = Path(config._overheard.name)
    config._leaks = Overheard.leaks(folder)
    config._counts = Overheard.counts(folder)
    config._overheard.cleanup()
    if config._leaks and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    told, planted = config._counts
    if config._leaks:
        terminalreporter.section("told what is to be kept", red=True, bold=True)
        for leak in config._leaks:
            terminalreporter.line(str(leak))
    elif told:
        terminalreporter.line(
            f"{told} logs, errors and metrics searched for {planted} secrets and messages: none found"
        )
