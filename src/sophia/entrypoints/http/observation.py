"""Each request: its id, its line in the log, its numbers and its trace."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import cast

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

from sophia.bootstrap.services import Services
from sophia.domain.tenancy import TenantScope
from sophia.logs import get_logger

__all__ = ["install", "name_caller"]

_log = get_logger(__name__)

# W3C Trace Context, section 3.2; ids of nothing but zeros are none.
_TRACEPARENT = re.compile("(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}.*")

# Asked every few seconds by machines; their lines are for whoever looks for them.
_ROUTINE = {"/healthz", "/readyz", "/metrics"}

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_EVENTS = "text/event-stream"


def install(app: Flask, services: Services) -> None:
    """Watch every request of an app. Install it first: what is done to a request later is seen."""
    metrics, tracing = services.telemetry.metrics, services.telemetry.tracing

    @app.before_request
    def _begin() -> None:
        g.request_id = request_id = f"req_{secrets.token_hex(12)}"
        g.began = time.perf_counter()
        g.open = stack = ExitStack()
        method, route = _method(), _route()
        g.span = span = stack.enter_context(
            tracing.span(
                f"{method} {route}",
                kind="server",
                parent=cast(Mapping[str, str], request.headers),
                http__request__method=method,
                http__route=route,
                sophia__request=request_id,
            )
        )
        bound = {"request": request_id, "trace_id": span.trace_id or _brought_along()}
        stack.enter_context(bound_contextvars(**{name: value for name, value in bound.items() if value}))
        # Bound as soon as it is known, see `name_caller`.
        stack.callback(unbind_contextvars, "tenant")

    @app.after_request
    def _answer(response: Response) -> Response:
        method, route, status = _method(), _route(), response.status_code
        began, stack, span = g.began, g.open, g.span
        metrics.requests.labels(method, route, status).inc()
        metrics.request_seconds.labels(method, route).observe(time.perf_counter() - began)
        if response.mimetype == _EVENTS:
            stack.enter_context(metrics.streams.track_inprogress())
        span.tell(http__response__status_code=status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.fail(str(status))
        response.call_on_close(_ending(method, route, status, began, stack))
        return response


def _ending(method: str, route: str, status: int, began: float, stack: ExitStack) -> Callable[[], None]:
    """What is left to do when the last byte of the response is sent, or its client is gone."""

    def end() -> None:
        say = _log.debug if route in _ROUTINE else _log.info
        ms = round((time.perf_counter() - began) * 1000, 1)
        say("http.request", method=method, route=route, status=status, ms=ms)
        stack.close()

    return end


def name_caller(scope: TenantScope) -> None:
    """Name the company in every line of this request from now on, and whom it comes from in what is recorded of it."""
    g.caller = scope
    bind_contextvars(tenant=scope.company_id)


def _method() -> str:
    method = request.method
    return method if method in _METHODS else "other"


def _route() -> str:
    rule = request.url_rule
    return rule.rule if rule is not None else "unmatched"


def _brought_along() -> str | None:
    found = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return found and found[1]
