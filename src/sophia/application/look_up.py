"""Looking something up in a company's own systems."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from attrs import evolve
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from sophia.application.limits import AdmitLookup
from sophia.domain.agents import ToolSpec
from sophia.domain.evidence import EVIDENCE_ID, Evidence
from sophia.domain.lookups import USUAL_RANGE, Cut, Finding, Lookup, Operation, System, TimeRange, instant
from sophia.domain.named_lookups import CompanyLookups, NamedLookup
from sophia.domain.runs import Run
from sophia.domain.tenancy import TenantScope
from sophia.errors import Fault, InvalidInput
from sophia.ports.security_source import Check, SecuritySource
from sophia.ports.system import Clock, Ids

__all__ = ["LookUp", "NamedLookups", "SecuritySources", "misfit"]

SecuritySources = Callable[[str], Sequence[SecuritySource]]
"""The systems that a company (its id) lets SOPHIA look at."""

NamedLookups = Callable[[str], CompanyLookups]
"""What can be asked for by name at a company (its id)."""

_ABOUT = {
    System.SPLUNK: "Search the company's Splunk, read-only. Write SPL that only searches and reports.",
    System.PANOS: "Ask the company's Palo Alto firewalls how they are (show commands), read-only.",
    System.GRAFANA: "Read the company's Grafana: dashboards, panels, alerts, annotations.",
}
_CITE = "Returns a table; cite it by its number."
_TIME = {
    "earliest": {"type": "string", "description": "-24h (s, m, h, d, w) or ISO 8601 with its time zone"},
    "latest": {"type": "string", "description": "as earliest; now where it is left out"},
}
_LONGEST_FAULT = 300
_ROOM_FOR_KNOWN = 3_000  # characters of a tool's description


class LookUp:
    """Looks at one of a company's systems, for a caller who may, and makes evidence of what is found."""

    def __init__(
        self, sources: SecuritySources, named: NamedLookups, admit: AdmitLookup, clock: Clock, ids: Ids
    ) -> None:
        self._sources = sources
        self._named = named
        self._admit = admit
        self._clock = clock
        self._ids = ids

    def sources(self, scope: TenantScope) -> tuple[SecuritySource, ...]:
        """The systems that the caller may look at, by kind."""
        mine = (s for s in self._sources(scope.company_id) if s.system.permission in scope.permissions)
        return tuple(sorted((s for s in mine if scope.may_read(s.readers)), key=lambda s: s.system))

    def tools(self, scope: TenantScope) -> tuple[ToolSpec, ...]:
        """The tools that the caller's agent can be given: one for each kind of system."""
        named = self._named(scope.company_id).lookups
        return tuple(
            _tool(system, tuple(group), named) for system, group in groupby(self.sources(scope), lambda s: s.system)
        )

    def source(self, scope: TenantScope, tool: str, arguments: Mapping[str, object]) -> SecuritySource:
        """The system that a call of a tool is for.

        Raises:
            InvalidInput: the caller may look at none of this name.
        """
        there = {s.name: s for s in self.sources(scope) if s.system.tool == tool}
        name = arguments.get("source") or (next(iter(there)) if len(there) == 1 else None)
        if name not in there:
            expected = f"expected one of {', '.join(there)}" if there else "there is none that this caller may look at"
            raise InvalidInput(Fault("/source", expected))
        return there[str(name)]

    def __call__(
        self, scope: TenantScope, run: Run, source: SecuritySource, arguments: Mapping[str, object], check: Check
    ) -> Evidence:
        """Look something up. A range that is too long is cut to its latest part, which the finding names.

        Raises:
            PermissionDenied: without the permission to look at this kind of system.
            InvalidInput: the arguments are not those of an operation of the source.
            QueryRefused: the read-only policy does not let it pass.
            LimitExceeded: the company has looked at the system as often as it may in a day.
            Unavailable: the system does not answer.
        """
        scope.require(source.system.permission)
        lookup = _lookup(source, arguments, self._clock)
        cuts: tuple[Cut, ...] = ()
        if lookup.span is not None:
            span, cuts = source.caps.narrowed(lookup.span)
            lookup = evolve(lookup, span=span)
        finding, at, took = self._find(scope, source, lookup, check)
        finding = evolve(finding, cuts=(*cuts, *finding.cuts))
        return Evidence(
            self._ids.new(EVIDENCE_ID), run.thread_id, run.id, source.name, source.system, lookup, finding, at, took
        )

    def again(self, scope: TenantScope, source: SecuritySource, evidence: Evidence, check: Check) -> Evidence:
        """Look the same up again, over the same time. Raises as when it is called."""
        scope.require(source.system.permission)
        finding, at, took = self._find(scope, source, evidence.lookup, check)
        return evolve(evidence, finding=finding, taken_at=at, duration_ms=took)

    def _find(
        self, scope: TenantScope, source: SecuritySource, lookup: Lookup, check: Check
    ) -> tuple[Finding, datetime, int]:
        """What there is, when it was asked for, and how many milliseconds it took."""
        self._admit(scope, source)
        began, at = time.monotonic(), self._clock.now()
        finding = source.look_up(scope, lookup, check)
        return finding, at, round((time.monotonic() - began) * 1000)


