"""The settings of ``[[companies.lookups]]``, and how a named look-up is made of them."""

from datetime import timedelta
from typing import Any

import attrs
from attrs import field, frozen

from sophia.domain.lookups import System
from sophia.domain.named_lookups import BUILT_IN, EventNames, Kind, NamedLookup, Parameter
from sophia.domain.named_lookups.values import Template
from sophia.errors import Fault, InvalidInput

__all__ = ["EventSettings", "LookupSettings"]

_USUAL = EventNames()
_MOST_EXAMPLES = 40


@frozen
class EventSettings:
    """Where a Splunk keeps what the built-in look-ups ask for, see `sophia.domain.named_lookups.EventNames`."""

    failed_logins: str = _USUAL.failed_logins
    user: str = _USUAL.user
    address: str = _USUAL.address
    denied_traffic: str = _USUAL.denied_traffic
    source: str = _USUAL.source
    target: str = _USUAL.target
    port: str = _USUAL.port
    rule: str = _USUAL.rule

    @property
    def names(self) -> EventNames:
        """The names as the look-ups use them."""
        return EventNames(**attrs.asdict(self))


@frozen(kw_only=True)
class LookupSettings:
    """A look-up that users can ask for in their own words.

    Attributes:
        name: of its own; that of a built-in one replaces it.
        description: how users read it.
        examples: how users ask for it.
        source: the name of the source that is looked at.
        query: a search of Splunk's; stands for ``operation = "search"`` with it.
        saved_search: one of Splunk's, by name; it is given the parameters.
        operation, arguments: what else the source can be asked, see the tools of the systems.
        parameters: what has to be read from the message, by the name that ``$name$`` has in query and arguments.
        ranged: whether it looks at a time range.
        hours: how far back it looks where the message names no time.
        total: the column whose numbers are summed up.
        only: the rows that are told, by what a column holds.
        enabled: false takes a built-in look-up away.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    source: str = ""
    query: str = ""
    saved_search: str = ""
    operation: str = ""
    arguments: dict[str, Any] = field(factory=dict, hash=False)
    parameters: dict[str, Kind] = field(factory=dict, hash=False)
    ranged: bool = True
    hours: int = field(default=24, validator=[attrs.validators.ge(1), attrs.validators.le(24 * 366)])
    total: str = ""
    only: dict[str, str] = field(factory=dict, hash=False)
    enabled: bool = True

    def named(self, system: System) -> NamedLookup:
        """The look-up, at a source of this system.

        Raises:
            InvalidInput: it does not say what is asked, or says it in a way that is not safe.
        """
        faults = [
            Fault(f"/{key}", "required key is missing") for key in ("description",) if not getattr(self, key).strip()
        ]
        if sum(map(bool, (self.query, self.saved_search, self.operation))) != 1:
            faults.append(Fault("", "expected one of `query`, `saved_search` and `operation`"))
        if (self.query or self.saved_search) and system is not System.SPLUNK:
            faults.append(Fault("", f"{self.source!r} is no Splunk: use `operation` and `arguments`"))
        if self.arguments and not self.operation:
            faults.append(Fault("/arguments", "goes with `operation`"))
        for name, value in self.arguments.items():
            if not isinstance(value, str | int):
                faults.append(Fault(f"/arguments/{name}", f"expected a text, a number or true or false, got {value!r}"))
        if len(self.examples) > _MOST_EXAMPLES:
            faults.append(Fault("/examples", f"at most {_MOST_EXAMPLES}"))
        if faults:
            raise InvalidInput(*faults)
        operation, arguments = self._asked()
        return NamedLookup(
            self.name,
            {"": self.description},
            system,
            operation,
            arguments,
            self.examples,
            tuple(Parameter(name, kind, (name,)) for name, kind in self.parameters.items()),
            self.source,
            self.ranged,
            timedelta(hours=self.hours),
            self.total,
            {column: (value.lower(),) for column, value in self.only.items()},
        )

    def _asked(self) -> tuple[str, dict[str, Template]]:
        if self.query:
            return "search", {"search": self.query}
        if self.saved_search:
            given = {name: f"${name}$" for name in self.parameters}
            return "saved_search", {"saved_search": self.saved_search, **({"arguments": given} if given else {})}
        return self.operation, dict(self.arguments)

    @property
    def takes_away(self) -> bool:
        """Whether it only says that a built-in look-up is not wanted."""
        return not self.enabled and self.name in BUILT_IN
