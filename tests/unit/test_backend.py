"""The ticket desk behind REST, against a backend that does as a test says."""

import logging
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from structlog.contextvars import bound_contextvars

from sophia.adapters.backend.desk import RestTicketDesk
from sophia.adapters.backend.route import Route
from sophia.adapters.http.trace import within_trace
from sophia.application.credentials import CachedCredential
from sophia.domain.asked import Action, Category
from sophia.domain.secrets import Secret
from sophia.domain.tickets import Enclosure, Priority, Ticket
from sophia.errors import ConfigurationError, TicketRejected, Unanswered, Unavailable
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.emulators.server import LoopbackServer

TOKEN = "s3cret-t0ken"
KEY = "acme/thr_1/run_1/VICTORIA"
TRACE = "ab" * 16


def ticket(key: str = KEY, target: str = "VICTORIA") -> Ticket:
    return Ticket(
        id="tkt_1",
        key=key,
        target=target,
        company_id="acme",
        user_id="ana",
        thread_id="thr_1",
        run_id="run_1",
        category=Category.CHANGE,
        priority=Priority.HIGH,
        title="Bloquea la IP 203.0.113.7",
        user_message="Bloquea la IP 203.0.113.7 en el firewall ñ 🔐 \ud800",
        actions=(Action("Bloquea", ("203.0.113.7", "firewall")), Action("reinicia")),
        language="es",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        priority_reason="hay un ataque en curso",
        enclosures=(
            Enclosure("Runbook", "docs", "file:///runbook.md", "Abre un ticket", "doc_1", "sha256:00", suspected=True),
        ),
    )


class Token(CachedCredential):
    """A credential that a test changes, and that is looked up each time."""

    def __init__(self) -> None:
        self.shown: str | None = TOKEN
        super().__init__(self._show)

    def _show(self) -> Secret:
        if self.shown is None:
            raise Unavailable("vault", "the token cannot be had")
        return Secret(self.shown)


@pytest.fixture
def token() -> Token:
    return Token()


@pytest.fixture
def behind(token: Token):
    """A desk and the backend behind it."""

    @contextmanager
    def behind(*faults, paths=("/victoria/report", "/night/report"), honours_keys=True, **more):
        with BackendEmulator(faults, token=TOKEN, paths=paths, honours_keys=honours_keys) as backend:
            routes = {"VICTORIA": Route("/victoria/report", token), "NIGHT": Route("/night/report", token)}
            yield RestTicketDesk(backend.url, routes, **more), backend

    return behind


def test_a_report_says_all_that_the_contract_asks_for(behind) -> None:
    with behind() as (desk, backend):
        assert desk.open(ticket()) == "TCK-1"
        (received,) = backend.tickets
    assert received.headers["authorization"] == f"Bearer {TOKEN}"
    assert received.headers["idempotency-key"] == KEY
    assert received.headers["content-type"] == "application/json"
    assert received.report == {
        "reportId": "tkt_1",
        "idempotencyKey": KEY,
        "companyId": "acme",
        "userId": "ana",
        "threadId": "thr_1",
        "runId": "run_1",
        "category": "change",
        "priority": "high",
        "priorityReason": "hay un ataque en curso",
        "title": "Bloquea la IP 203.0.113.7",
        "summary": "Bloquea: 203.0.113.7, firewall; reinicia",
        "requestedActions": [
            {"action": "Bloquea", "objects": ["203.0.113.7", "firewall"]},
            {"action": "reinicia", "objects": []},
        ],
        "userMessage": "Bloquea la IP 203.0.113.7 en el firewall ñ 🔐 \ud800",
        "evidence": [
            {
                "title": "Runbook",
                "source": "docs",
                "uri": "file:///runbook.md",
                "text": "Abre un ticket",
                "documentId": "doc_1",
                "documentVersion": "sha256:00",
                "trusted": False,
                "suspected": True,
            }
        ],
        "language": "es",
        "source": "sophia",
    }


def test_each_target_has_its_path_and_its_breaker(behind) -> None:
    always_down = [Fault(status=503, headers={"Retry-After": "1"})] * 2
    with behind(*always_down, failures=2) as (desk, backend):
        for _ in range(3):
            with pytest.raises(Unavailable):
                desk.open(ticket())
        assert desk.open(ticket("k2", "NIGHT"))
        assert [request.path for request in backend.requests] == ["/victoria/report"] * 2 + ["/night/report"]
        with pytest.raises(Unavailable, match="'DAWN'"):
            desk.open(ticket("k3", "DAWN"))


