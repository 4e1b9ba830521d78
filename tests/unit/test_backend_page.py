"""The page of the emulated backend, and the demo's process of it."""

import http.client
import json
import os
import urllib.parse

import pytest
from standardwebhooks import Webhook

from sophia.adapters.standard_webhooks.verifier import mint_webhook_secrets
from sophia.bootstrap.demo import DemoBackend
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import parse_settings
from sophia.testing.contracts.ticket_desk import TicketDeskContract
from sophia.testing.emulators.backend_page import BackendWithPage
from sophia.testing.emulators.server import LoopbackServer

SECRETS = {"acme": "whsec_c2VjcmV0LW9mLWFjbWU="}
EVIL = '<script>alert("1")</script>'


@pytest.fixture
def sophia():
    """What hears the reports."""
    with LoopbackServer(lambda _, exchange: exchange.send(200, b"{}")) as server:
        yield server


@pytest.fixture
def page(sophia):
    with BackendWithPage(sophia.url, SECRETS, token="t") as backend:
        report(backend, title=EVIL, userMessage=EVIL, evidence=[{"title": EVIL, "text": EVIL, "suspected": True}])
        yield backend


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def report(backend, **more):
    body = {
        "reportId": "tkt_1",
        "idempotencyKey": "k",
        "companyId": "acme",
        "userId": "ana",
        "category": "change",
        "priority": "normal",
        "title": "t",
        "requestedActions": [{"action": "block", "objects": ["203.0.113.7"]}],
        "userMessage": "block 203.0.113.7",
        "evidence": [],
    }
    headers = {"Authorization": "Bearer t", "Idempotency_Key": "k"}
    return ask(backend, "POST", "/victoria/report", json.dumps(body | more), **headers)


def answer(backend, **form):
    return ask(backend, "POST", "/tickets/TCK-1", urllib.parse.urlencode(form))


@pytest.mark.parametrize("path", ["/", "/tickets/TCK-1"])
def test_what_was_handed_over_is_shown_and_nothing_of_it_is_markup(page, path) -> None:
    response, shown = ask(page, "GET", path)
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "TCK-1" in shown
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_evidence_that_speaks_to_the_assistant_is_marked(page) -> None:
    _, shown = ask(page, "GET", "/tickets/TCK-1")
    assert "not trusted, and it speaks to the assistant as an attack would" in shown


def test_an_answer_is_reported_to_sophia_signed(page, sophia) -> None:
    response, _ = answer(page, state="in_progress", note=f" tomorrow\n{EVIL} ")
    assert (response.status, response.headers["Location"]) == (303, "/tickets/TCK-1")
    answer(page, state="resolved")
    answer(page, state="no such state")
    first, second = sophia.requests
    assert first.path == "/tickets/tkt_1/updates?companyId=acme"
    assert Webhook(SECRETS["acme"]).verify(first.body, dict(first.headers)) == {
        "ticketId": "tkt_1",
        "version": 1,
        "state": "in_progress",
        "note": f"tomorrow {EVIL}",
        "externalId": "TCK-1",
    }
    assert (second.json["version"], second.json["state"], "note" in second.json) == (2, "resolved", False)
    _, shown = ask(page, "GET", "/tickets/TCK-1")
    assert "SOPHIA answered 200 OK" in shown
    assert "<script" not in shown


def test_it_says_so_when_sophia_does_not_answer(page, sophia) -> None:
    sophia.__exit__(None, None, None)
    answer(page, state="accepted")
    assert "SOPHIA does not answer" in ask(page, "GET", "/tickets/TCK-1")[1]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example.com"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "elsewhere.example.com"},
    ],
)
def test_no_other_page_answers_for_somebody(page, sophia, headers) -> None:
    response, _ = ask(page, "POST", "/tickets/TCK-1", "state=resolved", **headers)
    assert response.status == 403
    assert sophia.requests == []


def test_under_another_name_it_shows_nothing(page) -> None:
    response, shown = ask(page, "GET", "/", Host="elsewhere.example.com")
    assert (response.status, shown) == (403, "")


@pytest.mark.parametrize("path", ["/tickets/TCK-2", "/tickets", "/tickets/TCK-1/more"])
def test_what_is_not_there(page, path) -> None:
    assert ask(page, "GET", path)[0].status == 404


def test_the_demo_hands_over_to_it_and_it_ends_with_the_demo(tmp_path) -> None:
    targets = [{"name": "VICTORIA", "path": "/some/report"}]
    settings: Settings = parse_settings({"targets": targets, "companies": [{"id": "acme"}]}, tmp_path)
    backend = DemoBackend(settings, "http://127.0.0.1:1", mint_webhook_secrets(["acme"]))
    try:
        number = backend.desk().open(TicketDeskContract().ticket())
        assert number in ask(backend, "GET", "/")[1]
    finally:
        backend.stop()
    with pytest.raises(OSError, match=os.strerror(111)):
        ask(backend, "GET", "/")
