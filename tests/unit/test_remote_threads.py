"""What a service outside keeps for a thread goes with the thread."""

import pytest
from attrs import evolve

from sophia import Sophia
from sophia.application.erase_remote_threads import EraseRemoteThreads
from sophia.bootstrap.settings import AgentSettings, AzureAgentSettings, CompanySettings, Settings, UserSettings
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.remote_threads import RemoteThread
from sophia.errors import ConfigurationError, Unavailable
from sophia.ports.agent_runtime import ThreadKeeper
from sophia.testing.contracts.records_world import ANA, OTHER_SYSTEM, SYSTEM, World
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, says
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.system import Fault
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds


class Keeper(ThreadKeeper):
    def __init__(self):
        self.erased, self.broken = [], set()

    @property
    def service(self):
        return "there"

    def erase(self, remote_id):
        if remote_id in self.broken:
            raise Unavailable("there", "does not answer")
        self.erased.append(remote_id)


@pytest.fixture
def world():
    clock = FrozenClock()
    return World(MemoryRecords(clock), clock, SequentialIds())


def test_orphans_are_erased_until_none_is_left(world):
    keeper = Keeper()
    erase = EraseRemoteThreads(world.records, keeper, world.clock)
    thread, kept = world.thread(), world.thread()
    with world.records.write(ANA) as tx:
        for number, of in enumerate((thread, kept)):
            tx.remote_threads.put(RemoteThread("there", f"thread_{number}", of.id))
        tx.conversations.delete_thread(thread.id)
    assert erase(OTHER_SYSTEM) == 0
    assert erase(SYSTEM) == 1
    assert erase(SYSTEM) == 0
    assert keeper.erased == ["thread_0"]


def test_what_cannot_be_erased_waits_and_is_not_forgotten(world):
    keeper = Keeper()
    erase = EraseRemoteThreads(world.records, keeper, world.clock)
    thread = world.thread()
    with world.records.write(ANA) as tx:
        for number in range(3):
            tx.remote_threads.put(RemoteThread("there", f"thread_{number}", thread.id))
        tx.conversations.delete_thread(thread.id)
    keeper.broken.add("thread_1")
    with pytest.raises(Unavailable):
        erase(SYSTEM)
    assert erase(SYSTEM) == 0
    world.clock.advance(61)
    keeper.broken.clear()
    assert erase(SYSTEM) == 2
    assert keeper.erased == ["thread_0", "thread_1", "thread_2"]


@pytest.fixture
def azure():
    with AzureAgentsEmulator(lambda _: says("Hello.")) as azure:
        yield azure


def settings_for(azure, folder):
    company = CompanySettings("acme", language="en", azure_agent_id=azure.add_assistant(), users=(UserSettings("ana"),))
    agent = AgentSettings("azure-agents", azure=AzureAgentSettings(azure.endpoint))
    return Settings(agent=agent, companies=(company,), directory=folder)


def test_a_thread_that_is_deleted_is_deleted_at_azure_as_soon_as_it_answers(azure, tmp_path):
    settings = settings_for(azure, tmp_path)
    with Sophia(settings, identity=EmulatedCredential(), embedder=HashingEmbedder()) as sophia:
        answer = sophia.ask("Who are you?", company="acme", user="ana")
        assert answer.text == "Hello."
        assert answer.agent_version.startswith("azure-agents-1")
        azure._fault = lambda request: Fault(status=403) if request.method == "DELETE" else None
        sophia.services.delete_thread(sophia.scope("acme", "ana"), answer.thread_id)
        sophia.services.background.do_chores()
        assert len(azure.threads) == 1
        azure._fault = lambda _: None
    with Sophia(evolve(settings), identity=EmulatedCredential(), embedder=HashingEmbedder()) as sophia:
        sophia.services.background.do_chores()
        assert not azure.threads


@pytest.mark.parametrize(
    ("agent", "pointer"),
    [
        ({"runtime": "azure-agents"}, "/agent/azure/endpoint"),
        ({"runtime": "azure-agents", "azure": {"endpoint": "http://azure.example/"}}, "/agent/azure/endpoint"),
        ({"runtime": "azure-agents", "azure": {"endpoint": "https://a.example/", "max_steps": 0}}, "/agent/azure"),
    ],
)
def test_settings_that_cannot_be_are_named(agent, pointer, tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        parse_settings({"agent": agent}, tmp_path)
    assert caught.value.faults[0].pointer.startswith(pointer)