def test_a_key_that_is_no_ascii_is_a_header_all_the_same(behind) -> None:
    with behind() as (desk, backend), pytest.raises(TicketRejected):
        desk.open(ticket("compañía/thr_1"))  # this emulator wants header and body to be one
    assert backend.requests[0].headers["idempotency-key"] == "compa%C3%B1%C3%ADa/thr_1"


@pytest.mark.parametrize(
    ("bound", "span", "expected"),
    [
        ({}, None, None),
        ({"trace_id": TRACE}, None, f"00-{TRACE}-"),
        ({"trace_id": "not one\r\nX: y"}, None, None),
        ({"trace_id": "00" * 16}, f"00-{TRACE}-{'cd' * 8}-01", f"00-{TRACE}-{'cd' * 8}-01"),
    ],
)
def test_it_goes_on_with_the_trace_that_there_is(behind, bound, span, expected) -> None:
    with behind() as (desk, backend), bound_contextvars(**bound), within_trace(span):
        desk.open(ticket())
    sent = backend.tickets[0].headers.get("traceparent")
    assert sent is None if expected is None else sent.startswith(expected)
    assert sent is None or len(sent) == 55


def test_what_was_surely_not_taken_is_sent_a_second_time_at_once(behind) -> None:
    with behind(Fault(status=500)) as (desk, backend):
        assert desk.open(ticket()) == "TCK-1"
        assert len(backend.requests) == 2
    with behind(Fault(status=500), Fault(status=500)) as (desk, backend):
        with pytest.raises(Unavailable, match="HTTP 500"):
            desk.open(ticket())
        assert len(backend.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, headers={"Retry-After": "3"}),
        Fault(takes=True, cuts=True),
        Fault(status=502),
        Fault(status=200, body=b"[]"),
        Fault(status=422),
    ],
)
def test_what_asks_for_time_or_may_have_been_taken_or_is_final_is_sent_once(behind, fault) -> None:
    with behind(*[fault] * 2) as (desk, backend):
        with pytest.raises((Unavailable, TicketRejected)):
            desk.open(ticket())
        assert len(backend.requests) == 1


def test_a_redirect_is_not_followed(behind) -> None:
    with behind(*[Fault(status=307, headers={"Location": "/night/report"})] * 2) as (desk, backend):
        with pytest.raises(Unavailable, match="HTTP 307"):
            desk.open(ticket())
        assert {request.path for request in backend.requests} == {"/victoria/report"}


@pytest.mark.parametrize("number", [b'"TCK-7"', b"7", b'" TCK-7 "'])
def test_numbers(behind, number) -> None:
    with behind(Fault(status=200, body=b'{"ticketId": %s}' % number)) as (desk, _):
        assert desk.open(ticket()) in ("TCK-7", "7")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"ticketId": ""}',
        b'{"ticketId": true}',
        b'{"ticketId": "\\u0007"}',
        b"\xff",
        b"[" * 10**5,
    ],
)
def test_a_yes_without_a_number_is_no_success(behind, body) -> None:
    with behind(Fault(status=201, body=body)) as (desk, _), pytest.raises(Unanswered):
        desk.open(ticket())


def test_a_conflict_without_a_ticket_is_asked_again_later(behind) -> None:
    with behind(*[Fault(status=409)] * 2) as (desk, _), pytest.raises(Unavailable) as caught:
        desk.open(ticket())
    assert not isinstance(caught.value, Unanswered)


def test_a_body_without_an_end_is_not_read_to_its_end(behind) -> None:
    with behind(Fault(status=201, body=b" " * 10**7)) as (desk, _), pytest.raises(Unanswered):
        desk.open(ticket())


@pytest.mark.parametrize("fault", [Fault(takes=True, delay=60), Fault(takes=True, body=b" " * 10**4, drips=0.05)])
def test_an_answer_that_takes_too_long_is_not_waited_for(behind, fault) -> None:
    with behind(fault, patience=0.3) as (desk, _), pytest.raises(Unanswered, match="in time"):
        desk.open(ticket())


def test_an_answer_whose_headers_drip_is_not_waited_for(token: Token) -> None:
    def drip(request, exchange) -> None:
        for byte in b"HTTP/1.1 201 Created\r\nX: " + b"y" * 10**4:
            exchange.pause(0.05)
            exchange.raw(bytes([byte]))

    with LoopbackServer(drip) as server, pytest.raises(Unanswered, match="in time"):
        RestTicketDesk(server.url, {"VICTORIA": Route("/", token)}, patience=0.3).open(ticket())


