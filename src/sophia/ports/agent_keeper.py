"""Where companies' agents are kept, when a service outside keeps them."""

from typing import Protocol

from sophia.domain.provisioning import AgentSpec, KeptAgent
from sophia.domain.tenancy import TenantScope

__all__ = ["AgentKeeper"]


class AgentKeeper(Protocol):
    """A service that keeps companies' agents. Others may change them there as well."""

    def agent(self, scope: TenantScope, agent_id: str) -> KeptAgent:
        """The agent of this id, as it is there.

        Raises:
            Unavailable: there is none, or the service does not answer.
        """
        ...

    def made_for(self, scope: TenantScope) -> KeptAgent | None:
        """The agent that `create` has made for the company, if it is still there.

        Raises:
            Unavailable: the service does not answer.
        """
        ...

    def create(self, scope: TenantScope, wanted: AgentSpec) -> KeptAgent:
        """A new agent for the company, marked as made for it; made once, however often the request has to be sent.

        Raises:
            Unavailable: the service does not answer; the agent may have been made, and `made_for` finds it then.
        """
        ...

    def change(self, scope: TenantScope, agent_id: str, wanted: AgentSpec) -> None:
        """Make an agent what it is to be, and record there which version that is. What others have noted there stays.

        Raises:
            Unavailable: there is none, or the service does not answer.
        """
        ...
