"""A language model words the answers: the real runtime, an endpoint that does as the scenario says."""

import json

import pytest
from pytest_bdd import given, scenarios, then
from sentences import sentence

from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.testing.emulators.openai import (
    CallTool,
    ChatRequest,
    Completion,
    Cut,
    Failure,
    Model,
    OpenAIEmulator,
    Reply,
    Say,
    calls,
    says,
)

scenarios("model.feature")


class LanguageModel:
    """Does what the scenario has said last."""

    def __init__(self) -> None:
        self.does: Model = lambda _: Failure(503)

    def __call__(self, chat: ChatRequest) -> Reply:
        return self.does(chat)


@pytest.fixture
def language_model() -> LanguageModel:
    return LanguageModel()


@pytest.fixture(autouse=True)
def endpoint(world, language_model):
    with OpenAIEmulator(language_model) as endpoint:
        world.runtime = OpenAIAgentRuntime(Endpoint(f"{endpoint.url}/v1", "emulated"), backoff=0.0)
        yield endpoint


def has_searched(chat: ChatRequest) -> bool:
    return chat.messages[-1]["role"] == "tool"


@given(sentence("a language model that says {words:quoted}"))
def _(language_model, words):
    def say(chat):
        best = next((p["n"] for p in chat.passages if "400 days" in p["text"]), 1)
        return says(words.replace("[passage]", f"[{best}]"))

    language_model.does = say


@given(sentence("a language model that searches for {query:quoted} and cites what it finds"))
def _(language_model, query):
    def search(chat):
        if not has_searched(chat):
            return calls(CallTool("rag_search", {"query": query}))
        found = json.loads(chat.messages[-1]["content"])["passages"][0]
        return says(f"{found['text'].splitlines()[0]} [{found['n']}]")

    language_model.does = search


@given(sentence("a language model that calls create_ticket and says {words:quoted}"))
def _(language_model, words):
    language_model.does = lambda chat: says(words) if has_searched(chat) else calls(CallTool("create_ticket"))


@given(sentence("a language model that runs into its limit after {words:quoted}"))
def _(language_model, words):
    language_model.does = lambda _: says(words, finish="length")


@given(sentence("a language model that does not answer"))
def _(language_model):
    language_model.does = lambda _: Failure(503)


@given(sentence("a language model that breaks off in the middle of a word"))
def _(language_model):
    language_model.does = lambda _: Completion((Say("Recordings are ke"), Cut()))


@then(sentence("the answer is {text:quoted}"))
def _(story, text):
    assert story.reply.text == text


@then(sentence("one sentence of the answer is marked as not borne out"))
def _(story):
    assert story.reply.unsupported == 1


@then(sentence("the quote {words:quoted} is marked as not verified"))
def _(story, words):
    assert [(c.quote, c.verified) for c in story.reply.citations] == [(words, False)]


@then(sentence("the answer quotes a passage of {name:quoted}"))
def _(driver, story, name):
    names = {document.id: document.name for document in driver.documents(story.who)}
    assert {names[citation.document_id] for citation in story.reply.citations} == {name}


@then(sentence("the model was told that {answer:quoted} had been answered"))
def _(endpoint, answer):
    assert {"role": "assistant", "content": answer} in endpoint.chats[-1].messages


@then(sentence("the model was told that the ticket is refused"))
def _(endpoint):
    assert json.loads(endpoint.chats[-1].messages[-1]["content"])["outcome"] == "refused"


@then(sentence("no ticket is opened"))
def _(world, driver, story):
    world.pass_time(60)
    assert world.desk.behind.reports(story.who.company) == ()
    assert driver.tickets(story.who) == []
    assert story.reply.handoff is None
