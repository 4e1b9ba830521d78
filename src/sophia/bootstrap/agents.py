"""The agent that the settings choose, and to whom it hands over."""

from collections.abc import Iterable, Iterator

from sophia.application.toolbox import TOOLS
from sophia.bootstrap.settings import Settings
from sophia.domain.asked import Category
from sophia.domain.instructions import AgentDefinition, read_definition, sophia
from sophia.domain.tickets import Target
from sophia.errors import ConfigurationError, Fault

__all__ = ["choose_agent", "targets_of"]


def choose_agent(settings: Settings) -> AgentDefinition:
    """SOPHIA as shipped, or the agent of the file that ``[agent] definition`` names.

    Raises:
        ConfigurationError: the file cannot be used, or names tools or targets that there are not.
    """
    if not settings.agent.definition:
        return sophia()
    agent = read_definition(settings.directory / settings.agent.definition)
    targets = {target.name for target in settings.handoff_targets}
    faults = [*_unknown("tools", agent.tools, TOOLS), *_unknown("targets", agent.targets, targets)]
    taken = {category for target in targets_of(settings, agent) for category in target.categories}
    faults += [
        Fault("/targets", f"no target of {agent.name} takes the category {category.value!r}")
        for category in Category
        if category.is_action and category not in taken
    ]
    if faults:
        raise ConfigurationError(*faults)
    return agent


def targets_of(settings: Settings, agent: AgentDefinition) -> tuple[Target, ...]:
    """The agents that take its tickets."""
    every = settings.handoff_targets
    return tuple(target for target in every if not agent.targets or target.name in agent.targets)


def _unknown(key: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Fault]:
    for name in names:
        if name not in known:
            yield Fault(f"/{key}", f"there is no {name!r}; there are {', '.join(known)}")
