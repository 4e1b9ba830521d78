"""What the tests of the runtimes share: a turn, its tools, what is read of a reply, what all do that ask a model."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from attrs import evolve

from sophia.adapters.model.limits import Limits
from sophia.domain.agents import AgentEvent, Cited, Limitation, Spoken, Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.knowledge import Passage
from sophia.domain.runs import ToolStatus
from sophia.errors import Cancelled, Unavailable
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.testing.contracts.agent_runtime import NoTools, make_passage
from sophia.testing.contracts.records_world import ANA
from sophia.testing.emulators.openai import CallTool, Completion, Failure, Say, Stall, calls, says

__all__ = [
    "ANSWER",
    "OTHER",
    "PASSAGE",
    "SEARCH",
    "SECRET",
    "SPEC",
    "TURN",
    "ModelCases",
    "Tools",
    "limitations_of",
    "play",
    "quotes_of",
    "text_of",
]

SECRET = "an upstream secret"
PASSAGE = make_passage("Passwords are changed every ninety days. They have at least fourteen characters.")
OTHER = make_passage("Backups are made every night at two.", 2, title="Backups")
TURN = Turn("thr_1", "run_1", "How often are passwords changed?", "en", passages=(PASSAGE,), scope=ANA)
SEARCH = CallTool("rag_search", {"query": "backups at night"})
SPEC = ToolSpec("rag_search", "Search.", {"type": "object", "properties": {"query": {"type": "string"}}})
ANSWER = "Every ninety days [1]."


class Tools(ToolBox):
    """Finds one passage by searching, and keeps what it was asked."""

    def __init__(self, *found: Passage) -> None:
        self.found = found or (OTHER,)
        self.asked: list[ToolCall] = []
        self.cancelled = threading.Event()
        self.content: dict[str, object] = {"passages": ["its own form"]}

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return (SPEC,)

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def call(self, call: ToolCall) -> ToolResult:
        self.asked.append(call)
        if call.name != "rag_search" or not call.arguments:
            return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "failed", "reason": "not like that"})
        return ToolResult(call.id, ToolStatus.COMPLETED, self.content, self.found)


def play(runtime: AgentRuntime, tools: ToolBox | None = None, turn: Turn = TURN) -> list[AgentEvent]:
    return list(runtime.respond(turn, tools or NoTools()))


def text_of(events: Iterable[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Spoken))


def quotes_of(events: Iterable[AgentEvent]) -> list[tuple[int, str]]:
    return [(event.quote.index, event.quote.text) for event in events if isinstance(event, Cited)]


def limitations_of(events: Iterable[AgentEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Limitation)]


class ModelCases:
    """What the runtimes do that ask a model step by step, wherever it is.

    Override ``model`` (it takes what the model does, in order or by ``does``, the limits, the threads that there are,
    and gives the runtime and what the model was asked), ``most``, the field by which a request limits what is written,
    and what can happen, by name: what is ``passing`` and what is ``final``, with what is told of it, and what is
    ``filtered``, with what is said then.
    """

    most: str
    passing: Mapping[str, tuple[object, str]]
    final: Mapping[str, tuple[object, str]]
    filtered: Mapping[str, tuple[object, str]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for name in {"passing", "final", "filtered"}.intersection(metafunc.fixturenames):
            table = getattr(self, name)
            metafunc.parametrize(name, table.values(), ids=table)

    @pytest.fixture
    def model(self) -> Callable[..., AbstractContextManager[tuple[AgentRuntime, Callable[[], Sequence[Any]]]]]:
        raise NotImplementedError

    def test_text_comes_as_the_model_says_it(self, model) -> None:
        with model(says(ANSWER, tokens=(20, 5))) as (runtime, _):
            events = play(runtime)
        assert text_of(events) == ANSWER
        assert len([event for event in events if isinstance(event, Spoken)]) > 2
        assert quotes_of(events) == [(1, "Passwords are changed every ninety days.")]
        assert events[-1] == Tokens(20, 5)

    def test_a_search_shows_its_passages_under_new_numbers_and_they_can_be_cited(self, model) -> None:
        tools = Tools(PASSAGE, OTHER)
        with model(calls(SEARCH), says("Nightly at two [2]. Every ninety days [1].")) as (runtime, asked):
            events = play(runtime, tools)
        assert [(call.name, call.arguments) for call in tools.asked] == [("rag_search", {"query": "backups at night"})]
        assert [(p["n"], p["text"]) for p in asked()[1].passages][-2:] == [(1, PASSAGE.text), (2, OTHER.text)]
        assert quotes_of(events) == [(1, OTHER.text), (2, "Passwords are changed every ninety days.")]
        assert events[-1] == Tokens(200, 20)

    def test_several_calls_at_once_come_in_pieces_and_are_told_apart(self, model) -> None:
        tools = Tools()
        searches = [CallTool("rag_search", {"query": word}) for word in ("one", "two", "three")]
        with model(calls(*searches), calls(SEARCH), says("Nightly [2].")) as (runtime, asked):
            play(runtime, tools)
        assert [call.arguments for call in tools.asked[:3]] == [{"query": "one"}, {"query": "two"}, {"query": "three"}]
        assert [call.id for call in tools.asked] == ["call_1", "call_2", "call_3", "call_4"]
        assert [len(request.results) for request in asked()[:2]] == [0, 3]

    @pytest.mark.parametrize(
        ("call", "arguments"),
        [
            (CallTool("rag_search", '{"query": "half'), None),
            (CallTool("rag_search", '["a list"]'), None),
            (CallTool("rag_search", ""), {}),
            (CallTool("delete everything!", {"path": "/"}), {"path": "/"}),
        ],
    )
    def test_a_mistake_goes_to_the_tool_box_and_its_answer_back_to_the_model(self, model, call, arguments) -> None:
        tools = Tools()
        with model(calls(call), says("Sorry.")) as (runtime, asked):
            assert text_of(play(runtime, tools)) == "Sorry."
        assert [(done.name, done.arguments) for done in tools.asked] == [(call.name, arguments)]
        assert asked()[1].results == [{"outcome": "failed", "reason": "not like that"}]

    def test_a_model_that_asks_without_end_is_stopped(self, model) -> None:
        with model(does=lambda _: calls(SEARCH), limits=Limits(steps=4)) as (runtime, asked):
            with pytest.raises(Unavailable, match="asks for tools without end"):
                play(runtime, Tools())
            assert len(asked()) == 4

    def test_a_model_that_talks_and_asks_without_end_is_cut_short_and_that_is_said(self, model) -> None:
        talking = Completion((Say("One moment."), SEARCH), "tool_calls")
        with model(does=lambda _: talking, limits=Limits(steps=2)) as (runtime, _):
            told = limitations_of(play(runtime, Tools()))
        assert told == ["answer: the model wanted to look up more than a turn allows"]

    def test_the_tokens_of_a_turn_are_bounded_over_its_steps(self, model) -> None:
        step = calls(SEARCH, tokens=(10, 30))
        with model(step, step, says("Never."), limits=Limits(tokens=60)) as (runtime, asked):
            with pytest.raises(Unavailable, match=r"has said nothing within \[agent\.\w+\] max_tokens"):
                play(runtime, Tools())
            assert [request.body[self.most] for request in asked()] == [60, 30]

    def test_the_time_of_a_turn_is_bounded_while_nothing_comes_and_between_steps(self, model) -> None:
        slow = Completion((Say("Well"), Stall(30)))
        with model(slow, limits=Limits(seconds=0.6)) as (runtime, _):
            assert limitations_of(play(runtime)) == ["answer: cut off after 0.6 s"]
        silent = model(Completion((Stall(30),)), limits=Limits(seconds=0.3))
        with silent as (runtime, _), pytest.raises(Unavailable, match=r"has said nothing within 0\.3 s"):
            play(runtime)

    def test_what_may_go_well_at_the_next_try_is_tried_twice_more(self, model, passing) -> None:
        failure, told = passing
        with model(failure, failure, says(ANSWER)) as (runtime, _):
            assert text_of(play(runtime)) == ANSWER
        with model(does=lambda _: failure) as (runtime, asked):
            with pytest.raises(Unavailable, match=told) as caught:
                play(runtime)
            assert len(asked()) == 3
        assert SECRET not in str(caught.value)

    def test_what_cannot_go_well_is_not_tried_again(self, model, final) -> None:
        failure, told = final
        with model(does=lambda _: failure) as (runtime, asked):
            with pytest.raises(Unavailable, match=told) as caught:
                play(runtime)
            assert len(asked()) == 1
        assert SECRET not in str(caught.value)
        assert caught.value.dependency == "model"

    def test_a_content_filter_is_named(self, model, filtered) -> None:
        reply, text = filtered
        with model(reply) as (runtime, _):
            events = play(runtime)
        assert text_of(events) == (text or "The model's content filter does not let this question be answered.")
        assert limitations_of(events) == ["answer: the model's content filter has interrupted it"]

    def test_an_answer_that_runs_into_its_limit_says_so(self, model) -> None:
        with model(says("Passwords are changed every", finish="length")) as (runtime, _):
            events = play(runtime)
        assert text_of(events) == "Passwords are changed every"
        assert limitations_of(events) == ["answer: cut off at the limit of what the model may write"]
        assert events[-1] == Tokens(100, 10)
        with model(says("", finish="length")) as (runtime, _), pytest.raises(Unavailable, match="max_tokens"):
            play(runtime)

    def test_a_call_that_was_cut_off_is_not_made(self, model) -> None:
        tools = Tools()
        cut = Completion((Say("See."), CallTool("rag_search", '{"query": "b')), "length")
        with model(cut) as (runtime, _):
            told = limitations_of(play(runtime, tools))
        assert told == ["answer: cut off at the limit of what the model may write"]
        assert tools.asked == []

    @pytest.mark.parametrize(
        "stalled",
        [Completion((Stall(60),)), Completion((Say("Well"), Stall(60))), Failure(429, headers={"Retry-After": "20"})],
    )
    def test_a_cancelled_turn_does_not_wait_for_the_model(self, model, stalled) -> None:
        reached, tools = threading.Event(), Tools()

        def stall(_: object) -> Completion | Failure:
            reached.set()
            return stalled

        def cancel() -> None:
            reached.wait(30)
            tools.cancelled.set()

        with model(does=stall) as (runtime, asked):
            threading.Thread(target=cancel).start()
            with pytest.raises(Cancelled):
                play(runtime, tools)
            assert len(asked()) == 1

    def test_turns_side_by_side_do_not_mix(self, model) -> None:
        def echo(asked: Any) -> Completion:
            word = asked.said[-1][1].rsplit(" ", 1)[-1]
            return Completion(tuple(Say(word, size=1, pause=0.001) for _ in range(10)))

        said: dict[int, str] = {}
        with model(does=echo, threads=[f"thr_{i}" for i in range(12)]) as (runtime, _):

            def ask(i: int) -> None:
                said[i] = text_of(play(runtime, turn=evolve(TURN, thread_id=f"thr_{i}", question=f"Say {i}")))

            threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert said == {i: str(i) * 10 for i in range(12)}
