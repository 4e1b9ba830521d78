"""What counts and traces, as the settings and the process have it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from sophia.adapters.telemetry import Telemetry

__all__ = ["check_telemetry", "counting_together", "forget_process", "open_telemetry"]

# The name that prometheus_client reads.
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def counting_together() -> Iterator[None]:
    """Let the processes that are begun in this block count as one: any of them can tell the numbers of all."""
    owner, directory = os.getpid(), tempfile.mkdtemp(prefix="sophia-metrics-")
    os.environ[_DIRECTORY] = directory
    try:
        yield
    finally:
        # Processes that were forked leave through here as well.
        if os.getpid() == owner:
            shutil.rmtree(directory, ignore_errors=True)


def forget_process(pid: int) -> None:
    """Take what a process that has ended had under way out of the numbers; what it counted stays."""
    if directory := os.environ.get(_DIRECTORY):
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

        mark_process_dead(pid, directory)  # type: ignore[no-untyped-call]


def check_telemetry(settings: Settings) -> None:
    """Pass when what the settings ask for is installed.

    Raises:
        ConfigurationError: it is not.
    """
    wanted = bool(settings.telemetry.otlp_endpoint)
    if wanted and not (find_spec("opentelemetry") and find_spec("opentelemetry.exporter.otlp.proto.http")):
        raise ConfigurationError(Fault("/telemetry/otlp_endpoint", "traces need: pip install 'sophia[telemetry]'"))


def open_telemetry(settings: Settings) -> "Telemetry":
    """What counts and, where the settings name a collector, traces. OpenTelemetry is loaded only then.

    Raises:
        ConfigurationError: as `check_telemetry`.
    """
    from sophia.adapters.telemetry import Telemetry  # noqa: PLC0415
    from sophia.adapters.telemetry.metrics import Metrics  # noqa: PLC0415
    from sophia.adapters.telemetry.spans import Tracing  # noqa: PLC0415

    check_telemetry(settings)
    ours, tracing = version("sophia"), Tracing()
    if settings.telemetry.otlp_endpoint:
        from sophia.adapters.telemetry.open_telemetry import OtlpTracing  # noqa: PLC0415

        tracing = OtlpTracing(settings.telemetry.otlp_endpoint, ours)
    return Telemetry(Metrics(os.environ.get(_DIRECTORY), ours), tracing)
