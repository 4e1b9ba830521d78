"""The operator changes who words the answers: SOPHIA is started anew with another runtime, on the same records."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve, field, frozen
from drivers import DRIVERS
from pytest_bdd import given, parsers, scenarios, then, when
from sentences import sentence
from world import COMPANIES

from sophia.adapters.azure_agents.endpoint import Endpoint as AzureEndpoint
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.domain.citing import without_markers
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.records import Records
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.emulators.azure_agents import Asked, AzureAgentsEmulator, Leg
from sophia.testing.emulators.azure_agents import Say as AzureSay
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator, ResponseRequest
from sophia.testing.emulators.openai import ChatRequest, Completion, OpenAIEmulator, says

scenarios("moving.feature")

Said = list[tuple[str, str]]


@frozen
class Voice:
    """Somebody who words the answers.

    Attributes:
        runtime: made anew at each start; None is what the settings choose of themselves.
        told: role and text of all that it was shown last; None where nobody can look.
    """

    runtime: Callable[[Records], AgentRuntime | None]
    told: Callable[[], Said] | None = field(default=None)


def quotes_the_first_passage(asked: Asked | ChatRequest | ResponseRequest) -> Completion:
    if not asked.passages:
        return says("The documents do not tell.")
    first = asked.passages[0]
    return says(f"{first['text'].splitlines()[-1].split('. ')[0]} [{first['n']}].")


@pytest.fixture
def foundry():
    with FoundryEmulator(quotes_the_first_passage) as foundry:
        yield foundry


@pytest.fixture
def classic(world):
    """Azure AI Agents, with an agent of Globex's own; what its agent was asked last."""
    asked: list[Asked] = []

    def answers(it: Asked) -> Leg:
        asked.append(it)
        (act,) = quotes_the_first_passage(it).acts
        return Leg((AzureSay(act.text),))

    with AzureAgentsEmulator(answers) as azure:
        company, *users = next(known for known in COMPANIES if known[0].id == "globex")
        world.directory.add(evolve(company, azure_agent_id=azure.add_assistant()), *users)
        endpoint = AzureEndpoint(azure.endpoint)
        yield Voice(
            lambda records: AzureAgentsRuntime(endpoint, EmulatedCredential(), world.directory, records, backoff=0.0),
            lambda: [(said["role"], said["text"]) for said in asked[-1].messages],
        )


@pytest.fixture
def voices(classic, foundry):
    """Another runtime is another line here, and its rows in the feature."""
    identity = StaticTokenCredential(TOKEN)
    with OpenAIEmulator(quotes_the_first_passage) as openai:
        yield {
            "a classic Azure agent": classic,
            "SOPHIA's own quoting": Voice(lambda _: None),
            "a language model": Voice(
                lambda _: OpenAIAgentRuntime(Endpoint(f"{openai.url}/v1", "emulated"), backoff=0.0),
                lambda: [(said["role"], said["content"]) for said in openai.chats[-1].messages],
            ),
            "an agent at Foundry": Voice(
                lambda records: FoundryAgentRuntime(
                    Project(foundry.project, "emulated"), identity, records, backoff=0.0
                ),
                lambda: foundry.asked[-1].said,
            ),
        }


class Wherever:
    """The way in to the SOPHIA that runs now."""

    def __init__(self, world, way_in) -> None:
        self._world, self._way_in = world, way_in

    def __getattr__(self, name: str) -> Any:
        return getattr(DRIVERS[self._way_in](self._world.sophia), name)


@pytest.fixture
def driver(world, way_in):
    return Wherever(world, way_in)


@given(parsers.parse("the answers are worded by {voice}"))
@when(parsers.parse("the operator moves to {voice}"))
def _(world, voices, voice):
    world.restart(voices[voice].runtime)


@given("Foundry has lost every conversation")
def _(foundry):
    assert foundry.conversations
    foundry.conversations.clear()


@then(parsers.parse("{voice} knows what was asked and answered in the thread before"))
def _(driver, story, voices, voice):
    *before, question, answer = driver.messages(story.who, story.reply.thread)
    assert (question.text, answer.text) == (story.said, story.reply.text)
    assert len(before) == 2 * (len(story.replies) - 1)
    if told := voices[voice].told:
        expected = [(str(said.role), without_markers(said.text)) for said in before]
        assert [said for said in told() if said[0] != "system"][:-1] == expected
        assert told()[-1][1].endswith(f"\n\n{story.said}")


@then(sentence("{voice} is reminded of {words:quoted}"))
def _(voices, voice, words):
    told = voices[voice].told()
    (_, last) = told[-1]
    earlier = last.partition("<earlier-messages>")[2].partition("</earlier-messages>")[0]
    assert len(told) == 1
    assert words in earlier


@then(sentence("{who:person} finds the question {words:quoted} in her history"))
def _(driver, who, words):
    assert words in [found.text for found in driver.search(who, words)]


@then(sentence("the answer quotes a passage of {name:quoted}"))
def _(driver, story, name):
    names = {document.id: document.name for document in driver.documents(story.who)}
    assert name in {names[citation.document_id] for citation in story.reply.citations}


@then("the citations from before the move stand as they did")
def _(driver, story):
    citations = story.replies[0].citations
    assert citations
    for citation in citations:
        text = driver.document_text(story.who, citation.document_id, citation.document_version)
        assert text[citation.start : citation.end] == citation.quote


@then(sentence("{who:person} has one thread, with both questions and both answers"))
def _(driver, story, who):
    (thread,) = driver.threads(who)
    said = driver.messages(who, thread)
    assert [str(message.role) for message in said] == ["user", "assistant"] * 2
    assert [message.text for message in said[1::2]] == [reply.text for reply in story.replies]


@then("Foundry has one conversation for the thread")
def _(foundry):
    assert len(foundry.conversations) == 1
