"""The suite of keepers of agents, over the fake and the emulated Azure AI Agents."""

from collections.abc import Iterator

import pytest

from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.keeper import AzureAgentKeeper
from sophia.ports.agent_keeper import AgentKeeper
from sophia.testing.contracts.agent_keeper import AgentKeeperContract
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, DoneAndLost
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.fakes.agent_keeper import MemoryAgentKeeper


class TestMemoryAgentKeeper(AgentKeeperContract):
    @pytest.fixture
    def keeper(self) -> AgentKeeper:
        return MemoryAgentKeeper()


class TestAzureAgentKeeper(AgentKeeperContract):
    @pytest.fixture
    def keeper(self) -> Iterator[AgentKeeper]:
        with AzureAgentsEmulator() as azure:
            yield AzureAgentKeeper(Endpoint(azure.endpoint), EmulatedCredential())

    @pytest.fixture
    def forgetful(self) -> Iterator[AgentKeeper]:
        lost = iter([DoneAndLost(cuts=True)])
        faults = lambda request: next(lost, None) if request.method == "POST" else None  # noqa: E731
        with AzureAgentsEmulator(faults=faults) as azure:
            yield AzureAgentKeeper(Endpoint(azure.endpoint), EmulatedCredential(), backoff=0.01)
            assert len(azure.assistants) == 1
