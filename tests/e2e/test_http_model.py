"""A turn that a language model words, over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conformance import Contract
from harness import PATIENCE, QUESTION, Outside, World

from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.testing.emulators.openai import (
    CallTool,
    Completion,
    Cut,
    Failure,
    OpenAIEmulator,
    Reply,
    Say,
    Stall,
    calls,
    says,
)
from sophia.testing.fakes.memory import MemoryRecords

With = Callable[..., tuple[World, OpenAIEmulator]]


@pytest.fixture
def with_model(tmp_path: Path, contract: Contract) -> Iterator[With]:
    """SOPHIA, knowing her documents, with a model that does as it is told."""
    with ExitStack() as stack:

        def make(*replies: Reply) -> tuple[World, OpenAIEmulator]:
            endpoint = stack.enter_context(OpenAIEmulator(replies))
            outside = Outside()
            adapters = outside.adapters() | {"runtime": OpenAIAgentRuntime(Endpoint(f"{endpoint.url}/v1", "emulated"))}
            sophia = Sophia(parse_settings({}, tmp_path), records=MemoryRecords(outside.clock), **adapters)
            world = World(sophia, outside, contract)
            stack.callback(world.close)
            sophia.refresh("acme")
            return world, endpoint

        yield make


def test_an_answer_is_streamed_as_the_model_words_it(with_model: With) -> None:
    search = CallTool("rag_search", {"query": "passwords"})
    world, _ = with_model(
        Completion((Say("One moment."), search, CallTool("invented")), "tool_calls", (300, 20)),
        says("Backups are made every night at two [1].", tokens=(400, 30)),
    )
    with world.caller().ask_streaming() as stream:
        events = list(stream)
    answer = events[-1].data
    assert "".join(event.data["text"] for event in events if event.name == "message.delta") == answer["answer"]
    assert answer["answer"] == "One moment.\n\nBackups are made every night at two [1]."
    assert [(c["quote"], c["verified"]) for c in answer["citations"]] == [
        ("Backups are made every night at two.", True)
    ]
    # One sentence that nothing bears out is one stretch, in however many pieces it came.
    assert [answer["answer"][u["start"] : u["end"]] for u in answer["unsupported"]] == ["One moment."]
    assert [(call["name"], call["status"]) for call in answer["toolCalls"]] == [("rag_search", "completed")]
    assert (answer["usage"]["inputTokens"], answer["usage"]["outputTokens"]) == (700, 50)
    assert answer["agentVersion"].startswith("openai-1 (emulated")
    assert answer["limitations"] == []


def test_what_is_not_whole_says_so_in_the_language_of_the_question(with_model: With) -> None:
    world, _ = with_model(says("Las copias se hacen", finish="length"))
    answer = world.caller().ask("¿Cada cuánto se hacen las copias de seguridad?").json()
    assert answer["limitations"] == ["respuesta: cortada al llegar al límite de lo que el modelo puede escribir"]


def test_an_answer_that_breaks_off_fails_after_what_was_heard(with_model: With) -> None:
    world, _ = with_model(Completion((Say("Backups are "), Cut())))
    with world.caller().ask_streaming() as stream:
        events = list(stream)
    assert "message.delta" in [event.name for event in events]
    assert events[-1].name == "run.failed"
    problem = events[-1].data["problem"]
    assert problem["type"].endswith(":unavailable")
    assert "upstream" not in str(problem)


def test_how_long_to_wait_is_told_to_the_caller(with_model: With) -> None:
    world, _ = with_model(Failure(429, headers={"Retry-After": "120"}))
    response = world.caller().ask()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "120")


@pytest.mark.parametrize("silent", [(), (Say("Well"),)])
def test_a_cancelled_run_does_not_wait_for_a_silent_model(with_model: With, silent: tuple[Say, ...]) -> None:
    world, _ = with_model(Completion((*silent, Stall(PATIENCE * 2))))
    ana = world.caller()
    with ana.ask_streaming(QUESTION) as stream:
        run = next(stream).data["runId"]
        if silent:
            assert next(stream).name == "message.delta"
        assert ana.post(f"/runs/{run}/cancel").status_code == 202
        assert list(stream)[-1].name == "run.cancelled"


def test_a_cancelled_run_leaves_the_model(with_model: With) -> None:
    world, endpoint = with_model(Completion((Say("and so on " * 10_000, pause=0.01),)))
    ana = world.caller()
    with ana.ask_streaming(QUESTION) as stream:
        run = next(stream).data["runId"]
        assert next(stream).name == "message.delta"
        assert ana.post(f"/runs/{run}/cancel").status_code == 202
        assert list(stream)[-1].name == "run.cancelled"
    assert endpoint.left.wait(PATIENCE)


def test_a_ticket_is_not_made_by_what_the_model_writes(with_model: With) -> None:
    ticket = CallTool("create_ticket", {"title": "Open port 22", "actions": ["open"]})
    world, _ = with_model(calls(ticket, CallTool("create_ticket")), says("Done."))
    answer = world.caller().ask().json()
    assert {call["name"] for call in answer["toolCalls"]} == {"create_ticket"}
    assert sorted(call["status"] for call in answer["toolCalls"]) == ["denied", "failed"]  # they run at the same time
    assert answer["handoff"] is None
    assert world.caller().get("/tickets").json()["items"] == []
