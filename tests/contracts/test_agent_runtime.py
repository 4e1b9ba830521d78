from collections.abc import Iterator

import pytest

from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.references import MemoryReferences
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.ports.agent_runtime import AgentRuntime
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.agent_runtime import AgentRuntimeContract
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator, ResponseRequest
from sophia.testing.emulators.openai import ChatRequest, Completion, OpenAIEmulator, says
from sophia.testing.fakes.agent_runtime import ObedientAgentRuntime, QuotingAgentRuntime
from sophia.testing.fakes.embedder import HashingEmbedder


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


class TestFoundryAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> Iterator[AgentRuntime]:
        with FoundryEmulator(_quotes_the_first_passage) as foundry:
            yield FoundryAgentRuntime(
                Project(foundry.project, "emulated"), StaticTokenCredential(TOKEN), MemoryReferences()
            )
