"""Handing over and deleting, while a company's own agent at Azure words the answers: the same, whoever does."""

import pytest
from attrs import evolve
from pytest_bdd import scenarios
from test_feature_deleting import *  # noqa: F403 - the steps are the same
from test_feature_handing_over import *  # noqa: F403

from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.domain.citation import sentences, words_of
from sophia.testing.emulators.azure_agents import Asked, AzureAgentsEmulator, Leg, says
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential

scenarios("handing_over.feature", "borrar.feature")

_A_HEADING = 4  # words


def quote_the_nearest(asked: Asked) -> Leg:
    """The sentence of the passages that shares most with the question, with its number."""
    wanted = words_of(asked.messages[-1]["text"].rpartition(">")[2])
    found = [
        (len(wanted & words_of(passage["text"][start:end])), passage["text"][start:end], passage["n"])
        for passage in asked.passages
        for start, end in sentences(passage["text"])
        if len(words_of(passage["text"][start:end])) > _A_HEADING
    ]
    if not found:
        return says("No encuentro nada sobre esto.")
    _, words, number = max(found, key=lambda one: (one[0], -one[2]))
    return says(f"{words} [{number}]")


@pytest.fixture(autouse=True, params=["library"])
def way_in(request) -> str:
    """One way in is enough: the other runtimes take both."""
    return request.param


@pytest.fixture(autouse=True)
def azure(world):
    with AzureAgentsEmulator(quote_the_nearest) as azure:
        for company in world.directory.companies():
            world.directory.add(evolve(company, azure_agent_id=azure.add_assistant()))
        endpoint = Endpoint(azure.endpoint)
        world.runtime = AzureAgentsRuntime(endpoint, EmulatedCredential(), world.directory, world.records, backoff=0.0)
        yield azure
