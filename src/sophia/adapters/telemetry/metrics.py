"""What SOPHIA does, in numbers, in the Prometheus text format.

Labels are bounded: a route is its template, a tool one that there is. Companies, users and threads are
never labels. Names follow https://prometheus.io/docs/practices/naming/.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from sophia.application.backlog import Backlog
from sophia.domain.lookups import System

__all__ = ["LOOKUP_OUTCOMES", "Metrics"]

LOOKUP_OUTCOMES = ("found", "cut", "refused", "invalid", "unavailable", "stopped")
"""Cut: not all that there is. Refused: by the read-only policy. Stopped: nobody waits for it any more."""

_MILLISECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_MINUTES = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600)


class Metrics:
    """The instruments of one process.

    Args:
        directory: where the processes of one server count together, `PROMETHEUS_MULTIPROC_DIR` in the environment as
            well; None: this process alone.
        version: SOPHIA's.
    """

    def __init__(self, directory: str | None, version: str) -> None:
        if directory is not None and values.ValueClass is values.MutexValue:
            # As prometheus_client does by itself where the directory is known before it is loaded.
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        self._directory = directory
        self._version = version
        self._registry = own = CollectorRegistry()
        self.requests = Counter(
            "sophia_http_requests",
            "Requests, by route template and status.",
            ["method", "route", "status"],
            registry=own,
        )
        self.request_seconds = Histogram(
            "sophia_http_request_seconds",
            "Time until the response begins: of a stream its first byte, else the whole.",
            ["method", "route"],
            buckets=(*_MILLISECONDS, 5, 10, 30, 60),
            registry=own,
        )
        self.streams = _live("sophia_streams_live", "Event streams that are open now.", own)
        self.runs = Counter("sophia_runs", "Runs that have ended here, by outcome.", ["outcome"], registry=own)
        self.run_seconds = Histogram(
            "sophia_run_seconds",
            "Time a run was played, from its beginning to its stored answer.",
            buckets=_SECONDS,
            registry=own,
        )
        self.first_text_seconds = Histogram(
            "sophia_run_first_text_seconds",
            "Time from a message being stored to the first text of its answer; it includes waiting for a free turn.",
            buckets=_SECONDS,
            registry=own,
        )
        self.runs_waiting = _live("sophia_runs_waiting", "Runs that wait for a free turn (`[service] runs`).", own)
        self.runs_playing = _live("sophia_runs_playing", "Runs that are being played now.", own)
        self.limits_reached = Counter(
            "sophia_limits_reached", "Requests refused with 429, by the limit reached.", ["limit"], registry=own
        )
        self.handoffs = Counter(
            "sophia_handoffs", "Messages that asked for action, by what was decided.", ["decision"], registry=own
        )
        self.deliveries = Counter(
            "sophia_ticket_deliveries", "Attempts to deliver a ticket, by outcome.", ["outcome"], registry=own
        )
        self.tool_calls = Counter(
            "sophia_tool_calls", "Tool calls that agents made, by status.", ["tool", "status"], registry=own
        )
        self.tool_call_seconds = Histogram(
            "sophia_tool_call_seconds", "Time a tool call took.", ["tool"], buckets=_SECONDS, registry=own
        )
        self.lookups = Counter(
            "sophia_lookups", "Look-ups at companies' own systems, by outcome.", ["system", "outcome"], registry=own
        )
        self.lookup_seconds = Histogram(
            "sophia_lookup_seconds",
            "Time that a look-up took the system.",
            ["system"],
            buckets=_SECONDS,
            registry=own,
        )
        self.service_calls = Counter(
            "sophia_agent_service_calls",
            "Requests to a service that plays turns or keeps vector stores, by what was asked and how it ended.",
            ["service", "operation", "outcome"],
            registry=own,
        )
        self.service_call_seconds = Histogram(
            "sophia_agent_service_call_seconds",
            "Time that such a request took; of a stream, until it began.",
            ["service", "operation"],
            buckets=_SECONDS,
            registry=own,
        )
        self.service_retries = Counter(
            "sophia_agent_service_retries",
            "Requests, and steps of turns, that were tried again.",
            ["service"],
            registry=own,
        )
        self.service_turns = _live("sophia_agent_service_turns", "Turns that have a place there now.", own, "service")
        self.service_turns_waiting = _live(
            "sophia_agent_service_turns_waiting", "Turns that wait for a place there now.", own, "service"
        )
        self.service_left_alone = _live(
            "sophia_agent_service_breakers_open",
            "Clients that leave the service alone now, because it has failed too often.",
            own,
            "service",
        )
        self.tokens = Counter("sophia_tokens", "Tokens that models took and gave.", ["type"], registry=own)
        self.embedded_texts = Counter("sophia_embedded_texts", "Texts turned into vectors.", ["kind"], registry=own)
        self.embedding_seconds = Histogram(
            "sophia_embedding_seconds",
            "Time one call to the embedder took: one query, or a batch of passages.",
            ["kind"],
            buckets=(*_MILLISECONDS, 5, 10, 30),
            registry=own,
        )
        self.retrieval_seconds = Histogram(
            "sophia_retrieval_seconds",
            "Time one search of the knowledge base took.",
            buckets=_MILLISECONDS,
            registry=own,
        )
        self.write_seconds = Histogram(
            "sophia_database_write_seconds",
            "Time a write transaction took, waiting for its turn included.",
            buckets=(*_MILLISECONDS, 5, 10, 30),
            registry=own,
        )
        self.refreshes = Counter("sophia_refreshes", "Refreshes that have ended here.", ["status"], registry=own)
        self.refresh_seconds = Histogram(
            "sophia_refresh_seconds", "Time a refresh of a company took.", buckets=_MINUTES, registry=own
        )
        self.refreshed_documents = Counter(
            "sophia_refreshed_documents",
            "Documents that refreshes saw, by what became of them.",
            ["result"],
            registry=own,
        )
        # A series that begins with its first failure hides that failure from rate(): these begin at zero.
        for counter, known in (
            (self.runs, ("completed", "failed", "cancelled", "lost")),
            (self.limits_reached, ("requests", "user_requests", "runs", "user_runs", "tokens", "user_tokens")),
            (self.handoffs, ("handed_off", "confirmation_required", "declined")),
            (self.deliveries, ("delivered", "rejected", "unavailable")),
            (self.refreshes, ("completed", "failed")),
        ):
            for value in known:
                counter.labels(value)
        for system in System:
            for outcome in LOOKUP_OUTCOMES:
                self.lookups.labels(system, outcome)

    def exposition(self, backlog: Backlog | None) -> bytes:
        """All of it in the text format; of every process of the server, whichever is asked.

        Args:
            backlog: what waits in the system of record; None when that does not answer: its series are missing then.
        """
        counted = self._registry
        if self._directory is not None:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, path=self._directory)  # type: ignore[no-untyped-call]
        computed = CollectorRegistry()
        computed.register(_Computed(self._version, backlog))
        return bytes(generate_latest(counted) + generate_latest(computed))


class _Computed(Collector):
    """What is not counted but looked up, at each scrape."""

    def __init__(self, version: str, backlog: Backlog | None) -> None:
        self._version = version
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("sophia_build_info", "The version that runs.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        if self._backlog is None:
            return
        for name, help, value in (
            ("outbox_depth", "Tickets that wait to be delivered.", self._backlog.deliveries),
            ("audit_undelivered", "Audit entries that wait to be delivered.", self._backlog.entries),
            (
                "audit_undelivered_age_seconds",
                "Time since the oldest audit entry was made that waits to be delivered.",
                self._backlog.entries_age,
            ),
            ("documents", "Documents in the knowledge base.", self._backlog.documents),
            ("documents_failed", "Documents that could not be taken in.", self._backlog.failures),
            ("chunks_pending", "Chunks that wait for their vector.", self._backlog.pending),
            ("sources_unread", "Sources that are configured and were never read.", self._backlog.sources_unread),
            (
                "refresh_age_seconds",
                "Time since the source was read that was read least lately.",
                self._backlog.refresh_age,
            ),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"sophia_{name}", help, value)


def _live(name: str, help: str, registry: CollectorRegistry, *labels: str) -> Gauge:
    # Of the processes that live: one that was killed takes what it counted with it.
    return Gauge(name, help, labels, multiprocess_mode="livesum", registry=registry)
