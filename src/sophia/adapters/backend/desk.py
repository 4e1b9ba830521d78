"""A ticket desk behind REST."""

import string
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import tenacity
from pybreaker import CircuitBreaker, CircuitBreakerError

from sophia.adapters.backend.route import Route
from sophia.adapters.backend.translate import BACKEND, number_from_wire, ticket_to_wire
from sophia.adapters.http.bearer import authorized
from sophia.adapters.http.client import HttpClient, Reply
from sophia.adapters.http.urls import url_fault
from sophia.domain.tickets import Ticket
from sophia.errors import ConfigurationError, Fault, TicketRejected, Unavailable
from sophia.logs import get_logger
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["RestTicketDesk"]

_log = get_logger(__name__)


class RestTicketDesk(TicketDesk):
    """Reports tickets to the backend; each agent has a breaker of its own.

    A ticket that was surely not taken is sent a second time after a moment; more is up to whoever asks. After
    ``failures`` in a row an agent is not asked at all for ``rest`` seconds.

    Args:
        base_url: what the paths are added to.
        routes: by the name of the target.
        patience: seconds that one request may take.
        failures: of one agent, in this process.
        rest: seconds.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self,
        base_url: str,
        routes: Mapping[str, Route],
        patience: float = 10.0,
        failures: int = 5,
        rest: float = 15.0,
    ) -> None:
        if fault := url_fault(base_url):
            raise ConfigurationError(Fault("/backend/base_url", fault))
        self._http = HttpClient(BACKEND, base_url, patience)
        self._routes = routes
        self._rest = rest
        self._breakers = {
            # A ticket that is refused is an answer like any other.
            name: CircuitBreaker(failures, rest, exclude=[TicketRejected], throw_new_error_on_trip=False)
            for name in routes
        }
        self._twice = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_pass_soon),
            stop=tenacity.stop_after_attempt(2),
            wait=tenacity.wait_random(0.1, 0.4),
            reraise=True,
        )

    def open(self, ticket: Ticket) -> str:
        """See `TicketDesk`."""
        if (route := self._routes.get(ticket.target)) is None:
            raise Unavailable(BACKEND, f"no target {ticket.target!r} is configured")
        try:
            # Not its `call`, which lets one thread in at a time.
            with self._breakers[ticket.target].calling():
                return self._twice(self._report, ticket, route)
        except CircuitBreakerError as error:
            detail = "has failed several times in a row and is left alone for a while"
            raise Unavailable(BACKEND, detail, self._rest) from error

    def _report(self, ticket: Ticket, route: Route) -> str:
        wire, key = ticket_to_wire(ticket), {"Idempotency-Key": quote(ticket.key, safe=string.punctuation)}

        def send(authorization: Mapping[str, str]) -> Reply:
            return self._http.post(route.path, wire, {**authorization, **key})

        reply, token = authorized(route.token, send)
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            _log.error("backend.token_refused", target=ticket.target, status=reply.status)
        return number_from_wire(reply, token)


def _may_pass_soon(error: BaseException) -> bool:
    return type(error) is Unavailable and error.retry_after is None