def _tool(system: System, sources: Sequence[SecuritySource], named: Sequence[NamedLookup]) -> ToolSpec:
    """One flat schema for all operations, which every model can be held to; `_lookup` looks more closely."""
    operations = sources[0].operations
    about = "\n".join([_ABOUT[system], _CITE, *(f"- {op.name}: {op.description}" for op in operations)])
    about += _known(sources, [lookup for lookup in named if lookup.system is system])
    properties: dict[str, object] = {
        "source": {"type": "string", "enum": [source.name for source in sources]},
        "operation": {"type": "string", "enum": [operation.name for operation in operations]},
    }
    for operation in operations:
        properties |= operation.parameters
    if any(operation.ranged for operation in operations):
        properties |= _TIME
    required = ["operation"] if len(sources) == 1 else ["source", "operation"]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return ToolSpec(system.tool, about, schema)


def _known(sources: Sequence[SecuritySource], named: Sequence[NamedLookup]) -> str:
    """Calls that are known to be good, as many as there is room for."""
    told, room = "", _ROOM_FOR_KNOWN
    there = {source.name for source in sources}
    for lookup in named:
        if lookup.source and lookup.source not in there:
            continue
        call = {
            **({"source": lookup.source} if lookup.source else {}),
            "operation": lookup.operation,
            **lookup.arguments,
        }
        line = f"\n- {lookup.title('en')}: {json.dumps(call, ensure_ascii=False)}"
        room -= len(line)
        if room < 0:
            break
        told += line
    return f"\nCalls that are known to work, with a value in the place of each $name$:{told}" if told else ""


def _lookup(source: SecuritySource, arguments: Mapping[str, object], clock: Clock) -> Lookup:
    operations = {operation.name: operation for operation in source.operations}
    operation = operations.get(str(arguments.get("operation")))
    if operation is None:
        raise InvalidInput(Fault("/operation", f"expected one of {', '.join(operations)}"))
    given = {name: value for name, value in arguments.items() if name not in ("source", "operation")}
    _check(operation, given)
    earliest, latest = (given.pop(name, None) for name in _TIME)
    if not operation.ranged:
        return Lookup(operation.name, given)
    now = clock.now()
    end = instant(str(latest), now, "/latest") if latest is not None else now
    start = instant(str(earliest), now, "/earliest") if earliest is not None else end - USUAL_RANGE
    return Lookup(operation.name, given, TimeRange(start, end))


def misfit(source: SecuritySource, named: NamedLookup) -> str:
    """Why a source does not take a named look-up, whatever values are filled in; empty where it does."""
    operation = next((one for one in source.operations if one.name == named.operation), None)
    if operation is None:
        known = ", ".join(one.name for one in source.operations)
        return f"{source.name} has no operation {named.operation!r}; it has {known}"
    # What a value is filled into is only known when somebody asks.
    filled_in = {name for name, template in named.arguments.items() if "$" in str(template)}
    given = {name: template for name, template in named.arguments.items() if name not in filled_in}
    required = tuple(name for name in operation.required if name not in filled_in)
    unknown = filled_in - operation.parameters.keys()
    try:
        _check(evolve(operation, required=required), {**given, **dict.fromkeys(unknown, "")})
    except InvalidInput as error:
        return str(error)
    return ""


def _check(operation: Operation, given: Mapping[str, object]) -> None:
    schema = {
        "type": "object",
        "properties": {**operation.parameters, **(_TIME if operation.ranged else {})},
        "required": list(operation.required),
        "additionalProperties": False,
    }
    if error := best_match(Draft202012Validator(schema).iter_errors(given)):
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        raise InvalidInput(Fault(pointer or f"/operation {operation.name}", error.message[:_LONGEST_FAULT]))
