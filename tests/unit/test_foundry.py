"""The runtime `foundry`, against a project that does as a test says."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve
from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from playing import (
    ANSWER,
    OTHER,
    PASSAGE,
    SEARCH,
    SECRET,
    TURN,
    ModelCases,
    Tools,
    limitations_of,
    play,
    quotes_of,
    text_of,
)

from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.adapters.model.limits import Limits
from sophia.adapters.telemetry.metrics import Metrics
from sophia.adapters.telemetry.observed import ObservedService
from sophia.domain.agents import AgentEvent, Tokens
from sophia.domain.conversation import Message, Role, Thread
from sophia.errors import Cancelled, ConfigurationError, Unavailable
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.agent_runtime import NoTools, make_passage
from sophia.testing.contracts.records_world import ANA, SYSTEM
from sophia.testing.emulators.foundry import TOKEN, Fail, FoundryEmulator, FoundryModel, FoundryReply, Lost
from sophia.testing.emulators.openai import Completion, Cut, Failure, Say, Send, Stall, calls, says
from sophia.testing.emulators.server import Exchange, LoopbackServer, Request, nobody_listens
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock

LIMITS = Limits()


class NoLogin:
    """Cannot sign in."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        raise ClientAuthenticationError(f"no login; {SECRET}")


def with_threads(*ids: str) -> MemoryRecords:
    """Records with these threads of Ana's, and the one that the turn is in."""
    clock = FrozenClock()
    records = MemoryRecords(clock)
    with records.write(ANA) as tx:
        for thread_id in {TURN.thread_id, *ids}:
            tx.conversations.add_thread(Thread(thread_id, "Passwords", "en", clock.now(), clock.now(), b"salt"))
    return records


def conversation_of(records: MemoryRecords) -> str:
    with records.read(ANA) as tx:
        remote = tx.remote_threads.get("foundry", TURN.thread_id)
    assert remote is not None
    return remote.id


@contextmanager
def model(
    *replies: FoundryReply,
    does: FoundryModel | None = None,
    limits: Limits = LIMITS,
    goes_on: bool = True,
    identity: TokenCredential | None = None,
    records: MemoryRecords | None = None,
    **project: object,
) -> Iterator[tuple[FoundryAgentRuntime, FoundryEmulator]]:
    with FoundryEmulator(does or replies, goes_on=goes_on) as foundry:
        given = Project(foundry.project, "gpt-emulated", **project)
        kept = records or with_threads()
        yield (
            FoundryAgentRuntime(
                given, identity or StaticTokenCredential(TOKEN), kept, limits, default_language="en", backoff=0.0
            ),
            foundry,
        )


def kinds_of(foundry: FoundryEmulator) -> list[str]:
    """What the one conversation that there is holds."""
    (items,) = foundry.conversations.values()
    return [item["type"] for item in items]


def message(number: int, role: Role, text: str, run: str = "run_0") -> Message:
    return Message(f"msg_{number}", "thr_1", run, role, text, "en", FrozenClock().now())


PASSING = {
    "503": (Failure(503), r"fails \(HTTP 503\)"),
    "html page": (Failure(502, body="<html>"), r"fails \(HTTP 502\)"),
    "429": (Failure(429, headers={"Retry-After": "0"}), r"asked too much \(HTTP 429\)"),
    "html in place of a stream": (Failure(200, body="<html>"), "no chat completion|what can be read"),
    "failed": (Fail("server_error"), "reports server_error"),
    "failed by the rate": (Fail("rate_limit_exceeded", "Please try again in 1ms."), "asked too much"),
    "locked": (Failure(400, "conversation_locked"), "still at work"),
}
FINAL = {
    "401": (Failure(401), r"refuses SOPHIA's identity \(HTTP 401\)"),
    "403": (Failure(403), r"refuses SOPHIA's identity \(HTTP 403\)"),
    "context": (Failure(400, "context_length_exceeded"), r"lower \[agent\.foundry\] context_tokens"),
    "400": (Failure(400, "invalid_payload", "tools"), r"refuses the request \(HTTP 400\)"),
    "429 for an hour": (Failure(429, headers={"Retry-After": "3600"}), "asked too much"),
    "the rate, for long": (Fail("rate_limit_exceeded", "try again in 22 m"), "asked too much"),
    "silence": (Completion(()), "has said nothing"),
    "failed for good": (Fail("bio_policy"), "reports bio_policy"),
}
FILTERED = {
    "refused": (Failure(400, "content_filter"), ""),
    "failed": (Fail("content_filter"), ""),
    "end after words": (says("Some words", finish="content_filter"), "Some words"),
}