def test_a_backend_that_is_not_there_has_surely_taken_nothing(token: Token) -> None:
    with BackendEmulator() as gone:
        pass
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        RestTicketDesk(gone.url, {"VICTORIA": Route("/victoria/report", token)}).open(ticket())
    assert not isinstance(caught.value, Unanswered)


def test_a_backend_that_fails_is_left_alone_for_a_while(behind) -> None:
    down = [Fault(takes=True, cuts=True)] * 3
    with behind(*down, failures=3, rest=60.0) as (desk, backend):
        for _ in range(3):
            with pytest.raises(Unanswered):
                desk.open(ticket())
        for _ in range(3):
            with pytest.raises(Unavailable, match="left alone") as caught:
                desk.open(ticket())
            assert not isinstance(caught.value, Unanswered)
            assert caught.value.retry_after == 60.0
        assert len(backend.requests) == 3
    with behind(*down, failures=3, rest=0.0) as (desk, _):
        for _ in range(3):
            with pytest.raises(Unanswered):
                desk.open(ticket())
        assert desk.open(ticket()) == desk.open(ticket())


def test_refusals_do_not_make_it_leave_the_backend_alone(behind) -> None:
    with behind(*[Fault(status=422)] * 4, failures=2) as (desk, _):
        for _ in range(4):
            with pytest.raises(TicketRejected):
                desk.open(ticket())
        assert desk.open(ticket())


def open_until_it_stops(desk: RestTicketDesk) -> None:
    with suppress(Unavailable):
        desk.open(ticket("k1"))


def test_one_that_hangs_holds_up_no_other(behind) -> None:
    with behind(Fault(takes=True, delay=60), patience=20.0) as (desk, backend):
        hanging = threading.Thread(target=open_until_it_stops, args=(desk,))
        hanging.start()
        while not backend.requests:
            hanging.join(0.01)
        assert desk.open(ticket("k2")) == "TCK-2"
        assert hanging.is_alive()
        backend.__exit__(None, None, None)
        hanging.join()


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/problem+json", b'{"detail": "no such\\ncategory"}', "no such category (HTTP 422)"),
        ("application/problem+json; charset=utf-8", b'{"detail": "you sent s3cret-t0ken"}', "you sent … (HTTP 422)"),
        ("application/problem+json", b'{"detail": 3}', "HTTP 422"),
        ("application/problem+json", b"<html>", "HTTP 422"),
        ("application/json", b'{"detail": "an upstream secret"}', "HTTP 422"),
        ("text/html", b"an upstream secret", "HTTP 422"),
    ],
)
def test_why_it_was_refused(behind, kind, body, said) -> None:
    with behind(Fault(422, body, {"Content-Type": kind})) as (desk, _), pytest.raises(TicketRejected) as caught:
        desk.open(ticket())
    assert caught.value.reason == said


def test_a_long_explanation_is_cut(behind) -> None:
    fault = Fault(422, b'{"detail": "%s"}' % (b"x" * 5000), {"Content-Type": "application/problem+json"})
    with behind(fault) as (desk, _), pytest.raises(TicketRejected) as caught:
        desk.open(ticket())
    assert len(caught.value.reason) < 400


def test_a_new_token_needs_no_restart_and_none_is_no_crash(behind, token: Token, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    with behind() as (desk, _):
        token.shown = "another"
        with pytest.raises(Unavailable, match="refuses SOPHIA's token") as caught:
            desk.open(ticket())
        assert not isinstance(caught.value, Unanswered)
        token.shown = TOKEN
        assert desk.open(ticket())
        token.shown = None
        with pytest.raises(Unavailable, match="token") as caught:
            desk.open(ticket())
    assert not isinstance(caught.value, Unanswered)
    assert "backend.token_refused" in caplog.text
    assert TOKEN not in caplog.text
    assert "another" not in caplog.text


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(takes=True, cuts=True), Fault(status=404), Fault(delay=60)])
def test_no_error_holds_the_token_or_what_was_said(behind, fault, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    fault_twice = [fault] * 2
    with behind(*fault_twice, patience=0.3) as (desk, _), pytest.raises((Unavailable, TicketRejected)) as caught:
        desk.open(ticket())
    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in f"{error} {error!r}"
        assert "203.0.113.7" not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__
    assert TOKEN not in caplog.text


def test_it_is_not_sent_in_the_clear_to_another_machine(token: Token) -> None:
    with pytest.raises(ConfigurationError, match="/backend/base_url: http://"):
        RestTicketDesk("http://backend.example.com", {"VICTORIA": Route("/", token)})
