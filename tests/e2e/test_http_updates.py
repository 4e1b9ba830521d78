"""What a backend reports of a ticket: who may, what is taken, and where it is seen."""

import json

import pytest
from harness import ACTION, World

from sophia.domain.tickets import Ticket
from sophia.errors import Unavailable

REPORT = {"version": 1, "state": "in_progress", "note": "tonight"}


@pytest.fixture
def ticket(world: World) -> str:
    return world.caller().ask(ACTION).json()["handoff"]["ticketId"]


def read(world: World, ticket: str) -> dict:
    return world.caller().get(f"/tickets/{ticket}").json()


def untouched(world: World, ticket: str) -> bool:
    found = read(world, ticket)
    return (found["state"], found["version"], found["note"]) == (None, 0, None)


def test_a_report_is_seen_on_the_ticket_and_in_its_thread(world: World, ticket: str) -> None:
    told = world.report(ticket, REPORT | {"ticketId": ticket, "externalId": "CHG-7"})
    assert told.status_code == 200
    found = read(world, ticket)
    assert told.json() == found
    assert (found["state"], found["version"], found["note"]) == ("in_progress", 1, "tonight")
    assert (found["status"], found["externalId"]) == ("delivered", "CHG-7")
    assert world.caller().get("/tickets").json()["items"] == [found]
    *_, answer, news = world.caller().get(f"/threads/{found['threadId']}/messages").json()["items"]
    assert (answer["role"], news["role"], news["runId"]) == ("assistant", "ticket", found["runId"])
    assert "CHG-7" in news["text"]
    assert "“tonight”" in news["text"]


@pytest.mark.parametrize("body", [REPORT, REPORT | {"state": "resolved", "note": "another"}])
def test_a_repeat_and_an_older_one_change_nothing(world: World, ticket: str, body: dict) -> None:
    world.report(ticket, REPORT | {"version": 5})
    before = read(world, ticket)
    for version in (5, 4, 1):
        again = world.report(ticket, body | {"version": version})
        assert (again.status_code, again.json()) == (200, before)
    assert read(world, ticket) == before
    messages = world.caller().get(f"/threads/{before['threadId']}/messages").json()["items"]
    assert [message["role"] for message in messages] == ["user", "assistant", "ticket"]


@pytest.mark.parametrize(
    "how",
    [
        {"secret_of": "globex"},
        {"minutes": -6},
        {"minutes": 6},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,aGVsbG8="},
        {"webhook-id": "another"},
        {"webhook-timestamp": "now"},
    ],
)
def test_what_is_not_signed_as_the_companys_is_refused(world: World, ticket: str, how: dict) -> None:
    response = world.report(ticket, REPORT, **how)
    assert response.status_code == 401
    assert response.json()["type"] == "urn:sophia:problem:unauthenticated"
    assert untouched(world, ticket)


def test_no_other_credential_stands_in_for_the_signature(world: World, ticket: str) -> None:
    for caller in (world.caller(), world.caller(None), world.nobody()):
        for query in ({}, {"companyId": "acme"}, {"companyId": "nowhere"}):
            assert caller.post(f"/tickets/{ticket}/updates", json=REPORT, params=query).status_code == 401
    assert untouched(world, ticket)


def test_who_is_refused_does_not_learn_whether_ticket_or_company_are_there(world: World, ticket: str) -> None:
    told = set()
    for id_, company in ((ticket, "acme"), ("tkt_" + "0" * 26, "acme"), (ticket, "nowhere")):
        path, query = f"/tickets/{id_}/updates", {"companyId": company}
        response = world.nobody().post(path, json=REPORT, params=query)
        told.add(response.text.replace(response.headers["x-request-id"], "REQUEST"))
    assert len(told) == 1


def test_one_signature_of_several_is_enough(world: World, ticket: str) -> None:
    right = world.report(ticket, REPORT).request.headers["webhook-signature"]
    response = world.report(ticket, REPORT, **{"webhook-signature": f"v1,aGVsbG8= {right} v1a,aGVsbG8="})
    assert response.status_code == 200


def test_another_companys_ticket_reads_like_none(world: World, ticket: str) -> None:
    told = set()
    for id_ in (ticket, "tkt_" + "0" * 26):
        response = world.report(id_, REPORT, company="globex")
        assert response.status_code == 404
        told.add(response.text.replace(id_, "ID").replace(response.headers["x-request-id"], "REQUEST"))
    assert len(told) == 1
    assert untouched(world, ticket)