class TestAsAModel(ModelCases):
    most = "max_output_tokens"
    passing = PASSING
    final = FINAL
    filtered = FILTERED

    @pytest.fixture
    def model(self):
        @contextmanager
        def asked(*replies: FoundryReply, threads: Iterable[str] = (), **more: object) -> Iterator[object]:
            with model(*replies, records=with_threads(*threads), **more) as (runtime, foundry):
                yield runtime, lambda: foundry.asked
                assert len(foundry.agents.get("sophia", ())) <= 1

        return asked


# What goes over the wire


def test_the_agent_is_a_version_with_the_instructions_and_the_tools_and_is_made_once() -> None:
    with model(does=lambda _: says(ANSWER), temperature=0.0) as (runtime, foundry):
        play(runtime, Tools())
        play(runtime, Tools())
        play(
            FoundryAgentRuntime(
                Project(foundry.project, "gpt-emulated", temperature=0.0),
                StaticTokenCredential(TOKEN),
                with_threads(),
            ),
            Tools(),
        )
        (version,) = foundry.agents["sophia"]
        told = version["definition"]
        assert (told["kind"], told["model"], told["temperature"]) == ("prompt", "gpt-emulated", 0.0)
        assert told["instructions"].startswith("Eres SOPHIA, un asistente de ciberseguridad RAG.")
        assert told["instructions"].endswith("The user's question is in English.")
        (spec,) = Tools().specs
        assert told["tools"] == [
            {
                "type": "function",
                "name": "rag_search",
                "description": "Search.",
                "parameters": spec.parameters,
                "strict": False,
            }
        ]
        play(runtime, NoTools())
        assert [v["definition"]["tools"] for v in foundry.agents["sophia"]] == [told["tools"], []]
        assert [asked.agent["version"] for asked in foundry.asked] == ["1", "1", "1", "2"]


def test_a_new_conversation_is_made_of_the_thread_and_the_one_before_is_deleted() -> None:
    history = (
        message(1, Role.USER, "Who made the policy?"),
        message(2, Role.ASSISTANT, "The CISO [1]."),
        message(3, Role.USER, "Not answered"),
    )
    records = with_threads()
    with model(says(ANSWER), says("The CISO."), records=records) as (runtime, foundry):
        play(runtime, turn=evolve(TURN, history=history))
        (first,) = foundry.conversations
        assert conversation_of(records) == first
        *before, (role, question) = foundry.asked[0].said
        assert before == [("user", "Who made the policy?"), ("assistant", "The CISO."), ("user", "Not answered")]
        assert role == "user"
        assert question.startswith("<passages>\n")
        assert question.endswith(f"\n\n{TURN.question}")
        assert foundry.asked[0].passages == [
            {"n": 1, "title": "Access policy", "section": "Passwords", "text": PASSAGE.text}
        ]
        play(runtime, turn=evolve(TURN, run_id="run_2", passages=(), question="And who made it?"))
        (second,) = foundry.conversations
        assert second != first
        assert conversation_of(records) == second
        with records.read(SYSTEM) as tx:
            assert tx.remote_threads.orphans(runtime.service, 9) == (first,)
        assert foundry.asked[1].said == [("user", "And who made it?")]


def test_a_conversation_that_is_gone_keeps_no_turn_from_its_answer() -> None:
    records = with_threads()
    with model(does=lambda _: says(ANSWER), records=records) as (runtime, foundry):
        play(runtime)
        foundry.conversations.clear()
        assert text_of(play(runtime)) == ANSWER
        (kept,) = foundry.conversations
        assert conversation_of(records) == kept
        for _ in range(2):
            runtime.erase(kept)
            assert foundry.conversations == {}


def test_a_version_of_the_agent_that_somebody_has_deleted_is_made_again() -> None:
    with model(does=lambda _: says(ANSWER)) as (runtime, foundry):
        play(runtime)
        foundry.agents.clear()
        assert text_of(play(runtime)) == ANSWER
        assert len(foundry.agents["sophia"]) == 1
        assert len(foundry.asked) == 2


