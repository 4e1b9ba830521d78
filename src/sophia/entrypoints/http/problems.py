"""Errors as RFC 9457 problem documents: one table from SOPHIA's errors to HTTP."""

import math
from typing import Any

from flask import Flask, Response, current_app, g, json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from sophia.entrypoints.http.requests import services
from sophia.errors import (
    AnswerFailed,
    CompanyMismatch,
    CompanySuspended,
    Conflict,
    IdempotencyConflict,
    InvalidInput,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    RefreshInProgress,
    RequestInProgress,
    SophiaError,
    Stopping,
    ThreadBusy,
    Unauthenticated,
    Unavailable,
)
from sophia.logs import get_logger

__all__ = ["RETRY_AFTER", "install", "problem_document"]

_log = get_logger(__name__)

# The most specific class comes first.
_STATUS: tuple[tuple[type[SophiaError], int, str, str], ...] = (
    (InvalidInput, 400, "invalid-input", "The request cannot be understood"),
    (Unauthenticated, 401, "unauthenticated", "No valid credential"),
    (CompanyMismatch, 403, "company-mismatch", "The request names another company"),
    (CompanySuspended, 403, "company-suspended", "The company is suspended"),
    (PermissionDenied, 403, "permission-denied", "Not allowed"),
    (NotFound, 404, "not-found", "Not found"),
    (IdempotencyConflict, 422, "idempotency-conflict", "The key was used with another body"),
    (RequestInProgress, 409, "request-in-progress", "The request with this key still runs"),
    (ThreadBusy, 409, "thread-busy", "The thread has a live run"),
    (RefreshInProgress, 409, "refresh-in-progress", "A refresh is under way"),
    (Conflict, 409, "conflict", "Not possible now"),
    (LimitExceeded, 429, "limit-exceeded", "Over a limit"),
    (Stopping, 503, "stopping", "The server is stopping"),
    (Unavailable, 503, "unavailable", "Something SOPHIA depends on does not answer"),
)

# What Flask itself refuses; its own names change with its versions.
_CODES = {400: "invalid-input", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}

RETRY_AFTER = 5
"""Seconds to wait before another try, where nothing better is known."""


def install(app: Flask) -> None:
    """Make an app answer every error with a problem document."""
    app.register_error_handler(SophiaError, _from_error)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_bug)


def _from_error(error: SophiaError) -> Response:
    if isinstance(error, Unauthenticated | PermissionDenied):
        _count(error)
    if isinstance(error, LimitExceeded):
        services().refusals.limited(g.caller, error.name)
        services().telemetry.metrics.limits_reached.labels(error.name).inc()
    if isinstance(error, AnswerFailed):
        return _from_failed_answer(error)
    status, code, title = next(
        ((status, code, title) for kind, status, code, title in _STATUS if isinstance(error, kind)),
        (500, "failed", "SOPHIA could not do it"),
    )
    more: dict[str, Any] = {}
    if isinstance(error, InvalidInput):
        more["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    if isinstance(error, ThreadBusy | RequestInProgress) or (isinstance(error, Stopping) and error.run_id):
        more["runId"] = error.run_id
    if isinstance(error, RefreshInProgress):
        more["refreshId"] = error.refresh_id
    if isinstance(error, LimitExceeded):
        more["limit"] = error.name
    response = _problem(status, code, title, str(error), **more)
    if isinstance(error, Unavailable | LimitExceeded):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="sophia", ApiKey header="X-Agent-Access-Key"'
    return response


def _count(error: Unauthenticated | PermissionDenied) -> None:
    refusals, permission = services().refusals, getattr(error, "permission", None)
    if "caller" in g and permission is not None:
        refusals.denied(g.caller, permission)
    else:
        refusals.not_let_in(g.get("credential", "none"), permission)


def _from_failed_answer(error: AnswerFailed) -> Response:
    status = {"unavailable": 503, "run-cancelled": 409, "company-suspended": 403}.get(error.code, 500)
    response = _problem(status, error.code, "The run ended without an answer", str(error), runId=error.run_id)
    if error.code == "unavailable":
        response.headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    return response


def _from_http(error: HTTPException) -> Response:
    status, detail = error.code or 500, error.description or error.name
    if isinstance(error, RequestEntityTooLarge):
        detail = f"the body is too large; at most {current_app.config['MAX_CONTENT_LENGTH']} bytes are taken"
    response = _problem(status, _CODES.get(status, "refused"), error.name, detail)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _from_bug(error: Exception) -> Response:
    _log.error("http.failed", exc_info=error)
    return _problem(500, "internal", "Something went wrong inside SOPHIA", "The error has been logged.")


def _problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    text = problem_document(status, code, title, detail, g.get("request_id"), **more)
    return Response(text, status, content_type="application/problem+json")


def problem_document(status: int, code: str, title: str, detail: str, instance: str | None, **more: Any) -> bytes:
    """A problem document (RFC 9457) in UTF-8; ``instance`` is the id of the request."""
    body = {
        "type": f"urn:sophia:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        **more,
    }
    # A lone surrogate that came in with the request has no UTF-8; its escape means the same in JSON.
    return json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace")
