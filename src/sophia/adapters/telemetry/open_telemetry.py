"""Traces to an OpenTelemetry collector, by OTLP over HTTP. The only place that knows OpenTelemetry.

Names follow the semantic conventions for HTTP and for generative AI
(https://opentelemetry.io/docs/specs/semconv/gen-ai/). Content (messages, prompts, passages, arguments
and results of tools) is never among them.

The provider is this object's own, not the process's: a program that traces itself is not disturbed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from sophia.adapters.http.urls import resolved
from sophia.adapters.telemetry.spans import Span, Tracing

__all__ = ["OtlpTracing"]

_EXPORT_SECONDS = 5.0
_KINDS = {"internal": trace.SpanKind.INTERNAL, "server": trace.SpanKind.SERVER, "client": trace.SpanKind.CLIENT}


class _Collector(requests.Session):
    """Calls no address that is not to be called; the exporter follows no redirect."""

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        try:
            resolved(parts.hostname or "", parts.port or 443)
        except OSError as error:
            raise requests.ConnectionError(str(error)) from error
        return super().send(request, **more)


class _OtlpSpan(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace_id = trace.format_trace_id(context.trace_id)
        self.traceparent = f"00-{self.trace_id}-{trace.format_span_id(context.span_id)}-{context.trace_flags:02x}"

    def tell(self, **attributes: str | float | bool | None) -> None:
        self._span.set_attributes(_named(attributes))

    def fail(self, error: str) -> None:
        # The kind alone: an error's own words may hold what somebody said.
        self._span.set_attribute("error.type", error)
        self._span.set_status(trace.StatusCode.ERROR)


class OtlpTracing(Tracing):
    """Sends spans in batches, from a thread of its own; a collector that does not answer delays nothing.

    Args:
        endpoint: the base URL of the collector; ``/v1/traces`` is added.
        version: SOPHIA's.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        ours = Resource({SERVICE_NAME: "sophia", SERVICE_VERSION: version})
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word, as everywhere.
        self._provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS, session=_Collector())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("sophia", version)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: str = "internal",
        parent: Mapping[str, str] | None = None,
        alone: bool = True,
        **attributes: Any,
    ) -> Iterator[Span]:
        """See `Tracing`."""
        if not alone and not trace.get_current_span().get_span_context().is_valid:
            yield Span()
            return
        context = None if parent is None else self._propagator.extract(parent)
        with self._tracer.start_as_current_span(
            name,
            context,
            _KINDS[kind],
            _named(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as started:
            span = _OtlpSpan(started)
            try:
                yield span
            except Exception as error:
                span.fail(type(error).__name__)
                raise

    def close(self) -> None:
        """See `Tracing`."""
        ending = Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(_EXPORT_SECONDS)


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in attributes.items() if value is not None}
