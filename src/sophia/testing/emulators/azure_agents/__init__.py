"""Azure AI Agents (classic), emulated: stateful, over real HTTP on a loopback port.

The service is in `service`, what its model does in `script`.
"""

from sophia.testing.emulators.azure_agents.script import (
    Act,
    Asked,
    Call,
    Cut,
    Expire,
    Fail,
    Incomplete,
    Leg,
    Model,
    Say,
    Search,
    Stall,
    Stick,
    StreamError,
    calls,
    says,
)
from sophia.testing.emulators.azure_agents.service import AzureAgentsEmulator, DoneAndLost
from sophia.testing.emulators.azure_agents.stores import Limits

__all__ = [
    "Act",
    "Asked",
    "AzureAgentsEmulator",
    "Call",
    "Cut",
    "DoneAndLost",
    "Expire",
    "Fail",
    "Incomplete",
    "Leg",
    "Limits",
    "Model",
    "Say",
    "Search",
    "Stall",
    "Stick",
    "StreamError",
    "calls",
    "says",
]
