"""What a company's agent is to be at a service that keeps it, and how it differs from what it is there."""

import difflib
import json
from collections.abc import Iterator
from hashlib import sha256

from attrs import evolve, field, frozen

from sophia.domain.agents import ToolSpec

__all__ = ["AgentSpec", "KeptAgent", "drift"]


@frozen
class AgentSpec:
    """An agent, as a service that keeps it is told.

    Attributes:
        name: what it is called.
        instructions: what its model is told.
        tools: what it may ask for; one of the service's own has a name and nothing else.
        stores: ids of the vector stores that the service itself searches for it.
        model: the name of a deployment; None: whichever it has.
    """

    name: str
    instructions: str = field(repr=False)
    tools: tuple[ToolSpec, ...] = ()
    stores: tuple[str, ...] = ()
    model: str | None = None

    @property
    def text(self) -> str:
        """All of it but its name, as lines that people compare; the order of tools tells nothing."""
        return "\n".join(self._lines())

    @property
    def version(self) -> str:
        """Names it; changes with all that it is told, and with nothing else."""
        return f"{self.name}/{sha256(self.text.encode()).hexdigest()[:12]}"

    def _lines(self) -> Iterator[str]:
        if self.model is not None:
            yield f"model: {self.model}"
        yield from (f"vector store: {store}" for store in sorted(self.stores))
        yield "instructions:"
        yield from _indented(self.instructions)
        for tool in sorted(self.tools, key=lambda tool: tool.name):
            yield f"tool {tool.name}:"
            yield from _indented(tool.description)
            if tool.parameters:
                yield from _indented(json.dumps(tool.parameters, ensure_ascii=False, indent=2, sort_keys=True))


@frozen
class KeptAgent:
    """An agent as a service keeps it.

    Attributes:
        version: of what SOPHIA last told it to be (`AgentSpec.version`); None where that was never recorded.
    """

    id: str
    spec: AgentSpec
    version: str | None = None


def drift(found: KeptAgent, wanted: AgentSpec) -> tuple[str, ...]:
    """How an agent differs from what it is to be: the lines of a unified diff; none where it does not.

    A model that nobody has named is the agent's own affair.
    """
    spec = found.spec if wanted.model is not None else evolve(found.spec, model=None)
    before, after = (
        [f"version: {version or 'not recorded'}", *text.split("\n")]
        for version, text in ((found.version, spec.text), (wanted.version, wanted.text))
    )
    return tuple(difflib.unified_diff(before, after, found.id, wanted.version, lineterm=""))


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}".rstrip() for line in text.splitlines())
