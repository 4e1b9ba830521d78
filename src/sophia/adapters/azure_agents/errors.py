"""What goes wrong at the service, as SOPHIA's errors. Nothing that the service has written is in them."""

import re
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
)

from sophia.adapters.http.waiting import retry_after
from sophia.adapters.model.errors import OutOfTime, Transient
from sophia.errors import SophiaError, Unavailable

__all__ = ["AGENTS", "Busy", "Gone", "OutOfTime", "Refused", "Settled", "Transient", "Unbegun", "to_sophia"]

AGENTS = "azure-agents"
"""The dependency that the errors name, and the service whose threads these are."""

_ACTIVE = re.compile(r"already has an active run|while a run .* is active", re.IGNORECASE)
_SETTLED = re.compile(r"Cannot cancel run|do not accept tool outputs|Expected tool outputs", re.IGNORECASE)


class Unbegun(OutOfTime):
    """The run waits to be begun for too long."""


class Gone(Unavailable):
    """There is no such thing, or no more."""


class Refused(Unavailable):
    """It does not take what it was given, and would not at another try."""


class Busy(Unavailable):
    """The thread has a run already."""


class Settled(Unavailable):
    """The run is past that: it has ended, or has what it was waiting for."""


def to_sophia(error: AzureError | ValueError) -> SophiaError:
    """The error that an error of the SDK stands for."""
    match error:
        case ClientAuthenticationError():
            return Unavailable(AGENTS, "refuses SOPHIA's identity, or none can be had")
        case HttpResponseError(response=None):
            return Transient(AGENTS, "what it says broke off")
        case HttpResponseError():
            return _of_status(error)
        case ServiceRequestError():
            return Transient(AGENTS, "cannot be reached")
        case AzureError():
            return Transient(AGENTS, "has not answered in time, or the connection broke off")
        case _:
            return Transient(AGENTS, "sends what cannot be read")


def _of_status(error: HttpResponseError) -> SophiaError:
    response: Any = error.response
    status = error.status_code or 0
    wait = retry_after(response.headers) if response is not None else None
    if status == HTTPStatus.BAD_REQUEST and _ACTIVE.search(error.message):
        return Busy(AGENTS, "the thread is answering already")
    if status == HTTPStatus.BAD_REQUEST and _SETTLED.search(error.message):
        return Settled(AGENTS, "the run has gone on already")
    if status == HTTPStatus.NOT_FOUND:
        return Gone(AGENTS, "there is no such agent, thread or run (HTTP 404)")
    if status == HTTPStatus.FORBIDDEN:
        return Unavailable(AGENTS, "SOPHIA's identity may not do this there (HTTP 403)")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient(AGENTS, "is asked too much (HTTP 429)", wait)
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Transient(AGENTS, f"fails (HTTP {status})", wait)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Transient(AGENTS, "sends what cannot be read")
    if status < HTTPStatus.BAD_REQUEST:
        return Unavailable(AGENTS, f"is somewhere else (HTTP {status}); put its own address into endpoint")
    return Refused(AGENTS, f"refuses the request (HTTP {status})")