def test_the_environment_has_no_say(monkeypatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-the-environment")
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with model(says(ANSWER)) as (runtime, foundry):
        play(runtime)
        assert "from-the-environment" not in str(foundry.requests)


# The loop


def test_a_search_shows_its_passages_under_new_numbers_and_they_can_be_cited() -> None:
    tools = Tools(PASSAGE, OTHER)
    with model(calls(SEARCH), says("Nightly at two [2]. Every ninety days [1].")) as (runtime, foundry):
        events = play(runtime, tools)
        assert kinds_of(foundry) == ["message", "function_call", "function_call_output", "message"]
    assert [(call.name, call.arguments) for call in tools.asked] == [("rag_search", {"query": "backups at night"})]
    assert [(p["n"], p["text"]) for p in foundry.asked[1].passages] == [(1, PASSAGE.text), (2, OTHER.text)]
    assert [item["type"] for item in foundry.asked[1].input] == ["function_call_output"]
    assert quotes_of(events) == [(1, OTHER.text), (2, "Passwords are changed every ninety days.")]
    assert events[-1] == Tokens(200, 20)


def test_before_the_last_step_the_model_is_told_that_it_has_to_answer() -> None:
    with model(calls(SEARCH), calls(SEARCH), says("So be it."), limits=Limits(steps=3)) as (runtime, foundry):
        assert text_of(play(runtime, Tools())) == "So be it."
    notes = [[result.get("note") for result in asked.results] for asked in foundry.asked]
    assert notes == [[], [None], ["no more tools in this turn; answer with what there is"]]


def test_after_a_turn_that_broke_off_the_thread_goes_on() -> None:
    """A conversation with a call that nobody has answered takes nothing else; a new one does."""
    with model(calls(SEARCH), says(ANSWER), limits=Limits(steps=1)) as (runtime, foundry):
        with pytest.raises(Unavailable):
            play(runtime, Tools())
        assert kinds_of(foundry) == ["message", "function_call"]
        assert text_of(play(runtime, Tools())) == ANSWER
        assert kinds_of(foundry) == ["message", "message"]


def test_the_time_of_a_turn_is_bounded_and_what_goes_on_is_cancelled() -> None:
    slow = Completion((Say("Well"), Stall(30)))
    with model(slow, limits=Limits(seconds=0.6)) as (runtime, foundry):
        assert limitations_of(play(runtime)) == ["answer: cut off after 0.6 s"]
        assert [response["status"] for response in foundry.responses.values()] == ["cancelled"]
    with (
        model(Completion((Stall(30),)), limits=Limits(seconds=0.3)) as (runtime, _),
        pytest.raises(Unavailable, match=r"has said nothing within 0\.3 s"),
    ):
        play(runtime)


def test_what_finds_no_room_is_left_out() -> None:
    passages = tuple(make_passage(f"Passage {i}. " + "y" * 900, i) for i in range(1, 9))
    history = tuple(message(i, role, "x" * 900) for i, role in enumerate([Role.USER, Role.ASSISTANT] * 6))
    left = []
    for context in (2_500, 32_000):
        with model(says("It does [8]."), limits=Limits(context=context)) as (runtime, foundry):
            events = play(runtime, turn=evolve(TURN, passages=passages, history=history))
        (asked,) = foundry.asked
        left.append((len(asked.passages), len(asked.said) - 1, text_of(events)))
    (few, none, uncited), everything = left
    assert 0 < few < 8
    assert (none, uncited) == (0, "It does.")
    assert everything == (8, 12, "It does [1].")


# What goes wrong


TAKEN = [
    pytest.param(Lost(says(ANSWER)), id="no answer"),
    pytest.param(Lost(says(ANSWER), Failure(504)), id="504"),
    pytest.param(Completion((Cut(), Say(ANSWER))), id="cut before a word"),
    pytest.param(Completion((Say("Every ninety "), Cut(), Say("days [1].")), "stop"), id="cut in the middle"),
    pytest.param(Completion((Say(ANSWER),), None), id="no end"),
    pytest.param(Completion((Send('{"error": {"code": "server_error"}}'), Say(ANSWER))), id="error event"),
]


@pytest.mark.parametrize("taken", TAKEN)
def test_what_foundry_has_taken_is_not_sent_twice(taken: FoundryReply) -> None:
    with model(taken) as (runtime, foundry):
        events = play(runtime)
        assert text_of(events) == ANSWER
        assert quotes_of(events) == [(1, "Passwords are changed every ninety days.")]
        assert len(foundry.asked) == 1
        assert set(kinds_of(foundry)) == {"message"}


@pytest.mark.parametrize("lost", [Lost(calls(SEARCH)), Completion((Cut(), SEARCH), "tool_calls")])
def test_a_call_that_was_lost_is_run_once(lost: FoundryReply) -> None:
    tools = Tools()
    with model(lost, Lost(says("Nightly [2]."))) as (runtime, foundry):
        assert text_of(play(runtime, tools)) == "Nightly [1]."
        assert len(tools.asked) == 1
        assert kinds_of(foundry) == ["message", "function_call", "function_call_output", "message"]


def test_what_ended_with_the_connection_is_asked_for_again_where_nothing_was_said() -> None:
    with model(Completion((Cut(), Say("Never"))), says(ANSWER), goes_on=False) as (runtime, foundry):
        assert text_of(play(runtime)) == ANSWER
        assert kinds_of(foundry) == ["message", "message"]
    heard: list[AgentEvent] = []
    half = Completion((Say("Passwords are "), Cut()))
    with model(does=lambda _: half, goes_on=False) as (runtime, foundry):
        with pytest.raises(Unavailable):
            heard.extend(runtime.respond(TURN, NoTools()))
        assert len(foundry.asked) == 1


def test_an_answer_that_is_stuck_is_given_up_and_cancelled() -> None:
    stuck = Completion((Say("Well"), Stall(60)))
    with model(stuck, timeout=0.2) as (runtime, foundry):
        with pytest.raises(Unavailable, match="stuck in the middle of its answer"):
            play(runtime)
        assert [response["status"] for response in foundry.responses.values()] == ["cancelled"]


def test_doubled_events_are_heard_once_and_lost_ones_are_made_good() -> None:
    doubled = Send('{"type": "response.output_text.delta", "sequence_number": 1, "delta": "twice"}')
    with model(Completion((doubled, Say(ANSWER)))) as (runtime, _):
        assert text_of(play(runtime)) == ANSWER
    unknown = Send('{"type": "response.of_tomorrow", "sequence_number": 2, "delta": "never"}')
    with model(Completion((unknown, Say(ANSWER)))) as (runtime, _):
        assert text_of(play(runtime)) == ANSWER


def test_how_long_to_wait_is_told_when_a_response_fails_by_the_rate() -> None:
    with (
        model(does=lambda _: Fail("rate_limit_exceeded", "Try again in 45.5 seconds")) as (runtime, _),
        pytest.raises(Unavailable) as caught,
    ):
        play(runtime)
    assert caught.value.retry_after == 45.5


def test_characters_that_no_database_takes_are_left_out() -> None:
    with model(says("a\udc00b\0c")) as (runtime, _):
        assert text_of(play(runtime)) == "a?bc"


@pytest.mark.parametrize("identity", [NoLogin(), StaticTokenCredential("another")])
def test_an_identity_that_is_not_known_is_named(identity: TokenCredential) -> None:
    with model(identity=identity) as (runtime, foundry):
        for does in (runtime.check, lambda: play(runtime)):
            with pytest.raises(Unavailable, match=r"SOPHIA's identity|no token can be had") as caught:
                does()
            assert SECRET not in str(caught.value)
        assert foundry.asked == []


def test_a_project_that_is_not_there_or_is_something_else() -> None:
    with nobody_listens() as url:
        runtime = FoundryAgentRuntime(
            Project(f"{url}/api/projects/p", "m"), StaticTokenCredential(TOKEN), with_threads(), backoff=0.0
        )
        for does in (runtime.check, lambda: play(runtime)):
            with pytest.raises(Unavailable, match="cannot be reached"):
                does()

    def a_page(_: Request, exchange: Exchange) -> None:
        exchange.send(200, b"<html>", {"Content-Type": "text/html"})

    with LoopbackServer(a_page) as server:
        runtime = FoundryAgentRuntime(
            Project(f"{server.url}/p", "m"), StaticTokenCredential(TOKEN), with_threads(), backoff=0.0
        )
        for does in (runtime.check, lambda: play(runtime)):
            with pytest.raises(Unavailable):
                does()


# Stopping


def test_closing_the_reply_ends_the_request_and_cancels_the_response() -> None:
    with model(Completion((Say("and so on " * 2000, pause=0.01),))) as (runtime, foundry):
        reply = runtime.respond(TURN, NoTools())
        next(reply)
        reply.close()
        (response,) = foundry.responses.values()
        assert response["status"] == "cancelled"


class SlowAgents(FoundryEmulator):
    """Does not say what versions of its agent it has, or makes none, as long as it lives."""

    def __init__(self, silent: str) -> None:
        super().__init__(lambda _: says(ANSWER))
        self._silent = silent
        self.reached = threading.Event()

    def _versions(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        self._hold("list")
        return super()._versions(name, query)

    def _new_version(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self._hold("create")
        return super()._new_version(name, body)

    def _hold(self, what: str) -> None:
        if what == self._silent:
            self.reached.set()
            self._stopping.wait(60)


def slow(foundry: FoundryEmulator, limits: Limits = LIMITS) -> FoundryAgentRuntime:
    project = Project(foundry.project, "m")
    return FoundryAgentRuntime(project, StaticTokenCredential(TOKEN), with_threads("thr_2"), limits, backoff=0.0)


@pytest.mark.parametrize("silent", ["list", "create"])
def test_a_cancel_and_the_deadline_reach_whoever_waits_for_the_version_of_the_agent(silent: str) -> None:
    with SlowAgents(silent) as foundry:
        with pytest.raises(Unavailable, match=r"has said nothing within 0\.3 s"):
            play(slow(foundry, Limits(seconds=0.3)))
        foundry.reached.clear()
        runtime, tools = slow(foundry), [Tools(), Tools()]
        stopped = list[str]()

        def ask(number: int) -> None:
            with pytest.raises(Cancelled):
                play(runtime, tools[number], evolve(TURN, thread_id=f"thr_{number + 1}"))
            stopped.append(f"thr_{number + 1}")

        first = threading.Thread(target=ask, args=(0,))
        first.start()
        assert foundry.reached.wait(30)
        second = threading.Thread(target=ask, args=(1,))  # waits until the first has found the version
        second.start()
        tools[1].cancelled.set()
        second.join(30)
        assert stopped == ["thr_2"]
        tools[0].cancelled.set()
        first.join(30)
        assert stopped == ["thr_2", "thr_1"]
        assert foundry.asked == []


def test_a_crowd_is_let_in_a_few_at_a_time() -> None:
    metrics = Metrics(None, "1")
    series = 'sophia_agent_service_turns{service="foundry"}'
    playing: list[float] = []

    def slowly(_: object) -> FoundryReply:
        playing.extend(float(line.split()[-1]) for line in told() if line.startswith(series))
        return Completion((Say("Every "), Stall(0.05), Say("night.")))

    def told() -> list[str]:
        return metrics.exposition(None).decode().splitlines()

    records = with_threads(*(f"thr_{n}" for n in range(8)))
    with FoundryEmulator(slowly) as foundry:
        project = Project(foundry.project, "m", concurrent=2)
        figures = ObservedService(metrics, "foundry")
        runtime = FoundryAgentRuntime(project, StaticTokenCredential(TOKEN), records, figures=figures)
        said = list[str]()
        crowd = [
            threading.Thread(target=lambda n=n: said.append(text_of(play(runtime, turn=evolve(TURN, thread_id=n)))))
            for n in (f"thr_{n}" for n in range(8))
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
    assert said == ["Every night."] * 8
    assert max(playing) == 2
    assert f"{series} 0.0" in told()


def test_what_is_asked_of_the_project_is_counted() -> None:
    metrics = Metrics(None, "1")
    with FoundryEmulator([Failure(503), says(ANSWER)]) as foundry:
        project, figures = Project(foundry.project, "m"), ObservedService(metrics, "foundry")
        identity = StaticTokenCredential(TOKEN)
        runtime = FoundryAgentRuntime(project, identity, with_threads(), figures=figures, backoff=0.0)
        assert text_of(play(runtime)) == ANSWER
        for outcome, count in (("failed", 1), ("done", 1), ("refused", 0)):
            labels = f'operation="create_response",outcome="{outcome}",service="foundry"'
            assert f"sophia_agent_service_calls_total{{{labels}}} {count}.0" in metrics.exposition(None).decode()
        assert 'sophia_agent_service_retries_total{service="foundry"} 1.0' in metrics.exposition(None).decode()


def test_a_project_that_fails_again_and_again_is_left_alone() -> None:
    with nobody_listens() as url:
        project = Project(f"{url}/api/projects/p", "m")
        runtime = FoundryAgentRuntime(project, StaticTokenCredential(TOKEN), with_threads(), backoff=0.0)
        for told in ("cannot be reached", "cannot be reached", "cannot be reached", "left alone"):
            with pytest.raises(Unavailable, match=told) as caught:
                play(runtime)
        assert caught.value.retry_after == 15


@pytest.mark.parametrize("url", ["http://project.example.com/api/projects/p", "project.example.com", ""])
def test_addresses_that_may_not_be_used(url: str) -> None:
    with pytest.raises(ConfigurationError, match="/agent/foundry/endpoint"):
        FoundryAgentRuntime(Project(url, "m"), StaticTokenCredential(TOKEN), with_threads())


def test_its_version_names_the_model() -> None:
    with model() as (runtime, _):
        assert runtime.version == "foundry-1 (gpt-emulated)"
