"""Who is at a limit is told so, by name and with the time to come again; nobody else notices."""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from datetime import timedelta
from functools import partial

import pytest
from conformance import Contract
from harness import PATIENCE, QUESTION, WAIT, Caller, World

from sophia.application.start_run import Question
from sophia.bootstrap.sophia import Sophia
from sophia.domain.agents import AgentEvent, Spoken, Tokens, Turn
from sophia.errors import LimitExceeded, Unavailable
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime

CONTRACT = Contract()
UNKNOWN = "0" * 26
MakeWorld = Callable[..., World]


def limit_of(response) -> str:
    assert response.status_code == 429, response.text
    problem = response.json()
    assert problem["type"] == "urn:sophia:problem:limit-exceeded"
    assert int(response.headers["retry-after"]) >= 1
    limit: str = problem["limit"]
    return limit


def spending(world: World, respond: Callable[[], Iterable[AgentEvent]]) -> World:
    """The same world with a model that spends 100 tokens, and then does as it is told."""

    def script(_: Turn, tools: ToolBox) -> Iterator[AgentEvent]:
        tools.spend(Tokens(90, 10))
        yield from respond()

    adapters = world.outside.adapters() | {"runtime": ScriptedAgentRuntime(script), "records": world.sophia.records}
    return World(Sophia(world.sophia.settings, **adapters), world.outside, world.contract)


def use_up(caller: Caller, requests: int) -> None:
    for _ in range(requests):
        assert caller.get("/threads").status_code == 200


@pytest.mark.parametrize("id", [operation.id for operation in CONTRACT.operations if operation.takes_key])
def test_every_operation_counts_as_a_request_and_is_refused_beyond_the_limit(make_world: MakeWorld, id: str) -> None:
    world = make_world(limits={"user_requests": 1})
    ana, operation = world.caller(), CONTRACT.operation(id)
    names = ("runId", "threadId", "ticketId", "documentId", "refreshId", "evidenceId")
    url = operation.url(**{name: f"{name[:3]}_{UNKNOWN}" for name in names})
    assert ana(operation.method.upper(), url).status_code != 429
    assert limit_of(ana(operation.method.upper(), url)) == "user_requests"
    world.outside.clock.advance(timedelta(minutes=1))
    assert ana(operation.method.upper(), url).status_code != 429


def test_a_report_on_a_ticket_is_a_request_of_its_company(make_world: MakeWorld) -> None:
    world = make_world(limits={"requests": 2, "user_requests": 1})
    ticket, body = f"tkt_{UNKNOWN}", {"version": 1, "state": "accepted"}
    assert [world.report(ticket, body).status_code for _ in range(3)] == [404, 404, 429]
    assert world.report(ticket, body, company="globex").status_code == 404


def test_what_needs_no_key_counts_for_nobody(make_world: MakeWorld) -> None:
    world = make_world(limits={"requests": 1, "user_requests": 1})
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.yaml", "/"):
        assert [world.nobody().get(path).status_code for _ in range(3)] == [200] * 3
    assert [world.nobody().get("/threads").status_code for _ in range(3)] == [401] * 3
    assert world.caller().get("/threads").status_code == 200


def test_users_and_companies_are_counted_apart(make_world: MakeWorld) -> None:
    world = make_world(limits={"requests": 5, "user_requests": 3})
    ana, luis = world.caller(), world.caller("luis")
    use_up(ana, 3)
    assert {limit_of(ana.get("/threads")) for _ in range(9)} == {"user_requests"}
    use_up(luis, 2)
    assert limit_of(luis.get("/threads")) == "requests"
    use_up(world.caller(company="globex"), 3)


def test_a_company_has_limits_of_its_own(make_world: MakeWorld) -> None:
    companies = [{"id": "acme", "limits": {"user_requests": 0}}, {"id": "globex", "limits": {"requests": 1}}]
    world = make_world(limits={"requests": 9, "user_requests": 2}, companies=companies)
    ana, other = world.caller(), world.caller(company="globex")
    use_up(ana, 9)
    assert limit_of(ana.get("/threads")) == "requests"
    use_up(other, 1)
    assert limit_of(other.get("/threads")) == "requests"


