"""The runtime that lets a company's own agent at Azure AI Agents word the answer."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from sophia.adapters.azure_agents.endpoint import Endpoint, Limits
from sophia.adapters.azure_agents.errors import AGENTS
from sophia.adapters.azure_agents.play import Place, Play
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.adapters.model.figures import ServiceFigures, Uncounted
from sophia.adapters.model.wording import WORDINGS
from sophia.domain.agents import AgentEvent, Turn
from sophia.errors import NotFound, Unavailable
from sophia.ports.agent_runtime import AgentRuntime, ThreadKeeper, ToolBox
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["AzureAgentsRuntime"]

_LIMITS = Limits()
_UNCOUNTED = Uncounted()


class AzureAgentsRuntime(AgentRuntime, ThreadKeeper):
    """Plays a turn with the agent that the directory names for the company (classic Agents API, streamed).

    The thread there carries on ours, and is made anew from our transcript when it is gone. Tools are run here, by the
    turn's tool box. What is said is passed on as it comes; a run that fails before it has said anything is started
    again, after as long as the service asks for, within the time of the turn. What still runs when the turn ends is
    cancelled.

    Args:
        endpoint: the project.
        credential: who SOPHIA is to Azure.
        directory: names the agent and the vector store of a company.
        records: keep which thread there carries on which of ours, and what citations are checked against.
        limits: what a turn may cost.
        default_language: in which it speaks when it does not speak the turn's.
        backoff: seconds before a request that has failed is repeated.
        figures: are told what goes on with the service.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credential: "TokenCredential",
        directory: TenantDirectory,
        records: Records,
        limits: Limits = _LIMITS,
        *,
        default_language: str = "es",
        backoff: float = 0.5,
        figures: ServiceFigures = _UNCOUNTED,
    ) -> None:
        self._agents = VectorStores(endpoint, credential, limits.concurrent, backoff, figures)
        self._file_search = endpoint.file_search
        self._directory = directory
        self._records = records
        self._limits = limits
        self._default = WORDINGS.get(default_language, WORDINGS["es"])
        self._own_stores: set[tuple[str, str]] = set()

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        return "azure-agents-1"

    @property
    def service(self) -> str:
        """The name under which its threads are kept in the records."""
        return AGENTS

    def erase(self, remote_id: str) -> None:
        """See `ThreadKeeper`."""
        self._agents.delete_thread(remote_id, lambda: None)

    def check(self) -> None:
        """Pass when the service answers to SOPHIA's identity."""
        self._agents.reach(lambda: None)

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """The reply, as the agent gives it; its markers are those of exact quotes.

        Raises:
            Unavailable: the service does not answer as it should, or the directory names no agent for the company.
            LimitExceeded: there are more tools than the service takes.
        """
        place = self._place(turn, tools)
        with self._agents.service.turn(tools.check):
            words = WORDINGS.get(turn.language, self._default)
            play = Play(self._agents, self._records, turn, place, tools, self._limits, words)
            yield from play.events()

    def _place(self, turn: Turn, tools: ToolBox) -> Place:
        if turn.scope is None:
            raise Unavailable(AGENTS, "the turn does not tell whose it is")
        try:
            company = self._directory.company(turn.scope.company_id)
        except NotFound as error:
            raise Unavailable(AGENTS, f"the directory does not know the company {turn.scope.company_id!r}") from error
        if company.azure_agent_id is None:
            raise Unavailable(AGENTS, f"the directory names no azure_agent_id for the company {company.id!r}")
        store_id = company.vector_store_id if company.searches_store(self._file_search) else None
        if store_id is not None and (company.id, store_id) not in self._own_stores:
            self._agents.in_use(company.id, store_id, tools.check)  # refuses what is kept for another company
            self._own_stores.add((company.id, store_id))
        return Place(turn.scope, company.azure_agent_id, store_id)
