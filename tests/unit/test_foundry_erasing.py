"""What services outside keep for threads is erased with them, also where a company has moved from one to another."""

from pathlib import Path

from attrs import evolve

from sophia.bootstrap.containers import Adapters, UseCases
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.agents import Turn
from sophia.domain.tenancy import Company
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.agent_runtime import NoTools, make_passage
from sophia.testing.contracts.records_world import ANA, SYSTEM, World
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator
from sophia.testing.emulators.azure_agents import says as azure_says
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator
from sophia.testing.emulators.openai import says
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds


def test_a_thread_is_erased_at_the_service_that_was_left_too(tmp_path: Path) -> None:
    clock = FrozenClock()
    world = World(MemoryRecords(clock), clock, SequentialIds())
    directory = MemoryTenantDirectory()
    turn = Turn(world.thread().id, "run_1", "How often?", "en", passages=(make_passage("Each month."),), scope=ANA)
    with (
        AzureAgentsEmulator(lambda _: azure_says("Each month [1]."), token=TOKEN) as azure,
        FoundryEmulator(lambda _: says("Each month [1].")) as foundry,
    ):
        directory.add(Company("acme", "Acme", azure_agent_id=azure.add_assistant()))
        agent = {"azure": {"endpoint": azure.endpoint}, "foundry": {"endpoint": foundry.project, "model": "m"}}
        for runtime in ("azure-agents", "foundry"):
            settings = parse_settings({"agent": {"runtime": runtime, **agent}}, tmp_path)
            adapters = Adapters(settings=settings)
            adapters.records.override(world.records)
            adapters.directory.override(directory)
            adapters.clock.override(clock)
            adapters.identity.override(StaticTokenCredential(TOKEN))
            assert list(adapters.runtime().respond(evolve(turn, run_id=f"run_{runtime}"), NoTools()))
        assert len(foundry.conversations) == 1
        with world.records.write(ANA) as tx:
            thread = tx.remote_threads.get("azure-agents", turn.thread_id)
            assert thread is not None
            tx.conversations.delete_thread(turn.thread_id)
        for erase in UseCases(settings=settings, adapters=adapters).erase_remote_threads():
            assert erase(SYSTEM) == 1
        assert foundry.conversations == {}
        paths = [(request.method, request.path.partition("?")[0]) for request in azure.requests]
        assert paths[-1][0] == "DELETE"
        assert paths[-1][1].endswith(f"/threads/{thread.id}")
