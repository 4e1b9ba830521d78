"""Nobody sees what is another user's or another company's, or that it is there."""

import pytest
from conformance import Contract
from harness import ACTION, KEYS, LOOK, World

from sophia.errors import Unavailable

CONTRACT = Contract()
UNKNOWN = "0" * 26
OWN = [
    ("readRun", "runId"),
    ("followRun", "runId"),
    ("cancelRun", "runId"),
    ("readThread", "threadId"),
    ("listMessages", "threadId"),
    ("deleteThread", "threadId"),
    ("readTicket", "ticketId"),
    ("readEvidence", "evidenceId"),
    ("readDocument", "documentId"),
    ("deleteDocument", "documentId"),
    ("readRefresh", "refreshId"),
    ("followRefresh", "refreshId"),
]


def test_the_list_is_whole() -> None:
    with_id = {o.id for o in CONTRACT.operations if "{" in o.path and o.takes_key}
    assert {operation for operation, _ in OWN} == with_id


@pytest.mark.parametrize(("id", "name"), OWN)
def test_what_is_not_the_callers_reads_like_what_is_not_there(informed: World, id: str, name: str) -> None:
    ana = informed.caller()
    answer = ana.ask(ACTION).json()
    private = [d for d in ana.get("/documents").json()["items"] if d["source"] == "private"]
    refresh = ana.post("/refresh", json={"companyId": "acme"}).json()["refreshId"]
    with ana.stream(f"/refresh/{refresh}/events") as events:
        assert [event.name for event in events][-1] == "refresh.completed"
    ids = {
        "runId": answer["runId"],
        "threadId": answer["threadId"],
        "ticketId": answer["handoff"]["ticketId"],
        "evidenceId": ana.ask(LOOK).json()["toolCalls"][0]["evidenceId"],
        "documentId": private[0]["documentId"],
        "refreshId": refresh,
    }
    operation = CONTRACT.operation(id)
    others = [informed.caller("ana", "globex"), informed.caller(None, "globex")]
    if name != "refreshId":
        others += [informed.caller("luis"), informed.caller(None)]
    for other in others:
        told = []
        for id_ in (ids[name], f"{ids[name].partition('_')[0]}_{UNKNOWN}"):
            response = other(operation.method.upper(), operation.url(**{name: id_}))
            assert response.status_code == 404
            told.append(response.text.replace(id_, "ID").replace(response.headers["x-request-id"], "REQUEST"))
        assert told[0] == told[1]
    assert ana(operation.method.upper(), operation.url(**{name: ids[name]})).status_code in (200, 202, 204)


def test_a_thread_of_somebody_else_is_not_gone_on_with(informed: World) -> None:
    thread = informed.caller().ask().json()["threadId"]
    for other in (informed.caller("luis"), informed.caller("ana", "globex")):
        told = [other.ask(threadId=id_) for id_ in (thread, f"thr_{UNKNOWN}")]
        assert [response.status_code for response in told] == [404, 404]
    assert len(informed.caller().get(f"/threads/{thread}/messages").json()["items"]) == 2


def test_lists_and_searches_hold_the_callers_own(informed: World) -> None:
    informed.caller().ask(ACTION)
    informed.sophia.services.background.do_chores()
    for other in (informed.caller("luis"), informed.caller(None), informed.caller("ana", "globex")):
        for path in ("/threads", "/tickets", "/messages/search?q=firewall"):
            assert other.get(path).json()["items"] == []
    titles = {d["title"] for d in informed.caller("luis").get("/documents").json()["items"]}
    assert titles == {"Backups", "Passwords"}
    titles = {d["title"] for d in informed.caller("ana", "globex").get("/documents").json()["items"]}
    assert titles == {"Policy"}
    counted = {s["name"]: s["documents"] for s in informed.caller("luis").get("/sources").json()["items"]}
    assert counted == {"docs": 2, "private": 0}