def test_a_stream_is_one_request_however_long_it_lasts(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_requests": 1})
    beating = partial(world.sophia.services.follow_run, heartbeat=0.01)
    ana = world.caller(app=world.app_with(follow_run=beating))
    with ana.ask_streaming(WAIT) as events:
        assert next(events).name == "run.started"
        assert limit_of(ana.get("/threads")) == "user_requests"
        world.outside.gate.set()
        assert [event.name for event in events][-1] == "run.completed"


def test_runs_at_once_are_limited_for_a_user(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_runs": 1})
    ana = world.caller()
    with ana.ask_streaming(WAIT) as events:
        next(events)
        assert limit_of(ana.ask()) == "user_runs"
        assert world.caller("luis").ask().status_code == 200
        world.outside.gate.set()
        list(events)
    assert ana.ask().status_code == 200


def test_runs_at_once_are_limited_for_a_company(make_world: MakeWorld) -> None:
    world = make_world(limits={"runs": 2})
    services = world.sophia.services
    under_way = [
        services.background.play(services.start_run(world.sophia.scope("acme", user), Question(WAIT)))
        for user in ("ana", "luis")
    ]
    assert limit_of(world.caller(None).ask()) == "runs"
    assert world.caller(company="globex").ask().status_code == 200
    world.outside.gate.set()
    wait(under_way, PATIENCE)
    assert world.caller(None).ask().status_code == 200


def test_what_is_refused_leaves_nothing_behind(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_runs": 1})
    ana = world.caller()
    with ana.ask_streaming(WAIT) as events:
        next(events)
        for _ in range(3):
            limit_of(ana.ask(key="again"))
        assert len(ana.get("/threads").json()["items"]) == 1
        world.outside.gate.set()
        list(events)
    assert ana.ask(key="again").status_code == 200


def test_what_is_repeated_is_no_other_run(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_runs": 1})
    ana = world.caller()
    first = ana.ask(key="same").json()
    with ana.ask_streaming(WAIT, key="live") as events:
        next(events)
        assert ana.ask(key="same").json() == first
        assert ana.ask(WAIT, key="live").json()["type"] == "urn:sophia:problem:request-in-progress"
        world.outside.gate.set()
        list(events)


def test_tokens_are_limited_by_the_day(make_world: MakeWorld) -> None:
    world = make_world(limits={"tokens": 250, "user_tokens": 150})
    other = spending(world, lambda: [Spoken("Well. ", claim=False)])
    ana, luis = other.caller(), other.caller("luis")
    answered = [ana.ask(key=key).status_code for key in ("a", "b", "b", "a", "c")]
    assert answered == [200, 200, 200, 200, 429]
    refused = ana.ask()
    assert limit_of(refused) == "user_tokens"
    now = world.outside.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert int(refused.headers["retry-after"]) == (midnight - now).total_seconds()
    assert luis.ask().status_code == 200
    assert limit_of(luis.ask()) == "tokens"
    assert ana.get("/threads").status_code == 200
    world.outside.clock.advance(timedelta(days=1))
    assert ana.ask().status_code == 200
    other.close()


def test_what_a_turn_has_cost_counts_although_it_fails(make_world: MakeWorld) -> None:
    def fail() -> Iterator[AgentEvent]:
        yield Spoken("Well, ", claim=False)
        raise Unavailable("model", "has gone")

    def err() -> Iterator[AgentEvent]:
        yield Spoken("Well, ", claim=False)
        raise ZeroDivisionError

    world = make_world(limits={"user_tokens": 100})
    for user, respond, status in (("ana", fail, 503), ("luis", err, 500)):
        other = spending(world, respond)
        caller = other.caller(user)
        assert caller.ask().status_code == status
        assert limit_of(caller.ask()) == "user_tokens"
        other.close()


def test_what_a_turn_has_cost_counts_although_it_is_cancelled(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_tokens": 100})

    def talk() -> Iterator[AgentEvent]:
        while not world.outside.gate.wait(0.01):
            yield Spoken("and so on ", claim=False)

    other = spending(world, talk)
    ana = other.caller()
    with ana.ask_streaming() as events:
        run = next(events).data["runId"]
        assert ana.post(f"/runs/{run}/cancel").status_code == 202
        assert [event.name for event in events][-1] == "run.cancelled"
    assert limit_of(ana.ask()) == "user_tokens"
    assert world.caller("luis").ask().status_code == 200
    other.close()


def test_processes_count_together(make_world: MakeWorld) -> None:
    world = make_world(limits={"requests": 5, "user_runs": 1})
    sibling = Sophia(world.sophia.settings, **world.outside.adapters() | {"records": world.sophia.records})
    other = World(sibling, world.outside, world.contract)
    with world.caller().ask_streaming(WAIT) as events:
        next(events)
        assert limit_of(other.caller().ask()) == "user_runs"
        world.outside.gate.set()
        list(events)
    statuses = [w.caller().get("/threads").status_code for w in (world, other) * 3]
    assert statuses == [200, 200, 200, 429, 429, 429]
    other.close()


def test_refusals_are_counted_by_limit_and_recorded_once_a_minute(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_requests": 1})
    ana = world.caller()
    use_up(ana, 1)
    for _ in range(50):
        limit_of(ana.get("/threads"))
    shown = world.nobody().get("/metrics").text
    assert re.search(r'^sophia_limits_reached_total\{limit="user_requests"\} 50\.0$', shown, re.MULTILINE)
    assert re.search(r'^sophia_limits_reached_total\{limit="tokens"\} 0\.0$', shown, re.MULTILINE)
    world.outside.clock.advance(timedelta(minutes=2))
    world.sophia.services.background.do_chores()
    trail = world.sophia.services.read_trail(world.sophia.system_scope("acme", "test"))
    (entry,) = [entry for entry in trail if entry.event.action == "limit.reached"]
    assert (entry.actor, entry.event.subject, entry.event.details["times"]) == ("ana", "user_requests", 50)


def test_the_librarys_callers_are_held_to_the_same(make_world: MakeWorld) -> None:
    world = make_world(limits={"user_requests": 2})
    world.sophia.ask(QUESTION, company="acme", user="ana")
    list(world.sophia.stream(QUESTION, company="acme", user="ana"))
    for ask in (world.sophia.ask, world.sophia.stream):
        with pytest.raises(LimitExceeded) as refused:
            ask(QUESTION, company="acme", user="ana")
        assert refused.value.name == "user_requests"
    assert limit_of(world.caller().get("/threads")) == "user_requests"
