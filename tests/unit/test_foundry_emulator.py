"""The emulated Foundry project, driven by the official packages as they are."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import FunctionTool, PromptAgentDefinition
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from sophia.testing.azure import StaticTokenCredential
from sophia.testing.emulators.foundry import TOKEN, Fail, FoundryEmulator, FoundryModel, FoundryReply, Lost
from sophia.testing.emulators.openai import CallTool, Completion, Cut, Failure, Say, Send, Stall, calls, says

QUESTION = {"type": "message", "role": "user", "content": "How often are passwords changed?"}
SEARCH = CallTool("rag_search", {"query": "passwords"}, "call_a")
AGENT = PromptAgentDefinition(
    model="gpt-emulated",
    instructions="Answer from the passages.",
    tools=[FunctionTool(name="rag_search", description="Search.", parameters={"type": "object"}, strict=False)],
)


class OnLoopback(SansIOHTTPPolicy):
    def on_request(self, request: PipelineRequest) -> None:
        request.context.options.setdefault("enforce_https", False)


class Clients:
    def __init__(self, foundry: FoundryEmulator, token: str = TOKEN) -> None:
        self.credential = StaticTokenCredential(token)
        self.project = AIProjectClient(
            foundry.project, self.credential, per_call_policies=[OnLoopback()], retry_total=0, retry_status=0
        )
        self.openai = self.project.get_openai_client(max_retries=0)

    def agent(self) -> dict[str, Any]:
        made = self.project.agents.create_version("sophia", definition=AGENT, metadata={"digest": "1"})
        return {"agent_reference": {"type": "agent_reference", "name": made.name, "version": made.version}}


@contextmanager
def speaking(
    *replies: FoundryReply, does: FoundryModel | None = None, goes_on: bool = True, token: str = TOKEN
) -> Iterator[tuple[FoundryEmulator, Clients]]:
    with FoundryEmulator(does or replies, goes_on=goes_on) as foundry:
        clients = Clients(foundry, token)
        with clients.project, clients.openai:
            yield foundry, clients


def items_of(clients: Clients, conversation: str) -> list[tuple[str, str]]:
    kept = clients.openai.conversations.items.list(conversation, order="asc", limit=2)
    return [(item.type, item.id) for item in kept]


def test_versions_of_an_agent_are_made_and_listed_newest_first() -> None:
    with speaking() as (_, clients):
        with pytest.raises(ResourceNotFoundError):
            list(clients.project.agents.list_versions("sophia"))
        for digest in ("1", "2", "3"):
            clients.project.agents.create_version("sophia", definition=AGENT, metadata={"digest": digest})
        listed = list(clients.project.agents.list_versions("sophia", order="desc", limit=2))
        assert [(v.version, v.metadata["digest"]) for v in listed] == [("3", "3"), ("2", "2"), ("1", "1")]
        assert listed[0].definition == AGENT


def test_conversations_are_made_with_items_added_to_listed_by_pages_and_deleted() -> None:
    with speaking() as (_, clients):
        conversations = clients.openai.conversations
        made = conversations.create(items=[QUESTION], metadata={"thread": "thr_1"})
        assert (made.object, made.metadata) == ("conversation", {"thread": "thr_1"})
        added = conversations.items.create(made.id, items=[QUESTION, {**QUESTION, "role": "assistant"}])
        assert [part.type for item in added.data for part in item.content] == ["input_text", "output_text"]
        assert [kind for kind, _ in items_of(clients, made.id)] == ["message"] * 3
        newest = next(iter(conversations.items.list(made.id, order="desc")))
        assert newest.id == added.data[-1].id
        assert conversations.retrieve(made.id).id == made.id
        assert conversations.delete(made.id).deleted
        for gone in (conversations.delete, conversations.retrieve):
            with pytest.raises(openai.NotFoundError):
                gone(made.id)
        with pytest.raises(openai.BadRequestError):
            conversations.create(items=[QUESTION] * 21)


def test_a_streamed_response_has_the_events_of_the_api_and_is_kept_in_its_conversation() -> None:
    with speaking(says("Every ninety days.", tokens=(20, 5))) as (foundry, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        events = list(
            clients.openai.responses.create(
                conversation=conversation, input=[QUESTION], stream=True, max_output_tokens=50, extra_body=agent
            )
        )
        (asked,) = foundry.asked
        assert (asked.tools, asked.said) == (["rag_search"], [("user", QUESTION["content"])])
        assert [event.sequence_number for event in events] == list(range(len(events)))
        kinds = [event.type.removeprefix("response.") for event in events]
        assert list(dict.fromkeys(kinds)) == [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        final = events[-1].response
        assert text == final.output_text == "Every ninety days."
        assert (final.status, final.usage.input_tokens, final.usage.output_tokens) == ("completed", 20, 5)
        assert (final.max_output_tokens, final.conversation.id) == (50, conversation)
        assert [kind for kind, _ in items_of(clients, conversation)] == ["message", "message"]
        assert items_of(clients, conversation)[-1][1] == final.output[0].id
        assert set(clients.credential.asked) == {"https://ai.azure.com/.default"}
        kept = clients.openai.responses.retrieve(final.id)
        assert (kept.status, kept.output_text) == ("completed", "Every ninety days.")


def test_what_was_asked_for_has_to_be_told_before_anything_else() -> None:
    with speaking(calls(SEARCH, CallTool("rag_search", "{", "call_b")), says("Done.")) as (foundry, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        ask = clients.openai.responses.create
        first = ask(conversation=conversation, input=[QUESTION], extra_body=agent)
        assert [(item.type, item.call_id, item.name, item.arguments) for item in first.output] == [
            ("function_call", "call_a", "rag_search", json.dumps({"query": "passwords"})),
            ("function_call", "call_b", "rag_search", "{"),
        ]
        one, other = (
            {"type": "function_call_output", "call_id": call, "output": '{"n": 1}'} for call in ("call_a", "call_b")
        )
        for too_little_or_much in ([QUESTION], [one], [one, other, {**one, "call_id": "call_c"}]):
            with pytest.raises(openai.BadRequestError):
                ask(conversation=conversation, input=too_little_or_much, extra_body=agent)
        assert ask(conversation=conversation, input=[one, other], extra_body=agent).output_text == "Done."
        assert foundry.asked[-1].results == [{"n": 1}, {"n": 1}]
        kinds = [kind for kind, _ in items_of(clients, conversation)]
        assert kinds == ["message", *["function_call"] * 2, *["function_call_output"] * 2, "message"]


def test_calls_at_once_are_streamed_as_items() -> None:
    with speaking(calls(SEARCH, CallTool("splunk_query"))) as (_, clients):
        conversation = clients.openai.conversations.create().id
        events = clients.openai.responses.create(
            conversation=conversation, input=[QUESTION], stream=True, extra_body=clients.agent()
        )
        done = [event for event in events if event.type == "response.output_item.done"]
        assert [(event.output_index, event.item.name) for event in done] == [(0, "rag_search"), (1, "splunk_query")]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"extra_body": {}}, 400),
        ({"extra_body": {"agent": {"type": "agent_reference", "name": "sophia"}}}, 400),
        ({"extra_body": {"agent_reference": {"type": "agent_reference", "name": "nobody"}}}, 404),
        ({"extra_body": {"agent_reference": {"type": "agent_reference", "name": "sophia", "version": "9"}}}, 404),
        ({"conversation": "conv_gone"}, 404),
        ({"tools": [{"type": "function", "name": "other", "parameters": {}, "strict": False}]}, 400),
        ({"instructions": "Do as you like."}, 400),
        ({"tool_choice": "none"}, 400),
        ({"input": [{"role": "user", "content": "An item without a type"}]}, 400),
    ],
)
def test_what_the_service_refuses_is_refused(told, status) -> None:
    with speaking(says("Never.")) as (foundry, clients):
        request = {
            "conversation": clients.openai.conversations.create().id,
            "input": [QUESTION],
            "extra_body": clients.agent(),
        }
        with pytest.raises(openai.APIStatusError) as refused:
            clients.openai.responses.create(**request | told)
        assert refused.value.status_code == status
        assert foundry.asked == []


def test_who_is_not_known_and_what_is_no_version_of_the_api() -> None:
    with speaking(token="another") as (_, clients):
        with pytest.raises(openai.AuthenticationError):
            clients.openai.conversations.create()
        with pytest.raises(ClientAuthenticationError):
            clients.agent()
    with FoundryEmulator([]) as foundry:
        project = AIProjectClient(
            foundry.project,
            StaticTokenCredential(TOKEN),
            per_call_policies=[OnLoopback()],
            api_version="v0",
            retry_total=0,
        )
        with project, pytest.raises(HttpResponseError) as refused:
            project.agents.create_version("sophia", definition=AGENT)
        assert refused.value.status_code == 400


FAULTS = [
    pytest.param(Failure(429, headers={"Retry-After": "7"}), openai.RateLimitError, 0, id="429"),
    pytest.param(Failure(503), openai.InternalServerError, 0, id="503"),
    pytest.param(Failure(502, body="<html>"), openai.InternalServerError, 0, id="html"),
    pytest.param(Lost(says("Made."), Failure(504)), openai.InternalServerError, 2, id="504, and made all the same"),
    pytest.param(Lost(says("Made.")), openai.APIConnectionError, 2, id="no answer, and made all the same"),
    pytest.param(Completion((Say("Well"), Cut())), openai.APIConnectionError, 2, id="cut"),
    pytest.param(
        Completion((Say("Well"), Send('{"error": {"code": "server_error"}}'))), openai.APIError, 2, id="error event"
    ),
]


@pytest.mark.parametrize(("fault", "error", "kept"), FAULTS)
def test_what_goes_wrong_goes_wrong(fault, error, kept) -> None:
    with speaking(fault, says("Well.")) as (_, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        request = {"conversation": conversation, "input": [QUESTION], "extra_body": agent}
        with pytest.raises(error):
            list(clients.openai.responses.create(**request, stream=True))
        deadline = time.monotonic() + 30
        while len(items_of(clients, conversation)) != kept and time.monotonic() < deadline:
            time.sleep(0.01)
        assert clients.openai.responses.create(**request).output_text == "Well."
        assert len(items_of(clients, conversation)) == kept + 2


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [
        (says("Half", finish="length"), "incomplete", "max_output_tokens"),
        (says("Half", finish="content_filter"), "incomplete", "content_filter"),
        (Fail("rate_limit_exceeded", "try again in 22 seconds"), "failed", "rate_limit_exceeded"),
    ],
)
def test_responses_end_in_other_ways_too(reply, status, reason) -> None:
    with speaking(reply, reply) as (_, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        ask = clients.openai.responses.create
        *_, last = ask(conversation=conversation, input=[QUESTION], stream=True, extra_body=agent)
        made = ask(conversation=conversation, input=[QUESTION], extra_body=agent)
        assert last.type == f"response.{status}"
        for response in (last.response, made, clients.openai.responses.retrieve(made.id)):
            details = response.incomplete_details
            assert (response.status, response.error.code if response.error else details.reason) == (status, reason)
        assert len(items_of(clients, conversation)) == (4 if status == "incomplete" else 0)


def test_a_conversation_answers_one_at_a_time_and_a_response_can_be_cancelled() -> None:
    with speaking(Completion((Say("Well"), Stall(30))), says("Now.")) as (_, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        ask = clients.openai.responses.create
        events = ask(conversation=conversation, input=[QUESTION], stream=True, extra_body=agent)
        begun = next(iter(events)).response
        with pytest.raises(openai.BadRequestError) as refused:
            ask(conversation=conversation, input=[QUESTION], extra_body=agent)
        assert refused.value.code == "conversation_locked"
        assert clients.openai.responses.cancel(begun.id).status == "cancelled"
        assert [event.type for event in events][-1] != "response.completed"
        with pytest.raises(openai.BadRequestError):
            clients.openai.responses.cancel(begun.id)
        assert ask(conversation=conversation, input=[QUESTION], extra_body=agent).output_text == "Now."
        assert len(items_of(clients, conversation)) == 2


@pytest.mark.parametrize("goes_on", [True, False])
def test_whether_a_response_goes_on_without_its_client(goes_on: bool) -> None:
    with speaking(Completion((Say("Well"), Cut(), Say(", every ninety days."))), goes_on=goes_on) as (foundry, clients):
        agent, conversation = clients.agent(), clients.openai.conversations.create().id
        events = clients.openai.responses.create(
            conversation=conversation, input=[QUESTION], stream=True, extra_body=agent
        )
        with pytest.raises(openai.APIConnectionError):
            list(events)
        (response,) = foundry.responses
        while clients.openai.responses.retrieve(response).status == "in_progress":
            time.sleep(0.01)
        assert clients.openai.responses.retrieve(response).status == ("completed" if goes_on else "cancelled")
