"""What goes wrong at the endpoint, as SOPHIA's errors. Nothing that the endpoint has written is in them.

Source: https://platform.openai.com/docs/guides/error-codes; Azure's content filter:
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
"""

import re
from http import HTTPStatus

import openai

from sophia.adapters.http.waiting import retry_after
from sophia.errors import SophiaError, Unavailable

__all__ = ["MODEL", "Filtered", "OutOfTime", "Transient", "to_sophia"]

MODEL = "model"
"""The dependency that the errors name."""

_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_TOO_LONG = re.compile(r"context[ _](?:length|size|window)|maximum context|exceed_context", re.IGNORECASE)


class Transient(Unavailable):
    """It may go well at the next try, at once or after ``retry_after`` seconds."""


class OutOfTime(Unavailable):
    """The turn has taken as long as it may."""


class Filtered(SophiaError):
    """The endpoint's content filter refuses to answer."""


def to_sophia(error: Exception, model: str) -> SophiaError:
    """The error that an error of the client, or of reading what came, stands for."""
    match error:
        case openai.APITimeoutError():
            return Transient(MODEL, "has not answered in time")
        case openai.APIConnectionError():
            return Transient(MODEL, "cannot be reached, or the connection broke off")
        case openai.APIStatusError():
            return _of_status(error, model)
        case openai.APIError(code=code) if code in _FILTERED:
            return Filtered("the content filter has ended the answer")
        case openai.APIError():
            return Transient(MODEL, "reports an error in the middle of its answer")
        case _:
            return Transient(MODEL, "sends what is no chat completion")


def _of_status(error: openai.APIStatusError, model: str) -> SophiaError:
    status, wait = error.status_code, retry_after(error.response.headers)
    if error.code in _FILTERED:
        return Filtered("the content filter refuses the question")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or _TOO_LONG.search(f"{error.code} {error.type} {error.message}"):
        return Unavailable(MODEL, "takes fewer tokens than were sent; lower [agent.openai] context_tokens")
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
        return Unavailable(MODEL, f"is somewhere else (HTTP {status}); put its own address into base_url")
    return Unavailable(MODEL, f"refuses the request (HTTP {status})")
