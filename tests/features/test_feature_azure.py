"""Asking, handing over and deleting, while an agent at Azure words the answers: the same, whoever does.

Scenarios with the tag ``@quoting`` are about the words that SOPHIA has of her own.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from attrs import evolve
from pytest_bdd import given, scenarios
from sentences import sentence
from test_feature_asking import *  # noqa: F403 - the steps are the same
from test_feature_deleting import *  # noqa: F403
from test_feature_handing_over import *  # noqa: F403
from world import PEOPLE

from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.application.erase_remote_threads import EraseRemoteThreads
from sophia.domain.agents import AgentEvent, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.citation import sentences, words_of
from sophia.domain.vectors import blend, unpack
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.ports.embedder import Embedder
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.emulators.azure_agents import Asked, AzureAgentsEmulator, Call, Leg
from sophia.testing.emulators.azure_agents import calls as calls_there
from sophia.testing.emulators.azure_agents import says as says_there
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator, ResponseRequest
from sophia.testing.emulators.openai import CallTool, Completion, calls, numbered, says

scenarios(
    "preguntar.feature",
    "asking.feature",
    "abstenerse.feature",
    "abstaining.feature",
    "traspasar.feature",
    "confirmar.feature",
    "handing_over.feature",
    "deciding.feature",
    "borrar.feature",
)

_A_HEADING = 4  # words
_LEANS = re.compile(r"¿?(and|y) ", re.IGNORECASE)
_EARLIER = re.compile(r"<earlier-messages>\n(.*?)\n</earlier-messages>", re.DOTALL)


class Agent:
    """Says the sentence, of a passage or of the user's own in another thread, that is nearest to what is asked.

    Attributes:
        wants: whether what it reads makes it ask for a ticket first.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.wants: Callable[[list[str]], bool] = lambda _: False

    def classic(self, asked: Asked) -> Leg:
        """As Azure AI Agents asks it."""
        heard = [message["text"] for message in asked.messages if message["role"] == "user"]
        if not asked.outputs and self._wishes(heard):
            return calls_there(Call("create_ticket"))
        return says_there(self._nearest(heard))

    def foundry(self, asked: ResponseRequest) -> Completion:
        """As Foundry asks it."""
        heard = [text for role, text in asked.said if role == "user"]
        if not asked.results and self._wishes(heard):
            return calls(CallTool("create_ticket"))
        return says(self._nearest(heard))

    def _wishes(self, heard: list[str]) -> bool:
        return self.wants([passage["text"] for passage in numbered(heard[-1])])

    def _nearest(self, heard: list[str]) -> str:
        """Of what the last message shows; it goes by the question before it as well, and leans on nothing else."""
        asked, *before = [text.rpartition(">")[2].strip() for text in reversed(heard[-2:])]
        found = [
            (passage["text"][start:end], f" [{passage['n']}]")
            for passage in numbered(heard[-1])
            for start, end in sentences(passage["text"])
            if len(words_of(passage["text"][start:end])) > _A_HEADING
        ]
        for block in _EARLIER.findall(heard[-1]):
            said = map(json.loads, block.splitlines())
            found += [(one["text"], "") for one in said if one["said_by"] == "user" and "?" not in one["text"]]
        if not found or (_LEANS.match(asked) and not before):
            return "No encuentro nada sobre esto."
        wanted = self._embedder.embed_query(asked)
        if before:
            wanted = blend((wanted, 1.0), (self._embedder.embed_query(f"{before[0]}\n{asked}"), 1.0))
        meanings = map(unpack, self._embedder.embed_passages([words for words, _ in found]))
        ranks = [sum(map(operator.mul, wanted, meaning)) for meaning in meanings]
        return "".join(found[ranks.index(max(ranks))])


class Overheard(AgentRuntime):
    """Passes turns on, and keeps what came of the tools that were asked for."""

    def __init__(self, runtime: AgentRuntime) -> None:
        self._runtime = runtime
        self.results: list[ToolResult] = []

    @property
    def version(self) -> str:
        return self._runtime.version

    def respond(self, turn: Turn, tools: ToolBox) -> Iterator[AgentEvent]:
        return self._runtime.respond(turn, OverheardTools(tools, self.results))


class OverheardTools(ToolBox):
    def __init__(self, tools: ToolBox, results: list[ToolResult]) -> None:
        self._tools, self._results = tools, results

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return self._tools.specs

    def check(self) -> None:
        self._tools.check()

    def call(self, call: ToolCall) -> ToolResult:
        self._results.append(self._tools.call(call))
        return self._results[-1]


@pytest.fixture(autouse=True, params=["library"])
def way_in(request) -> str:
    """One way in is enough: the other runtimes take both."""
    return request.param


@pytest.fixture
def agent(model) -> Agent:
    return Agent(model)


@pytest.fixture
def classic(world, agent):
    with AzureAgentsEmulator(agent.classic) as azure:
        for company in world.directory.companies():
            world.directory.add(evolve(company, azure_agent_id=azure.add_assistant()))
        endpoint = Endpoint(azure.endpoint)
        yield (
            AzureAgentsRuntime(endpoint, EmulatedCredential(), world.directory, world.records, backoff=0.0),
            lambda: [thread.data["metadata"] for thread in azure.threads.values()],
        )


@pytest.fixture
def foundry(world, agent):
    with FoundryEmulator(agent.foundry) as foundry:
        project = Project(foundry.project, "emulated")
        yield (
            FoundryAgentRuntime(project, StaticTokenCredential(TOKEN), world.records, backoff=0.0),
            lambda: [foundry._metadata[conversation] for conversation in foundry.conversations],
        )


@pytest.fixture(autouse=True, params=["classic", pytest.param("foundry", marks=pytest.mark.proof)])
def service(request, world):
    """Where the agent is. What SOPHIA has erased by the end of a scenario is erased there too."""
    if request.node.get_closest_marker("quoting"):
        pytest.skip("about the words that SOPHIA has of her own")
    runtime, kept = request.getfixturevalue(request.param)
    world.runtime = Overheard(runtime)
    yield
    erase = EraseRemoteThreads(world.records, runtime, world.clock)
    for company in world.directory.companies():
        erase(world.sophia.system_scope(company.id, "test"))
    services = world.sophia.services
    scopes = [world.sophia.scope(who.company, who.id) for who in PEOPLE.values()]
    ours = {thread.id for scope in scopes for thread in services.list_threads(scope, 100).items}
    assert {metadata["sophia_thread"] for metadata in kept()} <= ours


@pytest.fixture
def language_model(world, agent):
    """See handing over; the model is the agent's."""

    def place(wants):
        agent.wants = wants
        return world.runtime.results

    return place


@given(sentence("no language model"), target_fixture="wishes")
def _():
    pytest.skip("there is one")
