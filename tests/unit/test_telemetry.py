"""What is loaded when, and what becomes of the numbers of a process that dies."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sophia.adapters.telemetry.open_telemetry import OtlpTracing
from sophia.bootstrap import telemetry
from sophia.bootstrap.settings_file import parse_settings
from sophia.errors import ConfigurationError
from sophia.testing.emulators.server import Exchange, LoopbackServer, Request


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_opentelemetry_is_loaded_only_where_traces_are_wanted(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from sophia import Sophia
from sophia.bootstrap.settings_file import parse_settings
for telemetry in ({{}}, {{"otlp_endpoint": "http://127.0.0.1:9"}}):
    sophia = Sophia(parse_settings({{"telemetry": telemetry}}, Path({str(tmp_path)!r})))
    sophia._adapters.telemetry()
    print("opentelemetry" in sys.modules)
"""
    assert run(program).split() == ["False", "True"]


def test_traces_that_are_wanted_but_not_installed_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "find_spec", lambda _: None)
    telemetry.check_telemetry(parse_settings({}, Path()))
    settings = parse_settings({"telemetry": {"otlp_endpoint": "https://collector.example"}}, Path())
    with pytest.raises(ConfigurationError, match=r"pip install 'sophia\[telemetry\]'"):
        telemetry.open_telemetry(settings)


def test_who_dies_takes_along_what_was_under_way_and_nothing_else() -> None:
    program = """
import os
from pathlib import Path
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.telemetry import counting_together, forget_process, open_telemetry

def show():
    text = open_telemetry(settings).metrics.exposition(None).decode()
    wanted = ('sophia_streams_live', 'sophia_runs_total{outcome="completed"}', 'sophia_retrieval_seconds_count')
    print([line.split()[1] for line in text.splitlines() if line.startswith(wanted)])

settings = parse_settings({}, Path())
with counting_together():
    directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    for _ in range(2):
        child = os.fork()
        if not child:
            metrics = open_telemetry(settings).metrics
            metrics.streams.inc()
            metrics.runs.labels("completed").inc(3)
            with metrics.retrieval_seconds.time():
                pass
            os._exit(0)
        os.waitpid(child, 0)
    show()
    forget_process(child)
    show()
print(directory.exists())
"""
    shown = run(program).splitlines()
    assert [sorted(eval(line)) for line in shown[:2]] == [["2.0", "2.0", "6.0"], ["1.0", "2.0", "6.0"]]
    assert shown[2] == "False"


def test_a_redirect_of_the_collector_is_not_followed() -> None:
    def elsewhere(_: Request, exchange: Exchange) -> None:
        exchange.send(307, headers={"Location": f"{other.url}/v1/traces"})

    with LoopbackServer(lambda _, exchange: exchange.send(200)) as other, LoopbackServer(elsewhere) as collector:
        tracing = OtlpTracing(collector.url, "1")
        with tracing.span("x"):
            pass
        tracing.close()
        assert [request.path for request in collector.requests] == ["/v1/traces"]
        assert other.requests == []


def test_a_collector_is_not_called_at_an_address_that_is_off_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(lambda _, exchange: exchange.send(200)) as collector:
        port = int(collector.url.rpartition(":")[2])
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (at, port)) for at in ("127.0.0.1", "169.254.169.254")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        tracing = OtlpTracing(f"http://collector.example:{port}", "1")
        with tracing.span("x"):
            pass
        tracing.close()
        assert collector.requests == []