def test_what_was_signed_for_one_ticket_says_nothing_of_another(world: World, ticket: str) -> None:
    other = world.caller().ask(ACTION).json()["handoff"]["ticketId"]
    response = world.report(other, REPORT | {"ticketId": ticket})
    assert response.status_code == 400
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/ticketId"]
    assert untouched(world, other)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/state", "/version"]),
        (REPORT | {"version": 0}, ["/version"]),
        (REPORT | {"version": -1}, ["/version"]),
        (REPORT | {"version": 2**31}, ["/version"]),
        (REPORT | {"version": 1.5}, ["/version"]),
        (REPORT | {"version": "1"}, ["/version"]),
        (REPORT | {"version": True}, ["/version"]),
        (REPORT | {"state": "done"}, ["/state"]),
        (REPORT | {"state": None}, ["/state", "/state"]),
        (REPORT | {"note": "x" * 2001}, ["/note"]),
        (REPORT | {"note": "a\0b"}, ["/note"]),
        (REPORT | {"note": "a\ud800b"}, ["/note"]),
        (REPORT | {"note": ["a"]}, ["/note"]),
        (REPORT | {"externalId": ""}, ["/externalId", "/externalId"]),
        (REPORT | {"externalId": "x" * 201}, ["/externalId"]),
        (REPORT | {"externalId": "a\nb"}, ["/externalId"]),
        (REPORT | {"ticketId": "x"}, ["/ticketId"]),
        (REPORT | {"status": "delivered"}, ["/status"]),
        ([REPORT], [""]),
        (b"{", [""]),
    ],
)
def test_a_report_that_is_none(world: World, ticket: str, body: object, expected: list[str]) -> None:
    response = world.report(ticket, body)
    assert response.status_code == 400
    assert [fault["pointer"] for fault in response.json()["errors"]] == expected
    assert untouched(world, ticket)


def test_the_longest_note_and_the_highest_version_are_taken(world: World, ticket: str) -> None:
    note = "\U0001f600" * 2000
    assert world.report(ticket, {"version": 2**31 - 1, "state": "returned", "note": note}).status_code == 200
    assert read(world, ticket)["note"] == note


def test_a_body_over_the_limit(world: World, ticket: str) -> None:
    response = world.report(ticket, json.dumps(REPORT | {"note": "x" * 65_536}).encode())
    assert response.status_code == 413
    assert untouched(world, ticket)


def test_it_is_in_the_companys_audit_trail(world: World, ticket: str) -> None:
    world.report(ticket, REPORT)
    world.report(ticket, REPORT)
    with world.sophia.records.read(world.sophia.scope("acme", "ana")) as tx:
        entries = [entry for entry in tx.audit.entries() if entry.event.action == "ticket.updated"]
    assert [(entry.actor, entry.event.subject) for entry in entries] == [("system:webhook", ticket)]


def test_a_deleted_thread_is_told_nothing(world: World, ticket: str) -> None:
    caller = world.caller()
    thread = read(world, ticket)["threadId"]
    caller.delete(f"/threads/{thread}")
    assert world.report(ticket, REPORT).json()["note"] is None
    assert caller.get(f"/threads/{thread}/messages").status_code == 404
    assert caller.get("/threads").json()["items"] == []
    found = read(world, ticket)
    assert (found["state"], found["note"], found["title"]) == ("in_progress", None, "")


def test_a_delivery_while_the_answer_is_under_way_is_told_after_it(world: World, monkeypatch) -> None:
    """The answer says that the ticket is queued, and nobody would hear that it is not any more."""

    def down(_: Ticket) -> str:
        raise Unavailable("desk", "does not answer")

    caller = world.caller()
    with monkeypatch.context() as patched:
        patched.setattr(world.outside.desk, "open", down)
        with caller.ask_streaming(f"{ACTION}. How often are backups made? (wait)") as events:
            thread = next(events).data["threadId"]
            world.outside.begun.get(timeout=30)
            patched.undo()
            world.outside.clock.advance(10)  # a delivery is due again, and the lease of the run is not over
            world.sophia.services.background.do_chores()
            world.outside.gate.set()
            *_, last = events
    assert last.data["handoff"]["status"] == "queued"
    messages = caller.get(f"/threads/{thread}/messages").json()["items"]
    assert [m["role"] for m in messages] == ["user", "assistant", "ticket"]
    assert "is not queued any more: VICTORIA has it as TCK-1" in messages[-1]["text"]
    world.outside.clock.advance(60)
    world.sophia.services.background.do_chores()
    assert caller.get(f"/threads/{thread}/messages").json()["items"] == messages


def test_news_while_an_answer_is_under_way_do_not_disturb_it(world: World) -> None:
    """The message that a turn answers is the last that was said, whatever else has come into the thread since."""
    caller = world.caller()
    first = caller.ask(ACTION).json()
    with caller.ask_streaming("How often are backups made? (wait)", threadId=first["threadId"]) as events:
        next(events)
        world.outside.begun.get(timeout=30)
        assert world.report(first["handoff"]["ticketId"], REPORT).status_code == 200
        world.outside.gate.set()
        assert [event.name for event in events][-1] == "run.completed"
    messages = caller.get(f"/threads/{first['threadId']}/messages").json()["items"]
    assert [m["role"] for m in messages] == ["user", "assistant", "user", "ticket", "assistant"]
    assert messages[-1]["text"].startswith("One moment.")
