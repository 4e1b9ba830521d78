"""A company's agent at a service that keeps it: what it is to be, how it differs from that, and making it so."""

from attrs import frozen

from sophia.application.look_up import LookUp
from sophia.application.toolbox import SEARCH, tools_for
from sophia.domain.audit import AuditEvent
from sophia.domain.instructions import AgentDefinition
from sophia.domain.provisioning import AgentSpec, KeptAgent, drift
from sophia.domain.tenancy import Company, TenantScope
from sophia.errors import ConfigurationError, Conflict, Fault
from sophia.ports.agent_keeper import AgentKeeper
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records

__all__ = ["ChangeAgent", "CompareAgent", "Compared", "DefineAgent", "ProvisionAgent"]


class DefineAgent:
    """What a company's agent is to be.

    Args:
        definition: who it is.
        look_up: which of the company's systems it may ask for; all of them, as each turn is given its caller's.
        searches_store: whether the service itself searches a company's vector store, unless the directory tells
            otherwise of it.
        model: the name of a deployment; empty leaves an agent the one that it has.
    """

    def __init__(self, definition: AgentDefinition, look_up: LookUp, searches_store: bool, model: str) -> None:
        self._definition = definition
        self._look_up = look_up
        self._searches_store = searches_store
        self._model = model

    def __call__(self, scope: TenantScope, company: Company, store_id: str | None) -> AgentSpec:
        """The agent of a company that has this vector store."""
        stores = (store_id,) if store_id is not None and company.searches_store(self._searches_store) else ()
        tools = tools_for(self._look_up, scope, self._definition.tools)
        if stores:
            tools = tuple(tool for tool in tools if tool.name != SEARCH)
        return AgentSpec(self._definition.name, self._definition.instructions, tools, stores, self._model or None)


@frozen
class Compared:
    """A company's agent as it is kept, and as it is to be."""

    agent: KeptAgent
    wanted: AgentSpec

    @property
    def drift(self) -> tuple[str, ...]:
        """See `sophia.domain.provisioning.drift`."""
        return drift(self.agent, self.wanted)

    @property
    def is_foreign(self) -> bool:
        """Whether it was changed by somebody else: it differs from what SOPHIA last told it to be, and still tells."""
        return bool(self.drift) and self.agent.version == self.wanted.version


class CompareAgent:
    """Looks how a company's agent differs from what it is to be."""

    def __init__(self, keeper: AgentKeeper, directory: TenantDirectory, define: DefineAgent) -> None:
        self._keeper = keeper
        self._directory = directory
        self._define = define

    def __call__(self, scope: TenantScope) -> Compared:
        """The agent that the directory names for the company.

        Raises:
            Conflict: it names none.
            Unavailable: there is none of that id, or the service or the directory does not answer.
        """
        company = self._directory.company(scope.company_id)
        if company.azure_agent_id is None:
            told = f"the directory names no azure_agent_id for the company {company.id!r}"
            raise Conflict(f"{told}: it has no agent yet")
        wanted = self._define(scope, company, company.vector_store_id)
        return Compared(self._keeper.agent(scope, company.azure_agent_id), wanted)


class ChangeAgent:
    """Makes a company's agent what it is to be."""

    def __init__(self, keeper: AgentKeeper, records: Records) -> None:
        self._keeper = keeper
        self._records = records

    def __call__(self, scope: TenantScope, compared: Compared) -> None:
        """Change it, and record that; nothing happens where it does not differ.

        Raises:
            Unavailable: the service or the records do not answer; it may have been changed all the same.
        """
        if not compared.drift:
            return
        agent, wanted = compared.agent, compared.wanted
        self._keeper.change(scope, agent.id, wanted)
        with self._records.write(scope) as tx:
            tx.audit.append(AuditEvent("agent.changed", agent.id, {"version": wanted.version, "before": agent.version}))


class ProvisionAgent:
    """Sees to it that a company has an agent, where no backend does."""

    def __init__(self, keeper: AgentKeeper, directory: TenantDirectory, define: DefineAgent, records: Records) -> None:
        self._keeper = keeper
        self._directory = directory
        self._define = define
        self._records = records

    def __call__(self, scope: TenantScope, store_id: str | None) -> tuple[Compared, bool]:
        """The agent of a company that has this vector store, and whether it was made now.

        It is the one that the directory names, else the one that was made for the company by an earlier call.

        Raises:
            ConfigurationError: no model is named for a new one.
            Unavailable: there is none of the id that the directory names; or the service, the directory or the records
                do not answer: what was made is found by the next call.
        """
        company = self._directory.company(scope.company_id)
        wanted, named = self._define(scope, company, store_id), company.azure_agent_id
        found = self._keeper.made_for(scope) if named is None else self._keeper.agent(scope, named)
        if found is not None:
            return Compared(found, wanted), False
        if wanted.model is None:
            told = "required key is missing: a new agent needs the name of a deployment"
            raise ConfigurationError(Fault("/agent/azure/model", told))
        made = self._keeper.create(scope, wanted)
        with self._records.write(scope) as tx:
            tx.audit.append(AuditEvent("agent.created", made.id, {"version": wanted.version}))
        return Compared(made, wanted), True
