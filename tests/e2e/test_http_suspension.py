"""A suspended company: nobody of it is served, and what it was promised before is kept."""

from datetime import timedelta
from functools import partial

import pytest
from attrs import evolve
from conformance import Contract
from flask import Flask
from harness import ACTION, WAIT, Caller, Outside, World

from sophia.application.start_run import Question
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.runs import MessageDelta, RunFailed, Sequenced
from sophia.domain.tickets import TicketState
from sophia.entrypoints import contract
from sophia.entrypoints.http.sse import stream
from sophia.errors import CompanySuspended
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.ticket_desk import FailingTicketDesk

CONTRACT = Contract()
UNKNOWN = "0" * 26
TYPE = "urn:sophia:problem:company-suspended"
REASON = "the invoice of October is not paid"


def suspend(world: World, reason: str | None = REASON) -> None:
    directory = world.outside.directory
    directory.add(evolve(directory.company("acme"), suspended=reason))


def impatient(world: World) -> Caller:
    """A caller whose streams have a heartbeat every moment."""
    return world.caller(app=world.app_with(follow_run=partial(world.sophia.services.follow_run, heartbeat=0.01)))


@pytest.mark.parametrize("id", [operation.id for operation in CONTRACT.operations if operation.takes_key])
def test_every_operation_tells_the_reason(world: World, id: str) -> None:
    suspend(world)
    operation = CONTRACT.operation(id)
    names = ("runId", "threadId", "ticketId", "documentId", "refreshId", "evidenceId")
    ids = {name: f"{name[:3]}_{UNKNOWN}" for name in names}
    for caller in (world.caller(), world.caller(None)):
        refused = caller(operation.method.upper(), operation.url(**ids))
        assert (refused.status_code, refused.json()["type"]) == (403, TYPE)
        assert REASON in refused.json()["detail"]


def test_others_are_served_and_hear_nothing_of_it(informed: World) -> None:
    suspend(informed)
    globex = informed.caller("ana", "globex")
    assert globex.ask().status_code == 200
    told = globex.get("/threads", params={"companyId": "acme"})
    assert told.json()["type"] == "urn:sophia:problem:company-mismatch"
    assert REASON not in told.text


def test_a_company_that_is_reinstated_is_served_again(informed: World) -> None:
    ana = informed.caller()
    thread = ana.ask().json()["threadId"]
    suspend(informed)
    assert ana.get(f"/threads/{thread}").status_code == 403
    suspend(informed, None)
    assert ana.get(f"/threads/{thread}").status_code == 200


def test_a_live_stream_ends_at_its_next_heartbeat(world: World) -> None:
    ana = impatient(world)
    with ana.ask_streaming(WAIT) as events:
        started = next(events)
        suspend(world)
        assert "run.completed" not in [event.name for event in events]
    world.outside.gate.set()
    assert ana.get(f"/runs/{started.data['runId']}/events").json()["type"] == TYPE


def test_a_stream_that_never_falls_silent_ends_as_well() -> None:
    checks = iter(("served", "served"))

    def still_allowed() -> None:
        if next(checks, None) is None:
            raise CompanySuspended(REASON)

    events = (Sequenced(i, MessageDelta("and so on ")) for i in range(1, 100))
    with Flask(__name__).test_request_context():
        response = stream(events, contract.run_event, still_allowed, check_every=0.0)
        heard = list(response.iter_encoded())
    assert len(heard) == 3  # that it is there, and two events


def test_a_run_that_was_asked_for_before_hands_nothing_over(world: World) -> None:
    started = world.sophia.services.start_run(world.sophia.scope("acme", "ana"), Question(ACTION))
    suspend(world)
    outcome = world.sophia.services.background.play(started).result()
    assert isinstance(outcome, RunFailed)
    assert (outcome.problem.code, REASON in outcome.problem.detail) == ("company-suspended", True)
    assert world.outside.desk.reports("acme") == ()


def test_whoever_waits_for_the_answer_meanwhile_is_told_why(world: World) -> None:
    directory, start = world.outside.directory, world.sophia.services.start_run

    def start_and_suspend(*asked: object) -> object:
        started = start(*asked)
        suspend(world)
        return started

    refused = world.caller(app=world.app_with(start_run=start_and_suspend)).ask(ACTION)
    assert directory.company("acme").suspended
    assert (refused.status_code, refused.json()["type"]) == (403, TYPE)


def test_a_run_whose_process_died_is_not_taken_up_again(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as events:
        run = next(events).data["runId"]
        world.sophia.close(within=0.0)
    world.outside.gate.set()
    suspend(world)
    world.outside.clock.advance(timedelta(minutes=5))
    other = Sophia(world.sophia.settings, records=world.sophia.records, **world.outside.adapters())
    other.services.background.do_chores()
    suspend(world, None)
    told = world.caller().get(f"/runs/{run}").json()
    assert told["status"] == "failed"
    assert REASON in told["problem"]["detail"]
    other.close()


def test_a_ticket_that_was_accepted_is_delivered_and_reported_on(tmp_path, contract: Contract) -> None:
    outside, desk = Outside(), FailingTicketDesk(2)
    adapters = outside.adapters() | {"desk": desk, "records": MemoryRecords(outside.clock)}
    world = World(Sophia(parse_settings({}, tmp_path), **adapters), outside, contract)
    ana = world.caller()
    ticket = ana.ask(ACTION).json()["handoff"]["ticketId"]
    assert desk.reports("acme") == ()
    suspend(world)
    for _ in range(2):
        outside.clock.advance(timedelta(minutes=10))
        world.sophia.services.background.do_chores()
    assert [report.id for report in desk.reports("acme")] == [ticket]
    assert world.report(ticket, {"version": 1, "state": "resolved"}).status_code == 200
    suspend(world, None)
    assert ana.get(f"/tickets/{ticket}").json()["state"] == TicketState.RESOLVED
    world.close()


def test_its_knowledge_is_not_refreshed(world: World) -> None:
    suspend(world)
    with pytest.raises(CompanySuspended, match=REASON):
        world.sophia.refresh("acme")
    assert world.sophia.refresh("globex").status == "completed"


def test_a_refresh_under_way_ends_at_the_next_document(world: World) -> None:
    world.outside.converter.gate.clear()
    ana = world.caller()
    refresh = ana.post("/refresh", json={"companyId": "acme"}).json()["refreshId"]
    assert world.outside.converter.begun.wait(30.0)
    suspend(world)
    world.outside.converter.gate.set()
    world.sophia.close()
    suspend(world, None)
    told = ana.get(f"/refresh/{refresh}").json()
    assert told["status"] == "failed"
    assert REASON in str(told)
    assert [source["documents"] for source in ana.get("/sources").json()["items"]] == [1]


def test_the_librarys_callers_are_told_the_same(world: World) -> None:
    suspend(world)
    for user in (None, "ana"):
        with pytest.raises(CompanySuspended) as caught:
            world.sophia.ask("How often are backups made?", company="acme", user=user)
        assert caught.value.reason == REASON