def test_answers_quote_only_what_the_caller_may_read(informed: World) -> None:
    for caller, source in ((informed.caller(), "private"), (informed.caller("luis"), "docs")):
        citations = caller.ask("Is it paid monthly?").json()["citations"]
        assert {citation["source"] for citation in citations} <= {source}
    assert informed.caller().ask("Is it paid monthly?").json()["citations"][0]["quote"].startswith("Paid")


def test_a_body_that_names_another_company_grants_nothing(world: World) -> None:
    for company in ("globex", "nowhere", "ACME", "acme "):
        for response in (
            world.caller().ask(companyId=company),
            world.caller().post("/refresh", json={"companyId": company}),
        ):
            assert response.status_code == 403
            assert response.json()["type"] == "urn:sophia:problem:company-mismatch"
    assert world.caller("ana", "globex").get("/threads").json()["items"] == []


def test_the_key_of_another_user_of_idempotency_is_another_key(world: World) -> None:
    asked = {
        caller.ask(key="k").json()["runId"] for caller in (world.caller(), world.caller("luis"), world.caller(None))
    }
    asked.add(world.caller("ana", "globex").ask(key="k").json()["runId"])
    assert len(asked) == 4


def test_permissions_are_asked_for(informed: World) -> None:
    reader = informed.caller("reader")
    document = reader.get("/documents").json()["items"][0]["documentId"]
    for response in (reader.delete(f"/documents/{document}"), reader.post("/refresh", json={"companyId": "acme"})):
        assert response.status_code == 403
        assert response.json()["type"] == "urn:sophia:problem:permission-denied"
    declined = reader.ask(ACTION).json()["handoff"]
    assert (declined["decision"], declined["ticketId"]) == ("declined", None)
    assert reader.get("/tickets").json()["items"] == []


def test_a_key_is_no_bearer_token(world: World) -> None:
    caller = world.nobody()
    for value in (f"Bearer {KEYS['acme']}", "Bearer wrong", "Bearer ", "Bearer", f"Basic {KEYS['acme']}", KEYS["acme"]):
        assert caller.get("/threads", headers={"Authorization": value}).status_code == 401


def test_the_demo_answers_its_own_machine_only(world: World) -> None:
    assert world.caller(address="203.0.113.9").get("/healthz").status_code == 200
    demo = world.app_with(loopback_only=True)
    for address in ("127.0.0.1", "127.9.9.9", "::1"):
        assert world.caller(app=demo, address=address).get("/threads").status_code == 200
    for address in ("203.0.113.9", "10.0.0.1", "0.0.0.0", "::", ""):
        for path in ("/threads", "/healthz", "/docs/", "/openapi.yaml"):
            response = world.caller(app=demo, address=address).get(path, headers={"X-Forwarded-For": "127.0.0.1"})
            assert response.status_code == 403


def test_what_nobody_foresaw_is_not_told(world: World) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    response = world.caller(app=world.app_with(list_threads=broken)).get("/threads")
    assert response.status_code == 500
    assert response.json()["type"] == "urn:sophia:problem:internal"
    assert "hunter2" not in response.text


def test_what_does_not_answer_is_named(world: World) -> None:
    def down(*_: object) -> None:
        raise Unavailable("database", "is locked", 2.5)

    response = world.caller(app=world.app_with(list_threads=down)).get("/threads")
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert response.json()["type"] == "urn:sophia:problem:unavailable"


def test_no_page_repeats_a_request(world: World) -> None:
    page = world.nobody().get("/docs/", headers={"Host": "evil.example"})
    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert "validator.swagger.io" not in page.text
    assert world.nobody().get("/docs").status_code == 308


def test_the_page_of_another_site_is_told_nothing(world: World) -> None:
    """No answer, nor one to a preflight, lets it read or send anything (Fetch, section 3.2)."""
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for operation in CONTRACT.operations:
        if "{" not in operation.path:
            answers = [
                caller.http.request(method, operation.path, headers=asks)
                for caller in (world.caller(), world.nobody())
                for method in ("OPTIONS", "GET")
            ]
            assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
