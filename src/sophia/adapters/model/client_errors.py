"""The errors of the official client `openai`, as SOPHIA's. Nothing that the endpoint has written is in them.

Source: https://platform.openai.com/docs/guides/error-codes; Azure's content filter:
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
"""

import re
from http import HTTPStatus

import openai

from sophia.adapters.http.waiting import retry_after
from sophia.adapters.model.errors import MODEL, Filtered, Transient
from sophia.errors import SophiaError, Unavailable

__all__ = ["FILTERED", "to_sophia"]

FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
"""The codes by which endpoints say that a content filter has spoken."""

_TOO_LONG = re.compile(r"context[ _](?:length|size|window)|maximum context|exceed_context", re.IGNORECASE)


def to_sophia(error: Exception, model: str, section: str) -> SophiaError:
    """The error that an error of the client, or of reading what came, stands for.

    Args:
        error: what was raised.
        model: what was asked for by name.
        section: of the settings, in which what is wrong can be put right.
    """
    match error:
        case openai.APITimeoutError():
            return Transient(MODEL, "has not answered in time")
        case openai.APIConnectionError():
            return Transient(MODEL, "cannot be reached, or the connection broke off")
        case openai.APIStatusError():
            return _of_status(error, model, section)
        case openai.APIError(code=code) if code in FILTERED:
            return Filtered("the content filter has ended the answer")
        case openai.APIError():
            return Transient(MODEL, "reports an error in the middle of its answer")
        case _:
            return Transient(MODEL, "sends what is no chat completion")


def _of_status(error: openai.APIStatusError, model: str, section: str) -> SophiaError:
    status, wait = error.status_code, retry_after(error.response.headers)
    if error.code in FILTERED:
        return Filtered("the content filter refuses the question")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or _TOO_LONG.search(f"{error.code} {error.type} {error.message}"):
        return Unavailable(MODEL, f"takes fewer tokens than were sent; lower [{section}] context_tokens")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Unavailable(MODEL, f"refuses SOPHIA's key (HTTP {status})")
    if status == HTTPStatus.NOT_FOUND:
        return Unavailable(MODEL, f"there is no {model!r} at its address (HTTP 404)")
    if error.code == "insufficient_quota":
        return Unavailable(MODEL, "the quota is used up", wait)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient(MODEL, "is asked too much (HTTP 429)", wait)
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Transient(MODEL, f"fails (HTTP {status})", wait)
    if status < HTTPStatus.BAD_REQUEST:
        return Unavailable(MODEL, f"is somewhere else (HTTP {status}); put its own address into [{section}]")
    return Unavailable(MODEL, f"refuses the request (HTTP {status})")
