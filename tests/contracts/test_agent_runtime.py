import pytest

from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.ports.agent_runtime import AgentRuntime
from sophia.testing.contracts.agent_runtime import AgentRuntimeContract
from sophia.testing.fakes.agent_runtime import QuotingAgentRuntime
from sophia.testing.fakes.embedder import HashingEmbedder


class TestQuotingAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        return QuotingAgentRuntime()


class TestExtractiveAgentRuntime(AgentRuntimeContract):
    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        return ExtractiveAgentRuntime(HashingEmbedder())
