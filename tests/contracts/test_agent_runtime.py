from collections.abc import Iterator

import pytest

from sophia.adapters.azure_agents.endpoint import Endpoint as AzureEndpoint
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.domain.agents import Turn
from sophia.domain.tenancy import Company
from sophia.ports.agent_runtime import AgentRuntime
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.agent_runtime import AgentRuntimeContract, make_passage
from sophia.testing.contracts.records_world import ANA, World
from sophia.testing.emulators.azure_agents import Asked, AzureAgentsEmulator, Leg
from sophia.testing.emulators.azure_agents import says as azure_says
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator, ResponseRequest
from sophia.testing.emulators.openai import ChatRequest, Completion, OpenAIEmulator, says
from sophia.testing.fakes.agent_runtime import ObedientAgentRuntime, QuotingAgentRuntime
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds


class TestQuotingAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        return QuotingAgentRuntime()


class TestObedientAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        return ObedientAgentRuntime()


class TestExtractiveAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        return ExtractiveAgentRuntime(HashingEmbedder())


def _quotes_the_first_passage(chat: ChatRequest | ResponseRequest) -> Completion:
    if not chat.passages:
        return says("The documents do not tell.")
    first = chat.passages[0]
    return says(f"{first['text'].split('.')[0]} [{first['n']}].")


class TestOpenAIAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> Iterator[AgentRuntime]:
        with OpenAIEmulator(_quotes_the_first_passage) as endpoint:
            yield OpenAIAgentRuntime(Endpoint(f"{endpoint.url}/v1", "emulated"))


def _cites_the_first_passage(asked: Asked) -> Leg:
    if not asked.passages:
        return azure_says("The documents do not tell.")
    first = asked.passages[0]
    return azure_says(f"{first['text'].split('.')[0]} [{first['n']}].")


class _ThreadsAreKeptOutside(AgentRuntimeContract):
    @pytest.fixture
    def world(self) -> World:
        clock = FrozenClock()
        return World(MemoryRecords(clock), clock, SequentialIds())

    @pytest.fixture
    def turn(self, world: World) -> Turn:
        passage = make_passage("Passwords are changed every ninety days. They have at least fourteen characters.")
        question = "How often are passwords changed?"
        return Turn(world.thread().id, "run_1", question, "en", passages=(passage,), scope=ANA)


class TestAzureAgentsRuntime(_ThreadsAreKeptOutside):
    @pytest.fixture
    def runtime(self, world: World) -> Iterator[AgentRuntime]:
        directory = MemoryTenantDirectory()
        with AzureAgentsEmulator(_cites_the_first_passage) as azure:
            directory.add(Company("acme", "Acme", azure_agent_id=azure.add_assistant()))
            yield AzureAgentsRuntime(AzureEndpoint(azure.endpoint), EmulatedCredential(), directory, world.records)


class TestFoundryAgentRuntime(_ThreadsAreKeptOutside):
    @pytest.fixture
    def runtime(self, world: World) -> Iterator[AgentRuntime]:
        with FoundryEmulator(_quotes_the_first_passage) as foundry:
            project = Project(foundry.project, "emulated")
            yield FoundryAgentRuntime(project, StaticTokenCredential(TOKEN), world.records)
