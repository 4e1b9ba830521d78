"""Agents as data: who an agent is, what a model that plays it is told, what it may ask for, to whom it hands over.

``sophia.toml`` is the first. Its ``prompt.txt`` is the prompt that SOPHIA's first user wrote, word for word;
``citing.txt`` adds what an answer that can be checked needs.
"""

import tomllib
from functools import cache
from hashlib import sha256
from pathlib import Path

from attrs import field, frozen

from sophia.errors import ConfigurationError, Fault

__all__ = ["AgentDefinition", "read_definition", "sophia"]

_LISTS = ("instructions", "tools", "targets")


@frozen
class AgentDefinition:
    """An agent.

    Attributes:
        name: what it is called, in the record of what has answered.
        instructions: what a model that plays it is told.
        tools: names of those that it may ask for.
        targets: names of the agents that it hands over to; none are all that there are.
    """

    name: str
    instructions: str = field(repr=False)
    tools: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Names the agent; changes with what it is told and what it may ask for."""
        told = "\n".join((self.instructions, *self.tools))
        return f"{self.name}/{sha256(told.encode()).hexdigest()[:8]}"


def read_definition(path: Path) -> AgentDefinition:
    """An agent from a TOML file with ``name``, ``instructions`` (files beside it), ``tools`` and ``targets``.

    Raises:
        ConfigurationError: a file cannot be read, or says something that cannot be.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(Fault("", f"cannot read the agent definition {path}: {error}")) from error
    faults = [Fault(f"/{key}", f"unknown key of an agent definition in {path}") for key in values.keys() - _KEYS]
    if not (isinstance(values.get("name"), str) and values["name"].strip()):
        faults.append(Fault("/name", f"expected a name in {path}"))
    faults += [
        Fault(f"/{key}", f"expected a list of texts in {path}") for key in _LISTS if not _texts(values.get(key, []))
    ]
    if not values.get("instructions"):
        faults.append(Fault("/instructions", f"expected at least one file in {path}"))
    if faults:
        raise ConfigurationError(*faults)
    try:
        told = [(path.parent / name).read_text(encoding="utf-8").strip() for name in values["instructions"]]
    except (OSError, ValueError) as error:
        raise ConfigurationError(Fault("/instructions", f"cannot be read: {error}")) from error
    return AgentDefinition(
        values["name"], "\n\n".join(told), tuple(values.get("tools", ())), tuple(values.get("targets", ()))
    )


_KEYS = {"name", *_LISTS}


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


@cache
def sophia() -> AgentDefinition:
    """SOPHIA, as shipped."""
    return read_definition(Path(__file__).parent / "sophia.toml")
