"""Companies' agents at Azure AI Agents: looked at, made and changed. A turn needs nothing of this."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sophia.adapters.azure_agents.client import Agents, Json
from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.errors import AGENTS, Gone
from sophia.domain.agents import ToolSpec
from sophia.domain.provisioning import AgentSpec, KeptAgent
from sophia.domain.tenancy import TenantScope
from sophia.errors import Unavailable
from sophia.ports.agent_keeper import AgentKeeper

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["AzureAgentKeeper", "unhurried"]

_COMPANY, _VERSION = "sophia_company", "sophia_version"
_SEARCH = "file_search"


class AzureAgentKeeper(AgentKeeper):
    """The agents of one project. Each tells in its metadata which version of SOPHIA's definition it was made after.

    Args:
        endpoint: the project.
        credential: who SOPHIA is to Azure.
        backoff: seconds before a request that has failed is repeated.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(self, endpoint: Endpoint, credential: "TokenCredential", backoff: float = 0.5) -> None:
        self._agents = Agents(endpoint, credential, concurrent=1, backoff=backoff)

    def agent(self, scope: TenantScope, agent_id: str) -> KeptAgent:
        """See `AgentKeeper`."""
        return _kept(self._found(scope, agent_id))

    def made_for(self, scope: TenantScope) -> KeptAgent | None:
        """See `AgentKeeper`."""
        found = self._agents.agent_with({_COMPANY: scope.company_id}, unhurried)
        return None if found is None else _kept(found)

    def create(self, scope: TenantScope, wanted: AgentSpec) -> KeptAgent:
        """See `AgentKeeper`."""
        metadata = {_COMPANY: scope.company_id, _VERSION: wanted.version}
        body = {"name": wanted.name, **_fields(wanted), "metadata": metadata}
        return _kept(self._agents.create_agent(body, unhurried))

    def change(self, scope: TenantScope, agent_id: str, wanted: AgentSpec) -> None:
        """See `AgentKeeper`."""
        noted = self._found(scope, agent_id).get("metadata") or {}
        body = {**_fields(wanted), "metadata": {**noted, _VERSION: wanted.version}}
        self._agents.update_agent(agent_id, body, unhurried)

    def _found(self, scope: TenantScope, agent_id: str) -> Json:
        try:
            return self._agents.agent(agent_id, unhurried)
        except Gone as error:
            told = f"there is no agent {agent_id!r}, which the directory names for the company {scope.company_id!r}"
            raise Unavailable(AGENTS, f"{told}: it was deleted, or is another project's (HTTP 404)") from error


def unhurried() -> None:
    """Nobody cancels what an operator waits for, but by ending the program."""


def _fields(wanted: AgentSpec) -> dict[str, Any]:
    tools: list[dict[str, Any]] = [{"type": _SEARCH}] if wanted.stores else []
    tools += [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in wanted.tools
    ]
    fields: dict[str, Any] = {"instructions": wanted.instructions, "tools": tools}
    if wanted.stores:
        fields["tool_resources"] = {_SEARCH: {"vector_store_ids": list(wanted.stores)}}
    if wanted.model is not None:
        fields["model"] = wanted.model
    return fields


def _kept(agent: Json) -> KeptAgent:
    """An agent of the service's; of a tool of its own only the name is told, and of its search the stores."""
    tools, resources = agent.get("tools") or (), agent.get("tool_resources") or {}
    stores = tuple(map(str, (resources.get(_SEARCH) or {}).get("vector_store_ids") or ()))
    searched = stores if any(tool.get("type") == _SEARCH for tool in tools) else ()
    spec = AgentSpec(
        str(agent.get("name") or ""),
        str(agent.get("instructions") or ""),
        tuple(_tools(tools, is_told=bool(searched))),
        searched,
        str(agent.get("model") or ""),
    )
    return KeptAgent(str(agent["id"]), spec, (agent.get("metadata") or {}).get(_VERSION))


def _tools(tools: Sequence[Mapping[str, Any]], *, is_told: bool) -> Iterator[ToolSpec]:
    for tool in tools:
        kind, function = str(tool.get("type")), tool.get("function") or {}
        if kind == "function":
            parameters = dict(function.get("parameters") or {})
            yield ToolSpec(str(function.get("name")), str(function.get("description") or ""), parameters)
        elif kind != _SEARCH or not is_told:
            yield ToolSpec(kind, "", {})
