"""A keeper of agents for tests."""

from threading import Lock

from attrs import evolve

from sophia.domain.provisioning import AgentSpec, KeptAgent
from sophia.domain.tenancy import TenantScope
from sophia.errors import Unavailable
from sophia.ports.agent_keeper import AgentKeeper

__all__ = ["MemoryAgentKeeper"]


class MemoryAgentKeeper(AgentKeeper):
    """Keeps agents in memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, KeptAgent] = {}
        self._made: dict[str, str] = {}

    def agent(self, scope: TenantScope, agent_id: str) -> KeptAgent:  # noqa: ARG002 -- whoever knows the id may look
        with self._lock:
            if agent_id not in self._kept:
                raise Unavailable("agents", f"there is no agent {agent_id!r}")
            return self._kept[agent_id]

    def made_for(self, scope: TenantScope) -> KeptAgent | None:
        with self._lock:
            return self._kept.get(self._made.get(scope.company_id, ""))

    def create(self, scope: TenantScope, wanted: AgentSpec) -> KeptAgent:
        with self._lock:
            made = KeptAgent(f"agent_{len(self._kept) + 1}", wanted, wanted.version)
            self._kept[made.id] = made
            self._made.setdefault(scope.company_id, made.id)
            return made

    def change(self, scope: TenantScope, agent_id: str, wanted: AgentSpec) -> None:
        found = self.agent(scope, agent_id)
        model = found.spec.model if wanted.model is None else wanted.model
        spec = evolve(wanted, name=found.spec.name, model=model)
        with self._lock:
            self._kept[agent_id] = KeptAgent(agent_id, spec, wanted.version)
