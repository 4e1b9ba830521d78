"""What SOPHIA does, as numbers (Prometheus) and as traces (OpenTelemetry).

`observed` holds the wrappers that see it: each has the interface of what it wraps, so that neither
the core nor another adapter knows of them.
"""

from attrs import frozen

from sophia.adapters.telemetry.metrics import Metrics
from sophia.adapters.telemetry.spans import Tracing

__all__ = ["Telemetry"]


@frozen
class Telemetry:
    """Where it is counted, and where it is traced."""

    metrics: Metrics
    tracing: Tracing
